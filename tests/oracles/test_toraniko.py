"""toraniko's estimator in SQL against toraniko, on random panels."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import polars as pl
import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo
from toraniko.model import estimate_factor_returns

DAYS = 3
NAN, INF = float("nan"), float("inf")


@pytest.fixture(scope="module")
def conn(new_database: Callable[[], str]) -> Iterator[psycopg.Connection]:
    info = make_conninfo(new_database(), options="-c role=factorium_transform")
    with psycopg.connect(info, autocommit=True) as connection:
        yield connection


@dataclass(frozen=True)
class Panel:
    """Rows of date, symbol, asset_returns, market_cap and scores."""

    rows: pl.DataFrame
    sectors: list[str]
    styles: list[str]

    def scores(self, columns: list[str]) -> pl.DataFrame:
        return self.rows.select("date", "symbol", *columns)

    def with_columns(self, *columns: pl.Expr) -> Panel:
        return replace(self, rows=self.rows.with_columns(*columns))


def panel(names: int, sectors: int, styles: int, *, seed: int = 1, general: bool = False) -> Panel:
    """Fat-tailed returns, caps over five decades; sectors as dummies or as any numbers."""
    rng = np.random.default_rng([seed, names, sectors, styles])
    n = names * DAYS
    # Names that neither Python nor an English collation sorts as they are numbered.
    sector_names = [f"{'Zab'[i % 3]} sector {i}" for i in range(sectors)]
    style_names = [f"{'bZa'[i % 3]}_style_{i}" for i in range(styles)]
    if general:
        sector_scores = rng.normal(0.2, 1, (n, sectors))
    else:
        member = np.tile(rng.permutation(np.arange(names) % sectors), DAYS)
        sector_scores = np.eye(sectors)[member]
    style_scores = rng.normal(0, 1, (n, styles)) * 10 ** rng.uniform(-1, 1, styles)
    columns = {
        "date": [date(2024, 1, 2) + timedelta(days=i // names) for i in range(n)],
        "symbol": np.tile([f"N{i:04}" for i in range(names)], DAYS),
        "asset_returns": 0.02 * rng.standard_t(3, n),
        "market_cap": np.exp(rng.normal(21, 2, n)),
        **dict(zip(sector_names, sector_scores.T, strict=True)),
        **dict(zip(style_names, style_scores.T, strict=True)),
    }
    return Panel(pl.DataFrame(columns), sector_names, style_names)


def store(conn: psycopg.Connection, rows: pl.DataFrame) -> None:
    """The rows as risk.toraniko_panel."""
    columns = sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(_type(name))) for name in rows.columns
    )
    conn.execute("drop table if exists risk.toraniko_panel")
    conn.execute(sql.SQL("create table risk.toraniko_panel ({})").format(columns))
    with conn.cursor().copy("copy risk.toraniko_panel from stdin") as copy:
        for row in rows.iter_rows():
            copy.write_row(row)


def _type(column: str) -> str:
    return {"date": "date", "symbol": "text"}.get(column, "double precision")


def compare(
    conn: psycopg.Connection, made: Panel, winsor: float | None = 0.05, *, residualize: bool = True
) -> None:
    """Factor returns and residuals in SQL are toraniko's, to 1e-9."""
    store(conn, made.rows)
    arguments = [made.sectors, made.styles, winsor, residualize]
    called = "('risk.toraniko_panel', %s, %s::text[], %s, %s)"
    got = conn.execute(f"select * from risk.toraniko_factor_returns{called}", arguments).fetchall()  # noqa: S608
    left = conn.execute(
        f"select * from risk.toraniko_residuals{called}",  # noqa: S608
        arguments,
    ).fetchall()
    expected, remaining = estimate_factor_returns(
        made.scores(["asset_returns"]),
        made.scores(["market_cap"]),
        made.scores(made.sectors),
        made.scores(made.styles),
        winsor,
        residualize,
    )
    expected = expected.sort("date")
    factors = [name for name in expected.columns if name != "date"]
    assert [row[0] for row in got] == expected["date"].to_list()
    assert all(row[1] == factors for row in got)
    want = expected.select(factors).to_numpy()
    np.testing.assert_allclose([row[2] for row in got], want, rtol=1e-9, atol=1e-9)
    residuals = {
        (row["date"], symbol): value
        for row in remaining.iter_rows(named=True)
        for symbol, value in row.items()
        if symbol != "date" and value is not None
    }
    assert {(day, symbol) for day, symbol, _ in left} == residuals.keys()
    assert len(left) == made.rows.height
    np.testing.assert_allclose(
        [residual for _, _, residual in left],
        [residuals[day, symbol] for day, symbol, _ in left],
        rtol=0,
        atol=1e-9,
    )


@pytest.mark.parametrize("residualize", [True, False])
@pytest.mark.parametrize("winsor", [0.05, 0.013, None])
@pytest.mark.parametrize("general", [False, True], ids=["dummies", "scores"])
@pytest.mark.parametrize(("names", "sectors", "styles"), [(30, 3, 2), (101, 11, 3), (400, 11, 6)])
def test_factor_returns_and_residuals_are_toranikos(
    conn, names, sectors, styles, general, winsor, residualize
):
    made = panel(names, sectors, styles, general=general)
    compare(conn, made, winsor, residualize=residualize)


@pytest.mark.parametrize("residualize", [True, False])
@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("place", [0, 5, 10], ids=["first", "middle", "last"])
def test_a_sector_nobody_is_in_has_toranikos_return(conn, place, seed, residualize):
    """Whoever was in the sector of that place, in the order of names, joins its neighbour."""
    made = panel(150, 11, 3, seed=seed)
    empty = sorted(made.sectors)[place]
    other = sorted(made.sectors)[place - 1]
    moved = made.with_columns(
        (pl.col(other) + pl.col(empty)).alias(other), pl.lit(0.0).alias(empty)
    )
    compare(conn, moved, residualize=residualize)


@pytest.mark.parametrize("seed", range(3))
def test_two_empty_sectors_share_toranikos_return(conn, seed):
    made = panel(150, 9, 2, seed=seed)
    first, middle, last = (sorted(made.sectors)[i] for i in (0, 4, 8))
    moved = made.with_columns(
        pl.sum_horizontal(first, middle, last).alias(first),
        pl.lit(0.0).alias(middle),
        pl.lit(0.0).alias(last),
    )
    compare(conn, moved)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("residualize", [True, False])
def test_collinear_styles_share_toranikos_return(conn, seed, residualize):
    made = panel(120, 6, 5, seed=seed)
    a, b, c, d, e = made.styles
    collinear = made.with_columns(
        pl.col(a).alias(b), (2 * pl.col(a) - pl.col(c)).alias(d), pl.lit(0.0).alias(e)
    )
    compare(conn, collinear, residualize=residualize)


def test_styles_of_very_different_scale_are_toranikos(conn):
    """A style so small that lstsq cuts it off, though its own matrix is regular."""
    made = panel(100, 4, 2)
    first, second = made.styles
    compare(conn, made.with_columns(pl.col(first) * 1e-9, pl.col(second) * 10))


def test_a_single_sector_has_no_return_beside_the_market(conn):
    made = panel(40, 1, 2)
    compare(conn, made)


def test_a_panel_with_gaps_and_a_name_of_no_cap(conn):
    made = panel(60, 4, 2)
    keep = np.random.default_rng(5).random(made.rows.height) < 0.8
    with_gaps = replace(made, rows=made.rows.filter(keep))
    compare(
        conn,
        with_gaps.with_columns(
            pl.when(pl.col("symbol") == "N0003")
            .then(0.0)
            .otherwise("market_cap")
            .alias("market_cap")
        ),
    )


def test_fewer_names_than_factors(conn):
    compare(conn, panel(6, 5, 4, general=True), None)


def test_without_styles_market_and_sectors_remain(conn):
    made = panel(40, 3, 1)
    store(conn, made.rows)
    found = [
        conn.execute(
            "select date, factor_ids[:4], factor_returns[:4] "
            "from risk.toraniko_factor_returns('risk.toraniko_panel', %s, %s::text[])",
            [made.sectors, styles],
        ).fetchall()
        for styles in (made.styles, [], None)
    ]
    assert len(found[0]) == DAYS
    assert found[0] == found[1] == found[2]


def test_an_empty_panel_has_no_rows(conn):
    made = panel(10, 3, 1)
    store(conn, made.rows.clear())
    assert _call(conn, made, "risk.toraniko_factor_returns") == []
    assert _call(conn, made, "risk.toraniko_residuals") == []


@pytest.mark.parametrize("function", ["risk.toraniko_factor_returns", "risk.toraniko_residuals"])
@pytest.mark.parametrize("column", ["asset_returns", "market_cap", "Z sector 0", "b_style_0"])
@pytest.mark.parametrize("wrong", [None, NAN, INF, -INF])
def test_the_first_row_without_a_finite_number_is_named(conn, column, wrong, function):
    made = panel(10, 3, 1)
    bad = (pl.col("date") == date(2024, 1, 3)) & pl.col("symbol").is_in(["N0007", "N0008"])
    bad |= (pl.col("date") == date(2024, 1, 4)) & (pl.col("symbol") == "N0001")
    spoilt = made.with_columns(
        pl.when(bad).then(pl.lit(wrong, pl.Float64)).otherwise(column).alias(column)
    )
    store(conn, spoilt.rows)
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="N0007 on 2024-01-03"):
        _call(conn, spoilt, function)


def test_a_negative_cap_is_refused(conn):
    made = panel(10, 3, 1).with_columns(-pl.col("market_cap"))
    store(conn, made.rows)
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="N0000 on 2024-01-02"):
        _call(conn, made, "risk.toraniko_factor_returns")


@pytest.mark.parametrize(
    ("sectors", "winsor", "message"),
    [
        ([], 0.05, "there are no sectors"),
        (None, 0.05, "there are no sectors"),
        (["Z sector 0"], 1.5, "winsor_factor 1.5 is not within 0 and 1"),
        (["Z sector 0"], NAN, "winsor_factor NaN is not within 0 and 1"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(conn, sectors, winsor, message):
    store(conn, panel(10, 3, 1).rows)
    with pytest.raises(psycopg.errors.InvalidParameterValue, match=re.escape(message)):
        conn.execute(
            "select * from risk.toraniko_factor_returns("
            "'risk.toraniko_panel', %s::text[], '{}', %s::float8)",
            [sectors, winsor],
        )


def _call(conn: psycopg.Connection, made: Panel, function: str) -> list[tuple]:
    return conn.execute(
        f"select * from {function}('risk.toraniko_panel', %s, %s)",  # noqa: S608
        [made.sectors, made.styles],
    ).fetchall()
