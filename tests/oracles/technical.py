"""Technical factors again, name by name in NumPy, from the sample market's raw files.

Written from the factors' descriptions, not from their SQL: windows are slices of an
array, no running sums, no state.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

YEAR = 252
FEWEST = 0.8  # share of a window's bars that must have a return
IMPUTED = {"performance": -0.3, "merger": 0.0}
NEW_YORK = ZoneInfo("America/New_York")
FACTORS = [
    "momentum_12m_1m", "momentum_6m_1m", "momentum_12m_7m", "momentum_3m", "reversal_1w",
    "reversal_1m", "reversal_36m_12m", "high_52w", "volatility_21d", "volatility_252d",
    "beta_252d", "rate_beta_252d", "idiosyncratic_volatility_252d", "downside_volatility_252d",
    "skewness_252d", "range_volatility_63d", "illiquidity_21d", "illiquidity_252d",
    "log_dollar_volume_63d", "zero_return_days_252d", "volume_trend_21d_252d",
    "momentum_per_risk_12m_1m", "turnover_21d",
]  # fmt: skip


@dataclass
class Name:
    """One security's bars in time order; returns[0] is NaN."""

    days: list[date]
    returns: np.ndarray
    close: np.ndarray
    high: np.ndarray
    low: np.ndarray
    dollars: np.ndarray

    @property
    def index(self) -> np.ndarray:
        return np.cumprod(1 + np.nan_to_num(self.returns))


def names(folder: Path) -> dict[str, Name]:
    """Every security of the market by its permanent ticker."""
    renames = pl.read_csv(folder / "universe" / "ticker_map.csv").select(
        "ticker", permanent="permanent_ticker"
    )
    bars = _permanent(pl.read_parquet(folder / "prices" / "daily_bars.parquet"), renames)
    vendor = _permanent(pl.read_parquet(folder / "prices" / "vendor_adjusted.parquet"), renames)
    actions = _permanent(
        pl.read_csv(
            folder / "prices" / "corporate_actions.csv",
            infer_schema_length=None,
            try_parse_dates=True,
        ),
        renames,
    )
    adjusted = {key[0]: frame for key, frame in vendor.group_by("ticker")}
    events = {key[0]: frame for key, frame in actions.group_by("ticker")}
    return {
        key[0]: _name(frame.sort("date"), adjusted.get(key[0]), events.get(key[0]))
        for key, frame in bars.group_by("ticker")
    }


def final_returns(folder: Path) -> dict[str, tuple[date, float]]:
    """Of each delisted security its last bar's day and the return after it."""
    gone = (
        pl.read_parquet(folder / "truth" / "securities.parquet")
        .filter(pl.col("delisting_reason").is_not_null())
        .with_columns(normal_ticker())
    )
    return {
        row["ticker"]: (
            row["last_bar"],
            IMPUTED[row["delisting_reason"]]
            if row["delisting_return"] is None
            else row["delisting_return"],
        )
        for row in gone.iter_rows(named=True)
    }


def market_returns(folder: Path, market: dict[str, Name], caps: pl.DataFrame) -> dict[date, float]:
    """Total returns weighted by the line caps of the session before, by day.

    caps: ticker, trade_date, line_cap.
    """
    weight = _by_day(caps)
    calendar = sorted(set(caps["trade_date"]))
    sums: dict[date, list[float]] = {}
    for ticker, name in market.items():
        for before, day, value in zip(name.days, name.days[1:], name.returns[1:], strict=False):
            _weigh(sums, day, value, weight.get((ticker, before)))
    for ticker, (last, value) in final_returns(folder).items():
        after = calendar[calendar.index(last) + 1]
        _weigh(sums, after, value, weight.get((ticker, last)))
    return {day: total / weights for day, (total, weights) in sums.items()}


def _by_day(caps: pl.DataFrame) -> dict[tuple[str, date], float]:
    keys = zip(caps["ticker"], caps["trade_date"], strict=True)
    return dict(zip(keys, caps["line_cap"], strict=True))


def normal_ticker() -> pl.Expr:
    """Tickers as the warehouse writes them."""
    return pl.col("ticker").str.to_uppercase().str.replace_all(r"[./]", "-")


def rate_levels(folder: Path, sessions: list[date], series: str = "DGS10") -> dict[date, float]:
    """The latest yield known at each close, percent; published the next day at 16:15."""
    path = next((folder / "fred").rglob(f"*{series}*.json"))
    rows = sorted(
        (
            datetime.combine(date.fromisoformat(row["realtime_start"]), time(16, 15), NEW_YORK),
            row["date"],
            float(row["value"]),
        )
        for row in json.loads(path.read_text())["observations"]
        if row["value"] != "."
    )
    known: dict[str, float] = {}
    levels, at = {}, 0
    for day in sessions:
        close = datetime.combine(day, time(16), NEW_YORK)
        while at < len(rows) and rows[at][0] <= close:
            known[rows[at][1]] = rows[at][2]
            at += 1
        levels[day] = known[max(known)]
    return levels


def rate_changes(folder: Path, sessions: list[date]) -> dict[date, float]:
    """Day to day change of the yield known at each close, as a fraction."""
    levels = rate_levels(folder, sessions)
    changes = np.diff(list(levels.values())) / 100
    return dict(zip(sessions[1:], changes, strict=True))


def factors(folder: Path, caps: pl.DataFrame, wanted: Sequence[date]) -> pl.DataFrame:
    """All technical factors: factor_id, ticker, trade_date, value (no nulls).

    On the wanted days. caps: see `market_returns`; proved against the truth on their own.
    """
    market = names(folder)
    index = market_returns(folder, market, caps)
    line_caps = _by_day(caps)
    rate = rate_changes(folder, sorted(set().union(*(name.days for name in market.values()))))
    frames = []
    for ticker, name in market.items():
        along = np.array([index.get(day, np.nan) for day in name.days])
        line = np.array([line_caps.get((ticker, day), np.nan) for day in name.days])
        yields = np.array([rate.get(day, np.nan) for day in name.days])
        at = [n for n, day in enumerate(name.days) if day in wanted]
        for factor_id, column in _of(name, along, yields, line, at).items():
            frames.append(
                pl.DataFrame(
                    {"trade_date": [name.days[n] for n in at], "value": column[at]},
                    schema_overrides={"trade_date": pl.Date},
                ).select(
                    pl.lit(factor_id).alias("factor_id"),
                    pl.lit(ticker).alias("ticker"),
                    "trade_date",
                    pl.col("value").fill_nan(None),
                )
            )
    return pl.concat(frames).drop_nulls("value")


def _of(
    name: Name, market: np.ndarray, rate: np.ndarray, line_cap: np.ndarray, at: list[int]
) -> dict[str, np.ndarray]:
    """Every technical factor of one name, at some of its bars; NaN where it has none."""
    r, index, dollars = name.returns, name.index, name.dollars / 1e6
    illiquidity = np.abs(r) / dollars
    ranges = np.log(name.high / name.low) ** 2
    rolling = partial(_rolling, len(r), at)
    variance = rolling(YEAR, lambda w: _with_enough(r[w], np.var, ddof=1))
    beta = rolling(YEAR, lambda w: _beta(r[w], market[w]))
    own_market = rolling(YEAR, lambda w: _with_enough(market[w], np.var, ddof=1))
    out = {
        "momentum_12m_1m": _growth(index, 21, 252),
        "momentum_6m_1m": _growth(index, 21, 126),
        "momentum_12m_7m": _growth(index, 126, 252),
        "momentum_3m": _growth(index, 0, 63),
        "reversal_1w": _growth(index, 0, 5),
        "reversal_1m": _growth(index, 0, 21),
        "reversal_36m_12m": _growth(index, 252, 756),
        "high_52w": _high(name),
        "volatility_21d": np.sqrt(YEAR * rolling(21, lambda w: _with_enough(r[w], np.var, ddof=1))),
        "volatility_252d": np.sqrt(YEAR * variance),
        "beta_252d": beta,
        "rate_beta_252d": rolling(YEAR, lambda w: _beta(r[w], rate[w])),
        "idiosyncratic_volatility_252d": np.sqrt(
            YEAR * np.maximum(variance - beta**2 * own_market, 0)
        ),
        "downside_volatility_252d": np.sqrt(
            YEAR * rolling(YEAR, lambda w: np.nanmean(np.minimum(r[w], 0) ** 2))
        ),
        "skewness_252d": rolling(YEAR, lambda w: _skewness(r[w])),
        "range_volatility_63d": np.sqrt(
            YEAR * rolling(63, lambda w: np.nanmean(ranges[w])) / (4 * np.log(2))
        ),
        "illiquidity_21d": rolling(21, lambda w: np.nanmean(illiquidity[w])),
        "illiquidity_252d": rolling(YEAR, lambda w: np.nanmean(illiquidity[w])),
        "log_dollar_volume_63d": np.log(rolling(63, lambda w: np.mean(dollars[w]))),
        "zero_return_days_252d": rolling(
            YEAR, lambda w: np.sum(r[w] == 0) / np.sum(~np.isnan(r[w]))
        ),
        "volume_trend_21d_252d": rolling(21, lambda w: np.mean(dollars[w]))
        / rolling(YEAR, lambda w: np.mean(dollars[w]))
        - 1,
        "turnover_21d": 1e6 * rolling(21, lambda w: np.mean(dollars[w])) / line_cap,
    }
    out["momentum_per_risk_12m_1m"] = np.log1p(out["momentum_12m_1m"]) / out["volatility_252d"]
    return out


def _rolling(n: int, wanted: list[int], bars: int, of: Callable[[slice], float]) -> np.ndarray:
    """A statistic of the last so many bars; the bar before them must exist too."""
    out = np.full(n, np.nan)
    for at in wanted:
        if at >= bars:
            out[at] = of(slice(at - bars + 1, at + 1))
    return out


def _with_enough(values: np.ndarray, statistic: Callable[..., float], **options: int) -> float:
    present = values[~np.isnan(values)]
    return statistic(present, **options) if len(present) >= FEWEST * len(values) else np.nan


def _beta(r: np.ndarray, m: np.ndarray) -> float:
    both = ~np.isnan(r) & ~np.isnan(m)
    if both.sum() < FEWEST * len(r):
        return np.nan
    return np.cov(r[both], m[both])[0, 1] / np.var(m[both], ddof=1)


def _skewness(r: np.ndarray) -> float:
    centred = r[~np.isnan(r)] - np.nanmean(r)
    return np.mean(centred**3) / np.mean(centred**2) ** 1.5


def _growth(index: np.ndarray, later: int, earlier: int) -> np.ndarray:
    out = np.full(len(index), np.nan)
    if len(index) > earlier:
        out[earlier:] = index[earlier - later : len(index) - later] / index[:-earlier] - 1
    return out


def _high(name: Name) -> np.ndarray:
    out = np.full(len(name.close), np.nan)
    for at in range(YEAR - 1, len(out)):
        out[at] = name.close[at] / name.high[at - YEAR + 1 : at + 1].max()
    return out


def _weigh(sums: dict[date, list[float]], day: date, value: float, weight: float | None) -> None:
    if weight is not None and not np.isnan(weight):
        of_day = sums.setdefault(day, [0.0, 0.0])
        of_day[0] += value * weight
        of_day[1] += weight


def _permanent(frame: pl.DataFrame, renames: pl.DataFrame) -> pl.DataFrame:
    return (
        frame.join(renames.unique("ticker"), on="ticker", how="left")
        .with_columns(ticker=pl.coalesce("permanent", "ticker"))
        .with_columns(normal_ticker())
    )


def _name(bars: pl.DataFrame, vendor: pl.DataFrame | None, actions: pl.DataFrame | None) -> Name:
    days = bars["date"].to_list()
    close, volume = bars["close"].to_numpy(), bars["volume"].to_numpy().astype(float)
    split, kept, dividend = np.ones(len(days)), np.ones(len(days)), np.zeros(len(days))
    for event in [] if actions is None else actions.iter_rows(named=True):
        at = next((n for n, day in enumerate(days) if day >= event["ex_date"]), None)
        if at is not None and event["kind"] == "split":
            split[at] *= event["ratio"]
        if at is not None and event["kind"] == "spinoff":
            kept[at] *= event["ratio"]
        if at is not None and event["kind"] == "dividend":
            dividend[at] += event["amount_usd"]
    returns = np.full(len(days), np.nan)
    returns[1:] = (close[1:] * split[1:] / kept[1:] + dividend[1:]) / close[:-1] - 1
    _prefer_vendor(returns, days, vendor)
    basis = np.cumprod(split)
    return Name(
        days, returns, close * basis,
        bars["high"].to_numpy() * basis, bars["low"].to_numpy() * basis, close * volume,
    )  # fmt: skip


def _prefer_vendor(returns: np.ndarray, days: list[date], vendor: pl.DataFrame | None) -> None:
    """A vendor's adjusted closes give the return where it has both days."""
    if vendor is None:
        return
    adjusted = dict(zip(vendor["date"], vendor["adj_close"], strict=True))
    for at in range(1, len(days)):
        if days[at] in adjusted and days[at - 1] in adjusted:
            returns[at] = adjusted[days[at]] / adjusted[days[at - 1]] - 1
