"""Market cap, book-to-market and momentum equal a second implementation from the raw files."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import psycopg
import pytest

sys.path.append(str(Path(__file__).resolve().parents[1]))

from oracles.market import Market

if TYPE_CHECKING:
    from conftest import BuiltSample

EVERYTHING = """
    select
        t.ticker, p.trade_date as date, c.line_market_cap as line_cap,
        c.market_equity as company_cap, v.book_to_market, m.momentum_12m_1m
    from intermediate.int_prices__daily as p
    inner join marts.dim_security as t on t.security_id = p.security_id
    left join intermediate.int_market_caps__daily as c
        on c.security_id = p.security_id and c.trade_date = p.trade_date
    left join factors.fac_value as v
        on v.security_id = p.security_id and v.trade_date = p.trade_date
    left join factors.fac_momentum as m
        on m.security_id = p.security_id and m.trade_date = p.trade_date
    where not p.is_delisting
"""
COLUMNS = ["line_cap", "company_cap", "book_to_market", "momentum_12m_1m"]


@pytest.fixture(scope="module")
def market(built_sample: BuiltSample) -> Market:
    return Market(built_sample.folder)


@pytest.fixture(scope="module")
def warehouse(built_sample: BuiltSample) -> Iterator[pl.DataFrame]:
    """Per ticker and date what the warehouse says."""
    with psycopg.connect(built_sample.info) as conn:
        cursor = conn.execute(EVERYTHING)
        names = [column.name for column in cursor.description]
        yield pl.DataFrame(cursor.fetchall(), schema=names, orient="row", infer_schema_length=None)


def test_market_equals_the_oracle_per_name_and_date(
    warehouse: pl.DataFrame, market: Market
) -> None:
    oracle = (
        market.caps()
        .join(market.prices().drop("close"), on=["ticker", "date"])
        .with_columns(pl.col("ticker").str.replace_all(r"[./]", "-"))
    )
    both = warehouse.join(oracle, on=["ticker", "date"], how="full", suffix="_oracle")
    assert len(both) == len(warehouse) == len(oracle) > 40_000
    for column in COLUMNS:
        wrong = both.filter(_differs(pl.col(column), pl.col(f"{column}_oracle")))
        shown = wrong.select("ticker", "date", column, f"{column}_oracle")
        assert wrong.is_empty(), f"{column}: {len(wrong)} of {len(both)}\n{shown.head(8)}"
        assert both[column].drop_nulls().len() > 25_000


def test_market_caps_equal_the_truth_of_the_sample(warehouse: pl.DataFrame, market: Market) -> None:
    truth = (
        pl.read_parquet(market.folder / "truth" / "caps.parquet")
        .with_columns(pl.col("ticker").str.replace_all(r"[./]", "-"))
        .filter(~pl.col("ticker").str.starts_with("TWIN"))
    )
    both = warehouse.join(truth, on=["ticker", "date"])
    wrong = both.filter(
        _differs(pl.col("line_cap"), pl.col("line_cap_usd"), tolerance=1e-6)
    ).select("ticker", "date", "line_cap", "line_cap_usd")
    assert wrong.is_empty(), f"{len(wrong)} of {len(both)}\n{wrong.head(8)}"


def test_two_classes_add_up_to_the_company(warehouse: pl.DataFrame, market: Market) -> None:
    truth = pl.read_parquet(market.folder / "truth" / "caps.parquet").with_columns(
        pl.col("ticker").str.replace_all(r"[./]", "-")
    )
    twins = warehouse.join(truth, on=["ticker", "date"]).filter(
        pl.col("ticker").str.starts_with("TWIN"), pl.col("company_cap").is_not_null()
    )
    added = twins.group_by("date").agg(pl.col("line_cap").sum(), pl.col("company_cap").first())
    assert len(added) > 600
    assert added.filter(_differs(pl.col("line_cap"), pl.col("company_cap"))).is_empty()
    # One count of all classes is known, and class B trades within 4 % of class A.
    off = (twins["company_cap"] / twins["company_cap_usd"] - 1).abs().max()
    assert off < 0.02


def _differs(ours: pl.Expr, theirs: pl.Expr, tolerance: float = 1e-9) -> pl.Expr:
    apart = (ours - theirs).abs() > tolerance * theirs.abs() + 1e-15
    return (ours.is_null() != theirs.is_null()) | apart.fill_null(value=False)
