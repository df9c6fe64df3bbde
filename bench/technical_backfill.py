"""Backfill of the technical families over years of bars, beside the same in polars.

    python bench/technical_backfill.py [--names 3000] [--years 10]

A server of its own gets synthetic bars by COPY into the table of current bars; then the
models run that a family of technical factors stands on (prices, market return, carried
state) and the families momentum, reversal, volatility and liquidity: 21 factors. polars
computes the same 21 from the same bars in memory, with rolling sums; it writes nothing.
Prints seconds of both, model by model, and the ratio. No target: reported.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import psycopg
from psycopg import sql

from factorium import server
from factorium.migrate import migrate
from factorium.warehouse import run_dbt
from ingest.sources import data_source_id

FAMILIES = ["fac_momentum", "fac_reversal", "fac_volatility", "fac_liquidity"]
COUNTED = {"int_prices__daily", "int_market__daily", "int_bars__state", *FAMILIES}
COLUMNS = ["security_id", "trade_date", "open", "high", "low", "close", "volume"]
YEAR = 252


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--names", type=int, default=3000)
    arguments.add_argument("--years", type=int, default=10)
    chosen = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="factorium-bench-") as folder:
        home = Path(folder)
        home.chmod(0o755)
        try:
            measure(home, chosen.names, chosen.years)
        finally:
            server.stop(home / "home")


def measure(home: Path, names: int, years: int) -> None:
    """Build once by SQL, compute once in polars; print both."""
    info = server.start(home / "home").conninfo
    migrate(info)
    bars = synthetic_bars(sessions(info, years), names)
    insert(info, bars, names)
    target = home / "dbt-target"
    run_dbt(info, ["seed"], target_path=target)
    seconds = backfill(info, target)
    print(f"{names} names x {years} years: {len(bars):,} bars, 21 factors")
    for model, took in seconds.items():
        print(f"  {model:<22}{took:8.1f} s")
    warehouse = sum(seconds.values())
    began = time.perf_counter()
    computed = in_polars(bars)
    polars = time.perf_counter() - began
    print(f"  values of the last day agree to {disagreement(info, computed):.0e}")
    print(f"warehouse {warehouse:.1f} s, {len(bars) / warehouse:,.0f} bars/s, tables written")
    print(f"polars    {polars:.1f} s, {len(bars) / polars:,.0f} bars/s, in memory")
    print(f"ratio warehouse / polars {warehouse / polars:.1f}")


def sessions(info: str, years: int) -> list[date]:
    """The last so many years of sessions before 2026."""
    with psycopg.connect(info) as conn:
        rows = conn.execute(
            "select session_date from ref.session where session_date < '2026-01-01' "
            "order by 1 desc limit %s",
            [years * YEAR],
        ).fetchall()
    return [day for (day,) in reversed(rows)]


def synthetic_bars(days: list[date], names: int) -> pl.DataFrame:
    """Random walks with a market in common, by security and day."""
    rng = np.random.default_rng(1)
    shape = (names, len(days))
    market = 0.01 * rng.standard_normal(len(days))
    moves = market + 0.02 * rng.standard_normal(shape)
    close = 50 * np.exp(np.cumsum(moves, axis=1))
    opened = close * np.exp(0.005 * rng.standard_normal(shape))
    reach = np.exp(0.005 * np.abs(rng.standard_normal((2, *shape))))
    return pl.DataFrame(
        {
            "security_id": np.repeat(np.arange(1, names + 1, dtype=np.int32), len(days)),
            "trade_date": pl.concat([pl.Series(days)] * names),
            "open": opened.ravel(),
            "high": (np.maximum(opened, close) * reach[0]).ravel(),
            "low": (np.minimum(opened, close) / reach[1]).ravel(),
            "close": close.ravel(),
            "volume": np.round(1e6 * np.exp(0.5 * rng.standard_normal(shape))).ravel(),
        }
    )


def insert(info: str, bars: pl.DataFrame, names: int) -> None:
    """Securities, their current bars and the span that the ledger plans by."""
    with psycopg.connect(info) as conn:
        source = data_source_id(conn, "bench", split_basis="unadjusted", priority=10)
        conn.execute(
            "insert into ref.security (permanent_ticker) "
            "select 'N' || n from generate_series(1, %s) as n order by n",
            [names],
        )
        with conn.cursor().copy(
            f"copy raw.daily_bar_current ({', '.join(COLUMNS)}, source_id, load_id, prev_date) "
            "from stdin"
        ) as copy:
            for piece in pieces(bars, source):
                copy.write(piece)
        conn.execute(
            "insert into ops.bar_span (first_date, last_date) "
            "select min(trade_date), max(trade_date) from raw.daily_bar_current"
        )
        conn.commit()
        conn.autocommit = True
        conn.execute("analyze raw.daily_bar_current")


def pieces(bars: pl.DataFrame, source: int) -> Iterator[str]:
    """COPY text, a million rows at a time."""
    rows = bars.with_columns(
        source_id=pl.lit(source), load_id=pl.lit(0),
        prev_date=pl.col("trade_date").shift(1).over("security_id"),
    )  # fmt: skip
    for piece in rows.iter_slices(1_000_000):
        yield piece.write_csv(separator="\t", include_header=False, null_value="\\N")


def backfill(info: str, target: Path) -> dict[str, float]:
    """Seconds of each model that the technical families stand on."""
    seconds: dict[str, float] = {}

    def note(name: str, status: str, took: float) -> None:
        if name in COUNTED:
            seconds[name] = took

    run_dbt(
        info,
        ["run", "--select", *(f"+{family}" for family in FAMILIES)],
        target_path=target,
        on_node=note,
    )
    return seconds


def in_polars(bars: pl.DataFrame) -> pl.DataFrame:
    """The same 21 factors, one row per bar."""
    returned = bars.sort("security_id", "trade_date").with_columns(
        r=(pl.col("close") / pl.col("close").shift(1) - 1).over("security_id"),
        traded=pl.col("close") * pl.col("volume") / 1e6,
        range_2=(pl.col("high") / pl.col("low")).log() ** 2,
    )
    market = returned.group_by("trade_date").agg(m=pl.col("r").mean())
    joined = returned.join(market, on="trade_date", maintain_order="left").with_columns(
        index=(1 + pl.col("r").fill_null(0)).cum_prod().over("security_id")
    )
    return joined.with_columns(**windows()).select("security_id", "trade_date", **factors())


def windows() -> dict[str, pl.Expr]:
    """Sums over trailing bars, per security."""
    r, m, key = pl.col("r"), pl.col("m"), "security_id"
    sums = {
        "r_21": (r, 21), "r2_21": (r**2, 21), "r_252": (r, 252), "r2_252": (r**2, 252),
        "r3_252": (r**3, 252), "down_252": (r.clip(upper_bound=0) ** 2, 252),
        "m_252": (m, 252), "m2_252": (m**2, 252), "rm_252": (r * m, 252),
        "illiquid_21": (r.abs() / pl.col("traded"), 21),
        "illiquid_252": (r.abs() / pl.col("traded"), 252),
        "zero_252": ((r == 0).cast(pl.Float64), 252), "range_63": (pl.col("range_2"), 63),
        "traded_21": (pl.col("traded"), 21), "traded_63": (pl.col("traded"), 63),
        "traded_252": (pl.col("traded"), 252),
    }  # fmt: skip
    lags = {f"index_{n}": pl.col("index").shift(n).over(key) for n in (5, 21, 63, 126, 252, 756)}
    return (
        {name: column.rolling_sum(bars).over(key) for name, (column, bars) in sums.items()}
        | lags
        | {"high_252": pl.col("high").rolling_max(252).over(key)}
    )


def factors() -> dict[str, pl.Expr]:
    """Factors from the windows, by the names of the registry."""
    col = pl.col
    year = variance("r_252", "r2_252", 252)
    market_year = variance("m_252", "m2_252", 252)
    beta = (col("rm_252") - col("r_252") * col("m_252") / 252) / 251 / market_year
    mean, square = col("r_252") / 252, col("r2_252") / 252
    third = col("r3_252") / 252 - 3 * mean * square + 2 * mean**3
    return {
        "momentum_12m_1m": col("index_21") / col("index_252") - 1,
        "momentum_6m_1m": col("index_21") / col("index_126") - 1,
        "momentum_12m_7m": col("index_126") / col("index_252") - 1,
        "momentum_3m": col("index") / col("index_63") - 1,
        "momentum_per_risk_12m_1m": (col("index_21") / col("index_252")).log()
        / (252 * year).sqrt(),
        "high_52w": col("close") / col("high_252"),
        "reversal_1w": col("index") / col("index_5") - 1,
        "reversal_1m": col("index") / col("index_21") - 1,
        "reversal_36m_12m": col("index_252") / col("index_756") - 1,
        "volatility_21d": (252 * variance("r_21", "r2_21", 21)).sqrt(),
        "volatility_252d": (252 * year).sqrt(),
        "beta_252d": beta,
        "idiosyncratic_volatility_252d": (252 * (year - beta**2 * market_year)).sqrt(),
        "downside_volatility_252d": (col("down_252")).sqrt(),
        "skewness_252d": third / (251 / 252 * year) ** 1.5,
        "range_volatility_63d": (252 * col("range_63") / 63 / (4 * np.log(2))).sqrt(),
        "illiquidity_21d": col("illiquid_21") / 21,
        "illiquidity_252d": col("illiquid_252") / 252,
        "log_dollar_volume_63d": (col("traded_63") / 63).log(),
        "zero_return_days_252d": col("zero_252") / 252,
        "volume_trend_21d_252d": 12 * col("traded_21") / col("traded_252") - 1,
    }


def disagreement(info: str, computed: pl.DataFrame) -> float:
    """The largest relative difference between the two on the last day."""
    day = computed["trade_date"].max()
    theirs = computed.filter(pl.col("trade_date") == day).sort("security_id")
    largest = 0.0
    with psycopg.connect(info) as conn:
        for family in FAMILIES:
            query = sql.SQL("select * from factors.{} where trade_date = %s order by security_id")
            cursor = conn.execute(query.format(sql.Identifier(family)), [day])
            names = [column.name for column in cursor.description or []]
            ours = pl.DataFrame(cursor.fetchall(), schema=names, orient="row")
            for name in set(names) & set(factors()):
                apart = (ours[name] - theirs[name]).abs() / (theirs[name].abs() + 1e-9)
                largest = max(largest, float(apart.max() or 0.0))
    return largest


def variance(total: str, squares: str, n: int) -> pl.Expr:
    """Sample variance from a sum and a sum of squares."""
    return ((pl.col(squares) - pl.col(total) ** 2 / n) / (n - 1)).clip(lower_bound=0)


if __name__ == "__main__":
    main()
