"""Smoke test: simple sorts on the core set go with the published Fama-French factors.

Monthly 2x3 sorts at each month's last session, held for the next month. The
core set is some 500 large companies that survived to 2026, so only correlations are asked.
Published daily returns are compounded to months.
"""

from __future__ import annotations

import polars as pl
import psycopg
import pytest

pytestmark = [pytest.mark.data, pytest.mark.full]

# Bars begin in January 2015, and momentum needs a year and a day of them.
FIRST, LAST = "2016-02-01", "2026-03-31"
LOWEST = {"market": 0.95, "smb": 0.5, "hml": 0.7, "umd": 0.8}
MONTHS = """
    select
        p.security_id, p.trade_date as date, c.line_market_cap as cap,
        p.total_return_index as index,
        f.book_equity / c.market_equity as value,
        past_21.total_return_index / past_252.total_return_index - 1 as momentum
    from intermediate.int_prices__daily as p
    inner join ref.session as s on s.session_date = p.trade_date and s.is_month_end
    left join intermediate.int_market_caps__daily as c
        on c.security_id = p.security_id and c.trade_date = p.trade_date
    left join intermediate.int_statements__in_force as i
        on i.company_id = c.company_id and i.trade_date = c.trade_date
    left join intermediate.int_fundamentals__as_known as f
        on f.company_id = i.company_id and f.valid_from = i.fundamentals_from
        and f.book_equity > 0
    left join intermediate.int_prices__daily as past_21
        on past_21.security_id = p.security_id and past_21.bar_no = p.bar_no - 21
    left join intermediate.int_prices__daily as past_252
        on past_252.security_id = p.security_id and past_252.bar_no = p.bar_no - 252
"""
PUBLISHED = """
    select
        date_trunc('month', period_date)::date as month, portfolio,
        exp(sum(ln(1 + value_pct / 100))) - 1 as return
    from raw.french_return
    where frequency = 'daily' and value_pct > -99
    and dataset in ('F-F_Research_Data_Factors_daily', 'F-F_Momentum_Factor_daily')
    group by 1, 2
"""
MARKET = """
    select
        date_trunc('month', trade_date)::date as month,
        exp(sum(ln(1 + market_return))) - 1 as market
    from intermediate.int_market__daily
    group by 1
"""


def test_sorts_correlate_with_published_factors(core: psycopg.Connection) -> None:
    months = _read(core, MONTHS).sort("security_id", "date")
    held = months.with_columns(
        forward=(pl.col("index").shift(-1) / pl.col("index") - 1).over("security_id"),
        month=pl.col("date").dt.offset_by("1mo").dt.truncate("1mo"),
    ).drop_nulls(["forward", "cap"])
    ours = (
        _read(core, MARKET)
        .join(_by_size(held), on="month")
        .join(_by_value(held), on="month")
        .join(_by_momentum(held), on="month")
    )
    published = _read(core, PUBLISHED).pivot("portfolio", index="month", values="return")
    both = ours.join(published, on="month").filter(
        pl.col("month").is_between(pl.lit(FIRST).str.to_date(), pl.lit(LAST).str.to_date())
    )
    assert len(both) == 122
    pairs = {
        "market": pl.col("Mkt-RF") + pl.col("RF"),
        "smb": pl.col("SMB"), "hml": pl.col("HML"), "umd": pl.col("Mom"),
    }  # fmt: skip
    found = {name: both.select(pl.corr(name, theirs)).item() for name, theirs in pairs.items()}
    print(found)
    assert all(found[name] >= lowest for name, lowest in LOWEST.items()), found


def _by_value(held: pl.DataFrame) -> pl.DataFrame:
    """month, hml."""
    sorts = _two_by_three(held, "value")
    return sorts.select("month", hml=_high_less_low())


def _by_size(held: pl.DataFrame) -> pl.DataFrame:
    """month, smb: equal weights, since by cap even the small half is large companies."""
    is_small = (pl.col("cap") <= pl.col("cap").median()).over("month")
    return (
        held.with_columns(is_small=is_small)
        .group_by("month")
        .agg(
            smb=pl.col("forward").filter(pl.col("is_small")).mean()
            - pl.col("forward").filter(~pl.col("is_small")).mean()
        )
    )


def _by_momentum(held: pl.DataFrame) -> pl.DataFrame:
    """month, umd."""
    return _two_by_three(held, "momentum").select("month", umd=_high_less_low())


def _high_less_low() -> pl.Expr:
    return (pl.col("s_high") + pl.col("b_high") - pl.col("s_low") - pl.col("b_low")) / 2


def _two_by_three(held: pl.DataFrame, by: str) -> pl.DataFrame:
    """Cap-weighted returns of the six portfolios by size and another characteristic."""
    known = held.drop_nulls(by)
    size = pl.when(pl.col("cap") <= pl.col("cap").median()).then(pl.lit("s")).otherwise(pl.lit("b"))
    level = (
        pl.when(pl.col(by) <= pl.col(by).quantile(0.3)).then(pl.lit("low"))
        .when(pl.col(by) <= pl.col(by).quantile(0.7)).then(pl.lit("mid"))
        .otherwise(pl.lit("high"))
    )  # fmt: skip
    return (
        known.with_columns(cell=pl.concat_str(size, level, separator="_").over("month"))
        .group_by("month", "cell")
        .agg(held=(pl.col("forward") * pl.col("cap")).sum() / pl.col("cap").sum())
        .pivot("cell", index="month", values="held")
    )


def _read(conn: psycopg.Connection, query: str) -> pl.DataFrame:
    cursor = conn.execute(query)
    names = [column.name for column in cursor.description]
    return pl.DataFrame(cursor.fetchall(), schema=names, orient="row", infer_schema_length=None)
