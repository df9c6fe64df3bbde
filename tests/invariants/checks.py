"""Checks of one warehouse that say which factors fail, and how; empty when none does."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import compare
import numpy as np
import polars as pl
import psycopg
from oracles import cross_source, ratios, scores, technical
from psycopg import sql

KEY = [*compare.KEY]


def caps(info: str) -> pl.DataFrame:
    """ticker, trade_date, line_cap, market_equity as the warehouse has them."""
    query = """
        copy (
            select s.permanent_ticker as ticker, c.trade_date, c.line_cap_usd as line_cap,
                c.company_cap_usd as market_equity
            from marts.fct_market_caps as c
            inner join ref.security as s on c.security_id = s.security_id
        ) to stdout (format csv, header)
    """
    with psycopg.connect(info) as conn:
        numbers = {"line_cap": pl.Float64, "market_equity": pl.Float64}
        return compare.read_copy(conn, query, {}, numbers)


def wrong_caps(own: pl.DataFrame, folder: Path) -> pl.DataFrame:
    """Company caps that are not the truth's, by more than a share (filings count whole ones)."""
    truth = (
        pl.read_parquet(folder / "truth" / "caps.parquet")
        .filter(~pl.col("ticker").str.contains(".", literal=True))
        .select(technical.normal_ticker(), "company_cap_usd", "close", trade_date="date")
    )
    both = truth.join(own, on=["ticker", "trade_date"], how="left")
    error = (pl.col("market_equity") - pl.col("company_cap_usd")).abs()
    bound = 1e-9 * pl.col("company_cap_usd") + 8 * pl.col("close")
    return both.filter((error > bound) | pl.col("market_equity").is_null())


def wrong_factor_returns(info: str) -> list[tuple[date, str]]:
    """Root-cap factor returns that NumPy does not give on the exposures of the close before."""
    panel = """
        select r.trade_date, e.sector_factor_id, e.cap_usd, r.estimation_return, to_jsonb(e)
        from risk.rsk_returns as r
        inner join ref.session as s on r.trade_date = s.session_date
        inner join ref.session as before on s.session_no - 1 = before.session_no
        inner join marts.fct_exposures as e
            on r.security_id = e.security_id and before.session_date = e.trade_date
        where r.is_estimated and r.session_no % 50 = 0
    """
    found = []
    with psycopg.connect(info) as conn:
        styles = [
            name for (name,) in conn.execute(
                "select factor_id from marts.dim_risk_factor where factor_kind = 'style' "
                "order by place"
            ).fetchall()
        ]  # fmt: skip
        rows = conn.execute(panel).fetchall()
        got = {
            (day, name): value for day, name, value in conn.execute(
                "select trade_date, factor_id, factor_return from marts.fct_factor_returns_root_cap"
            ).fetchall()
        }  # fmt: skip
    for day in {row[0] for row in rows if (row[0], "market") in got}:
        own = [row for row in rows if row[0] == day]
        counts = [sum(row[1] == other[1] for other in own) for row in own]
        own = [row for row, count in zip(own, counts, strict=True) if count >= 2]
        sectors = sorted({row[1] for row in own})
        design = np.array([
            [float(row[1] == name) for name in sectors] + [row[4][style] for style in styles]
            for row in own
        ])  # fmt: skip
        root = np.array([row[2] for row in own]) ** 0.25
        target = np.array([row[3] for row in own])
        solved = np.linalg.lstsq(design * root[:, None], target * root, rcond=None)[0]
        for style, value in zip(styles, solved[len(sectors) :], strict=True):
            if got[day, style] is not None and abs(got[day, style] - value) > 1e-8:
                found.append((day, style))
    return found


def golden(values: pl.DataFrame, folder: Path, own: pl.DataFrame) -> pl.DataFrame:
    """Values that differ from those recomputed outside SQL, for every factor that is.

    Where the truth lacks the quarters before a listing, a filing's own comparatives may
    still give a value: such rows are not compared.
    """
    dates = values["trade_date"].unique().to_list()
    expected = expected_values(folder, own, dates)
    ids = expected["factor_id"].unique().to_list()
    covered = values.filter(pl.col("factor_id").is_in(ids)).select(*KEY, "value")
    both = covered.join(expected, on=KEY, how="full", coalesce=True, suffix="_other")
    prices = pl.col("factor_id").is_in(technical.FACTORS)
    return both.filter(compare.differs("value") & (prices | pl.col("value_other").is_not_null()))


def expected_values(folder: Path, own: pl.DataFrame, dates: Sequence[date]) -> pl.DataFrame:
    """Every factor that has a second implementation: factor_id, ticker, trade_date, value."""
    columns = [*KEY, "value"]
    return pl.concat(
        [
            technical.factors(folder, own, dates).select(columns),
            ratios.factors(folder, own, dates).select(columns),
            cross_source.factors(folder, own, dates).select(columns),
        ]
    )


def wrong_scores(values: pl.DataFrame, sectors: pl.DataFrame) -> pl.DataFrame:
    """Rows whose z-score, score or sector score SciPy does not give; sectors: ticker, sector."""
    ranked = values.filter(pl.col("ticker") != "macro").join(sectors, on="ticker", how="left")
    found = [
        _scored(group, scores.SIGNS.get(str(key[0]), 0))
        for key, group in ranked.group_by("factor_id", "trade_date")
    ]
    both = pl.concat(found)
    return both.filter(
        pl.any_horizontal(compare.differs(name) for name in ("zscore", "score", "sector_score"))
    )


def _scored(group: pl.DataFrame, sign: int) -> pl.DataFrame:
    values = group["value"].to_numpy()
    in_sector = np.full(len(values), np.nan)
    for sector in group["sector"].drop_nulls().unique():
        own = (group["sector"] == sector).fill_null(False).to_numpy()
        in_sector[own] = scores.scores(values[own], sign, fewest=5)
    return group.with_columns(
        pl.Series("zscore_other", scores.zscores(values)).fill_nan(None),
        pl.Series("score_other", scores.scores(values, sign)).fill_nan(None),
        pl.Series("sector_score_other", in_sector).fill_nan(None),
    )


def sectors(folder: Path) -> pl.DataFrame:
    """ticker, sector of the market's names."""
    listed = pl.read_csv(folder / "universe" / "sectors.csv")
    return listed.select(technical.normal_ticker(), "sector")


def distinct(info: str) -> dict[str, int]:
    """How many distinct values each factor has in all."""
    with psycopg.connect(info) as conn:
        return dict(
            conn.execute(
                "select factor_id, count(distinct value) from marts.fct_factor_values group by 1 "
                "union all "
                "select factor_id, count(distinct value) from marts.fct_macro_factors group by 1"
            ).fetchall()
        )


def thin_values(counts: dict[str, int], registry: pl.DataFrame) -> dict[str, int]:
    """Factors of no more than 20 distinct values that do not declare themselves discrete."""
    varied = registry.filter(~pl.col("is_discrete"))["factor_id"]
    return {name: counts.get(name, 0) for name in varied if counts.get(name, 0) <= 20}


def macro_coverage(info: str) -> pl.DataFrame:
    """factor_id, coverage: share of the sessions since its first value that have one."""
    with psycopg.connect(info) as conn:
        rows = conn.execute(
            "select factor_id, count(*) / (select count(*) from ref.session, ops.bar_span "
            "where session_date between min(trade_date) and last_date)::float8 "
            "from marts.fct_macro_factors where value is not null group by 1"
        ).fetchall()
    return pl.DataFrame(rows, schema=["factor_id", "coverage"], orient="row")


def coverage(info: str, registry: pl.DataFrame) -> pl.DataFrame:
    """Of the security-days that have a factor's inputs and history, how many have it."""
    rows = []
    with psycopg.connect(info) as conn:
        known = {
            row[0]
            for row in conn.execute(
                "select column_name from information_schema.columns "
                "where table_schema = 'intermediate' and table_name = 'int_fundamentals__daily'"
            )
        }
        for factor in registry.filter(pl.col("kind") != "macro").iter_rows(named=True):
            n = conn.execute(_coverage_query(factor, known)).fetchone() or (0, 0)
            rows.append((factor["factor_id"], *n))
    return pl.DataFrame(rows, schema=["factor_id", "n_eligible", "n_values"], orient="row")


def _coverage_query(factor: dict[str, object], known: set[str]) -> sql.Composed:
    factor_id, inputs = str(factor["factor_id"]), list(factor["inputs"])  # type: ignore[call-overload]
    items = [name for name in inputs if name in known]
    if "growth" in factor_id or factor_id in {"investment_to_assets", "net_operating_assets"}:
        items += [f"{name}_1y" for name in items if f"{name}_1y" in known]
    conditions = [sql.SQL("statement.{} is not null").format(sql.Identifier(i)) for i in items]
    conditions.append(sql.SQL("price.bar_no > {}").format(compare.lookback(factor_id, inputs)))
    return sql.SQL(
        "select count(*), count(family.{factor}) "
        "from intermediate.int_prices__daily as price "
        "inner join intermediate.int_fundamentals__daily as statement "
        "on price.security_id = statement.security_id "
        "and price.trade_date = statement.trade_date "
        "left join factors.{family} as family on price.security_id = family.security_id "
        "and price.trade_date = family.trade_date "
        "where not price.is_delisting and {conditions}"
    ).format(
        factor=sql.Identifier(factor_id),
        family=sql.Identifier(f"fac_{factor['family']}"),
        conditions=sql.SQL(" and ").join(conditions),
    )
