"""Realized attribution in SQL against NumPy from the marts, Decimal and statsmodels."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, localcontext
from pathlib import Path
from typing import TYPE_CHECKING, LiteralString, TypeAlias

import numpy as np
import polars as pl
import psycopg
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from factorium.warehouse import run_dbt
from ingest import french

if TYPE_CHECKING:
    from conftest import BuiltSample

Floats: TypeAlias = NDArray[np.float64]
ORDER = ["market", "sector", "style", "specific", "risk_free", "unexplained"]
MODELS = ["rsk_attribution", "rsk_portfolio_risk", "fct_attribution", "fct_portfolio_risk"]
RETURN = st.floats(-0.9, 10)
DAILY = st.floats(-0.1, 0.1)


@dataclass(frozen=True)
class Market:
    """What the marts say: sessions in order, and matrices of session x security.

    index: total return index, carried over days without a bar, 1 before the first.
    """

    sessions: list[date]
    securities: list[int]
    index: Floats
    exposures: pl.DataFrame
    factor_returns: dict[date, dict[str, tuple[str, float]]]
    specific: dict[tuple[date, int], float]
    risk_free: dict[date, float]
    caps: dict[date, dict[int, float]]

    def at(self, day: date) -> int:
        return self.sessions.index(day)


@dataclass(frozen=True)
class Books:
    """Portfolios under test: uploads by name and date, and the names chosen for a reason."""

    uploads: dict[str, dict[date, dict[int, float]]]
    first: date
    last: date
    unmodelled: int
    paused: int
    delisted: int


@contextmanager
def refused(conn: psycopg.Connection, code: str, match: str) -> Iterator[None]:
    """What is within fails with this SQLSTATE and message, and leaves the transaction."""
    with pytest.raises(psycopg.Error, match=match) as caught, conn.transaction():
        yield
    assert caught.value.sqlstate == code


def upload(
    conn: psycopg.Connection, name: str, holdings: Mapping[date, Mapping[int, float]]
) -> int:
    row = conn.execute(
        "insert into risk.portfolio (name) values (%s) "
        "on conflict (name) do update set name = excluded.name returning portfolio_id",
        [name],
    ).fetchone()
    assert row is not None
    for day, weights in holdings.items():
        conn.cursor().executemany(
            "insert into risk.holding (portfolio_id, valid_from, security_id, weight) "
            "values (%s, %s, %s, %s)",
            [(row[0], day, security, weight) for security, weight in weights.items()],
        )
    return int(row[0])


def books_of(conn: psycopg.Connection) -> Books:
    """A traded book with cash, a long-short one, and one of a name alone."""
    days = [
        row[0]
        for row in conn.execute(
            "select distinct trade_date from marts.fct_specific_returns order by 1"
        ).fetchall()
    ]
    delisted = conn.execute(
        "select security_id, trade_date from marts.fct_prices "
        "where is_delisting and total_return <> 0 and trade_date between %s and %s "
        "order by trade_date limit 1",
        [days[60], days[-60]],
    ).fetchone()
    assert delisted is not None, "no name is delisted while the model runs"
    start = days[days.index(delisted[1]) - 30]
    names = [
        row[0]
        for row in conn.execute(
            "select security_id from marts.fct_specific_returns where trade_date = %s "
            "and security_id <> %s order by security_id limit 14",
            [start, delisted[0]],
        ).fetchall()
    ]
    shares = np.random.default_rng(4).dirichlet(np.ones(13)) * 0.97
    long_only = dict(zip([*names[:12], delisted[0]], shares.tolist(), strict=True))
    traded = dict(zip(names[6:], np.full(8, 0.125).tolist(), strict=True))
    short = {name: (-1) ** place * 0.1 * (place + 1) for place, name in enumerate(names[:8])}
    later = days[days.index(start) + 60]
    return Books(
        uploads={
            "traded": {start: long_only, later: traded},
            "short": {start: short},
            "one": {start: {names[0]: 1.0}},
        },
        first=start,
        last=days[days.index(later) + 50],
        unmodelled=names[2],
        paused=names[3],
        delisted=delisted[0],
    )


@pytest.fixture(scope="module")
def copied(cluster: str, built_sample: BuiltSample) -> Iterator[str]:
    """Conninfo of a copy of the sample, which tests may change."""
    original = str(conninfo_to_dict(built_sample.info)["dbname"])
    name = f"{original}_attribution"
    with psycopg.connect(cluster, autocommit=True) as admin:
        admin.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", [original]
        )
        admin.execute(sql.SQL("drop database if exists {}").format(sql.Identifier(name)))
        admin.execute(
            sql.SQL("create database {} template {} strategy file_copy").format(
                sql.Identifier(name), sql.Identifier(original)
            )
        )
    yield make_conninfo(cluster, dbname=name)
    with psycopg.connect(cluster, autocommit=True) as admin:
        admin.execute(sql.SQL("drop database {} (force)").format(sql.Identifier(name)))


@pytest.fixture(scope="module")
def conn(copied: str) -> Iterator[psycopg.Connection]:
    """A transaction that is rolled back: what others see stays as it was."""
    with psycopg.connect(copied) as connection:
        yield connection
        connection.rollback()


@pytest.fixture(scope="module")
def books(conn: psycopg.Connection) -> Books:
    """Uploaded books; one of their names left the model, another did not trade for days."""
    made = books_of(conn)
    for name, holdings in made.uploads.items():
        upload(conn, name, holdings)
    for table in ("rsk_exposures", "rsk_returns", "rsk_specific_returns"):
        conn.execute(
            sql.SQL("delete from risk.{} where security_id = %s").format(sql.Identifier(table)),
            [made.unmodelled],
        )
    gap = [
        row[0]
        for row in conn.execute(
            "select session_date from ref.session where session_date > %s order by 1 limit 14",
            [made.first],
        ).fetchall()
    ][8:]
    conn.execute(
        "delete from intermediate.int_prices__daily "
        "where security_id = %s and trade_date = any(%s)",
        [made.paused, gap[:5]],
    )
    for table in ("rsk_returns", "rsk_specific_returns"):
        conn.execute(
            sql.SQL("delete from risk.{} where security_id = %s and trade_date = any(%s)").format(
                sql.Identifier(table)
            ),
            [made.paused, gap],
        )
    return made


@pytest.fixture(scope="module")
def market(conn: psycopg.Connection, books: Books) -> Market:
    """The marts as the books' transaction sees them."""
    return market_of(conn)


def frame(conn: psycopg.Connection, query: LiteralString) -> pl.DataFrame:
    cursor = conn.execute(query)
    names = [column.name for column in cursor.description or []]
    return pl.DataFrame(cursor.fetchall(), schema=names, orient="row", infer_schema_length=None)


def market_of(conn: psycopg.Connection) -> Market:
    prices = frame(
        conn,
        "select trade_date, security_id, total_return, total_return_index from marts.fct_prices",
    )
    sessions = sorted(prices["trade_date"].unique())
    securities = sorted(prices["security_id"].unique())
    wide = (
        prices.pivot(on="security_id", index="trade_date", values="total_return_index")
        .sort("trade_date")
        .fill_null(strategy="forward")
        .fill_null(1.0)
    )
    specific = frame(conn, "select * from marts.fct_specific_returns")
    excess = specific.join(prices, on=["trade_date", "security_id"]).with_columns(
        (pl.col("total_return") - pl.col("excess_return")).alias("rate")
    )
    factors: dict[date, dict[str, tuple[str, float]]] = {}
    for row in frame(conn, "select * from marts.fct_factor_returns").iter_rows(named=True):
        factors.setdefault(row["trade_date"], {})[row["factor_id"]] = (
            row["factor_kind"],
            row["factor_return"],
        )
    exposures = frame(conn, "select * from marts.fct_exposures").drop("imputed")
    caps: dict[date, dict[int, float]] = {}
    for row in exposures.filter("is_estimated").iter_rows(named=True):
        caps.setdefault(row["trade_date"], {})[row["security_id"]] = row["cap_usd"]
    return Market(
        sessions=sessions,
        securities=securities,
        index=wide.select([str(security) for security in securities]).to_numpy(),
        exposures=exposures,
        factor_returns=factors,
        specific={
            (row["trade_date"], row["security_id"]): row["specific_return"]
            for row in specific.drop_nulls("specific_return").iter_rows(named=True)
        },
        risk_free=dict(excess.group_by("trade_date").agg(pl.col("rate").median()).iter_rows()),
        caps=caps,
    )


def weights_at(market: Market, uploads: dict[date, dict[int, float]] | None, day: date) -> Floats:
    """Weights of all securities at a close; of the market where nothing was uploaded."""
    weights = np.zeros(len(market.securities))
    if uploads is None:
        for security, cap in market.caps[day].items():
            weights[market.securities.index(security)] = cap
        return weights / weights.sum()
    since = max(valid_from for valid_from in uploads if valid_from <= day)
    for security, weight in uploads[since].items():
        weights[market.securities.index(security)] = weight
    growth = market.index[market.at(day)] / market.index[market.at(since)]
    return weights * growth / (1 + weights @ (growth - 1))


def attributed(
    market: Market, uploads: dict[date, dict[int, float]] | None, first: date, last: date
) -> pl.DataFrame:
    """The whole calculation again: trade_date, factor_id, family, exposure, contribution."""
    styles = [f for f, (kind, _) in market.factor_returns[last].items() if kind == "style"]
    by_day = market.exposures.partition_by("trade_date", as_dict=True)
    rows = []
    for day in market.sessions[market.at(first) : market.at(last) + 1]:
        before = market.sessions[market.at(day) - 1]
        weights = weights_at(market, uploads, before)
        returns = market.index[market.at(day)] / market.index[market.at(before)] - 1
        weight_of = dict(zip(market.securities, weights.tolist(), strict=True))
        known = by_day[(before,)].filter(
            pl.col("security_id").is_in(
                [s for s in market.securities if (day, s) in market.specific and weight_of[s] != 0]
            )
        )
        own = np.array([weight_of[security] for security in known["security_id"]])
        total = 0.0
        for factor, (kind, value) in market.factor_returns[day].items():
            if kind == "style":
                exposure = float(own @ known[factor].to_numpy())
            elif kind == "sector":
                exposure = float(own @ (known["sector_factor_id"] == factor).to_numpy())
            else:
                exposure = float(own.sum())
            total += exposure * value
            rows.append((day, factor, kind, exposure, exposure * value))
        assert set(styles) <= set(known.columns)
        specific = sum(
            weight * market.specific[day, security]
            for weight, security in zip(own.tolist(), known["security_id"], strict=True)
        )
        rate = float(own.sum()) * market.risk_free[day]
        rows += [
            (day, "specific", "specific", None, specific),
            (day, "risk_free", "risk_free", float(own.sum()), rate),
            (day, "unexplained", "unexplained", None,
             float(weights @ returns) - total - specific - rate),
        ]  # fmt: skip
    return pl.DataFrame(
        rows,
        schema=["trade_date", "factor_id", "family", "exposure", "contribution"],
        orient="row",
        infer_schema_length=None,
    )


def attribution(
    conn: psycopg.Connection, name: str, first: date, last: date, benchmark: str | None = None
) -> pl.DataFrame:
    cursor = conn.execute(
        "select * from risk.attribution(%s, %s, %s, %s)", [name, first, last, benchmark]
    )
    names = [column.name for column in cursor.description or []]
    return pl.DataFrame(cursor.fetchall(), schema=names, orient="row", infer_schema_length=None)


def returns_of(market: Market, uploads: dict[date, dict[int, float]] | None,
               first: date, last: date) -> Floats:  # fmt: skip
    """Daily returns of a book, from prices alone."""
    days = range(market.at(first), market.at(last) + 1)
    return np.array([
        weights_at(market, uploads, market.sessions[day - 1])
        @ (market.index[day] / market.index[day - 1] - 1)
        for day in days
    ])  # fmt: skip


def agree(found: pl.DataFrame, expected: pl.DataFrame, columns: list[str], within: float) -> None:
    keys = ["trade_date", "factor_id", "family"]
    assert found.select(keys).sort(keys).equals(expected.select(keys).sort(keys))
    both = found.join(expected, on=keys, suffix="_expected")
    for column in columns:
        assert both[column].is_null().equals(both[f"{column}_expected"].is_null())
        expected_column = both[f"{column}_expected"]
        gap = ((both[column] - expected_column).abs() / (1 + expected_column.abs())).max()
        assert isinstance(gap, float)
        assert gap < within, column


@pytest.mark.parametrize("name", ["traded", "short", "one", "market"])
def test_daily_contributions_agree_with_numpy_and_add_up(
    conn: psycopg.Connection, books: Books, market: Market, name: str
) -> None:
    first = market.sessions[market.at(books.first) + 1]
    found = attribution(conn, name, first, books.last)
    uploads = books.uploads.get(name)
    agree(found, attributed(market, uploads, first, books.last),
          ["exposure", "contribution"], 1e-12)  # fmt: skip
    total = found.group_by("trade_date").agg(pl.col("contribution").sum()).sort("trade_date")
    expected = returns_of(market, uploads, first, books.last)
    assert np.abs(total["contribution"].to_numpy() - expected).max() < 1e-12
    explained = found.filter(~pl.col("family").is_in(["specific", "unexplained"]))
    product = explained["exposure"] * explained["factor_return"] - explained["contribution"]
    assert product.abs().max() == 0


def test_rows_come_by_day_and_family_and_begin_after_the_upload(
    conn: psycopg.Connection, books: Books, market: Market
) -> None:
    found = attribution(conn, "traded", market.sessions[0], date(2100, 1, 1))
    assert found["trade_date"].is_sorted()
    assert found["trade_date"][0] == market.sessions[market.at(books.first) + 1]
    assert found["trade_date"][-1] == market.sessions[-1]
    day = found.filter(pl.col("trade_date") == books.last)
    assert [family for family in ORDER if family in day["family"]] == day["family"].unique(
        maintain_order=True
    ).to_list()


def test_unexplained_is_the_return_of_names_outside_the_model(
    conn: psycopg.Connection, books: Books, market: Market
) -> None:
    found = attribution(conn, "traded", books.first, books.last).filter(family="unexplained")
    seen: set[int] = set()
    for day, value in found.select("trade_date", "contribution").iter_rows():
        before = market.sessions[market.at(day) - 1]
        weights = weights_at(market, books.uploads["traded"], before)
        returns = market.index[market.at(day)] / market.index[market.at(before)] - 1
        outside = [(day, security) not in market.specific for security in market.securities]
        assert value == pytest.approx(float((weights * returns)[outside].sum()), abs=1e-14)
        seen |= {s for s, w, out in zip(market.securities, weights, outside, strict=True)
                 if w != 0 and out}  # fmt: skip
    assert seen >= {books.unmodelled, books.paused, books.delisted}


def test_delisting_return_is_earned_once_and_its_cash_kept(
    conn: psycopg.Connection, books: Books
) -> None:
    row = conn.execute(
        "select trade_date, total_return from marts.fct_prices "
        "where security_id = %s and is_delisting",
        [books.delisted],
    ).fetchone()
    assert row is not None
    rows = conn.execute(
        "select w.return_date, w.weight, w.asset_return from risk.attribution_weights("
        "array(select portfolio_id from risk.portfolio where name = 'traded'), %s, %s) as w "
        "where security_id = %s and return_date >= %s and asset_return is not null "
        "order by return_date",
        [books.first, books.last, books.delisted, row[0]],
    ).fetchall()
    assert rows[0][2] == pytest.approx(row[1], rel=1e-12)
    assert {asset_return for *_, asset_return in rows[1:]} == {0.0}
    assert all(weight > 0 for _, weight, _ in rows)
    assert len(rows) > 10


@pytest.mark.parametrize("benchmark", ["market", "one", "traded"])
def test_active_contributions_are_differences(
    conn: psycopg.Connection, books: Books, market: Market, benchmark: str
) -> None:
    first = market.sessions[market.at(books.first) + 1]
    keys = ["trade_date", "factor_id", "family"]
    own = attributed(market, books.uploads["traded"], first, books.last)
    other = attributed(market, books.uploads.get(benchmark), first, books.last)
    expected = own.join(other, on=keys, suffix="_b").select(
        *keys,
        pl.col("exposure") - pl.col("exposure_b"),
        pl.col("contribution") - pl.col("contribution_b"),
    )
    found = attribution(conn, "traded", first, books.last, benchmark)
    agree(found, expected, ["exposure", "contribution"], 1e-12)
    active = returns_of(market, books.uploads["traded"], first, books.last) - returns_of(
        market, books.uploads.get(benchmark), first, books.last
    )
    total = found.group_by("trade_date").agg(pl.col("contribution").sum()).sort("trade_date")
    assert np.abs(total["contribution"].to_numpy() - active).max() < 1e-12


@pytest.mark.parametrize(
    ("name", "benchmark"),
    [("traded", None), ("short", None), ("traded", "market"), ("short", "traded"),
     ("one", "one")],
)  # fmt: skip
def test_linked_contributions_compound(
    conn: psycopg.Connection, books: Books, market: Market, name: str, benchmark: str | None
) -> None:
    first = market.sessions[market.at(books.first) + 1]
    found = dict(
        conn.execute(
            "select factor_id, contribution from risk.attribution_linked(%s, %s, %s, %s)",
            [name, first, books.last, benchmark],
        ).fetchall()
    )
    r = returns_of(market, books.uploads[name], first, books.last)
    b = np.zeros_like(r)
    if benchmark is not None:
        b = returns_of(market, books.uploads.get(benchmark), first, books.last)
    whole = np.prod(1 + r) - np.prod(1 + b)
    assert sum(found.values()) == pytest.approx(whole, abs=1e-10)

    equal = r == b
    gap = np.where(equal, 1.0, r - b)
    scale = np.where(equal, 1 / (1 + r), (np.log1p(r) - np.log1p(b)) / gap)
    overall = (np.log1p(r) - np.log1p(b)).sum() / whole if whole else 1 / np.prod(1 + r)
    days = attribution(conn, name, first, books.last, benchmark)
    place = {day: i for i, day in enumerate(sorted(days["trade_date"].unique()))}
    expected = dict.fromkeys(found, 0.0)
    for day, factor, value in days.select("trade_date", "factor_id", "contribution").iter_rows():
        expected[factor] += value * scale[place[day]] / overall
    assert found == {factor: pytest.approx(value, abs=1e-10) for factor, value in expected.items()}


@pytest.mark.parametrize("name", ["traded", "short"])
def test_contributions_by_asset_add_up_to_those_of_factors(
    conn: psycopg.Connection, books: Books, market: Market, name: str
) -> None:
    arguments = [name, books.first, books.last]
    rows = conn.execute("select * from risk.attribution_by_asset(%s, %s, %s)", arguments).fetchall()
    by_asset = pl.DataFrame(
        rows, schema=["security_id", "ticker", "factor_id", "family", "contribution"], orient="row"
    )
    linked = conn.execute(
        "select factor_id, contribution from risk.attribution_linked(%s, %s, %s)", arguments
    ).fetchall()
    found = dict(by_asset.group_by("factor_id").agg(pl.col("contribution").sum()).iter_rows())
    assert {f: found.get(f, 0.0) for f, _ in linked} == {
        factor: pytest.approx(value, abs=1e-12) for factor, value in linked
    }

    first = market.sessions[market.at(books.first) + 1]
    r = returns_of(market, books.uploads[name], first, books.last)
    scale = np.log1p(r) / r / (np.log1p(r).sum() / (np.prod(1 + r) - 1))
    start = market.at(first)
    each = sum(
        scale[day - start]
        * weights_at(market, books.uploads[name], market.sessions[day - 1])
        * (market.index[day] / market.index[day - 1] - 1)
        for day in range(start, market.at(books.last) + 1)
    )
    totals = dict(by_asset.group_by("security_id").agg(pl.col("contribution").sum()).iter_rows())
    assert set(totals) == {s for held in books.uploads[name].values() for s in held}
    for security, total in totals.items():
        assert total == pytest.approx(each[market.securities.index(security)], abs=1e-12)
    tickers = dict(conn.execute("select security_id, ticker from marts.dim_security").fetchall())
    assert all(tickers[security] == ticker for security, ticker, *_ in rows)
    alone = by_asset.filter(security_id=books.unmodelled)["family"].to_list()
    assert alone == ["unexplained"]


def carino(r: float, b: float) -> float:
    """The coefficient in 60 digits."""
    with localcontext() as context:
        context.prec = 60
        x, y = Decimal(r), Decimal(b)
        if abs(x - y) < Decimal("1e-25"):
            return float(1 / (1 + x))
        return float(((1 + x).ln() - (1 + y).ln()) / (x - y))


def coefficient(conn: psycopg.Connection, r: float, b: float) -> float:
    row = conn.execute(
        "select risk.carino_coefficient(%s::double precision, %s::double precision)", [r, b]
    ).fetchone()
    assert row is not None
    return float(row[0])


@settings(deadline=None, max_examples=200)
@given(r=RETURN, b=RETURN)
def test_carino_coefficient_agrees_with_decimals(
    conn: psycopg.Connection, r: float, b: float
) -> None:
    assert coefficient(conn, r, b) == pytest.approx(carino(r, b), rel=1e-12)


@settings(deadline=None, max_examples=200)
@given(r=st.floats(-0.5, 2), step=st.floats(-40, -1), sign=st.sampled_from([-1, 1]))
def test_carino_coefficient_is_smooth_near_its_limit(
    conn: psycopg.Connection, r: float, step: float, sign: int
) -> None:
    b = r + sign * 0.3 * 10**step
    assert coefficient(conn, r, b) == pytest.approx(carino(r, b), rel=1e-12)
    assert coefficient(conn, r, b) == coefficient(conn, b, r)


@pytest.mark.parametrize(("r", "b"), [(-1, 0), (0, -1), (-2, 0.1), (0.1, float("inf")),
                                      (float("nan"), 0)])  # fmt: skip
def test_carino_coefficient_refuses_what_has_no_logarithm(
    conn: psycopg.Connection, r: float, b: float
) -> None:
    with refused(conn, "22023", "no return of -100 % or less"):
        coefficient(conn, r, b)


@settings(deadline=None, max_examples=100)
@given(
    pairs=st.lists(st.tuples(DAILY, DAILY), min_size=1, max_size=60),
    same=st.booleans(),
)
def test_scales_make_active_returns_add_up(
    conn: psycopg.Connection, pairs: list[tuple[float, float]], same: bool
) -> None:
    r = [pair[0] for pair in pairs]
    b = r if same else [pair[1] for pair in pairs]
    row = conn.execute(
        "select risk.attribution_scales(%(r)s::float8[], %(b)s::float8[]), "
        "risk.attribution_scales(%(r)s::float8[])",
        {"r": r, "b": b},
    ).fetchone()
    assert row is not None
    active = sum(scale * (x - y) for scale, x, y in zip(row[0], r, b, strict=True))
    grown, other = float(np.prod(1 + np.array(r))), float(np.prod(1 + np.array(b)))
    assert active == pytest.approx(grown - other, abs=1e-10, rel=1e-10)
    own = sum(scale * x for scale, x in zip(row[1], r, strict=True))
    assert own == pytest.approx(grown - 1, abs=1e-10, rel=1e-10)


def test_scales_of_nothing_and_of_unequal_lengths(conn: psycopg.Connection) -> None:
    row = conn.execute(
        "select risk.attribution_scales('{}'), risk.attribution_scales('{0.1,null}'), "
        "risk.attribution_scales('{0}', '{0}')"
    ).fetchone()
    assert row == (None, None, [1.0])
    with refused(conn, "22023", "2 returns beside 1 of the benchmark"):
        conn.execute("select risk.attribution_scales('{0.1,0.2}', '{0.1}')")


def test_a_book_that_lost_all_has_no_weights_and_cannot_be_linked(
    conn: psycopg.Connection, books: Books, market: Market
) -> None:
    with conn.transaction(force_rollback=True):
        at = market.at(books.first)
        growth = market.index[at + 40] / market.index[at]
        best = int(np.argmax(growth))
        assert growth[best] > 1.05
        short = -1.5 / (growth[best] - 1)
        upload(conn, "bust", {books.first: {market.securities[best]: short}})
        worth = 1 + short * (market.index[at : at + 41, best] / market.index[at, best] - 1)
        gone = [at + place for place in np.flatnonzero(worth <= 0)]
        assert 0 < len(gone) < 40
        found = attribution(conn, "bust", books.first, market.sessions[at + 40])
        assert set(found["trade_date"]) == {
            market.sessions[place] for place in range(at + 1, at + 41) if place - 1 not in gone
        }
        with refused(conn, "22023", "no return of -100 % or less"):
            conn.execute(
                "select * from risk.attribution_linked('bust', %s, %s)", [books.first, books.last]
            )


@pytest.mark.parametrize(
    ("call", "code", "match"),
    [
        ("attribution('none', '2024-01-02', '2024-02-02')", "P0002", "no portfolio 'none'"),
        ("attribution(null, '2024-01-02', '2024-02-02')", "P0002", "no portfolio NULL"),
        ("attribution('one', '2024-01-02', '2024-02-02', 'none')", "P0002", "no portfolio 'none'"),
        ("attribution('one', '2024-02-02', '2024-01-02')", "22023", "from 2024-02-02 to 2024-01"),
        ("attribution('one', null, '2024-01-02')", "22023", "from null to 2024-01-02"),
        ("attribution_linked('none', '2024-01-02', '2024-02-02')", "P0002", "'none'"),
        ("attribution_by_asset('none', '2024-01-02', '2024-02-02')", "P0002", "'none'"),
        ("french_attribution('one', '2024-01-02', '2024-02-02', 4)", "22023", "4 days is too"),
        ("french_attribution('one', '2024-01-02', '2024-02-02', null, '{}')", "22023", "once"),
        ("french_attribution('one', '2024-01-02', '2024-02-02', null, '{SMB,SMB}')", "22023",
         "once: SMB, SMB"),
    ],
)  # fmt: skip
def test_refusals_say_why(
    conn: psycopg.Connection, books: Books, call: LiteralString, code: str, match: str
) -> None:
    with refused(conn, code, match):
        conn.execute(sql.SQL("select * from risk.{}").format(sql.SQL(call)))


def test_benchmark_without_weights_is_refused(
    conn: psycopg.Connection, books: Books, market: Market
) -> None:
    with conn.transaction(force_rollback=True):
        upload(conn, "late", {market.sessions[market.at(books.first) + 5]: {books.paused: 1.0}})
        with refused(conn, "22023", "late has no weights for 5 of the portfolio's days"):
            attribution(conn, "one", books.first, books.last, "late")
        found = attribution(conn, "late", books.first, books.last, "one")
        assert found["trade_date"].min() == market.sessions[market.at(books.first) + 6]


def test_days_without_factor_returns_are_unexplained_as_a_whole(
    conn: psycopg.Connection, books: Books, market: Market
) -> None:
    day = market.sessions[market.at(books.first) + 3]
    with conn.transaction(force_rollback=True):
        conn.execute("delete from risk.rsk_specific_returns where trade_date = %s", [day])
        found = attribution(conn, "traded", day, day)
    assert found.select("family", "exposure").rows() == [("unexplained", None)]
    expected = returns_of(market, books.uploads["traded"], day, day)
    assert found["contribution"][0] == pytest.approx(expected[0], abs=1e-14)


def test_readers_may_ask(conn: psycopg.Connection, books: Books) -> None:
    with conn.transaction(force_rollback=True):
        conn.execute("set local role factorium_reader")
        conn.execute("set local transaction_read_only = on")
        for function in ("attribution", "attribution_linked", "attribution_by_asset"):
            rows = conn.execute(
                sql.SQL("select * from risk.{}('short', %s, %s)").format(sql.Identifier(function)),
                [books.first, books.last],
            ).fetchall()
            assert rows


def test_uploads_are_noted_from_their_first_date_on(conn: psycopg.Connection, books: Books) -> None:
    noted = "select from_date from ops.change where input = 'portfolios' and change_id > %s"
    with conn.transaction(force_rollback=True):
        row = conn.execute("select max(change_id) from ops.change").fetchone()
        assert row is not None
        upload(conn, "noted", {date(2024, 3, 4): {books.paused: 1.0}})
        change = "update risk.holding set {} where valid_from = %s and security_id = %s"
        for column, old in [("valid_from = '2024-02-01'", date(2024, 3, 4)),
                            ("weight = 2", date(2024, 2, 1))]:  # fmt: skip
            conn.execute(
                sql.SQL(change).format(sql.SQL(column)),  # type: ignore[arg-type]
                [old, books.paused],
            )
        conn.execute("delete from risk.holding where false")
        conn.execute("delete from risk.portfolio where name = 'noted'")
        assert [found[0] for found in conn.execute(noted, list(row))] == [
            date(2024, 3, 4), date(2024, 2, 1), date(2024, 2, 1), date(2024, 2, 1),
        ]  # fmt: skip


def test_factors_that_were_not_loaded_are_asked_for(conn: psycopg.Connection, books: Books) -> None:
    with conn.transaction(force_rollback=True):
        conn.execute("delete from raw.french_return")
        with refused(
            conn, "55000", "no Fama-French returns have been loaded: factorium ingest french"
        ):
            conn.execute("select * from risk.french_attribution('one', '2024-01-02', '2024-02-02')")


@pytest.fixture(scope="module")
def factors(copied: str, data: Path) -> Callable[[str], pl.DataFrame]:
    """Lands recorded daily factors; reads a file naively, in percent by day and factor."""
    names = [
        "orig_F-F_Research_Data_Factors_daily.CSV.gz",
        "F-F_Research_Data_5_Factors_2x3_daily.csv.gz",
        "F-F_Research_Data_Factors_daily.csv.gz",
        "F-F_Momentum_Factor_daily.csv.gz",
    ]
    info = make_conninfo(copied, options="-c role=factorium_ingest")
    with psycopg.connect(info) as connection:
        for name in names:
            for load in french.run(connection, data / "fama_french" / name):
                assert load.rows_rejected == 0

    def read(name: str) -> pl.DataFrame:
        text = gzip.decompress((data / "fama_french" / name).read_bytes()).decode("latin-1")
        lines = [line.replace(" ", "") for line in text.splitlines()]
        kept = [line for line in lines if re.match(r"Date,|\d{4}-\d{2}-\d{2},", line)]
        return pl.read_csv("\n".join(kept).encode(), try_parse_dates=True, infer_schema_length=None)

    return read


def fitted(table: pl.DataFrame, columns: list[str]) -> list[tuple[float, float, float, float]]:
    """Coefficient, standard error, t and R2, alpha first, as statsmodels has them."""
    design = sm.add_constant(table.select(columns).to_numpy() / 100)
    target = table["own"].to_numpy() - table["RF"].to_numpy() / 100
    fit = sm.OLS(target, design).fit(cov_type="HAC", cov_kwds={"maxlags": 5})
    return [
        (float(b), float(e), float(t), float(fit.rsquared))
        for b, e, t in zip(fit.params, fit.bse, fit.tvalues, strict=True)
    ]


def common_days(
    conn: psycopg.Connection, name: str, factors: pl.DataFrame, first: date, last: date
) -> pl.DataFrame:
    """Factors of the days on which the portfolio has a return, with it as `own`."""
    own = (
        attribution(conn, name, first, last)
        .group_by("trade_date")
        .agg(pl.col("contribution").sum().alias("own"))
    )
    return own.join(factors, left_on="trade_date", right_on="Date").sort("trade_date")


THREE = "F-F_Research_Data_Factors_daily.csv.gz"
FIVE = "F-F_Research_Data_5_Factors_2x3_daily.csv.gz"


@pytest.mark.data
@pytest.mark.parametrize(
    ("columns", "file"),
    [
        (["Mkt-RF", "SMB", "HML"], THREE),
        (["Mkt-RF", "SMB", "HML", "RMW", "CMA"], FIVE),
        (["Mom", "Mkt-RF"], THREE),
        (["HML"], THREE),
    ],
)
def test_french_regressions_agree_with_statsmodels(
    conn: psycopg.Connection, books: Books, factors: Callable[[str], pl.DataFrame],
    columns: list[str], file: str,
) -> None:  # fmt: skip
    table = factors(file)
    if "Mom" in columns:
        table = table.join(factors("F-F_Momentum_Factor_daily.csv.gz"), on="Date")
    days = common_days(conn, "traded", table, books.first, books.last)
    rows = conn.execute(
        "select * from risk.french_attribution('traded', %s, %s, null, %s)",
        [books.first, books.last, columns],
    ).fetchall()
    assert [(row[0], row[4]) for row in rows] == [
        (market, term) for market in ("all", "up", "down") for term in ["alpha", *columns]
    ]
    up = pl.col("Mkt-RF") >= 0
    for market, chosen in [("all", days), ("up", days.filter(up)), ("down", days.filter(~up))]:
        found = [row for row in rows if row[0] == market]
        assert {row[1:4] for row in found} == {
            (days["trade_date"][0], days["trade_date"][-1], len(chosen))
        }
        for row, expected in zip(found, fitted(chosen, columns), strict=True):
            assert row[5:] == pytest.approx(expected, rel=1e-9)


@pytest.mark.data
def test_french_regressions_over_rolling_windows(
    conn: psycopg.Connection, books: Books, factors: Callable[[str], pl.DataFrame]
) -> None:
    days = common_days(conn, "short", factors(THREE), books.first, books.last)
    rows = conn.execute(
        "select * from risk.french_attribution('short', %s, %s, 60)", [books.first, books.last]
    ).fetchall()
    ends = sorted({row[2] for row in rows})
    assert ends == days["trade_date"].to_list()[59:]
    assert len(rows) == len(ends) * 12
    for at in (59, 75, len(days) - 1):
        window = days[at - 59 : at + 1]
        found = [row for row in rows if row[2] == ends[at - 59] and row[0] == "all"]
        assert {row[1] for row in found} == {window["trade_date"][0]}
        for row, expected in zip(found, fitted(window, ["Mkt-RF", "SMB", "HML"]), strict=True):
            assert row[5:] == pytest.approx(expected, rel=1e-9)


@pytest.mark.data
def test_french_regressions_of_too_few_days(
    conn: psycopg.Connection, books: Books, factors: Callable[[str], pl.DataFrame]
) -> None:
    days = common_days(conn, "one", factors(THREE), books.first, books.last)["trade_date"]
    rows = conn.execute(
        "select n_days, coefficient, r2 from risk.french_attribution('one', %s, %s) "
        "where market = 'all'",
        [days[0], days[3]],
    ).fetchall()
    assert rows == [(4, None, None)] * 4
    with refused(conn, "22023", "4 days in common .*, fewer than 20"):
        conn.execute("select * from risk.french_attribution('one', %s, %s, 20)", [days[0], days[3]])
    with refused(conn, "22023", "named Value, Carry; there are .*SMB"):
        conn.execute(
            "select * from risk.french_attribution('one', %s, %s, null, '{Value,HML,Carry}')",
            [days[0], days[3]],
        )


@pytest.mark.data
def test_corrected_factor_returns_replace_the_old(
    conn: psycopg.Connection, factors: Callable[[str], pl.DataFrame]
) -> None:
    with conn.transaction(force_rollback=True):
        conn.execute(
            "insert into raw.french_return select (select max(load_id) + 1 from raw.load), "
            "dataset, section, frequency, period_date, portfolio, value_pct + 1 "
            "from raw.french_return where dataset = %s and portfolio = 'HML' "
            "and period_date = '2024-01-02'",
            [THREE.partition(".")[0]],
        )
        row = conn.execute(
            "select returns[1] from risk.attribution_french("
            "'{HML,SMB}', '2024-01-02', '2024-01-02')"
        ).fetchone()
    expected = factors(THREE).filter(pl.col("Date") == date(2024, 1, 2))["HML"][0]
    assert row == (pytest.approx((expected + 1) / 100, abs=1e-15),)


@pytest.fixture(scope="module")
def bought(copied: str, built_sample: BuiltSample) -> tuple[str, Books]:
    """The copy with two books in it and the relations of portfolios built."""
    with psycopg.connect(copied) as connection:
        books = books_of(connection)
        for name in ("traded", "short"):
            upload(connection, f"built_{name}", books.uploads[name])
    run_dbt(copied, ["run", "-s", *MODELS], target_path=built_sample.target)
    return copied, books


def test_built_attribution_is_that_of_the_function(bought: tuple[str, Books]) -> None:
    info, books = bought
    with psycopg.connect(info) as connection:
        for name in ("built_traded", "built_short"):
            built = frame(
                connection,
                "select trade_date, factor_id, family, exposure, factor_return, contribution, "
                "portfolio from marts.fct_attribution",
            ).filter(portfolio=name)
            asked = attribution(connection, name, books.first, date(2100, 1, 1))
            agree(built.drop("portfolio"), asked,
                  ["exposure", "factor_return", "contribution"], 1e-12)  # fmt: skip


def test_built_risk_agrees_with_numpy(bought: tuple[str, Books]) -> None:
    info, books = bought
    day = books.last
    with psycopg.connect(info) as connection:
        market = market_of(connection)
        rows = connection.execute(
            "select * from marts.fct_portfolio_risk where trade_date = %s", [day]
        ).fetchall()
        assert sorted(row[:2] for row in rows) == [
            (name, model)
            for name in ("built_short", "built_traded")
            for model in ("classic", "long", "regime", "short")
        ]
        for name, model, _, n_holdings, covered, *numbers in rows:
            uploads = books.uploads[name.removeprefix("built_")]
            expected = forecast(connection, market, uploads, day, model)
            held = {s for since, weights in uploads.items() if since <= day for s in weights}
            assert n_holdings <= len(held)
            assert [covered, *numbers] == pytest.approx(expected, rel=1e-10)


def forecast(
    connection: psycopg.Connection,
    market: Market,
    uploads: dict[date, dict[int, float]],
    day: date,
    model: str,
) -> list[float]:
    """covered weight, total, factor and specific volatility, beta to the market."""
    cursor = connection.execute(
        "select factor_id, other_factor_id, covariance from marts.fct_factor_covariance "
        "where model = %s and trade_date = %s",
        [model, day],
    )
    covariance = {(row[0], row[1]): row[2] for row in cursor}
    factors = sorted({factor for factor, _ in covariance})
    f = np.array([[covariance[a, b] for b in factors] for a in factors])
    volatility = dict(
        connection.execute(
            "select security_id, specific_volatility from marts.fct_specific_risk "
            "where model = %s and trade_date = %s",
            [model, day],
        ).fetchall()
    )
    known = market.exposures.filter(
        (pl.col("trade_date") == day) & pl.col("security_id").is_in(list(volatility))
    )
    x = np.array(
        [
            [
                1.0 if factor in ("market", row["sector_factor_id"]) else row.get(factor, 0.0)
                for factor in factors
            ]
            for row in known.iter_rows(named=True)
        ]
    )
    d = np.array([volatility[security] for security in known["security_id"]]) ** 2
    sigma = x @ f @ x.T + np.diag(d)
    places = [market.securities.index(security) for security in known["security_id"]]
    w = weights_at(market, uploads, day)[places]
    m = weights_at(market, None, day)[places]
    variances = [w @ sigma @ w, w @ x @ f @ x.T @ w, w**2 @ d]
    return [float(w.sum()), *np.sqrt(variances).tolist(), float(w @ sigma @ m / (m @ sigma @ m))]


def test_an_upload_rebuilds_from_its_date_on(
    bought: tuple[str, Books], built_sample: BuiltSample
) -> None:
    info, books = bought
    dirty = "select min(trade_date) from ops.interval where model = %s and built_at > %s"
    with psycopg.connect(info, autocommit=True) as connection:
        row = connection.execute("select clock_timestamp()").fetchone()
        assert row is not None
        later = [day for day in market_of(connection).sessions if day > books.last][3]
        upload(connection, "built_short", {later: {books.paused: 0.5}})
        before = attribution(connection, "built_short", books.first, date(2100, 1, 1))
        run_dbt(info, ["run", "-s", *MODELS], target_path=built_sample.target)
        for model in MODELS[:2]:
            assert connection.execute(dirty, [model, row[0]]).fetchone() == (later,)
        built = frame(connection, "select * from marts.fct_attribution").filter(
            portfolio="built_short"
        )
        agree(built, before, ["exposure", "contribution"], 1e-12)

        connection.execute("delete from risk.portfolio where name = 'built_short'")
        run_dbt(info, ["run", "-s", *MODELS], target_path=built_sample.target)
        left = connection.execute(
            "select count(distinct portfolio_id) from risk.rsk_attribution"
        ).fetchone()
        assert left == (1,)
