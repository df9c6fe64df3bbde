"""What every factor is in a warehouse, and where two warehouses differ."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from datetime import date
from typing import Any

import polars as pl
import psycopg

TOLERANCE = 1e-9
# A score is a place in a cross-section and a z-score a multiple of its deviation: next to
# nought their own size says nothing about rounding.
SMALLEST = {"value": 1e-13, "zscore": 1e-10, "score": 1e-9, "sector_score": 1e-9}
KEY = ["factor_id", "ticker", "trade_date"]
SESSIONS = {"d": 1, "w": 5, "m": 21, "y": 252}
PRICE_INPUTS = {
    "total_return", "total_return_index", "dollar_volume", "high", "low", "close", "market_return"
}  # fmt: skip

# Every factor of the registry: those of securities and the macro ones, in long form.
VALUES = """
copy (
    select
        v.factor_id, s.permanent_ticker as ticker, v.trade_date,
        v.value, v.zscore, v.score, v.sector_score
    from marts.fct_factor_values as v
    inner join ref.security as s on v.security_id = s.security_id
    where v.trade_date = any(%(dates)s)
    union all
    select factor_id, 'macro', trade_date, value, zscore, null, null
    from marts.fct_macro_factors
    where trade_date = any(%(dates)s)
) to stdout (format csv, header)
"""

# Every number of the risk models, in the same form; what it is of stands for the ticker.
RISK = """
copy (
    with exposures as (
        select s.permanent_ticker, to_jsonb(e) as styles, e.trade_date
        from marts.fct_exposures as e
        inner join ref.security as s on e.security_id = s.security_id
        where e.trade_date = any(%(dates)s)
    ),
    numbers as (
        select 'exposure:' || f.factor_id as factor_id, e.permanent_ticker as ticker,
            e.trade_date, (e.styles ->> f.factor_id)::float8 as value
        from exposures as e
        cross join marts.dim_risk_factor as f
        where f.factor_kind = 'style'
        union all
        select 'factor_return', factor_id, trade_date, factor_return from marts.fct_factor_returns
        union all
        select 'factor_t_stat', factor_id, trade_date, t_stat from marts.fct_factor_returns
        union all
        select 'regression', 'r2', trade_date, r2 from marts.fct_regressions
        union all
        select 'specific_return', s.permanent_ticker, r.trade_date, r.specific_return
        from marts.fct_specific_returns as r
        inner join ref.security as s on r.security_id = s.security_id
        union all
        select 'covariance:' || model, factor_id || ' ' || other_factor_id, trade_date, covariance
        from marts.fct_factor_covariance where factor_id <= other_factor_id
        union all
        select 'specific_volatility:' || r.model, s.permanent_ticker, r.trade_date,
            r.specific_volatility
        from marts.fct_specific_risk as r
        inner join ref.security as s on r.security_id = s.security_id
    )
    select factor_id, ticker, trade_date, value,
        null::float8 as zscore, null::float8 as score, null::float8 as sector_score
    from numbers where trade_date = any(%(dates)s)
) to stdout (format csv, header)
"""


def values(info: str, dates: Sequence[date]) -> pl.DataFrame:
    """Values and scores of every factor on the given sessions, in one query."""
    with psycopg.connect(info) as conn:
        return read_copy(conn, VALUES, {"dates": list(dates)}, dict.fromkeys(SMALLEST, pl.Float64))


def risk_values(info: str, dates: Sequence[date]) -> pl.DataFrame:
    """Exposures, factor and specific returns, covariances and specific risk of sessions."""
    with psycopg.connect(info) as conn:
        return read_copy(conn, RISK, {"dates": list(dates)}, dict.fromkeys(SMALLEST, pl.Float64))


def read_copy(
    conn: psycopg.Connection,
    query: str,
    parameters: dict[str, object],
    schema: dict[str, type[pl.DataType]],
) -> pl.DataFrame:
    """The rows of a `copy … to stdout (format csv, header)`."""
    buffer = io.BytesIO()
    with conn.cursor().copy(query, parameters) as rows:
        for block in rows:
            buffer.write(block)
    buffer.seek(0)
    frame = pl.read_csv(buffer, schema_overrides=schema, infer_schema_length=0)
    return frame.with_columns(pl.col("trade_date").str.to_date())


def registry(info: str) -> pl.DataFrame:
    """The factors of the registry."""
    with psycopg.connect(info) as conn:
        cursor = conn.execute(
            "select factor_id, family, kind, sign, unit, inputs, is_discrete from marts.dim_factor"
        )
        names = [column.name for column in cursor.description or []]
        return pl.DataFrame(cursor.fetchall(), schema=names, orient="row")


def lookback(factor_id: str, inputs: Sequence[str]) -> int:
    """Bars a factor needs before its first value: the longest window in its name."""
    if not PRICE_INPUTS & set(inputs):
        return 0
    windows = [
        252 if (number, unit) == ("52", "w") else int(number) * SESSIONS[unit]
        for number, unit in re.findall(r"(\d+)([dwmy])(?:_|$)", factor_id)
    ]
    return max(windows, default=252)


def lacks_history(factor: dict[str, Any], sessions: int) -> bool:
    """Whether a factor's window is longer than a market of so many sessions."""
    return lookback(factor["factor_id"], factor["inputs"]) >= sessions


def differences(left: pl.DataFrame, right: pl.DataFrame) -> pl.DataFrame:
    """Rows of which any column differs by more than 1e-9 of it, or is null on one side."""
    joined = left.join(right, on=KEY, how="full", coalesce=True, suffix="_other")
    return joined.filter(pl.any_horizontal(differs(name) for name in SMALLEST))


def differs(name: str) -> pl.Expr:
    """Whether a column and its `_other` are not the same number, or one of them is null."""
    one, other = pl.col(name), pl.col(f"{name}_other")
    bound = TOLERANCE * pl.max_horizontal(one.abs(), other.abs()) + SMALLEST[name]
    return (one.is_null() != other.is_null()) | ((one - other).abs() > bound).fill_null(False)


def told(found: pl.DataFrame) -> str:
    """Differences in a few lines: per factor how many, and the first."""
    if found.is_empty():
        return ""
    firsts = found.sort(KEY).group_by("factor_id", maintain_order=True).agg(
        pl.len().alias("rows"), pl.all().exclude("factor_id").first()
    )  # fmt: skip
    with pl.Config(tbl_rows=100, tbl_cols=20, fmt_float="full", tbl_width_chars=250):
        return f"{len(found)} rows differ\n{firsts}"


def sampled(days: Sequence[date], until: date, every: int = 12, last: int = 20) -> list[date]:
    """Sessions up to a date: every so many, and all of the last ones."""
    past = [day for day in days if day <= until]
    return sorted(set(past[::every]) | set(past[-last:]))
