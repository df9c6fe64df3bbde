"""Historical bars of Interactive Brokers, daily and by the minute, through `ib_async`.

A running TWS or IB Gateway answers; `connect` opens the connection, `run_live`
asks for what is missing and lands it, `run` lands saved CSV of the same bars.

What IBKR calls TRADES is adjusted for splits only, ADJUSTED_LAST for splits and
dividends: two bases, so two sources, "ibkr" and "ibkr-adjusted". Daily bars are
asked for whole spans, minutes a session at a time (the API's limit), and only
of sessions that have closed: the bar of a running one would land unfinished.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

import polars as pl
import psycopg
from ib_async import IB, BarData, Stock
from ib_async.wrapper import RequestError

from ingest import bars
from ingest.errors import IngestError, UnexpectedPayload, VendorUnavailable
from ingest.frames import LINE, cast_cells
from ingest.landing import Batch, Landed, land
from ingest.sources import Basis, data_source_id
from sql import query

What = Literal["TRADES", "ADJUSTED_LAST"]
BarSize = Literal["day", "minute"]
# What is asked for → the source it lands as: name, dividend basis, priority.
SOURCES: Mapping[What, tuple[str, Basis, int]] = {
    "TRADES": ("ibkr", "unadjusted", 100),
    "ADJUSTED_LAST": ("ibkr-adjusted", "adjusted", 200),
}
OHLCV = ("open", "high", "low", "close", "volume")
# IBKR's pacing: requests, in seconds, of all / of one contract / identical ones.
PACE = {"all": (60, 600.0), "contract": (5, 2.0), "request": (1, 15.0)}
BACK_OFF_SECONDS = (60.0, 120.0, 240.0, 480.0)
PACING_ERRORS = (162, 420)
UNKNOWN_CONTRACT = 200


@dataclass
class Pacing:
    """Waits so that no request breaks IBKR's limits. `clock` and `sleep` in seconds."""

    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Any] = IB.sleep
    _asked: dict[tuple[str, str], deque[float]] = field(default_factory=dict)

    def wait(self, contract: str, request: str) -> None:
        """Return when `request` (contract, span, size, …) may be sent, and count it as sent."""
        keys = {"all": "", "contract": contract, "request": request}
        past = [
            self._asked.setdefault((rule, key), deque(maxlen=PACE[rule][0]))
            for rule, key in keys.items()
        ]
        free = [
            times[0] + PACE[rule][1]
            for rule, times in zip(keys, past, strict=True)
            if len(times) == times.maxlen
        ]
        if (delay := max(free, default=0.0) - self.clock()) > 0:
            self.sleep(delay)
        now = self.clock()
        for times in past:
            times.append(now)


@dataclass(frozen=True)
class Request:
    """One question: bars of a ticker up to `end` (None: now) over `duration`."""

    ticker: str
    size: BarSize
    what: What
    end: datetime | None
    duration: str

    def __str__(self) -> str:
        end = "now" if self.end is None else self.end.isoformat()
        return f"ibkr:{self.ticker}/{self.size}/{self.what}/{self.duration} to {end}"


def connect(host: str = "127.0.0.1", port: int = 7497, client_id: int = 1) -> IB:
    """A read-only connection to TWS (7497 paper, 7496 live) or IB Gateway (4002, 4001).

    Raises VendorUnavailable when nothing answers there.
    """
    ib = IB()
    ib.RaiseRequestErrors = True
    try:
        ib.connect(host, port, clientId=client_id, readonly=True)
    except (OSError, TimeoutError) as error:
        raise VendorUnavailable(
            f"no TWS or IB Gateway answers on {host}:{port} ({error}); start it and enable "
            "its API (Configuration > API > Settings)"
        ) from error
    return ib


def fetch(ib: IB, request: Request, pacing: Pacing) -> list[BarData]:
    """The bars that answer a request; none when IBKR has none.

    Waits for its turn, and longer after each pacing violation. Raises
    VendorUnavailable when that or a timeout goes on, UnexpectedPayload when
    IBKR refuses the request.
    """
    for pause in (*BACK_OFF_SECONDS, None):
        pacing.wait(request.ticker, str(request))
        try:
            found = _ask(ib, request)
        except RequestError as error:
            if not _is_pacing(error):
                return _no_bars(request, error)
            if pause is not None:
                pacing.sleep(pause)
        except ConnectionError as error:
            raise VendorUnavailable(f"{request}: the connection is lost ({error})") from error
        else:
            if not found:
                raise VendorUnavailable(f"{request}: no answer in time")
            return found
    raise VendorUnavailable(f"{request}: IBKR still says pacing violation; try again later")


def parse_bars(found: list[BarData], time_zone: str | None = None) -> pl.DataFrame:
    """Bars as trade_date (or bar_at, UTC), open, high, low, close, volume.

    A volume of -1, IBKR's "none", is null. Times without a zone (old gateways,
    `formatDate=1`) are of `time_zone`. Raises UnexpectedPayload when they are
    there and it is not, or when days and times are mixed.
    """
    kinds = {type(bar.date) for bar in found}
    if len(kinds) > 1:
        raise UnexpectedPayload(f"ibkr: days and times in one answer: {found[0].date} and others")
    times: pl.Series
    if kinds == {datetime}:
        times = pl.Series("bar_at", [_in_utc(bar.date, time_zone) for bar in found])
        times = times.cast(pl.Datetime("us", "UTC"))
    else:
        times = pl.Series("trade_date", [bar.date for bar in found], pl.Date)
    columns = [
        pl.Series(name, [float(getattr(bar, name)) for bar in found], pl.Float64) for name in OHLCV
    ]
    frame = pl.DataFrame([times, *columns])
    return frame.with_columns(pl.col("volume").replace(-1.0, None))


def to_batch(frame: pl.DataFrame, request: Request, source_id: int, lot_size: int) -> Batch:
    """Checked rows of `raw.daily_bar` or `raw.minute_bar` from `parse_bars`."""
    table = "daily_bar" if request.size == "day" else "minute_bar"
    schema = bars.DAILY if table == "daily_bar" else bars.MINUTE
    rows, rejects = cast_cells(
        frame.with_columns(pl.col("volume") * lot_size).with_row_index(LINE, offset=1),
        schema={name: schema[name] for name in frame.columns},
        name=str(request),
        required=[name for name in frame.columns if name not in OHLCV],
        checks=bars.row_checks(frame.columns),
    )
    adjusted = pl.col("close") if request.what == "ADJUSTED_LAST" else pl.lit(None, pl.Float64)
    return bars.to_batch(
        table, rows.with_columns(adj_close=adjusted), rejects, source_id, request.ticker
    )


def run_live(
    conn: psycopg.Connection,
    ib: IB,
    tickers: Iterable[str],
    *,
    since: date,
    until: date | None = None,
    size: BarSize = "day",
    what: What = "TRADES",
    lot_size: int = 1,
    pacing: Pacing | None = None,
) -> Iterator[Landed]:
    """Land the bars of US stocks from `since` to `until` (the last closed session).

    Continues where the source's bars of a ticker end, with that last day again:
    an adjusted close says something only beside another of its own answer.
    lot_size: 100 for gateways that report volume in round lots.
    A ticker that fails does not stop the others; its error is raised at the end.
    """
    pacing = pacing or Pacing()
    name, dividend_basis, priority = SOURCES[what]
    source_id = data_source_id(
        conn,
        name,
        split_basis="adjusted",
        dividend_basis=dividend_basis,
        retrieved_on=datetime.now().date(),
        priority=priority,
    )
    failures: list[IngestError] = []
    for ticker in tickers:
        sessions = _missing_sessions(conn, source_id, ticker, size, since, until)
        for request in requests(ticker, sessions, size, what):
            try:
                yield _land(conn, ib, request, sessions, source_id, lot_size, pacing)
            except (UnexpectedPayload, VendorUnavailable) as error:
                failures.append(error)
                break
    if len(failures) == 1:
        raise failures[0]
    if failures:
        listed = "".join(f"\n- {failure}" for failure in failures)
        raise type(failures[0])(f"{len(failures)} tickers are not complete:{listed}")


def requests(
    ticker: str, sessions: list[tuple[date, datetime]], size: BarSize, what: What
) -> Iterator[Request]:
    """What to ask for the bars of these sessions (date, close), oldest first."""
    if not sessions:
        return
    if size == "day":
        # ADJUSTED_LAST is answered only up to now, so that daily bars always are.
        days = (datetime.now(sessions[0][1].tzinfo).date() - sessions[0][0]).days + 1
        span = f"{days} D" if days <= 365 else f"{-(-days // 365)} Y"
        yield Request(ticker, size, what, None, span)
        return
    for _, close in sessions:
        yield Request(ticker, size, what, close, "1 D")


def run(
    conn: psycopg.Connection,
    path: Path,
    *,
    size: BarSize = "day",
    what: What = "TRADES",
    ticker: str = bars.FILE_NAME,
    time_zone: str | None = None,
    retrieved_on: date | str | None = None,
    reject_threshold: float = 0.05,
) -> Iterator[Landed]:
    """Land bars saved as `util.df(bars).to_csv(…)`: a file, or a folder or zip of them.

    ticker: of all files; unless given, each file's name (AAPL.csv is AAPL).
    time_zone: of minute bars whose times carry none.
    """
    name, dividend_basis, priority = SOURCES[what]
    options: dict[str, Any] = {
        "source": name,
        "split_basis": "adjusted",
        "dividend_basis": dividend_basis,
        "priority": priority,
        "retrieved_on": retrieved_on,
        "ticker": ticker,
        "reject_threshold": reject_threshold,
    }
    if size == "minute":
        return bars.run_minute(conn, path, time_zone=time_zone, **options)
    if what == "ADJUSTED_LAST":
        options["columns"] = {"adj_close": "close"}
    return bars.run(conn, path, **options)


def _land(
    conn: psycopg.Connection,
    ib: IB,
    request: Request,
    sessions: list[tuple[date, datetime]],
    source_id: int,
    lot_size: int,
    pacing: Pacing,
) -> Landed:
    dataset = "daily_bars" if request.size == "day" else "minute_bars"
    found = fetch(ib, request, pacing)
    if not found:
        return Landed(dataset, str(request), None, is_new=False)
    frame = _of_sessions(parse_bars(found), sessions)
    return land(
        conn,
        source=SOURCES[request.what][0],
        dataset=dataset,
        uri=str(request),
        payload=frame.write_csv().encode(),
        parse=lambda: [to_batch(frame, request, source_id, lot_size)],
        options={"ticker": request.ticker, "what": request.what, "lot_size": lot_size},
    )


def _of_sessions(frame: pl.DataFrame, sessions: list[tuple[date, datetime]]) -> pl.DataFrame:
    """Without the bars of days that were not asked for, and of a session still open."""
    first, last = sessions[0], sessions[-1]
    if "trade_date" in frame.columns:
        return frame.filter(pl.col("trade_date").is_between(first[0], last[0]))
    return frame.filter(pl.col("bar_at") < last[1])


def _missing_sessions(
    conn: psycopg.Connection,
    source_id: int,
    ticker: str,
    size: BarSize,
    since: date,
    until: date | None,
) -> list[tuple[date, datetime]]:
    """Closed sessions (date, close) from the last one landed on, if there are later ones."""
    rows = conn.execute(
        query("sessions_to_fetch"),
        {
            "source_id": source_id,
            "ticker": ticker,
            "is_daily": size == "day",
            "since": since,
            "until": until,
        },
    ).fetchall()
    conn.commit()
    return rows


def _ask(ib: IB, request: Request) -> list[BarData]:
    # A share class is behind a blank at IBKR: BRK.B is "BRK B".
    symbol = request.ticker.upper().replace(".", " ").replace("-", " ")
    return ib.reqHistoricalData(
        Stock(symbol, "SMART", "USD"),
        endDateTime=request.end or "",
        durationStr=request.duration,
        barSizeSetting="1 day" if request.size == "day" else "1 min",
        whatToShow=request.what,
        useRTH=True,
        formatDate=2,
    )


def _is_pacing(error: RequestError) -> bool:
    return error.code in PACING_ERRORS and "pacing" in error.message.lower()


def _no_bars(request: Request, error: RequestError) -> list[BarData]:
    """No bars when IBKR has none of that time; any other refusal is an error."""
    if error.code == 162 and "no data" in error.message.lower():
        return []
    if error.code == UNKNOWN_CONTRACT:
        raise UnexpectedPayload(f"{request}: IBKR knows no US stock {request.ticker}") from error
    raise UnexpectedPayload(f"{request}: error {error.code}: {error.message}") from error


def _in_utc(stamp: datetime | date, time_zone: str | None) -> datetime:
    assert isinstance(stamp, datetime)
    if stamp.tzinfo is None:
        if time_zone is None:
            raise UnexpectedPayload(f"ibkr: {stamp} carries no time zone: say which it is of")
        stamp = stamp.replace(tzinfo=ZoneInfo(time_zone))
    return stamp.astimezone(UTC)
