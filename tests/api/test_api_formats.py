"""Every format carries the same numbers; Accept decides which one it is."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from api.database import Table
from api.encoding import encode_table
from api.errors import NotAcceptable
from api.negotiation import OFFERED, negotiate

NULLS = pa.csv.ConvertOptions(strings_can_be_null=True, quoted_strings_can_be_null=False)
READERS = {
    "text/csv": lambda body: pa.csv.read_csv(BytesIO(body), convert_options=NULLS),
    "application/vnd.apache.arrow.stream": lambda body: pa.ipc.open_stream(body).read_all(),
    "application/vnd.apache.arrow.file": lambda body: pa.ipc.open_file(body).read_all(),
    "application/vnd.apache.parquet": lambda body: pa.parquet.read_table(BytesIO(body)),
}
PATHS = [
    "/v1/factors",
    "/v1/factors/value_01",
    "/v1/factors/value_02/values",
    "/v1/factors/value_01/values?universe=sp500",
    "/v1/factors/value_01/values?date=2024-06-28&as_of=2024-07-02T00:00:00%2B02:00",
    "/v1/factors/value_01/performance",
    "/v1/securities",
    "/v1/securities?search=nosuchname",
    "/v1/securities/S0019/factors",
    "/v1/universes",
    "/v1/universes/all/factors",
    "/v1/universes/sp500/factors?layout=wide&factors=value_01,growth_02",
    "/v1/macro",
    "/v1/coverage",
    "/v1/freshness",
]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("media_type", READERS)
def test_format_carries_what_json_says(client: TestClient, path: str, media_type: str) -> None:
    body = client.get(path).json()
    about = {name: value for name, value in body.items() if name not in ("data", "next")}
    rows = [{**about, **row} for row in body["data"]] if "data" in body else [body]

    answer = client.get(path, headers={"Accept": media_type})
    assert answer.status_code == 200
    assert answer.headers["content-type"].split(";")[0] == media_type
    frame = READERS[media_type](answer.content)
    assert frame.num_rows == len(rows)
    for found, expected in zip(frame.to_pylist(), rows, strict=True):
        assert {name: _plain(value) for name, value in found.items()} == {
            name: _plain(value, is_csv=media_type == "text/csv") for name, value in expected.items()
        }


def _plain(value: Any, *, is_csv: bool = False) -> Any:
    """Values as they compare across formats: dates and instants by their text."""
    if isinstance(value, list) and is_csv:
        return " ".join(value)
    if isinstance(value, str) and value[10:11] in ("T", " ") and value[:4].isdigit():
        return str(pl.Series([value]).str.to_datetime(time_zone="UTC")[0])
    if hasattr(value, "hour"):
        return str(pl.Series([value]).dt.convert_time_zone("UTC")[0])
    return value.isoformat() if hasattr(value, "isoformat") else value


def test_polars_reads_the_formats(client: TestClient) -> None:
    path = "/v1/factors/value_01/values"
    bodies = {m: client.get(path, headers={"Accept": m}).content for m in READERS}
    parquet = pl.read_parquet(bodies["application/vnd.apache.parquet"])
    assert parquet.equals(pl.read_ipc(bodies["application/vnd.apache.arrow.file"]))
    assert parquet.equals(pl.read_ipc_stream(bodies["application/vnd.apache.arrow.stream"]))
    assert parquet.schema["trade_date"] == pl.Date
    assert parquet.schema["value"] == pl.Float64


def test_types_are_the_same_for_an_empty_answer(client: TestClient) -> None:
    accept = {"Accept": "application/vnd.apache.arrow.stream"}
    some, none = (
        READERS[accept["Accept"]](client.get(path, headers=accept).content).schema
        for path in ("/v1/securities", "/v1/securities?search=nosuchname")
    )
    assert some == none


@given(st.lists(st.none() | st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_any_float_survives_every_format(values: list[float | None]) -> None:
    table = Table(("n", "value"), (23, 701), list(enumerate(values)))
    for media_type, read in READERS.items():
        found = read(encode_table(table, {}, media_type)).column("value").to_pylist()
        assert [value if value is None else float(value) for value in found] == values


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        (None, "application/json"),
        ("", "application/json"),
        ("*/*", "application/json"),
        ("application/*", "application/json"),
        ("text/*", "text/csv"),
        ("TEXT/CSV", "text/csv"),
        ("text/csv;q=0.5, application/json;q=0.4", "text/csv"),
        ("text/html, */*;q=0.1", "application/json"),
        ("application/json;q=0, */*", "text/csv"),
        ("text/csv;header=present", "text/csv"),
    ],
)
def test_accept_chooses_the_format(accept: str | None, chosen: str) -> None:
    assert negotiate(accept) == chosen


@pytest.mark.parametrize(
    "accept", ["image/png", "text/csv;q=0", "nonsense", "text/csv;q=much", "*/json", "text/csv;q=7"]
)
def test_accept_of_nothing_offered_is_406(client: TestClient, accept: str) -> None:
    with pytest.raises(NotAcceptable):
        negotiate(accept)
    answer = client.get("/v1/factors", headers={"Accept": accept})
    assert answer.status_code == 406
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["offered"] == list(OFFERED)
