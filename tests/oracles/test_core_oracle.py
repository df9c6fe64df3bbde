"""Momentum and market caps of real names equal a second implementation in polars.

Three snapshots of one vendor, on three split bases. Returns are ratios of adjusted closes
within one snapshot, the first by priority that has both days. A close is freed of the splits
and spin-offs between its day and the day of retrieval; a share count is moved to the basis
of its day. Events and share counts as filed are the warehouse's: no file declares them.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import exchange_calendars
import polars as pl
import psycopg
import pytest

pytestmark = [pytest.mark.data, pytest.mark.full]

SNAPSHOTS = [
    ("sp500_ohlcv_adjclose_2015_2020_yahoo", date(2020, 1, 11)),
    ("sp500_ohlcv_2018_2023_yahoo", date(2023, 6, 30)),
    ("sp500_adjclose_2015_2026_yahoo", date(2026, 4, 25)),
]
# Marsh & McLennan took another ticker in January 2026; the last snapshot has it throughout.
RENAMED = {"MMC": "MRSH"}
MOMENTUM = """
    select s.ticker, p.trade_date as date, m.momentum_12m_1m
    from intermediate.int_prices__daily as p
    inner join marts.dim_security as s on s.security_id = p.security_id
    left join factors.fac_momentum as m
        on m.security_id = p.security_id and m.trade_date = p.trade_date
    where not p.is_delisting
"""
CAPS = """
    select s.ticker, c.trade_date as date, c.line_market_cap as cap, n.shares, n.shares_as_of
    from intermediate.int_market_caps__daily as c
    inner join marts.dim_security as s on s.security_id = c.security_id
    inner join intermediate.int_shares__by_security as n
        on n.security_id = c.security_id and c.trade_date >= n.valid_from
        and (n.valid_to is null or c.trade_date < n.valid_to)
    where not c.is_approximate and c.market_equity is not null
    and c.line_market_cap = c.market_equity
"""
EVENTS = """
    select s.ticker, e.ex_date, e.kind, e.ratio
    from intermediate.int_price_events as e
    inner join marts.dim_security as s on s.security_id = e.security_id
"""


@pytest.fixture(scope="module")
def bars(data: Path) -> pl.DataFrame:
    """ticker, date, snapshot, close, adj_close, retrieved_on; at most one row a snapshot."""
    frames = []
    for number, (name, retrieved_on) in enumerate(SNAPSHOTS):
        raw = pl.read_parquet(data / "prices" / f"{name}.parquet")
        missing = [column for column in ("close", "adj_close") if column not in raw.columns]
        frames.append(
            raw.with_columns(*(pl.lit(None, pl.Float64).alias(column) for column in missing))
            .select(
                pl.col("ticker").str.replace_all(r"[./]", "-").replace(RENAMED),
                pl.col("date").cast(pl.Date),
                pl.col("close", "adj_close").cast(pl.Float64),
                snapshot=pl.lit(number),
                retrieved_on=pl.lit(retrieved_on),
            )
            .filter(pl.col("close").is_not_null() | pl.col("adj_close").is_not_null())
            .unique(["ticker", "date"], keep="last", maintain_order=True)
        )
    # One snapshot has rows on the exchange's holidays.
    sessions = exchange_calendars.get_calendar("XNYS", start="2014-01-01").sessions
    days = pl.Series([session.date() for session in sessions])
    return pl.concat(frames).filter(pl.col("date").is_in(days.implode()))


def test_momentum_equals_the_oracle(core: psycopg.Connection, bars: pl.DataFrame) -> None:
    days = bars.select("ticker", "date").unique().sort("ticker", "date")
    history = days.with_columns(before=pl.col("date").shift(1).over("ticker"))
    returns = (
        bars.drop_nulls("adj_close")
        .sort("snapshot", "ticker", "date")
        .with_columns(
            own_before=pl.col("date").shift(1).over("snapshot", "ticker"),
            ratio=(pl.col("adj_close") / pl.col("adj_close").shift(1)).over("snapshot", "ticker"),
        )
        .drop_nulls("ratio")
        .group_by("ticker", "date", maintain_order=True)
        .first()
    )
    grown = (
        history.join(returns, on=["ticker", "date"], how="left")
        .with_columns(usable=pl.col("own_before") == pl.col("before"))
        .sort("ticker", "date")
    )
    # Names with a day whose return no snapshot's adjusted closes give are left to the sample.
    bridged = grown.filter(pl.col("before").is_not_null(), ~pl.col("usable").fill_null(False))
    oracle = (
        grown.join(bridged.select("ticker").unique(), on="ticker", how="anti")
        .with_columns(index=pl.col("ratio").fill_null(1.0).cum_prod().over("ticker"))
        .select(
            "ticker", "date",
            momentum=(pl.col("index").shift(21) / pl.col("index").shift(252)).over("ticker") - 1,
        )
    )  # fmt: skip
    both = _read(core, MOMENTUM).join(oracle, on=["ticker", "date"])
    assert both["ticker"].n_unique() > 400
    assert both["momentum"].drop_nulls().len() > 1_000_000
    _assert_equal(both, "momentum_12m_1m", "momentum")


def test_caps_equal_the_oracle(core: psycopg.Connection, bars: pl.DataFrame) -> None:
    chosen = (
        bars.drop_nulls("close")
        .sort("snapshot")
        .group_by("ticker", "date", maintain_order=True)
        .first()
        .select("ticker", "date", "close", "retrieved_on")
    )
    counted = _read(core, CAPS).join(chosen, on=["ticker", "date"]).with_row_index("row")
    events = (
        _read(core, EVENTS)
        .join(counted.group_by("ticker").agg(first=pl.col("date").min()), on="ticker")
        .with_columns(is_split=pl.col("kind") == "split")
    )
    moved = (
        counted.select("row", "ticker", "date", "retrieved_on", "shares_as_of")
        .join(events, on="ticker")
        .with_columns(
            undone=pl.when(
                pl.col("date") < pl.col("ex_date"), pl.col("retrieved_on") >= pl.col("ex_date")
            ).then(pl.when("is_split").then("ratio").otherwise(1 / pl.col("ratio"))),
            split=pl.when("is_split", pl.col("ex_date").is_between("shares_as_of", "date", "right"))
            .then("ratio")
            .when("is_split", pl.col("ex_date").is_between("date", "shares_as_of", "right"))
            .then(1 / pl.col("ratio")),
        )
        .group_by("row")
        .agg(pl.col("undone", "split").product())
    )
    oracle = counted.join(moved, on="row", how="left").with_columns(
        expected=pl.col("close") * pl.col("shares")
        * pl.col("undone").fill_null(1.0) * pl.col("split").fill_null(1.0)
    )  # fmt: skip
    assert oracle["ticker"].n_unique() > 350
    assert len(oracle) > 500_000
    _assert_equal(oracle, "cap", "expected")


def _assert_equal(frame: pl.DataFrame, ours: str, theirs: str) -> None:
    apart = (pl.col(ours) - pl.col(theirs)).abs() > 1e-9 * pl.col(theirs).abs() + 1e-12
    wrong = frame.filter(
        (pl.col(ours).is_null() != pl.col(theirs).is_null()) | apart.fill_null(value=False)
    ).select("ticker", "date", ours, theirs)
    names = wrong["ticker"].value_counts(sort=True).head(8)
    assert wrong.is_empty(), f"{len(wrong)} of {len(frame)}\n{wrong.head(8)}\n{names}"


def _read(conn: psycopg.Connection, query: str) -> pl.DataFrame:
    cursor = conn.execute(query)
    names = [column.name for column in cursor.description]
    return pl.DataFrame(cursor.fetchall(), schema=names, orient="row", infer_schema_length=None)
