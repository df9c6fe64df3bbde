"""IBKR bars: parsing of recorded API output, pacing, and landing from a stand-in gateway."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import polars as pl
import pytest
from ib_async import BarData
from ib_async.wrapper import RequestError

from ingest import ibkr
from ingest.errors import UnexpectedPayload, VendorUnavailable

AMSTERDAM = "Europe/Amsterdam"
REQUEST = ibkr.Request("TSLA", "day", "TRADES", None, "30 D")


class Clock:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


class Gateway:
    """Stands in for TWS: answers each request in turn, or raises the answer."""

    def __init__(self, answer: Callable[..., list[BarData]]) -> None:
        self.answer = answer
        self.asked: list[SimpleNamespace] = []

    def reqHistoricalData(self, contract, **options) -> list[BarData]:
        request = SimpleNamespace(contract=contract, **options)
        self.asked.append(request)
        return self.answer(request)


def _answers(*answers) -> Gateway:
    """A gateway that gives these answers one after the other."""
    left = iter(answers)

    def answer(_request) -> list[BarData]:
        found = next(left)
        if isinstance(found, Exception):
            raise found
        return found

    return Gateway(answer)


def _pacing() -> tuple[ibkr.Pacing, Clock]:
    clock = Clock()
    return ibkr.Pacing(clock, clock.sleep), clock


def _bar(day: dt.date, close: float = 10.0, **other) -> BarData:
    return BarData(day, close, close + 1, close - 1, close, **({"volume": 100} | other))


def _recorded(data: Path) -> list[str]:
    cells = json.loads((data / "intraday" / "ibkr_samples" / "bar_data.outputs.json").read_text())
    return [output for cell in cells for output in cell["outputs"]]


def _printed_bar(text: str) -> BarData:
    """The BarData whose repr a notebook printed."""
    stamp = re.search(r"date=datetime\.datetime\(([\d, ]+)\)", text)
    numbers = {name: float(value) for name, value in re.findall(r"(\w+)=(-?[\d.]+)", text)}
    date = dt.datetime(*map(int, stamp[1].split(", ")))
    return BarData(date=date, **numbers)


def _printed_frame(text: str) -> list[BarData]:
    """The bars of a DataFrame that a notebook printed (barCount is on a page of its own)."""
    pattern = r"^\d+ +(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) +(.+)$"
    return [
        BarData(dt.datetime.fromisoformat(stamp), *map(float, numbers.split()))
        for stamp, numbers in re.findall(pattern, text, re.MULTILINE)
    ]


@pytest.mark.data
def test_parse_bars_of_a_printed_bar(data):
    (text,) = [each for each in _recorded(data) if each.startswith("BarData(")]
    frame = ibkr.parse_bars([_printed_bar(text)], AMSTERDAM)
    # 15:30 in Amsterdam is the opening bell in New York.
    assert frame.rows() == [
        (
            dt.datetime(2019, 10, 4, 13, 30, tzinfo=dt.UTC),
            231.82,
            234.78,
            230.29,
            233.06,
            12066.0,
        )
    ]
    assert frame.schema["bar_at"] == pl.Datetime("us", "UTC")


@pytest.mark.data
def test_parse_bars_of_printed_frames(data):
    texts = [each for each in _recorded(data) if each.lstrip().startswith("date ")]
    found = [bar for text in texts for bar in _printed_frame(text)]
    assert len(found) == 10
    frame = ibkr.parse_bars(found, AMSTERDAM)
    assert frame["bar_at"][0] == dt.datetime(2019, 10, 4, 13, 30, tzinfo=dt.UTC)
    assert frame["bar_at"][-1] == dt.datetime(2019, 12, 30, 20, 0, tzinfo=dt.UTC)
    assert frame.select("close", "volume").row(-1) == (414.62, 9204.0)
    batch = ibkr.to_batch(frame, ibkr.Request("TSLA", "minute", "TRADES", None, "1 D"), 1, 100)
    assert (batch.table, batch.rows.height, batch.rejects) == ("minute_bar", 10, [])
    assert batch.rows["volume"][0] == 1_206_600


def test_parse_bars_of_days_and_of_missing_volume():
    frame = ibkr.parse_bars([_bar(dt.date(2020, 1, 2)), _bar(dt.date(2020, 1, 3), volume=-1)])
    assert frame.select("trade_date", "volume").rows() == [
        (dt.date(2020, 1, 2), 100.0),
        (dt.date(2020, 1, 3), None),
    ]


def test_parse_bars_refuses_times_without_a_zone_and_mixtures():
    naive = _bar(dt.datetime(2020, 1, 2, 15, 30))
    with pytest.raises(UnexpectedPayload, match="2020-01-02 15:30:00 carries no time zone"):
        ibkr.parse_bars([naive])
    with pytest.raises(UnexpectedPayload, match="days and times in one answer"):
        ibkr.parse_bars([naive, _bar(dt.date(2020, 1, 2))])


def test_to_batch_rejects_what_is_no_bar():
    found = [_bar(dt.date(2020, 1, 2)), _bar(dt.date(2020, 1, 3), close=-1.0)]
    batch = ibkr.to_batch(ibkr.parse_bars(found), REQUEST, 1, 1)
    assert batch.rows.height == 1
    (reject,) = batch.rejects
    assert (reject.file, reject.line, reject.reason) == (
        "ibkr:TSLA/day/TRADES/30 D to now",
        2,
        "open is not above zero",
    )


def test_pacing_allows_sixty_requests_in_ten_minutes():
    pacing, clock = _pacing()
    for number in range(121):
        pacing.wait(f"T{number}", f"T{number}/day")
    assert clock.slept == [600.0, 600.0]


def test_pacing_keeps_identical_requests_fifteen_seconds_apart():
    pacing, clock = _pacing()
    for _ in range(3):
        pacing.wait("T", "T/day")
    assert clock.slept == [15.0, 15.0]


def test_pacing_allows_five_requests_of_one_contract_in_two_seconds():
    pacing, clock = _pacing()
    for number in range(6):
        pacing.wait("T", f"T/{number}")
    assert clock.slept == [2.0]


@pytest.mark.parametrize(
    "message",
    [
        (
            162,
            "Historical Market Data Service error message:Historical data request pacing violation",
        ),
        (420, "Invalid Real-time Query:Historical data request pacing violation"),
    ],
)
def test_fetch_backs_off_after_a_pacing_violation(message):
    pacing, clock = _pacing()
    bars = [_bar(dt.date(2020, 1, 2))]
    gateway = _answers(RequestError(5, *message), RequestError(6, *message), bars)
    assert ibkr.fetch(gateway, REQUEST, pacing) == bars
    assert clock.slept == [60.0, 120.0]


def test_fetch_gives_up_when_the_violation_goes_on():
    pacing, clock = _pacing()
    gateway = _answers(*[RequestError(5, 162, "pacing violation")] * 5)
    with pytest.raises(VendorUnavailable, match="still says pacing violation"):
        ibkr.fetch(gateway, REQUEST, pacing)
    assert clock.slept == [60.0, 120.0, 240.0, 480.0]


@pytest.mark.parametrize(
    ("answer", "error", "said"),
    [
        ([], VendorUnavailable, "TSLA/day/TRADES/30 D to now: no answer in time"),
        (ConnectionError("peer"), VendorUnavailable, r"the connection is lost \(peer\)"),
        (RequestError(5, 200, "No security definition"), UnexpectedPayload, "no US stock TSLA"),
        (RequestError(5, 162, "query cancelled: 5"), UnexpectedPayload, "error 162: query canc"),
    ],
)
def test_fetch_says_what_went_wrong(answer, error, said):
    with pytest.raises(error, match=said):
        ibkr.fetch(_answers(answer), REQUEST, _pacing()[0])


def test_fetch_no_data_is_no_error():
    error = RequestError(5, 162, "HMDS query returned no data: TSLA@SMART Trades")
    assert ibkr.fetch(_answers(error), REQUEST, _pacing()[0]) == []


def test_connect_says_that_no_gateway_answers():
    with pytest.raises(VendorUnavailable, match=r"no TWS or IB Gateway answers on 127\.0\.0\.1:1 "):
        ibkr.connect(port=1)


def _daily(request) -> list[BarData]:
    """Daily bars of January 2020 and, as IBKR does, one of the session still open."""
    days = [dt.date(2020, 1, d) for d in (2, 3, 6, 7, 8)]
    return [_bar(day, 10 + n) for n, day in enumerate(days)] + [_bar(dt.date.today(), 99)]


def _live(conn, gateway, tickers, since, until, **options) -> list:
    return list(
        ibkr.run_live(
            conn,
            gateway,
            tickers,
            since=since,
            until=until,
            pacing=_pacing()[0],
            **options,
        )
    )


def test_run_live_lands_closed_sessions_and_continues_where_it_ended(conn):
    gateway = Gateway(_daily)
    first, last = dt.date(2020, 1, 1), dt.date(2020, 1, 6)
    (landed,) = _live(conn, gateway, ["BRK.B"], first, last)
    assert landed.rows_landed == 3
    assert (gateway.asked[0].contract.symbol, gateway.asked[0].whatToShow) == ("BRK B", "TRADES")
    assert _live(conn, gateway, ["BRK.B"], first, last) == []
    (more,) = _live(conn, gateway, ["BRK.B"], first, dt.date(2020, 1, 8))
    # The last day again, so that the new bars join the old ones.
    assert more.rows_landed == 3
    assert conn.execute(
        "select ticker, max(trade_date), max(close), count(adj_close) from raw.daily_bar group by 1"
    ).fetchall() == [("BRK.B", dt.date(2020, 1, 8), 14.0, 0)]


def test_run_live_adjusted_bars_are_a_source_on_another_basis(conn):
    span = dt.date(2020, 1, 1), dt.date(2020, 1, 6)
    for what in ("TRADES", "ADJUSTED_LAST"):
        _live(conn, Gateway(_daily), ["T"], *span, what=what)
    rows = conn.execute(
        "select s.name, s.split_basis, s.dividend_basis, count(b.adj_close) "
        "from raw.daily_bar as b inner join ref.data_source as s on b.source_id = s.source_id "
        "group by 1, 2, 3 order by 1"
    ).fetchall()
    assert rows == [
        ("ibkr", "adjusted", "unadjusted", 0),
        ("ibkr-adjusted", "adjusted", "adjusted", 3),
    ]


def test_run_live_asks_minutes_a_session_at_a_time(conn):
    def minutes(request) -> list[BarData]:
        return [_bar(request.endDateTime - dt.timedelta(minutes=n)) for n in (2, 1)]

    gateway = Gateway(minutes)
    landed = _live(conn, gateway, ["T"], dt.date(2020, 1, 3), dt.date(2020, 1, 6), size="minute")
    assert [each.rows_landed for each in landed] == [2, 2]
    assert {request.durationStr for request in gateway.asked} == {"1 D"}
    last = conn.execute("select max(bar_at) from raw.minute_bar").fetchone()[0]
    assert last == dt.datetime(2020, 1, 6, 20, 59, tzinfo=dt.UTC)


def test_run_live_one_unknown_ticker_does_not_stop_the_others(conn):
    def answer(request) -> list[BarData]:
        if request.contract.symbol == "NOPE":
            raise RequestError(1, 200, "No security definition has been found")
        return _daily(request)

    with pytest.raises(UnexpectedPayload, match="no US stock NOPE"):
        _live(conn, Gateway(answer), ["NOPE", "T"], dt.date(2020, 1, 1), dt.date(2020, 1, 6))
    assert conn.execute("select count(*) from raw.daily_bar").fetchone() == (3,)


def test_run_lands_saved_bars(conn, tmp_path):
    saved = "date,open,high,low,close,volume,average,barCount\n2020-01-02,1,2,1,2,9,1.5,3\n"
    (tmp_path / "AAPL.csv").write_text("," + saved.replace("\n2020", "\n0,2020"))
    (landed,) = ibkr.run(conn, tmp_path, what="ADJUSTED_LAST")
    assert landed.rows_landed == 1
    assert conn.execute("select ticker, close, adj_close from raw.daily_bar").fetchone() == (
        "AAPL",
        2.0,
        2.0,
    )
