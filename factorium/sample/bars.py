"""Daily and minute bars, a second vendor's adjusted prices, corporate actions."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from factorium.sample.plan import CLASS_A_FRACTION, CLASSES, SPECIAL, Plan
from factorium.sample.randomness import stream
from factorium.sample.sessions import Sessions
from factorium.sample.simulation import Paths
from factorium.sample.splits import Splits

PRICE_DECIMALS = 4
VENDOR_EVERY = 3  # the second vendor has a third of the names
# Its snapshot is this many sessions old at the market's end: the same day for
# any number of years, so that a dataset descriptor can name it.
VENDOR_AGE = 190
MINUTE_NAMES, MINUTE_SESSIONS = 6, 3
CLASS_SPREAD = 0.02


@dataclass
class Lines:
    """Listed lines: every company's share, and class B of the two-class company last.

    [market session, line]: unadjusted close, dividend and spin-off per share as
    traded, split factor since the first bar (new shares per old). company and
    first, last (market positions) per line.
    """

    company: np.ndarray
    first: np.ndarray
    last: np.ndarray
    close: np.ndarray
    paid: np.ndarray
    factor: np.ndarray
    days: np.ndarray

    @property
    def count(self) -> int:
        return len(self.company)

    def listed(self) -> np.ndarray:
        """Whether a line has a bar, [market session, line]."""
        at = np.arange(len(self.days))[:, None]
        return (at >= self.first) & (at <= self.last)


def lines(plan: Plan, calendar: Sessions, paths: Paths, splits: Splits, **market: int) -> Lines:
    """Prices as traded, from those on the first session's basis."""
    rng = stream("lines", **market)
    begin = calendar.first_bar - calendar.first_simulated
    company = np.append(np.arange(plan.count), SPECIAL["two_classes"])
    factor = splits.factor[begin:][:, company]
    price = paths.price[begin:][:, company]
    spread = np.zeros(len(price))
    for session in range(1, len(spread)):
        spread[session] = 0.97 * spread[session - 1] + 0.002 * rng.standard_normal()
    price[:, -1] *= 1 + CLASS_SPREAD + np.clip(spread, -0.015, 0.015)
    return Lines(
        company=company,
        first=plan.listed[company] - calendar.first_bar,
        last=plan.last[company] - calendar.first_bar,
        close=np.maximum(np.round(price / factor, PRICE_DECIMALS), 0.0001),
        paid=paths.distribution[begin:][:, company] / factor,
        factor=factor,
        days=calendar.market,
    )


def tickers_as_traded(plan: Plan, own: Lines, calendar: Sessions) -> tuple[np.ndarray, list[str]]:
    """Index [market session, line] into a list of tickers, renames applied."""
    names = [*plan.tickers, CLASSES[1]]
    index = np.tile(np.arange(own.count), (len(own.days), 1))
    for company, former in plan.former_tickers.items():
        names.append(former)
        index[: plan.renamed[company] - calendar.first_bar, company] = len(names) - 1
    return index, names


def write_bars(
    folder: Path, plan: Plan, own: Lines, paths: Paths, calendar: Sessions, **market: int
) -> int:
    """Write daily, vendor-adjusted and minute bars; returns the daily rows."""
    rng = stream("bars", **market)
    daily = _daily(plan, own, paths, calendar, rng)
    daily.write_parquet(folder / "daily_bars.parquet", compression="lz4")
    _vendor(plan, own, daily).write_parquet(folder / "vendor_adjusted.parquet", compression="lz4")
    _minutes(daily, calendar, rng).write_parquet(folder / "minute_bars.parquet", compression="lz4")
    return len(daily)


def retrieved_on(own: Lines) -> np.datetime64:
    """The day on which the second vendor's snapshot was taken."""
    return np.datetime64(own.days[-VENDOR_AGE])


def _daily(
    plan: Plan, own: Lines, paths: Paths, calendar: Sessions, rng: np.random.Generator
) -> pl.DataFrame:
    begin = calendar.first_bar - calendar.first_simulated
    volatility = paths.specific_volatility[begin:][:, own.company]
    close, shape = own.close, own.close.shape
    before = np.concatenate([close[:1], close[:-1]])
    basis = np.concatenate([np.ones((1, shape[1])), own.factor[:-1] / own.factor[1:]])
    gap = 0.3 * volatility * rng.standard_normal(shape)
    opened = np.maximum(np.round(before * basis * np.exp(gap), PRICE_DECIMALS), 0.0001)
    top, bottom = np.maximum(opened, close), np.minimum(opened, close)
    reach = 0.5 * volatility * np.abs(rng.standard_normal(shape))
    high = np.maximum(np.round(top * (1 + reach), PRICE_DECIMALS), top)
    reach = 0.5 * volatility * np.abs(rng.standard_normal(shape))
    low = np.minimum(np.maximum(np.round(bottom * (1 - reach), PRICE_DECIMALS), 0.0001), bottom)
    volume = _volume(own, paths, calendar, volatility, rng)
    chosen = own.listed().T
    index, names = tickers_as_traded(plan, own, calendar)
    session = np.broadcast_to(np.arange(shape[0]), chosen.shape)[chosen]
    tickers = pl.Series("ticker", names)
    return pl.DataFrame(
        {
            "ticker": tickers.gather(index.T[chosen]),
            "date": own.days[session],
            "open": opened.T[chosen],
            "high": high.T[chosen],
            "low": low.T[chosen],
            "close": close.T[chosen],
            "volume": volume.T[chosen],
        }
    )


def _volume(
    own: Lines, paths: Paths, calendar: Sessions, volatility: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Shares traded: a turnover of each line's own, more on days of large moves."""
    begin = calendar.first_bar - calendar.first_simulated
    rate = np.clip(0.006 * np.exp(0.6 * rng.standard_normal(own.count)), 0.0005, 0.05)
    moved = np.abs(paths.specific_return[begin:][:, own.company]) / volatility
    noise = np.exp(0.35 * rng.standard_normal(own.close.shape))
    first_shares = paths.shares.max(axis=1)[own.company]
    first_shares[0] *= CLASS_A_FRACTION
    first_shares[-1] *= 1 - CLASS_A_FRACTION
    traded = first_shares * own.factor * rate * noise * (0.7 + 0.4 * np.minimum(moved, 5))
    return np.asarray(np.maximum(np.round(traded), 100).astype(np.int64))


def _vendor(plan: Plan, own: Lines, daily: pl.DataFrame) -> pl.DataFrame:
    """The snapshot of a vendor who adjusts: prices on the split basis of its day.

    Its names keep today's ticker; renamed ones are not in it. `close` is
    adjusted for splits, `adj_close` for dividends as well.
    """
    until = len(own.days) - VENDOR_AGE
    chosen = [
        line
        for line in range(own.count)
        if (line % VENDOR_EVERY == 1 or line in SPECIAL.values())
        and line not in plan.former_tickers
        and own.first[line] < until
    ]
    names = [*plan.tickers, CLASSES[1]]
    adjusted = []
    for line in chosen:
        sessions = slice(own.first[line], min(own.last[line], until) + 1)
        ratio = own.factor[sessions, line] / own.factor[sessions, line][-1]
        close, paid = own.close[sessions, line], own.paid[sessions, line]
        kept = np.ones(len(close))
        split = np.ones(len(close))
        split[1:] = own.factor[sessions, line][1:] / own.factor[sessions, line][:-1]
        kept[1:] = 1 - paid[1:] * split[1:] / close[:-1]
        later = np.append(np.cumprod(kept[::-1])[::-1][1:], 1.0)
        adjusted.append(
            pl.DataFrame(
                {
                    "ticker": [names[line]] * len(close),
                    "date": own.days[sessions],
                    "ratio": ratio,
                    "dividends": later,
                }
            )
        )
    prices = daily.join(pl.concat(adjusted), on=["ticker", "date"], maintain_order="right")
    scaled = [(pl.col(name) * pl.col("ratio")).round(6) for name in ("open", "high", "low")]
    split_adjusted = (pl.col("close") * pl.col("ratio")).round(6)
    return prices.select(
        "ticker", "date", *scaled, split_adjusted,
        adj_close=(pl.col("close") * pl.col("ratio") * pl.col("dividends")).round(6),
        volume=(pl.col("volume") / pl.col("ratio")).round().cast(pl.Int64),
    )  # fmt: skip


def _minutes(daily: pl.DataFrame, calendar: Sessions, rng: np.random.Generator) -> pl.DataFrame:
    """Minute bars of a few names that open, close and range within the daily bar."""
    last_days = calendar.days[-MINUTE_SESSIONS:]
    recent = daily.filter(pl.col("date").is_in(last_days.tolist()))
    names = recent["ticker"].unique(maintain_order=True)[:MINUTE_NAMES].to_list()
    frames = []
    for row in recent.filter(pl.col("ticker").is_in(names)).iter_rows(named=True):
        at = calendar.at_or_after(np.array([row["date"]], "datetime64[D]"))[0]
        frames.append(_minute_session(row, at, calendar, rng))
    return pl.concat(frames)


def _minute_session(
    row: dict[str, float], at: int, calendar: Sessions, rng: np.random.Generator
) -> pl.DataFrame:
    count = int(calendar.close_minute[at]) - (9 * 60 + 30)
    walk = np.cumsum(rng.standard_normal(count + 1)) / np.sqrt(count)
    time = np.linspace(0, 1, count + 1)
    bridge = walk - walk[0] - time * (walk[-1] - walk[0])
    path = (
        row["open"]
        + time * (row["close"] - row["open"])
        + bridge * (0.5 * (row["high"] - row["low"]))
    )
    path = np.round(np.clip(path, row["low"], row["high"]), PRICE_DECIMALS)
    path[0], path[-1] = row["open"], row["close"]
    opened, close = path[:-1], path[1:]
    first = calendar.days[at].astype("datetime64[m]") + int(
        9 * 60 + 30 + calendar.utc_offset[at] * 60
    )
    weights = rng.random(count) + 0.2
    volume = np.floor(row["volume"] * weights / weights.sum()).astype(np.int64)
    stamps = (first + np.arange(count)).astype("datetime64[ms]")
    return pl.DataFrame(
        {
            "ticker": [str(row["ticker"])] * count,
            "timestamp": pl.Series(stamps).dt.replace_time_zone("UTC"),
            "open": opened,
            "high": np.maximum(opened, close),
            "low": np.minimum(opened, close),
            "close": close,
            "volume": volume,
        }
    )


def write_actions(
    folder: Path,
    plan: Plan,
    own: Lines,
    *,
    paths: Paths,
    splits: Splits,
    calendar: Sessions,
) -> int:
    """Write splits, dividends, the spin-off and delistings; returns the rows."""
    index, names = tickers_as_traded(plan, own, calendar)
    spun = paths.spinoff_session + calendar.first_simulated - calendar.first_bar
    rows: list[tuple[object, ...]] = []

    def add(line: int, session: int, kind: str, *values: object) -> None:
        last = min(max(session, 0), len(own.days) - 1)
        rows.append((names[index[last, line]], own.days[session].astype(object), kind, *values))

    for split in splits.events:
        add(split.company, split.session - calendar.first_bar, "split", split.ratio, *[None] * 3)
    for session, line in np.argwhere((own.paid > 0) & own.listed()).tolist():
        amount = float(own.paid[session, line])
        if line == SPECIAL["spinoff"] and session == spun:
            worth = float(paths.spinoff_amount / own.factor[session, line])
            add(line, session, "spinoff", 0.25, round(worth, 6), None, None)
            amount -= worth
        if amount > 1e-9:
            add(line, session, "dividend", None, round(amount, 6), None, None)
    for company, reason in plan.delisting_reason.items():
        final = plan.delisting_return.get(company)
        after = int(plan.last[company]) - calendar.first_bar + 1
        add(company, after, "delisting", None, None, final, reason)
    frame = pl.DataFrame(
        rows,
        orient="row",
        schema={
            "ticker": pl.String, "ex_date": pl.Date, "kind": pl.String, "ratio": pl.Float64,
            "amount_usd": pl.Float64, "delisting_return": pl.Float64,
            "delisting_reason": pl.String,
        },
    )  # fmt: skip
    frame.sort("ex_date", "ticker", "kind").write_csv(folder / "corporate_actions.csv")
    return len(frame)
