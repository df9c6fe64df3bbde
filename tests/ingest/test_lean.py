"""LEAN's data folder against known facts about the securities in it."""

from __future__ import annotations

import zipfile
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import psycopg
import pytest

from ingest import lean
from ingest.errors import TooManyRejects, UnexpectedPayload

DAILY = "20140324 00:00,5382500,5405000,5350600,5391000,11628740\n"


@pytest.fixture
def folder(data) -> Path:
    return data / "intraday" / "lean" / "equity" / "usa"


def _zip(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(path.stem + ".csv", text)
    return path


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def _land(conn: psycopg.Connection, path: Path, **options) -> list:
    return list(lean.run(conn, path, **options))


def _actions(conn: psycopg.Connection, ticker: str, kind: str) -> list[tuple]:
    return conn.execute(
        "select ex_date::text, coalesce(ratio, amount_usd) from raw.corporate_action "
        "where ticker = %s and kind = %s order by ex_date",
        [ticker, kind],
    ).fetchall()


def _ranges(conn: psycopg.Connection, permanent: str) -> list[tuple]:
    return conn.execute(
        "select ticker, valid_from::text, valid_to::text from raw.ticker_map "
        "where permanent_ticker = %s order by valid_from",
        [permanent],
    ).fetchall()


@pytest.mark.data
def test_run_daily_scales_prices_and_dates_bars(conn, folder):
    (landed,) = _land(conn, folder / "daily" / "aapl.zip")
    assert landed.rows_rejected == 0
    row = conn.execute(
        "select ticker, open, high, low, close, adj_close, volume from raw.daily_bar "
        "where trade_date = '2014-03-24'"
    ).fetchone()
    assert row == ("AAPL", 538.25, 540.5, 535.06, 539.1, None, 11628740)
    # As traded: the 7:1 split of 2014-06-09 stands in the raw prices.
    before, after = (
        conn.execute("select close from raw.daily_bar where trade_date = %s", [day]).fetchone()[0]
        for day in ("2014-06-06", "2014-06-09")
    )
    assert before / after == pytest.approx(7, rel=0.02)


@pytest.mark.data
def test_run_minute_stamps_new_york_time_in_both_seasons(conn, folder):
    _land(conn, folder / "minute" / "goog" / "20151224_trade.zip")
    _land(conn, folder / "minute" / "aapl")
    opens = {
        ticker: conn.execute(
            "select open from raw.minute_bar where ticker = %s and bar_at = %s", [ticker, at]
        ).fetchone()
        for ticker, at in {
            "GOOG": datetime(2015, 12, 24, 14, 30, tzinfo=UTC),
            "AAPL": datetime(2014, 6, 9, 13, 30, tzinfo=UTC),
        }.items()
    }
    assert 700 < opens["GOOG"][0] < 800
    assert 90 < opens["AAPL"][0] < 95
    # Minutes add up to the day.
    _land(conn, folder / "daily" / "aapl.zip")
    high, low, volume = conn.execute(
        "select max(high), min(low), sum(volume) from raw.minute_bar "
        "where ticker = 'AAPL' and bar_at >= '2014-06-06 13:30Z' and bar_at < '2014-06-06 20:00Z'"
    ).fetchone()
    daily = conn.execute(
        "select high, low, volume from raw.daily_bar where trade_date = '2014-06-06'"
    ).fetchone()
    assert (high, low) == pytest.approx(daily[:2], rel=1e-3)
    assert volume == pytest.approx(daily[2], rel=0.1)


@pytest.mark.data
def test_run_derives_splits_and_dividends_from_factor_files(conn, folder):
    _land(conn, folder / "factor_files")
    assert _actions(conn, "AAPL", "split") == [
        ("2000-06-21", 2.0),
        ("2005-02-28", 2.0),
        ("2014-06-09", 7.0),
        ("2020-08-31", 4.0),
    ]
    dividends = dict(_actions(conn, "AAPL", "dividend"))
    assert dividends["2012-08-09"] == pytest.approx(2.65, abs=1e-4)
    assert dividends["2014-08-07"] == 0.47
    assert dividends["2020-11-06"] == 0.205
    # The class C shares of 2014 doubled GOOGL's count; GOOG took 0.27 % in 2015.
    assert _actions(conn, "GOOGL", "split") == [("2014-04-03", 2.0)]
    assert _actions(conn, "GOOG", "split") == [("2015-04-27", pytest.approx(1.0027, abs=1e-6))]


@pytest.mark.data
def test_run_gives_an_action_the_ticker_of_its_day(conn, folder):
    _land(conn, folder / "factor_files")
    # AOL took the name TWX in 2003; the old Time Warner was TWX until 2001.
    assert [day for day, _ in _actions(conn, "AOL", "split")] == [
        "1998-03-17",
        "1998-11-18",
        "1999-02-23",
        "1999-11-23",
    ]
    splits = _actions(conn, "TWX", "split")
    assert splits == [("1998-12-16", 2.0), ("2009-03-30", pytest.approx(1 / 3))]


@pytest.mark.data
def test_run_keeps_factors_as_delivered(conn, folder):
    _land(conn, folder / "factor_files" / "aapl.csv")
    rows = conn.execute(
        "select ticker, factor_date::text, price_factor, split_factor, reference_price "
        "from raw.price_factor order by factor_date"
    ).fetchall()
    assert rows[0] == ("AAPL", "1998-01-02", 0.8613657, 0.00892857, 1.0)
    assert rows[-1] == ("AAPL", "2050-12-31", 1.0, 1.0, 0.0)


@pytest.mark.data
def test_run_reads_renames_from_map_files(conn, folder):
    landed = _land(conn, folder / "map_files")
    assert (len(landed), sum(each.rows_rejected for each in landed)) == (26, 0)
    assert _ranges(conn, "GOOGL") == [
        ("GOOG", "2004-08-19", "2014-04-03"),
        ("GOOGL", "2014-04-03", None),
    ]
    assert _ranges(conn, "GOOG") == [
        ("GOOCV", "2014-03-27", "2014-04-03"),
        ("GOOG", "2014-04-03", None),
    ]
    assert _ranges(conn, "TWX") == [
        ("AOL", "1998-01-02", "2003-10-16"),
        ("TWX", "2003-10-16", "2018-06-16"),
    ]
    assert _ranges(conn, "TWX.1") == [("TWX", "1998-01-02", "2001-01-12")]
    assert _ranges(conn, "AAPL") == [("AAPL", "1998-01-02", None)]


@pytest.mark.data
def test_run_coarse_files_are_a_source_that_yields(conn, folder):
    (landed,) = _land(conn, folder / "fundamental" / "coarse" / "20140324.csv.gz")
    assert (landed.rows_landed, landed.rows_rejected) == (7104, 7)
    row = conn.execute(
        "select trade_date::text, close, volume from raw.daily_bar where ticker = 'AAPL'"
    ).fetchone()
    assert row == ("2014-03-24", 539.1, 11628740)
    source = conn.execute("select name, priority from ref.data_source").fetchone()
    assert source == ("lean-coarse", 200)


@pytest.mark.data
def test_run_whole_folder_lands_what_it_can_and_says_what_not(conn, folder, caplog):
    landed = _land(conn, folder)
    assert len(landed) == 103
    assert "files are not landed" in caplog.text
    for feed in ("tick", "second", "minute quote"):
        assert feed in caplog.text
    assert not any(each.is_new for each in _land(conn, folder))


@pytest.mark.data
@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("equity/usa/tick/spy/20131007_trade.zip", r"not landed \(tick\); daily and minute"),
        ("equity/usa/second/spy", r"not landed \(second, second quote\)"),
        ("equity/usa/minute/spy/20131007_quote.zip", r"not landed \(minute quote\)"),
        ("index/usa/daily/spx.zip", r"not landed \(index daily\)"),
    ],
)
def test_run_refuses_what_is_not_landed(conn, data, path, said):
    with pytest.raises(UnexpectedPayload, match=said):
        _land(conn, data / "intraday" / "lean" / path)


def test_run_tickers_that_trade_alike_both_land(conn, tmp_path):
    for ticker in ("aaa", "bbb"):
        _zip(tmp_path / "minute" / ticker / "20140606_trade.zip", "34200000,1,1,1,1,1\n")
    assert sum(each.rows_landed for each in _land(conn, tmp_path)) == 2


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("20140325 00:00,1,1,1,-1,1", "close is not above zero"),
        ("20140325 00:00,1,1,2,1,1", "high is below low"),
        ("20140325 00:00,1,1,1,abc,1", "column close: not a finite number"),
        ("20140332 00:00,1,1,1,1,1", "column trade_date: not a date"),
        ("20140325 00:00,1,1", "3 fields where the header has 6"),
        (DAILY.strip(), "another row of this file has the same trade_date"),
    ],
)
def test_run_daily_rejects_a_bad_row_and_lands_the_good_ones(conn, tmp_path, row, reason):
    path = _zip(tmp_path / "daily" / "x.zip", DAILY + row + "\n" + DAILY.replace("24 ", "26 "))
    (landed,) = _land(conn, path, reject_threshold=0.5)
    assert (landed.rows_landed, landed.rows_rejected) == (2, 1)
    assert conn.execute("select line, record, reason from raw.reject").fetchone() == (
        2,
        row,
        reason,
    )


@pytest.mark.parametrize("clock", ["86400000", "-1", "noon"])
def test_run_minute_rejects_an_impossible_clock(conn, tmp_path, clock):
    text = f"34200000,1,1,1,1,1\n{clock},1,1,1,1,1\n"
    path = _zip(tmp_path / "minute" / "x" / "20140606_trade.zip", text)
    (landed,) = _land(conn, path, reject_threshold=0.5)
    assert landed.rows_landed == 1
    assert conn.execute("select line, reason from raw.reject").fetchone() == (
        2,
        "column bar_at: not a time with a zone",
    )


def test_run_damaged_zip_does_not_stop_the_others(conn, tmp_path):
    _zip(tmp_path / "daily" / "good.zip", DAILY)
    bad = _zip(tmp_path / "daily" / "bad.zip", DAILY * 50)
    bad.write_bytes(bad.read_bytes()[:-40])
    with pytest.raises(UnexpectedPayload, match=r"bad\.zip: truncated or damaged zip"):
        _land(conn, tmp_path)
    assert conn.execute("select ticker from raw.daily_bar").fetchall() == [("GOOD",)]


def test_run_wrong_number_of_fields_is_refused(conn, tmp_path):
    path = _zip(tmp_path / "daily" / "x.zip", "20140324 00:00,1,2,3\n")
    with pytest.raises(UnexpectedPayload, match=r"x\.zip: line 1: 4 fields instead of time,open"):
        _land(conn, path)


def test_run_a_map_with_a_bad_line_lands_nothing(conn, tmp_path):
    path = _write(tmp_path / "map_files" / "x.csv", "19980102,a,N\nsoon,b,N\n20501231,c,N")
    with pytest.raises(TooManyRejects, match=r"x\.csv line 2: column last_day: not a date"):
        _land(conn, path)
    assert _ranges(conn, "X") == []


def test_run_factors_with_a_bad_line_give_no_actions(conn, tmp_path):
    text = "19980102,1,0.5,1\n20000103,1,-0.5,10\n20000104,1,0.5,10\n20501231,1,1,0\n"
    path = _write(tmp_path / "factor_files" / "x.csv", text)
    (landed,) = _land(conn, path, reject_threshold=0.5)
    assert (landed.rows_landed, landed.rows_rejected) == (3, 1)
    assert _actions(conn, "X", "split") == []


@pytest.mark.parametrize(
    ("ratio", "simple"),
    [(1.99999552, 2), (0.0999998, 0.1), (1.4999, 1.5), (1.0027, 1.0027), (1.0003, 1.0003)],
)
def test_simple_ratio(ratio, simple):
    assert lean.simple_ratio(ratio) == simple


def test_ticker_ranges_first_day_under_another_ticker():
    rows = pl.DataFrame(
        {
            "last_day": [date(2000, 1, 3), date(2001, 1, 3), date(2050, 12, 31)],
            "ticker": ["a", "b", "c"],
            "exchange": None,
        }
    )
    assert lean.ticker_ranges(rows).select("ticker", "valid_from", "valid_to").rows() == [
        ("a", date(2000, 1, 3), date(2000, 1, 4)),
        ("b", date(2000, 1, 4), date(2001, 1, 4)),
        ("c", date(2001, 1, 4), None),
    ]
