"""FRED: what the recorded files and API answers land, and how the live client asks."""

from __future__ import annotations

import gzip
import json
from datetime import date
from itertools import pairwise
from pathlib import Path

import httpx
import psycopg
import pytest

from ingest import fred, fred_md
from ingest.errors import UnexpectedPayload
from ingest.http import Rate, client

FIRST, LAST = date(2009, 1, 30), date(9999, 12, 31)


def csv_rows(text: str, name: str = "GDP.csv") -> list[tuple]:
    batch = fred.parse_csv(text.encode(), name, fred.series_id_of(name))
    return batch.rows.drop("realtime_end").rows()


def count(conn: psycopg.Connection, query: str) -> int:
    row = conn.execute(query).fetchone()  # type: ignore[arg-type]
    assert row is not None
    return row[0]


@pytest.mark.parametrize(
    ("name", "series_id"),
    [
        ("GDP.csv", "GDP"),
        ("DGS10.csv.gz", "DGS10"),
        ("fred_series_observations_output_type=4_series_id=GDP.json", "GDP"),
        ("vix_vvix_data.csv", None),
    ],
)
def test_series_id_is_in_the_file_name(name: str, series_id: str | None) -> None:
    assert fred.series_id_of(name) == series_id


@pytest.mark.parametrize("header", ["Date,Value", "date,value", "observation_date,GDP"])
def test_csv_of_one_series(header: str) -> None:
    assert csv_rows(f"{header}\n1947-01-01,243.1\n1947-04-01,.\n") == [
        ("GDP", date(1947, 1, 1), None, 243.1),
        ("GDP", date(1947, 4, 1), None, None),
    ]


def test_csv_of_several_series() -> None:
    assert csv_rows("Date,VIX,VVIX\n12/31/2013,13.72,70.83\n", "vix_vvix_data.csv") == [
        ("VIX", date(2013, 12, 31), None, 13.72),
        ("VVIX", date(2013, 12, 31), None, 70.83),
    ]


def test_csv_with_a_column_per_vintage() -> None:
    text = "observation_date,GDP_20090130,GDP_20090227\n2008-10-01,14264.6,14200.3\n2009-01-01,,1\n"
    assert csv_rows(text) == [
        ("GDP", date(2008, 10, 1), date(2009, 1, 30), 14264.6),
        ("GDP", date(2008, 10, 1), date(2009, 2, 27), 14200.3),
        ("GDP", date(2009, 1, 1), date(2009, 2, 27), 1.0),
    ]


def test_csv_text_in_a_number_is_rejected_with_its_line() -> None:
    batch = fred.parse_csv(b"Date,Value\n1947-01-01,1\n1947-04-01,n/k\n", "GDP.csv", "GDP")
    assert batch.rows.height == 1
    (reject,) = batch.rejects
    assert (reject.line, reject.record) == (3, "1947-04-01,n/k")


def test_csv_without_a_date_column() -> None:
    with pytest.raises(UnexpectedPayload, match=r"GDP.csv: line 1: no column date or observation"):
        csv_rows("when,Value\n1947-01-01,1\n")


def test_unnamed_series_is_refused() -> None:
    with pytest.raises(UnexpectedPayload, match="does not say which series"):
        csv_rows("Date,Value\n1947-01-01,1\n", "my file.csv")


def test_api_error_is_refused_with_what_it_says() -> None:
    answer = b'{"error_code":400,"error_message":"Bad Request. The series does not exist."}'
    with pytest.raises(UnexpectedPayload, match="series does not exist"):
        list(fred.parse_json(answer, "x.json", "GDP"))


def test_api_record_that_is_none_is_rejected() -> None:
    answer = json.dumps(
        {"observations": [{"date": "2020-01-01", "value": "1.5"}, {"date": "x", "value": "2"}, 7]}
    ).encode()
    (batch,) = fred.parse_json(answer, "GDP.json", "GDP")
    assert batch.rows.height == 1
    assert [r.line for r in batch.rejects] == [2, 3]


def test_api_output_type_2_has_a_column_per_vintage() -> None:
    answer = {"output_type": 2, "observations": [{"date": "2008-10-01", "GDP_20090130": "14264.6"}]}
    (batch,) = fred.parse_json(json.dumps(answer).encode(), "series_id=GDP.json", "GDP")
    assert batch.rows.rows() == [("GDP", date(2008, 10, 1), date(2009, 1, 30), None, 14264.6)]


@pytest.mark.data
def test_recorded_answers_all_land(
    conn: psycopg.Connection, data: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO"):
        landed = list(fred.run(conn, data / "macro" / "fred_api_json"))
    assert len(landed) == 38
    assert sum(load.rows_rejected for load in landed) == 0
    assert count(conn, "select count(*) from raw.fred_vintage_date") == 393
    assert count(conn, "select count(*) from raw.fred_release_date where release_id = 10") >= 927
    assert (
        count(
            conn,
            "select count(*) from raw.fred_observation where series_id = 'GDP' "
            "and observed_on = '2008-10-01' and realtime_end > realtime_start",
        )
        == 12
    )  # eleven vintages, and the one of 2018 cut off at 2019 in the other recording
    skipped = [record.message for record in caplog.records if "skipped" in record.message]
    assert any("tags" in message for message in skipped)
    again = list(fred.run(conn, data / "macro" / "fred_api_json"))
    assert not any(load.is_new for load in again)


@pytest.mark.data
def test_recorded_csv_lands_as_an_independent_reading(conn: psycopg.Connection, data: Path) -> None:
    for folder in ("fred_csv", "fred_csv_other"):
        list(fred.run(conn, data / "macro" / folder))
    lines = (data / "macro/fred_csv/UNRATE.csv").read_text().splitlines()[1:]
    expected = sum(float(line.split(",")[1] or 0) for line in lines)
    row = conn.execute(
        "select count(*), sum(value) from raw.fred_observation where series_id = 'UNRATE'"
    ).fetchone()
    assert row is not None
    assert row[0] == len(lines)
    assert row[1] == pytest.approx(expected, rel=1e-12)
    text = gzip.decompress((data / "macro/fred_csv/DGS10.csv.gz").read_bytes()).decode()
    assert (
        count(conn, "select count(*) from raw.fred_observation where series_id = 'DGS10'")
        == len(text.splitlines()) - 1
    )
    assert count(conn, "select count(distinct series_id) from raw.fred_observation") >= 100


def test_one_bad_file_does_not_stop_the_folder(conn: psycopg.Connection, tmp_path: Path) -> None:
    (tmp_path / "A.csv").write_text("Date,Value\n2020-01-01,1\n")
    (tmp_path / "B.json").write_text('{"observations": [')
    (tmp_path / "C.csv").write_text("Date,Value\n2020-01-01,3\n")
    with pytest.raises(UnexpectedPayload, match=r"B\.json: line 1"):
        list(fred.run(conn, tmp_path))
    assert count(conn, "select count(*) from raw.fred_observation") == 2


def test_windows_hold_no_more_vintages_than_allowed() -> None:
    vintages = [date.fromordinal(730_000 + i) for i in range(4_500)]
    parts = fred.windows(vintages, 2000)
    assert [start for start, _ in parts] == [vintages[0], vintages[2000], vintages[4000]]
    assert parts[-1][1] == LAST
    for (_, end), (start, _) in pairwise(parts):
        assert start.toordinal() - end.toordinal() == 1
    assert fred.windows([], 2000) == []


class Vendor:
    """A stand-in for the FRED API with the recorded vintages of one series, in small pages."""

    def __init__(self, observations: list[dict], page: int = 1000) -> None:
        self.observations = observations
        self.page = page
        self.asked: list[dict[str, str]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        params = dict(request.url.params)
        endpoint = request.url.path.removeprefix("/fred/")
        self.asked.append({"endpoint": endpoint} | params)
        if params["series_id"] == "MISSING":
            return httpx.Response(400, json={"error_message": "The series does not exist."})
        answers = {
            "series": lambda _: {"seriess": [{"id": "GDP", "title": "Gross Domestic Product"}]},
            "series/vintagedates": self.vintage_dates,
            "series/observations": self.current_within,
        }
        return httpx.Response(200, json=answers[endpoint](params))

    def vintage_dates(self, params: dict[str, str]) -> dict:
        days = sorted({o["realtime_start"] for o in self.observations})
        days = [day for day in days if day >= params["realtime_start"]]
        return {"count": len(days), "vintage_dates": days}

    def current_within(self, params: dict[str, str]) -> dict:
        """FRED cuts the first vintage off at the start of the window."""
        start, end = params["realtime_start"], params["realtime_end"]
        rows = [
            o | {"realtime_start": max(o["realtime_start"], start)}
            for o in self.observations
            if o["realtime_start"] <= end and o["realtime_end"] >= start
        ]
        offset = int(params["offset"])
        return {"count": len(rows), "observations": rows[offset : offset + self.page]}


def vendor_client(vendor: Vendor) -> httpx.Client:
    return client(fred.URL, rate=Rate(1000, 1.0), transport=httpx.MockTransport(vendor))


@pytest.fixture
def vintages(data: Path) -> list[dict]:
    name = (
        "fred_series_observations_realtime_end=9999-12-31_realtime_start=1776-07-04"
        "_series_id=GDP.json.gz"
    )
    content = gzip.decompress((data / "macro/fred_api_json" / name).read_bytes())
    return json.loads(content)["observations"]


@pytest.mark.data
def test_live_lands_every_vintage_in_windows(
    conn: psycopg.Connection, vintages: list[dict], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fred, "MAX_VINTAGES", 100)
    monkeypatch.setattr(fred, "seeded", list)
    vendor = Vendor(vintages)
    http = vendor_client(vendor)
    landed = list(fred.run_live(conn, http, api_key="secret", series=["GDP"]))
    distinct = len({o["realtime_start"] for o in vintages})
    asked = {a["realtime_start"] for a in vendor.asked if a["endpoint"] == "series/observations"}
    assert len(asked) == -(-distinct // 100)
    assert not any("secret" in load.uri for load in landed)
    known = conn.execute(
        "select distinct on (realtime_start) value from raw.fred_observation "
        "where series_id = 'GDP' and observed_on = '2008-10-01' and realtime_start <= '2009-03-01' "
        "order by realtime_start"
    ).fetchall()
    assert [row[0] for row in known] == [14264.6, 14200.3]
    assert count(conn, "select count(*) from raw.fred_vintage_date") == distinct


@pytest.mark.data
def test_live_asks_again_only_for_newer_vintages(
    conn: psycopg.Connection, vintages: list[dict], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fred, "seeded", list)
    early = [o for o in vintages if o["realtime_start"] < "2009-02-27"]
    list(fred.run_live(conn, vendor_client(Vendor(early)), api_key="k", series=["GDP"]))
    vendor = Vendor(vintages)
    list(fred.run_live(conn, vendor_client(vendor), api_key="k", series=["GDP"]))
    assert min(a["realtime_start"] for a in vendor.asked if "realtime_start" in a) > "2009-01-30"
    quiet = Vendor(vintages)
    assert list(fred.run_live(conn, vendor_client(quiet), api_key="k", series=["GDP"])) == []
    assert len(quiet.asked) == 1


@pytest.mark.data
def test_live_unknown_series_does_not_stop_the_others(
    conn: psycopg.Connection, vintages: list[dict], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fred, "seeded", list)
    http = vendor_client(Vendor(vintages))
    with pytest.raises(UnexpectedPayload, match="does not exist"):
        list(fred.run_live(conn, http, api_key="k", series=["MISSING", "GDP"]))
    assert count(conn, "select count(*) from raw.fred_observation") > 3000


@pytest.mark.data
def test_fred_md_agrees_with_an_independent_reading(conn: psycopg.Connection, data: Path) -> None:
    path = data / "macro" / "fred_md_mccracken.csv.gz"
    (landed,) = fred_md.run(conn, path)
    assert landed.rows_rejected == 0
    lines = [line.split(",") for line in gzip.decompress(path.read_bytes()).decode().split("\n")]
    place = lines[0].index("INDPRO")
    expected = [float(line[place]) for line in lines[2:] if line[0] and line[place].strip()]
    row = conn.execute(
        "select count(value), sum(value), min(tcode), min(observed_on) from raw.fred_md "
        "where series_id = 'INDPRO'"
    ).fetchone()
    assert row == (
        len(expected), pytest.approx(sum(expected)), int(float(lines[1][place])), date(1959, 1, 1)
    )  # fmt: skip


def test_fred_md_without_transformation_codes_is_refused(
    conn: psycopg.Connection, tmp_path: Path
) -> None:
    path = tmp_path / "md.csv"
    path.write_text("sasdate,RPI\n1/1/1959,2583.56\n")
    with pytest.raises(UnexpectedPayload, match="line 2: not the row of transformation codes"):
        list(fred_md.run(conn, path))


def test_seed_names_every_series_it_should() -> None:
    rows = fred.seeded()
    assert len(rows) >= 80
    assert len({row["series_id"] for row in rows}) == len(rows)
    assert {row["frequency"] for row in rows} <= set("dwmqa")
    assert all(row["release_time_new_york"] and row["pit_note"] for row in rows)
