"""Daily and minute bars from users' files, good and bad."""

from __future__ import annotations

import gzip
import zipfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import bars
from ingest.errors import IngestError, TooManyRejects, UnexpectedPayload

HEADER = "ticker,date,open,high,low,close,adj_close,volume\n"
GOOD = "AAPL,2020-01-02,74.06,75.15,73.80,75.09,73.2,135480400\n"


def _write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text)
    return path


def _rejects(conn: psycopg.Connection) -> list[tuple[int, str]]:
    return conn.execute("select line, reason from raw.reject order by line").fetchall()


def _land(conn: psycopg.Connection, path: Path, **options) -> list:
    return list(bars.run(conn, path, source="vendor", **options))


def _tickers(conn: psycopg.Connection) -> list[str]:
    return [r[0] for r in conn.execute("select ticker from raw.daily_bar order by 1").fetchall()]


def test_run_lands_a_csv_as_delivered(conn, tmp_path):
    (landed,) = _land(conn, _write(tmp_path, "bars.csv", HEADER + GOOD))
    assert (landed.dataset, landed.is_new, landed.rows_landed) == ("daily_bars", True, 1)
    row = conn.execute(
        "select ticker, trade_date, open, high, low, close, adj_close, volume from raw.daily_bar"
    ).fetchone()
    assert row == ("AAPL", date(2020, 1, 2), 74.06, 75.15, 73.80, 75.09, 73.2, 135480400)


def test_run_lands_the_same_file_once(conn, tmp_path):
    path = _write(tmp_path, "bars.csv", HEADER + GOOD)
    _land(conn, path)
    (again,) = _land(conn, path)
    assert not again.is_new
    assert _tickers(conn) == ["AAPL"]


def test_run_maps_columns_and_takes_the_ticker_from_the_file_name(conn, tmp_path):
    text = "Day;Last;Shares\n20200102;75.09;10\n20200103;74.36;\n"
    for name in ("BRK.B.csv", "KO.csv"):
        _write(tmp_path, name, text)
    columns = {"trade_date": "Day", "close": "Last", "volume": "Shares"}
    first, second = _land(conn, tmp_path, columns=columns, ticker="{file}")
    # Alike to the byte, but of two securities: both land.
    assert (first.rows_landed, second.rows_landed) == (2, 2)
    assert _tickers(conn) == ["BRK.B", "BRK.B", "KO", "KO"]


def test_run_reads_gzip_and_zip(conn, tmp_path):
    (tmp_path / "one.csv.gz").write_bytes(gzip.compress((HEADER + GOOD).encode()))
    with zipfile.ZipFile(tmp_path / "two.zip", "w") as archive:
        archive.writestr("deep/two.csv", HEADER + GOOD.replace("AAPL", "MSFT"))
    assert sum(landed.rows_landed for landed in _land(conn, tmp_path)) == 2
    assert _tickers(conn) == ["AAPL", "MSFT"]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("A,2020-01-02,1,2,1,-1.5,1,1", "close is not above zero"),
        ("A,2020-01-02,0,2,1,1,1,1", "open is not above zero"),
        ("A,2020-01-02,1,1,2,1,1,1", "high is below low"),
        ("A,2020-01-02,1,2,1,1,1,-5", "volume is negative"),
        ("A,2020-01-02,1,2,1,inf,1,1", "column close: not a finite number"),
        ("A,2020-01-02,1,2,1,ten,1,1", "column close: not a finite number"),
        ("A,2020-02-31,1,2,1,1,1,1", "column date: not a date"),
        ("A,2950-01-02,1,2,1,1,1,1", "trade_date is in the future"),
        ("A,0020-01-02,1,2,1,1,1,1", "trade_date is before 1800"),
        ("A,2020-01-02,,,,,,1", "no price in the row"),
        (",2020-01-02,1,2,1,1,1,1", "column ticker: no value, and ticker needs one"),
        ("A,2020-01-02,1,2,1", "5 fields where the header has 8"),
        (GOOD.strip(), "another row of this file has the same ticker and trade_date"),
        (
            "AAPL,2020-01-02,1,2,1,1,1,1",
            "another row of this file has the same ticker and trade_date",
        ),
    ],
)
def test_run_rejects_a_bad_row_and_lands_the_good_ones(conn, tmp_path, row, reason):
    text = HEADER + GOOD + row + "\n" + GOOD.replace("AAPL", "MSFT")
    (landed,) = _land(conn, _write(tmp_path, "bars.csv", text), reject_threshold=0.5)
    assert (landed.rows_read, landed.rows_landed, landed.rows_rejected) == (3, 2, 1)
    assert _tickers(conn) == ["AAPL", "MSFT"]
    file, line, record, said = conn.execute(
        "select file, line, record, reason from raw.reject"
    ).fetchone()
    assert (Path(file).name, line, record, said) == ("bars.csv", 3, row, reason)


def test_run_lets_no_bad_row_shadow_a_good_one_of_the_same_day(conn, tmp_path):
    text = HEADER + GOOD.replace("75.09", "-75.09") + GOOD.replace("75.09", "abc") + GOOD
    (landed,) = _land(conn, _write(tmp_path, "bars.csv", text), reject_threshold=0.9)
    assert landed.rows_landed == 1
    assert [line for line, _ in _rejects(conn)] == [2, 3]


def test_run_names_the_row_of_a_parquet_file(conn, tmp_path):
    path = tmp_path / "bars.parquet"
    close = [float(n) for n in range(1, 101)]
    close[41] = -1.0
    frame = pl.DataFrame({"ticker": [f"T{n}" for n in range(100)], "close": close})
    frame.with_columns(date=date(2020, 1, 2)).write_parquet(path)
    (landed,) = _land(conn, path)
    assert (landed.rows_landed, landed.rows_rejected) == (99, 1)
    assert _rejects(conn) == [(42, "close is not above zero")]


def test_run_past_the_threshold_lands_nothing_and_says_the_first_reason(conn, tmp_path):
    path = _write(tmp_path, "bars.csv", HEADER + GOOD + GOOD.replace("135480400", "-1"))
    with pytest.raises(TooManyRejects, match=r"bars\.csv.* line 3: volume is negative"):
        _land(conn, path)
    assert _tickers(conn) == []
    assert len(_rejects(conn)) == 1


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", b"date,close\n2020-01-02,1\n", r"a\.csv: line 1: no column 'ticker'"),
        (
            "a.csv",
            b"ticker,date\nA,2020-01-02\n",
            r"a\.csv: no price in any row; looked for",
        ),
        ("a.csv", b"", r"a\.csv: the file is empty"),
        ("a.csv", b"<html><body>503</body></html>", r"a\.csv: line 1: HTML"),
        ("a.csv", b"ticker,date\n\xff\xfe,1\n", r"a\.csv: not UTF-8 at byte 12"),
        ("a.csv.gz", gzip.compress(HEADER.encode())[:-9], r"a\.csv\.gz: truncated or damaged gzip"),
        ("a.parquet", b"PAR1 and no more", r"a\.parquet: damaged Parquet"),
        ("a.zip", b"PK\x03\x04 and no more", r"a\.zip: truncated or damaged zip"),
    ],
)
def test_run_says_why_a_file_cannot_be_read(conn, tmp_path, name, content, said):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UnexpectedPayload, match=said):
        _land(conn, tmp_path / name)
    assert _tickers(conn) == []


def test_run_truncated_parquet_is_refused(conn, tmp_path):
    path = tmp_path / "cut.parquet"
    frame = pl.DataFrame({"ticker": ["A"] * 999, "date": [date(2020, 1, 2)] * 999, "close": 1.0})
    frame.write_parquet(path)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(UnexpectedPayload, match=r"cut\.parquet: damaged Parquet"):
        _land(conn, path)


def test_run_one_bad_file_does_not_stop_the_others(conn, tmp_path):
    _write(tmp_path, "1.csv", "nothing,of,use\n1,2,3\n")
    _write(tmp_path, "2.csv", HEADER + GOOD)
    with pytest.raises(UnexpectedPayload, match=r"1\.csv: line 1: no column 'ticker'"):
        _land(conn, tmp_path)
    assert _tickers(conn) == ["AAPL"]
    status = dict(conn.execute("select right(uri, 5), status from raw.load").fetchall())
    assert status == {"1.csv": "failed", "2.csv": "done"}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"columns": {"closing": "Last"}}, "the mapping names closing; the columns of"),
        ({"split_basis": "sometimes"}, "expected one of unadjusted, adjusted"),
    ],
)
def test_run_refuses_unknown_options(conn, tmp_path, options, said):
    with pytest.raises(IngestError, match=said):
        _land(conn, _write(tmp_path, "bars.csv", HEADER + GOOD), **options)


def test_run_mapping_to_a_column_that_is_not_there_is_an_error(conn, tmp_path):
    path = _write(tmp_path, "bars.csv", HEADER + GOOD)
    with pytest.raises(UnexpectedPayload, match="no column 'Last' for close"):
        _land(conn, path, columns={"close": "Last"})


def test_run_refuses_a_known_source_on_another_basis(conn, tmp_path):
    path = _write(tmp_path, "bars.csv", HEADER + GOOD)
    _land(conn, path, split_basis="adjusted")
    with pytest.raises(IngestError, match="registered with split_basis=adjusted"):
        _land(conn, path)


def test_run_minute_reads_local_time(conn, tmp_path):
    text = "ticker,timestamp,close,volume\nSPY,2013-10-07 09:30:00,168.1,9\n"
    path = _write(tmp_path, "minute.csv", text + "SPY,2013-11-04T09:30:00,176,9\n")
    list(bars.run_minute(conn, path, source="v", time_zone="America/New_York"))
    times = conn.execute("select bar_at from raw.minute_bar order by 1").fetchall()
    assert [t[0].astimezone(UTC).hour for t in times] == [13, 14]


def test_run_minute_rejects_times_without_a_zone_and_in_the_future(conn, tmp_path):
    later = (datetime.now(UTC) + timedelta(hours=2)).isoformat(timespec="seconds")
    text = "ticker,timestamp,close\nSPY,2013-10-07 09:30:00,1\nSPY,2013-10-07T13:30:00Z,1\n"
    path = _write(tmp_path, "minute.csv", text + f"SPY,{later},1\n")
    (landed,) = bars.run_minute(conn, path, source="v", reject_threshold=0.9)
    assert landed.rows_landed == 1
    assert [reason for _, reason in _rejects(conn)] == [
        "column timestamp: not a time with a zone",
        "bar_at is in the future",
    ]


PRICE = st.one_of(st.none(), st.floats(allow_nan=False, allow_infinity=False, width=32))
ROWS = st.lists(
    st.tuples(st.sampled_from("AB"), st.dates(date(2020, 1, 1), date(2020, 1, 3)), PRICE, PRICE),
    min_size=1,
    max_size=12,
)


@given(rows=ROWS)
def test_parse_keeps_every_row_or_says_why(rows):
    rows = [*rows, ("C", date(2020, 1, 1), 1.0, 1.0)]
    frame = pl.DataFrame(
        rows,
        schema={"ticker": pl.String, "date": pl.Date, "high": pl.Float32, "low": pl.Float32},
        orient="row",
    )
    buffer = frame.write_csv().encode()
    batch = bars.parse(buffer, table="daily_bar", source_id=1, name="rows.csv")
    assert batch.rows.height + len(batch.rejects) == len(rows)
    assert not batch.rows.select("ticker", "trade_date").is_duplicated().any()
    good = {(t, d) for t, d, h, low in rows if _is_bar(h, low)}
    assert set(batch.rows.select("ticker", "trade_date").iter_rows()) == good


def _is_bar(high: float | None, low: float | None) -> bool:
    if high is None and low is None:
        return False
    high, low = low if high is None else high, high if low is None else low
    return high >= low > 0


@pytest.mark.data
def test_run_yahoo_parquet_lands_float32_exactly_and_rejects_its_faults(conn, data):
    path = data / "prices" / "sp500_ohlcv_adjclose_2015_2020_yahoo.parquet"
    (landed,) = _land(conn, path, split_basis="adjusted", retrieved_on="2020-01-10")
    assert (landed.rows_landed, landed.rows_rejected) == (592_355, 3)
    assert _rejects(conn) == [
        (99_542, "open is not above zero"),
        (498_590, "another row of this file has the same ticker and trade_date"),
        (550_925, "another row of this file has the same ticker and trade_date"),
    ]
    delivered = pl.read_parquet(path).filter(pl.col("ticker") == "AAPL").sort("date")
    rows = conn.execute(
        "select close, adj_close from raw.daily_bar where ticker = 'AAPL' order by trade_date"
    ).fetchall()
    assert rows == list(delivered.select("close", "adj_close").iter_rows())


@pytest.mark.data
def test_run_adjusted_close_alone(conn, data):
    path = data / "prices" / "sp500_adjclose_2015_2026_yahoo.parquet"
    (landed,) = _land(conn, path, retrieved_on="2026-04-24")
    assert (landed.rows_landed, landed.rows_rejected) == (1_384_116, 0)
    assert conn.execute("select count(close), count(volume) from raw.daily_bar").fetchone() == (
        0,
        0,
    )


@pytest.mark.data
def test_run_zipline_files_per_ticker(conn, data):
    with pytest.raises(UnexpectedPayload, match=r"QUANDL_SAMPLE_TABLE"):
        _land(conn, data / "prices" / "zipline", ticker="{file}", columns={"adj_close": "nope"})
    landed = _land(conn, data / "prices" / "zipline" / "AAPL.csv.gz", ticker="{file}")
    assert landed[0].rows_landed > 500
    first = conn.execute(
        "select ticker, trade_date, close from raw.daily_bar order by trade_date limit 1"
    ).fetchone()
    assert first == ("AAPL", date(2012, 1, 3), 58.747143)
