"""FRED: observations with their vintages, vintage dates, series and release dates.

Offline it reads what FRED hands out: CSV (of one series or of several, ALFRED's
column per vintage included) and the API's JSON. Live it asks the API for every
vintage of a series, in windows small enough for the API.
"""

from __future__ import annotations

import csv
import json
import logging
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import polars as pl
import psycopg

from factorium.paths import DBT
from ingest.errors import IngestError, UnexpectedPayload
from ingest.files import File, files, parsed_json
from ingest.frames import LINE, cast_cells, read_bytes, read_cells
from ingest.http import Rate, client, fetch
from ingest.landing import Batch, Content, Item, Landed, Reject, land_many
from sql import query

DATASET = "fred"
URL = "https://api.stlouisfed.org/"
SEED = DBT / "seeds" / "fred_series.csv"
FIRST_DAY = date(1776, 7, 4)
LAST_DAY = date(9999, 12, 31)
# The API refuses a window with more vintages, and answers at most so many rows.
MAX_VINTAGES = 2000
MAX_ROWS = 100_000

OBSERVATION: dict[str, pl.DataType] = {
    "series_id": pl.String(),
    "observed_on": pl.Date(),
    "realtime_start": pl.Date(),
    "realtime_end": pl.Date(),
    "value": pl.Float64(),
}
SERIES: dict[str, pl.DataType] = {
    "series_id": pl.String(),
    "title": pl.String(),
    "frequency": pl.String(),
    "units": pl.String(),
    "seasonal_adjustment": pl.String(),
    "observation_start": pl.Date(),
    "observation_end": pl.Date(),
    "last_updated": pl.String(),
}
DATES = ("date", "observation_date")
VINTAGE_COLUMN = re.compile(r"^(?P<series_id>\w+)_(?P<vintage>\d{8})$")
SERIES_IN_NAME = re.compile(r"series_id=([A-Za-z0-9]+)")

log = logging.getLogger(__name__)


def run(
    conn: psycopg.Connection, path: Path, *, reject_threshold: float = 0.05
) -> Iterator[Landed]:
    """Land a file, folder or zip of FRED CSV and API JSON; one load per file.

    The series of a file without a column for it is in its name: `GDP.csv.gz`,
    or `…series_id=GDP….json`. API answers that hold no data (tags, categories,
    sources) land as loads without rows; the log says why.
    """
    items = (file.item(parse) for file in files(path, "*.csv", "*.json"))
    yield from land_many(
        conn, items, source="fred", dataset=DATASET, reject_threshold=reject_threshold
    )


def run_live(
    conn: psycopg.Connection,
    http: httpx.Client,
    *,
    api_key: str,
    series: Sequence[str] | None = None,
) -> Iterator[Landed]:
    """Land what FRED published since the last time: all vintages the first time.

    series: series ids; those of the seed `fred_series.csv` when not given.
    http: a client for `URL`, such as `open_client()` makes.
    """
    wanted = list(series) if series is not None else [row["series_id"] for row in seeded()]
    releases = {row["release_id"] for row in seeded() if row["series_id"] in wanted}
    items = _live_items(conn, _Api(http, api_key), wanted, sorted(releases - {""}, key=int))
    yield from land_many(conn, items, source="fred", dataset=DATASET)


def open_client() -> httpx.Client:
    """A client that keeps FRED's limit of 120 requests a minute."""
    return client(URL, rate=Rate(120, 60.0))


def seeded() -> list[dict[str, str]]:
    """The rows of the seed: the series that the warehouse knows."""
    with SEED.open(newline="") as file:
        return list(csv.DictReader(file))


def parse(file: File, payload: bytes) -> Iterator[Batch]:
    """Read a CSV or an API answer, by its content."""
    content = read_bytes(payload, file.uri)
    if content.lstrip()[:1] in (b"{", b"["):
        yield from parse_json(content, file.uri, series_id_of(file.name))
    else:
        yield parse_csv(content, file.uri, series_id_of(file.name))


def series_id_of(name: str) -> str | None:
    """The series that a file is named for."""
    if stated := SERIES_IN_NAME.search(name):
        return stated[1]
    stem = name.partition(".")[0]
    return stem if re.fullmatch(r"[A-Z0-9]+", stem) else None


def parse_csv(content: bytes, uri: str, series_id: str | None) -> Batch:
    """Observations from a CSV: a date, and a value or a column per series or vintage."""
    cells, ragged = read_cells(content, uri)
    names = {column.strip().lower(): column for column in cells.columns if column != LINE}
    dated = next((names[name] for name in DATES if name in names), None)
    if dated is None:
        raise UnexpectedPayload(
            f"{uri}: line 1: no column {' or '.join(DATES)}; found {list(names)}"
        )
    cells = cells.rename({dated: "observed_on"})
    if "value" in names:
        cells = cells.rename({names["value"]: "value"})
        if "series_id" not in names:
            cells = cells.with_columns(pl.lit(_known(series_id, uri)).alias("series_id"))
    else:
        cells = _unpivoted(cells)
    return _observations(cells, uri, ragged, content)


def parse_json(payload: bytes, uri: str, series_id: str | None) -> Iterator[Batch]:
    """Batches from one API answer, told apart by what it holds."""
    answer = parsed_json(uri, payload)
    if not isinstance(answer, dict) or "error_message" in answer:
        said = answer.get("error_message") if isinstance(answer, dict) else "a bare list"
        raise UnexpectedPayload(f"{uri}: not an answer of the FRED API: {said}")
    readers: dict[str, Callable[[], Batch]] = {
        "observations": lambda: _observations_json(
            _records(answer, "observations", uri), uri, _known(series_id, uri)
        ),
        "vintage_dates": lambda: _vintage_dates(
            answer["vintage_dates"], uri, _known(series_id, uri)
        ),
        "seriess": lambda: _series(_records(answer, "seriess", uri), uri),
        "release_dates": lambda: _release_dates(_records(answer, "release_dates", uri), uri),
    }
    found = [name for name in readers if name in answer]
    if not found:
        log.info("%s: skipped: holds %s, no observations or dates", uri, ", ".join(answer))
    for name in found:
        yield readers[name]()


def _known(series_id: str | None, uri: str) -> str:
    if series_id is None:
        raise UnexpectedPayload(
            f"{uri}: the file does not say which series it is; name it like GDP.csv "
            "or …series_id=GDP….json"
        )
    return series_id


def _records(answer: dict[str, Any], name: str, uri: str) -> pl.DataFrame:
    """A list of objects as a frame of text; what is no object counts as an empty one."""
    records = answer[name]
    if not isinstance(records, list):
        raise UnexpectedPayload(f"{uri}: {name} is not a list")
    rows = [row if isinstance(row, dict) else {} for row in records]
    keys = list(dict.fromkeys(key for row in rows for key in row))
    cells = {key: [_text(row.get(key)) for row in rows] for key in keys}
    frame = pl.DataFrame(cells, schema=dict.fromkeys(keys, pl.String), strict=False)
    return frame.with_row_index(LINE, offset=1)


def _text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value)


def _observations_json(cells: pl.DataFrame, uri: str, series_id: str) -> Batch:
    """Output types 1 and 4 (a row per vintage) and 2 and 3 (a column per vintage)."""
    if cells.width == 1:
        return Batch("fred_observation", pl.DataFrame(schema=OBSERVATION))
    cells = cells.rename({"date": "observed_on"}, strict=False)
    if "value" not in cells.columns:
        cells = _unpivoted(cells.drop("realtime_start", "realtime_end", strict=False))
    else:
        cells = cells.with_columns(pl.lit(series_id).alias("series_id"))
    return _observations(cells, uri, [], None)


def _unpivoted(cells: pl.DataFrame) -> pl.DataFrame:
    """One row per cell of a table with a column per series, or per series and vintage."""
    long = cells.unpivot(index=[LINE, "observed_on"], variable_name="column")
    parts = pl.col("column").str.strip_chars().str.extract_groups(VINTAGE_COLUMN.pattern)
    vintage = parts.struct.field("vintage")
    # An empty cell under a vintage is an observation that this vintage did not hold.
    return long.select(
        LINE,
        "observed_on",
        pl.coalesce(parts.struct.field("series_id"), pl.col("column").str.strip_chars()).alias(
            "series_id"
        ),
        vintage.alias("realtime_start"),
        "value",
    ).filter(pl.col("realtime_start").is_null() | (pl.col("value").fill_null("") != ""))


def _observations(
    cells: pl.DataFrame, uri: str, ragged: list[Reject], content: bytes | None
) -> Batch:
    rows, rejects = cast_cells(
        cells,
        schema=OBSERVATION,
        name=uri,
        required=["series_id", "observed_on"],
        optional=["realtime_start", "realtime_end"],
        checks={
            "realtime_end before realtime_start": pl.col("realtime_end") < pl.col("realtime_start")
        },
        content=content,
    )
    return Batch("fred_observation", rows, ragged + rejects)


def _vintage_dates(dates: list[str], uri: str, series_id: str) -> Batch:
    cells = pl.DataFrame(
        {"vintage_date": list(map(_text, dates))}, schema={"vintage_date": pl.String}
    )
    rows, rejects = cast_cells(
        cells.with_row_index(LINE, offset=1).with_columns(pl.lit(series_id).alias("series_id")),
        schema={"series_id": pl.String(), "vintage_date": pl.Date()},
        name=uri,
        required=["vintage_date"],
    )
    return Batch("fred_vintage_date", rows, rejects)


def _series(cells: pl.DataFrame, uri: str) -> Batch:
    if cells.width == 1:
        return Batch("fred_series", pl.DataFrame(schema=SERIES))
    rows, rejects = cast_cells(
        cells,
        schema=SERIES,
        columns={"series_id": "id"},
        name=uri,
        required=["series_id"],
        optional=[name for name in SERIES if name != "series_id"],
    )
    return Batch("fred_series", rows, rejects)


def _release_dates(cells: pl.DataFrame, uri: str) -> Batch:
    schema: dict[str, pl.DataType] = {
        "release_id": pl.Int64(),
        "release_name": pl.String(),
        "release_date": pl.Date(),
    }
    if cells.width == 1:
        return Batch("fred_release_date", pl.DataFrame(schema=schema))
    rows, rejects = cast_cells(
        cells,
        schema=schema,
        columns={"release_date": "date"},
        name=uri,
        required=["release_id", "release_date"],
        optional=["release_name"],
    )
    return Batch("fred_release_date", rows, rejects)


class _Api:
    """The FRED API's JSON answers, all pages of them."""

    def __init__(self, http: httpx.Client, api_key: str) -> None:
        self.http = http
        self.api_key = api_key

    def get(self, endpoint: str, **params: Any) -> dict[str, Any]:
        asked = {**params, "api_key": self.api_key, "file_type": "json"}
        content = fetch(self.http, f"fred/{endpoint}", params=asked)
        assert content is not None
        answer = parsed_json(uri(endpoint, params), content.payload)
        if not isinstance(answer, dict):
            raise UnexpectedPayload(f"{uri(endpoint, params)}: not an answer of the FRED API")
        return answer

    def get_all(self, endpoint: str, rows: str, limit: int, **params: Any) -> dict[str, Any]:
        """One answer with the rows of all pages."""
        answer = self.get(endpoint, limit=limit, offset=0, **params)
        while len(answer[rows]) < answer["count"]:
            page = self.get(endpoint, limit=limit, offset=len(answer[rows]), **params)
            if not page[rows]:
                raise UnexpectedPayload(
                    f"{uri(endpoint, params)}: {len(answer[rows])} of {answer['count']} {rows}"
                )
            answer[rows] += page[rows]
        return answer


def uri(endpoint: str, params: dict[str, Any]) -> str:
    """How the ledger names a request: without the key."""
    return f"fred/{endpoint}?" + "&".join(f"{name}={value}" for name, value in params.items())


def fetch_vintage_dates(api: _Api, series_id: str, since: date = FIRST_DAY) -> dict[str, Any]:
    """The answer with the vintage dates of a series from `since` on."""
    return api.get_all(
        "series/vintagedates", "vintage_dates", 10_000, series_id=series_id, realtime_start=since
    )


def fetch_observations(api: _Api, series_id: str, start: date, end: date) -> dict[str, Any]:
    """The answer with all vintages of a series that were current within a window."""
    return api.get_all(
        "series/observations",
        "observations",
        MAX_ROWS,
        series_id=series_id,
        realtime_start=start,
        realtime_end=end,
    )


def fetch_release_dates(api: _Api, release_id: str) -> dict[str, Any]:
    """The answer with all past dates of a release."""
    return api.get_all("release/dates", "release_dates", 10_000, release_id=release_id)


def windows(vintages: Sequence[date], size: int) -> list[tuple[date, date]]:
    """Realtime windows, without gaps, of at most `size` of these vintages; the last is open."""
    starts = list(vintages[::size])
    ends = [start - timedelta(days=1) for start in starts[1:]] + [LAST_DAY]
    return list(zip(starts, ends, strict=True)) if starts else []


def _live_items(
    conn: psycopg.Connection, api: _Api, series: Iterable[str], releases: Iterable[str]
) -> Iterator[Item]:
    for series_id in series:
        try:
            yield from _series_items(conn, api, series_id)
        except IngestError as error:
            # Raised again where it is recorded, so that the other series go on.
            yield _failed(f"fred/series?series_id={series_id}", error)
    for release_id in releases:
        params = {"release_id": release_id}
        yield _answer("release/dates", params, partial(fetch_release_dates, api, release_id))


def _series_items(conn: psycopg.Connection, api: _Api, series_id: str) -> Iterator[Item]:
    """What is new of a series: a load per window of vintages, then its description."""
    seen = _watermark(conn, series_id)
    since = FIRST_DAY if seen is None else seen + timedelta(days=1)
    dates = fetch_vintage_dates(api, series_id, since)
    vintages = [date.fromisoformat(day) for day in dates["vintage_dates"]]
    vintages = [day for day in vintages if day >= since]
    if not vintages:
        return
    params = {"series_id": series_id}
    for start, end in windows(vintages, MAX_VINTAGES):
        last = max(day for day in vintages if day <= end)
        get = partial(fetch_observations, api, series_id, start, end)
        yield _answer("series/observations", params, get, watermark=last.isoformat())
    yield _answer("series/vintagedates", params, lambda: dates)
    yield _answer("series", params, partial(api.get, "series", **params))


def _watermark(conn: psycopg.Connection, series_id: str) -> date | None:
    """The latest vintage of a series that live loads have landed."""
    asked = uri("series/observations", {"series_id": series_id})
    row = conn.execute(query("latest_watermark"), {"dataset": DATASET, "uri": asked}).fetchone()
    conn.commit()
    return None if row is None or row[0] is None else date.fromisoformat(row[0])


def _answer(
    endpoint: str,
    params: dict[str, Any],
    get: Callable[[], dict[str, Any]],
    watermark: str | None = None,
) -> Item:
    named = uri(endpoint, params)
    return Item(
        named,
        lambda: Content(json.dumps(get()).encode(), watermark),
        lambda payload: parse_json(payload, named, params.get("series_id")),
    )


def _failed(named: str, error: IngestError) -> Item:
    def read() -> Content:
        raise error

    return Item(named, read, lambda _: ())
