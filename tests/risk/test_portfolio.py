"""Portfolios and their risk in SQL against NumPy: Sigma = X F X' + D from the marts."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np
import psycopg
import pytest
from psycopg import sql
from psycopg.rows import dict_row

if TYPE_CHECKING:
    from conftest import BuiltSample

MODELS = ["short", "long", "regime", "classic"]
BOOK, NEUTRAL = "Book-1.a", "neutral"

Row = dict[str, Any]


@dataclass(frozen=True)
class Day:
    """One day of a risk model as the marts have it."""

    trade_date: date
    factors: list[str]
    kinds: dict[str, str]
    # N names: K exposures each, and daily specific volatilities.
    exposures: dict[int, np.ndarray]
    specific: dict[int, float]
    caps: dict[int, float]
    # K x K, daily.
    covariance: np.ndarray

    @cached_property
    def market(self) -> dict[int, float]:
        total = sum(self.caps.values())
        return {name: cap / total for name, cap in self.caps.items()}

    def covers(self, name: int) -> bool:
        return name in self.exposures and name in self.specific

    def sigma(self, names: list[int]) -> np.ndarray:
        """N x N daily covariance of names; rows of those not covered are zero."""
        x = np.array([self.of(name) for name in names])
        d = np.diag([self.specific[name] ** 2 if self.covers(name) else 0 for name in names])
        return x @ self.covariance @ x.T + d

    def of(self, name: int) -> np.ndarray:
        return self.exposures[name] if self.covers(name) else np.zeros(len(self.factors))

    def factor_exposures(self, weights: dict[int, float]) -> np.ndarray:
        return sum((w * self.of(name) for name, w in weights.items()), 0 * self.covariance[0])


@dataclass(frozen=True)
class World:
    """Dates and names of the sample that the tests are about."""

    last: date
    uploaded: date
    # Ticker to security of names with prices at the upload, and those gone since.
    names: dict[str, int]
    gone: list[str]
    book: dict[str, float]
    neutral: dict[str, float]


@pytest.fixture(scope="module")
def world(built_sample: BuiltSample) -> World:
    """A book bought 30 sessions before the latest delisting that a model has seen."""
    with psycopg.connect(built_sample.info) as conn:
        first, last = conn.execute(
            "select min(trade_date), max(trade_date) from marts.fct_specific_risk "
            "where model = 'short'"
        ).fetchone() or (None, None)
        delisted = conn.execute(
            "select s.ticker, s.delisted_on from marts.dim_security as s "
            "where s.delisted_on between %s and %s order by s.delisted_on desc, s.ticker",
            [first, last],
        ).fetchall()
        assert delisted, "no name of the sample is delisted while there is a model"
        uploaded = conn.execute(
            "select session_date from ref.session where session_date <= %s "
            "order by session_date desc offset 30 limit 1",
            [delisted[0][1]],
        ).fetchone()
        assert uploaded is not None
        names = dict(
            conn.execute(
                "select s.ticker, s.security_id from marts.dim_security as s "
                "inner join marts.fct_prices as p on p.security_id = s.security_id "
                "where p.trade_date = %s order by s.ticker",
                uploaded,
            ).fetchall()
        )
    gone = [ticker for ticker, day in delisted if day >= uploaded[0]]
    assert set(gone) < set(names)
    rng = np.random.default_rng(5)
    held = gone + [ticker for ticker in names if ticker not in gone][:25]
    sizes = rng.uniform(0.5, 2, len(held))
    sides = rng.normal(size=len(held))
    return World(
        last=last,
        uploaded=uploaded[0],
        names=names,
        gone=gone,
        book=dict(zip(held, (sizes / sizes.sum()).tolist(), strict=True)),
        neutral=dict(zip(held, ((sides - sides.mean()) / 10).tolist(), strict=True)),
    )


@pytest.fixture
def conn(built_sample: BuiltSample, world: World) -> Iterator[psycopg.Connection[Row]]:
    """A transaction, rolled back, with a long and a dollar-neutral book."""
    with psycopg.connect(built_sample.info, row_factory=dict_row) as connection:
        upload(connection, BOOK, world.uploaded, world.book, description="long only")
        upload(connection, NEUTRAL, world.uploaded, world.neutral, total=0)
        yield connection
        connection.rollback()


def upload(
    conn: psycopg.Connection[Row],
    name: str | None,
    day: date | None,
    weights: dict[str, float] | list[tuple[str | None, float | None]],
    *,
    description: str | None = None,
    total: float | None = 1,
    tolerance: float | None = 1e-6,
) -> int:
    pairs = list(weights.items()) if isinstance(weights, dict) else weights
    return scalar(
        conn,
        "select risk.upload_portfolio(%s, %s, %s::text[], %s::float8[], %s, %s, %s)",
        [name, day, [t for t, _ in pairs], [w for _, w in pairs], description, total, tolerance],
    )


def rows(conn: psycopg.Connection[Row], query: str, *parameters: object) -> list[Row]:
    return conn.execute(query, list(parameters)).fetchall()


def one(conn: psycopg.Connection[Row], query: str, *parameters: object) -> Row:
    (row,) = rows(conn, query, *parameters)
    return row


def scalar(conn: psycopg.Connection[Row], query: str, parameters: list[object]) -> Any:
    return next(iter(one(conn, query, *parameters).values()))


def call(conn: psycopg.Connection[Row], function: str, **arguments: object) -> list[Row]:
    """Rows of risk.<function>, its arguments by name."""
    named = sql.SQL(", ").join(
        sql.SQL("{} => {}").format(sql.Identifier(f"p_{key}"), sql.Placeholder(key))
        for key in arguments
    )
    query = sql.SQL("select * from risk.{}({})").format(sql.Identifier(function), named)
    return conn.execute(query, arguments).fetchall()


def day_of(conn: psycopg.Connection[Row], model: str, trade_date: date) -> Day:
    long = rows(
        conn,
        "select c.factor_id, c.other_factor_id, c.covariance "
        "from marts.fct_factor_covariance as c where c.model = %s and c.trade_date = %s",
        model, trade_date,
    )  # fmt: skip
    known = rows(conn, "select factor_id, factor_kind from marts.dim_risk_factor order by place")
    factors = [row["factor_id"] for row in known]
    place = {factor: i for i, factor in enumerate(factors)}
    covariance = np.zeros((len(factors), len(factors)))
    for row in long:
        covariance[place[row["factor_id"]], place[row["other_factor_id"]]] = row["covariance"]
    exposures = {}
    caps = {}
    for row in rows(conn, "select * from marts.fct_exposures where trade_date = %s", trade_date):
        own = [row.get(factor, float(factor in ("market", row["sector_factor_id"])))
               for factor in factors]  # fmt: skip
        exposures[row["security_id"]] = np.array(own)
        if row["is_estimated"]:
            caps[row["security_id"]] = row["cap_usd"]
    specific = rows(
        conn,
        "select security_id, specific_volatility from marts.fct_specific_risk "
        "where model = %s and trade_date = %s",
        model, trade_date,
    )  # fmt: skip
    return Day(
        trade_date=trade_date,
        factors=factors,
        kinds={row["factor_id"]: row["factor_kind"] for row in known},
        exposures=exposures,
        specific={row["security_id"]: row["specific_volatility"] for row in specific},
        caps=caps,
        covariance=covariance,
    )


def weights_of(conn: psycopg.Connection[Row], portfolio: str, day: date) -> dict[int, float]:
    held = call(conn, "portfolio_weights", portfolio=portfolio, date=day)
    return {row["security_id"]: row["weight"] for row in held}


def vectors(day: Day, *books: dict[int, float]) -> tuple[list[int], list[np.ndarray]]:
    """The names of books, and each book's weights in their order."""
    names = sorted(set().union(*books))
    return names, [np.array([book.get(name, 0.0) for name in names]) for book in books]


# Uploading.


def test_upload_stores_weights_as_they_are(conn: psycopg.Connection[Row], world: World) -> None:
    stored = call(conn, "portfolio_weights", portfolio=BOOK, date=world.uploaded)
    assert {row["ticker"]: row["weight"] for row in stored} == world.book
    assert [row["weight"] for row in stored] == sorted(world.book.values(), reverse=True)


def test_upload_reads_any_spelling_of_a_ticker(conn: psycopg.Connection[Row], world: World) -> None:
    ticker = next(iter(world.names))
    upload(conn, "spelled", world.uploaded, {f" {ticker.lower()} ": 1})
    assert weights_of(conn, "spelled", world.uploaded) == {world.names[ticker]: 1}


def test_upload_again_replaces_that_date_only(conn: psycopg.Connection[Row], world: World) -> None:
    before = world.uploaded - timedelta(days=7)
    one_name, other = list(world.names)[:2]
    first = upload(conn, BOOK, before, {one_name: 1}, description="new words")
    again = upload(conn, BOOK, before, {other: 0.5, one_name: 0.5})
    assert first == again
    assert set(weights_of(conn, BOOK, before)) == {world.names[one_name], world.names[other]}
    assert len(weights_of(conn, BOOK, world.uploaded)) == len(world.book)
    listed = {row["portfolio"]: row for row in call(conn, "portfolio_list")}
    assert listed[BOOK] == {
        "portfolio": BOOK,
        "description": "new words",
        "first_date": before,
        "last_date": world.uploaded,
        "n_uploads": 2,
        "n_holdings": len(world.book),
        "created_at": listed[BOOK]["created_at"],
    }
    assert listed[NEUTRAL]["description"] is None


# Of tickers a, b, c: what is uploaded, and what the error says.
REFUSED: dict[str, Callable[[str, str, str], tuple[list[Any], str]]] = {
    "no names": lambda a, b, c: ([], "there are no tickers"),
    "a null weight": lambda a, b, c: ([(a, None), (b, 1.0)], rf"numbers: {a} \(null\)\n"),
    "NaN and infinity": lambda a, b, c: (
        [(a, float("nan")), (b, float("inf")), (c, 1.0)],
        rf"numbers: {a} \(NaN\), {b} \(Infinity\)\n",
    ),
    "unknown tickers": lambda a, b, c: (
        [("NO", 0.5), ("NONE", 0.25), (a, 0.25)],
        "unknown .*: NO, NONE\n",
    ),
    "a null ticker": lambda a, b, c: ([(None, 0.5), (a, 0.5)], "unknown .*: null\n"),
    "one security twice": lambda a, b, c: (
        [(a, 0.5), (a.lower(), 0.25), (b, 0.25)],
        f"same security .*: {a}, {a.lower()}\n",
    ),
    "another sum": lambda a, b, c: ([(a, 0.5), (b, 0.25)], "sum to 0.75, not to 1 within 1e-06"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_upload_refuses(conn: psycopg.Connection[Row], world: World, case: str) -> None:
    """And what was there stays."""
    pairs, message = REFUSED[case](*list(world.names)[:3])
    with pytest.raises(psycopg.errors.InvalidParameterValue, match=message), conn.transaction():
        upload(conn, BOOK, world.uploaded, pairs)
    assert len(weights_of(conn, BOOK, world.uploaded)) == len(world.book)


@pytest.mark.parametrize("name", ["market", "", "with space", "universe:sp500", "-a", None])
def test_upload_refuses_names(
    conn: psycopg.Connection[Row], world: World, name: str | None
) -> None:
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="name"):
        upload(conn, name, world.uploaded, world.book)


def test_upload_refuses_lengths_that_differ(conn: psycopg.Connection[Row], world: World) -> None:
    with pytest.raises(psycopg.errors.InvalidParameterValue, match=r"2 tickers .* 1 weights"):
        call(conn, "upload_portfolio", name="x", valid_from=world.uploaded,
             tickers=list(world.names)[:2], weights=[1.0])  # fmt: skip


@pytest.mark.parametrize("tolerance", [-1.0, None, float("nan"), float("inf")])
def test_upload_refuses_tolerances(
    conn: psycopg.Connection[Row], world: World, tolerance: float | None
) -> None:
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="cannot be checked"):
        upload(conn, "x", world.uploaded, world.book, tolerance=tolerance)


def test_upload_refuses_dates_that_are_no_closed_session(
    conn: psycopg.Connection[Row], world: World
) -> None:
    sunday = world.uploaded - timedelta(days=world.uploaded.weekday() + 1)
    friday = scalar(
        conn, "select max(session_date) from ref.session where session_date < %s", [sunday]
    )
    last = scalar(conn, "select max(session_date) from ref.session where close_at <= now()", [])
    future = scalar(conn, "select max(session_date) from ref.session", [])
    for day, message in [
        (sunday, f"is no session; the session before it is {friday}"),
        (future, f"no session that has closed: the last one is {last}"),
        (None, f"no session that has closed: the last one is {last}"),
    ]:
        with (
            pytest.raises(psycopg.errors.InvalidParameterValue, match=message),
            conn.transaction(),
        ):
            upload(conn, "x", day, world.book)


def test_upload_accepts_any_sum_where_told_so(conn: psycopg.Connection[Row], world: World) -> None:
    geared = {ticker: 1.5 * weight for ticker, weight in world.book.items()}
    upload(conn, "geared", world.uploaded, geared, total=None)
    upload(conn, "geared", world.uploaded, geared, total=1.5)
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="not to 0 within"):
        upload(conn, "geared", world.uploaded, geared, total=0)


def test_upload_refuses_a_ticker_that_means_two_securities(
    conn: psycopg.Connection[Row], world: World
) -> None:
    """The map excludes it by constraint: without that, the upload still does."""
    for name in rows(
        conn,
        "select conname from pg_constraint where contype = 'x' "
        "and conrelid = 'ref.ticker_history'::regclass",
    ):
        conn.execute(
            sql.SQL("alter table ref.ticker_history drop constraint {}").format(
                sql.Identifier(name["conname"])
            )
        )
    ticker, other = list(world.names)[:2]
    conn.execute(
        "insert into ref.ticker_history (security_id, ticker_id, valid_from) "
        "select %s, ticker_id, date '1990-01-01' from ref.ticker where ticker = %s",
        [world.names[other], ticker],
    )
    with pytest.raises(psycopg.errors.InvalidParameterValue, match=f"more than one .*: {ticker}"):
        upload(conn, "two", world.uploaded, {ticker: 1})


def test_delete_removes_portfolio_and_holdings(conn: psycopg.Connection[Row]) -> None:
    portfolio_id = scalar(conn, "select risk.delete_portfolio(%s)", [BOOK])
    assert rows(conn, "select from risk.holding where portfolio_id = %s", portfolio_id) == []
    listed = {row["portfolio"] for row in call(conn, "portfolio_list")}
    assert NEUTRAL in listed
    assert BOOK not in listed
    with pytest.raises(psycopg.errors.NoDataFound, match=f"no portfolio '{BOOK}'"):
        conn.execute("select risk.delete_portfolio(%s)", [BOOK])


# Weights.


@pytest.mark.parametrize("portfolio", [BOOK, NEUTRAL])
def test_weights_drift_by_total_returns(
    conn: psycopg.Connection[Row], world: World, portfolio: str
) -> None:
    start = world.book if portfolio == BOOK else world.neutral
    gross = {}
    for ticker in start:
        path = rows(
            conn,
            "select trade_date, total_return from marts.fct_prices "
            "where security_id = %s and trade_date > %s and trade_date <= %s",
            world.names[ticker], world.uploaded, world.last,
        )  # fmt: skip
        gross[ticker] = np.prod([1 + row["total_return"] for row in path])
    worth = 1 + sum(w * (gross[ticker] - 1) for ticker, w in start.items())
    expected = {world.names[t]: w * gross[t] / worth for t, w in start.items()}
    assert set(world.gone) <= set(start)
    found = weights_of(conn, portfolio, world.last)
    assert found == pytest.approx(expected, rel=1e-10)
    if portfolio == BOOK:
        assert sum(found.values()) == pytest.approx(1, abs=1e-12)


def test_weights_follow_the_last_upload(conn: psycopg.Connection[Row], world: World) -> None:
    later = scalar(
        conn, "select min(session_date) from ref.session where session_date > %s", [world.uploaded]
    )
    ticker = next(iter(world.names))
    upload(conn, BOOK, later, {ticker: 1})
    assert len(weights_of(conn, BOOK, world.uploaded)) == len(world.book)
    assert weights_of(conn, BOOK, later) == {world.names[ticker]: 1}
    assert weights_of(conn, BOOK, world.last) == {world.names[ticker]: pytest.approx(1)}


def test_weights_of_a_book_that_lost_all_are_refused(
    conn: psycopg.Connection[Row], world: World
) -> None:
    ticker, *_ = world.book
    conn.execute(
        "update intermediate.int_prices__daily set total_return_index = 1e6 "
        "where security_id = %s and trade_date > %s",
        [world.names[ticker], world.uploaded],
    )
    upload(conn, "short", world.uploaded, {ticker: -1}, total=-1)
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="has lost all"):
        weights_of(conn, "short", world.last)


def test_weights_of_the_market_are_those_of_the_estimation_universe(
    conn: psycopg.Connection[Row], world: World
) -> None:
    day = day_of(conn, "short", world.last)
    assert weights_of(conn, "market", world.last) == pytest.approx(day.market, rel=1e-12)


def test_weights_of_a_universe_are_caps_of_its_members(
    conn: psycopg.Connection[Row], world: World
) -> None:
    caps = {
        row["security_id"]: row["cap"]
        for row in rows(
            conn,
            "select c.security_id, c.line_market_cap as cap "
            "from intermediate.int_market_caps__daily as c where c.trade_date = %s",
            world.last,
        )
    }
    members = {
        row["security_id"]
        for row in rows(
            conn,
            "select security_id from marts.fct_universe_members where universe = 'sp500' "
            "and valid_from <= %s and coalesce(valid_to, 'infinity') > %s",
            world.last, world.last,
        )
    }  # fmt: skip
    held = {name: cap for name, cap in caps.items() if cap and name in members}
    assert 0 < len(held) < len(caps)
    assert weights_of(conn, "universe:sp500", world.last) == pytest.approx(
        {name: cap / sum(held.values()) for name, cap in held.items()}, rel=1e-12
    )
    assert set(weights_of(conn, "universe:all", world.last)) == {n for n, c in caps.items() if c}


# Risk.


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("portfolio", [BOOK, NEUTRAL])
@pytest.mark.parametrize(
    ("benchmark", "horizon"), [("market", 1), ("universe:sp500", 21), (None, 5)]
)
def test_risk_is_that_of_numpy(
    conn: psycopg.Connection[Row],
    world: World,
    model: str,
    portfolio: str,
    benchmark: str | None,
    horizon: int,
) -> None:
    day = day_of(conn, model, world.last)
    book = weights_of(conn, portfolio, world.last)
    other = weights_of(conn, benchmark, world.last) if benchmark else {}
    names, (w, b) = vectors(day, book, other)
    sigma = horizon * day.sigma(names)
    h, a = day.factor_exposures(book), w - b
    factor = horizon * h @ day.covariance @ h
    variance = w @ sigma @ w
    (found,) = call(
        conn, "portfolio_risk", portfolio=portfolio, model=model, benchmark=benchmark,
        horizon_days=horizon,
    )  # fmt: skip
    assert found["trade_date"] == world.last
    assert (found["portfolio"], found["model"]) == (portfolio, model)
    assert (found["n_holdings"], found["horizon_days"]) == (len(book), horizon)
    assert found["total_volatility"] == pytest.approx(np.sqrt(variance), rel=1e-10)
    assert found["factor_volatility"] == pytest.approx(np.sqrt(factor), rel=1e-10)
    assert found["specific_volatility"] == pytest.approx(np.sqrt(variance - factor), rel=1e-10)
    for tail, level in [(0.05, "95"), (0.01, "99")]:
        z = NormalDist().inv_cdf(1 - tail)
        at_risk = z * np.sqrt(variance)
        shortfall = NormalDist().pdf(z) / tail * np.sqrt(variance)
        assert found[f"value_at_risk_{level}"] == pytest.approx(at_risk, rel=1e-10)
        assert found[f"expected_shortfall_{level}"] == pytest.approx(shortfall, rel=1e-10)
    for prefix in ("", "active_"):
        if prefix and not benchmark:
            continue
        parts = (
            found[f"{prefix}factor_volatility"] ** 2 + found[f"{prefix}specific_volatility"] ** 2
        )
        total = found["active_volatility" if prefix else "total_volatility"] ** 2
        assert parts == pytest.approx(total, rel=1e-12, abs=1e-12)
    against = [
        "benchmark_volatility", "active_volatility", "active_factor_volatility",
        "active_specific_volatility", "beta", "benchmark_uncovered_weight",
    ]  # fmt: skip
    if benchmark is None:
        assert [found[column] for column in against] == [None] * len(against)
        return
    active_h = day.factor_exposures(book) - day.factor_exposures(other)
    assert [found[column] for column in against] == pytest.approx(
        [
            np.sqrt(b @ sigma @ b),
            np.sqrt(a @ sigma @ a),
            np.sqrt(horizon * active_h @ day.covariance @ active_h),
            np.sqrt(a @ sigma @ a - horizon * active_h @ day.covariance @ active_h),
            w @ sigma @ b / (b @ sigma @ b),
            0,
        ],
        rel=1e-10,
    )


def test_risk_on_an_earlier_date(conn: psycopg.Connection[Row], world: World) -> None:
    day = day_of(conn, "long", world.uploaded)
    names, (w,) = vectors(day, weights_of(conn, BOOK, world.uploaded))
    (found,) = call(conn, "portfolio_risk", portfolio=BOOK, date=world.uploaded, model="long")
    assert found["total_volatility"] == pytest.approx(np.sqrt(w @ day.sigma(names) @ w), rel=1e-10)
    assert (found["uncovered"], found["covered_weight"]) == ([], pytest.approx(1))


def test_risk_names_what_the_model_does_not_cover(
    conn: psycopg.Connection[Row], world: World
) -> None:
    book = weights_of(conn, BOOK, world.last)
    lost = sum(book[world.names[ticker]] for ticker in world.gone)
    (found,) = call(conn, "portfolio_risk", portfolio=BOOK)
    assert found["uncovered"] == sorted(world.gone)
    assert found["n_covered"] == len(book) - len(world.gone)
    assert found["uncovered_weight"] == pytest.approx(lost, rel=1e-12)
    assert found["covered_weight"] == pytest.approx(1 - lost, rel=1e-12)
    names = {row["ticker"]: row for row in call(conn, "portfolio_asset_risk", portfolio=BOOK)}
    for ticker in world.gone:
        unknown = {k for k, value in names[ticker].items() if value is None}
        assert unknown == {
            "beta", "volatility", "marginal", "factor_contribution", "specific_contribution",
            "contribution", "share",
        }  # fmt: skip


def test_risk_of_a_name_without_specific_risk_is_not_covered(
    conn: psycopg.Connection[Row], world: World
) -> None:
    ticker = next(t for t in world.book if t not in world.gone)
    conn.execute(
        "update risk.rsk_specific_risk set shrunk_volatility = null "
        "where security_id = %s and trade_date = %s",
        [world.names[ticker], world.last],
    )
    (found,) = call(conn, "portfolio_risk", portfolio=BOOK)
    assert found["uncovered"] == sorted([*world.gone, ticker])


def test_risk_without_risk(conn: psycopg.Connection[Row], world: World) -> None:
    upload(conn, "gone", world.uploaded, {world.gone[0]: 1})
    (found,) = call(conn, "portfolio_risk", portfolio="gone")
    assert (found["total_volatility"], found["n_covered"], found["beta"]) == (0, 0, 0)
    parts = call(conn, "portfolio_factor_risk", portfolio="gone")
    assert {row["contribution"] for row in parts} == {0}
    assert {(row["marginal"], row["share"]) for row in parts} == {(None, None)}


def test_risk_of_the_market_against_itself(conn: psycopg.Connection[Row]) -> None:
    (found,) = call(conn, "portfolio_risk", portfolio="market")
    assert found["beta"] == pytest.approx(1, abs=1e-12)
    assert found["active_volatility"] == 0
    active = call(conn, "portfolio_asset_risk", portfolio="market", active=True)
    assert {row["active_weight"] for row in active} == {0}


@pytest.mark.parametrize("function", ["portfolio_risk", "portfolio_factor_risk",
                                      "portfolio_asset_risk"])  # fmt: skip
@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"portfolio": "none"}, "NoDataFound", "no portfolio 'none'"),
        ({"portfolio": "universe:none"}, "NoDataFound", "no universe 'none'; there are: all,"),
        ({"model": "none"}, "NoDataFound",
         "no risk model 'none' is in force; these are: short, long, regime, classic"),
        ({"horizon_days": 0}, "InvalidParameterValue", "horizon of '0' sessions"),
        ({"horizon_days": -1}, "InvalidParameterValue", "horizon of '-1' sessions"),
        ({"date": date(1999, 1, 4)}, "InvalidParameterValue", "short does not cover 1999-01-04"),
    ],
)  # fmt: skip
def test_risk_refuses(
    conn: psycopg.Connection[Row], function: str, arguments: Row, error: str, message: str
) -> None:
    given = {"portfolio": BOOK, **arguments}
    with pytest.raises(getattr(psycopg.errors, error), match=message):
        call(conn, function, **given)


def test_risk_names_the_dates_that_a_model_covers(
    conn: psycopg.Connection[Row], world: World
) -> None:
    first = scalar(
        conn,
        "select min(trade_date) from marts.fct_specific_risk where model = 'short' "
        "and trade_date in (select trade_date from marts.fct_risk_model_days "
        "where model = 'short')",
        [],
    )
    with pytest.raises(
        psycopg.errors.InvalidParameterValue, match=f"within {first} to {world.last}\n"
    ):
        call(conn, "portfolio_risk", portfolio=BOOK, date=date(2100, 1, 1))


def test_risk_before_the_first_upload_names_it(conn: psycopg.Connection[Row], world: World) -> None:
    before = scalar(
        conn, "select max(session_date) from ref.session where session_date < %s", [world.uploaded]
    )
    with pytest.raises(
        psycopg.errors.InvalidParameterValue, match=f"its first are of {world.uploaded}"
    ):
        call(conn, "portfolio_risk", portfolio=BOOK, date=before)


def test_risk_of_a_model_that_no_build_has_estimated(conn: psycopg.Connection[Row]) -> None:
    conn.execute("select risk.create_model('untried', 'registered, not built', %s)",
                 ['{"seed": 7}'])  # fmt: skip
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="untried covers no date yet"):
        call(conn, "portfolio_risk", portfolio=BOOK, model="untried")


# Contributions.


@pytest.mark.parametrize("active", [False, True])
@pytest.mark.parametrize("portfolio", [BOOK, NEUTRAL])
@pytest.mark.parametrize("model", ["short", "classic"])
def test_contributions_sum_to_the_volatility(
    conn: psycopg.Connection[Row], portfolio: str, model: str, active: bool
) -> None:
    given = {"portfolio": portfolio, "model": model, "horizon_days": 10}
    (risk,) = call(conn, "portfolio_risk", **given)
    total = risk["active_volatility" if active else "total_volatility"]
    specific = risk["active_specific_volatility" if active else "specific_volatility"]
    factors = call(conn, "portfolio_factor_risk", **given, active=active)
    assert sum(row["contribution"] for row in factors) == pytest.approx(total, abs=1e-12)
    assert sum(row["share"] for row in factors) == pytest.approx(1, abs=1e-12)
    assert factors[-1]["factor_id"] == "specific"
    assert factors[-1]["factor_volatility"] == pytest.approx(specific, rel=1e-12)
    assert factors[-1]["contribution"] == pytest.approx(specific**2 / total, rel=1e-12)
    names = [row for row in call(conn, "portfolio_asset_risk", **given, active=active)
             if row["contribution"] is not None]  # fmt: skip
    for column, expected in [
        ("contribution", total),
        ("share", 1),
        ("specific_contribution", specific**2 / total),
        ("factor_contribution", total - specific**2 / total),
    ]:
        assert sum(row[column] for row in names) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("active", [False, True])
def test_factor_risk_is_that_of_numpy(
    conn: psycopg.Connection[Row], world: World, active: bool
) -> None:
    day = day_of(conn, "short", world.last)
    book = weights_of(conn, BOOK, world.last)
    h = day.factor_exposures(book)
    if active:
        h = h - day.factor_exposures(day.market)
    (risk,) = call(conn, "portfolio_risk", portfolio=BOOK)
    total = risk["active_volatility" if active else "total_volatility"]
    *found, _ = call(conn, "portfolio_factor_risk", portfolio=BOOK, active=active)
    assert [(row["factor_id"], row["factor_kind"]) for row in found] == list(day.kinds.items())
    assert [row["exposure"] for row in found] == pytest.approx(h.tolist(), abs=1e-12)
    assert [row["factor_volatility"] for row in found] == pytest.approx(
        np.sqrt(np.diag(day.covariance)).tolist(), rel=1e-10
    )
    assert [row["marginal"] for row in found] == pytest.approx(
        (day.covariance @ h / total).tolist(), rel=1e-8, abs=1e-13
    )


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("active", [False, True])
def test_asset_risk_is_that_of_numpy(
    conn: psycopg.Connection[Row], world: World, model: str, active: bool
) -> None:
    day = day_of(conn, model, world.last)
    book = weights_of(conn, BOOK, world.last)
    names, (w, b) = vectors(day, book, day.market)
    sigma = 5 * day.sigma(names)
    counted = w - b if active else w
    total = np.sqrt(counted @ sigma @ counted)
    found = {
        row["security_id"]: row
        for row in call(
            conn, "portfolio_asset_risk", portfolio=BOOK, model=model, horizon_days=5,
            active=active,
        )
    }  # fmt: skip
    assert set(found) == (set(names) if active else set(book))
    own = np.array([day.covers(n) and day.specific[n] ** 2 for n in names], dtype=float)
    expected = {
        "weight": w,
        "active_weight": w - b,
        "beta": sigma @ b / (b @ sigma @ b),
        "volatility": np.sqrt(np.diag(sigma)),
        "marginal": sigma @ counted / total,
        "specific_contribution": 5 * own * counted**2 / total,
        "factor_contribution": counted * (sigma @ counted - 5 * own * counted) / total,
        "contribution": counted * (sigma @ counted) / total,
        "share": counted * (sigma @ counted) / total**2,
    }
    for column, values in expected.items():
        for name, value in zip(names, values, strict=True):
            if name in found and (day.covers(name) or "weight" in column):
                assert found[name][column] == pytest.approx(value, rel=1e-9, abs=1e-14), column


def test_asset_marginals_are_slopes(conn: psycopg.Connection[Row], world: World) -> None:
    """Against central differences by what-ifs, a trade that cash pays for."""
    step = 1e-4
    marginals = {
        row["ticker"]: row["marginal"] for row in call(conn, "portfolio_asset_risk", portfolio=BOOK)
    }
    outside = next(ticker for ticker in world.names if ticker not in world.book)
    for ticker in [*list(world.book)[-3:], outside]:
        up, down = (
            call(conn, "what_if", portfolio=BOOK, date=world.last, model="short",
                 tickers=[ticker], changes=[change])[1]["total_volatility"]
            for change in (step, -step)
        )  # fmt: skip
        if ticker != outside:
            assert (up - down) / (2 * step) == pytest.approx(marginals[ticker], rel=1e-5)
        else:
            assert up != down


def test_asset_risk_without_a_benchmark(conn: psycopg.Connection[Row]) -> None:
    found = call(conn, "portfolio_asset_risk", portfolio=BOOK, benchmark=None)
    assert {(row["active_weight"], row["beta"]) for row in found} == {(None, None)}
    contributions = [row["contribution"] for row in found if row["contribution"] is not None]
    assert contributions == sorted(contributions, reverse=True)


@pytest.mark.parametrize("function", ["portfolio_factor_risk", "portfolio_asset_risk"])
@pytest.mark.parametrize("arguments", [{"active": True, "benchmark": None}, {"active": None}])
def test_active_risk_needs_a_benchmark(
    conn: psycopg.Connection[Row], function: str, arguments: Row
) -> None:
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="against a benchmark"):
        call(conn, function, portfolio=BOOK, **arguments)


# Exposures.


@pytest.mark.parametrize("benchmark", [None, "market", NEUTRAL])
def test_exposures_are_weighted_sums(
    conn: psycopg.Connection[Row], world: World, benchmark: str | None
) -> None:
    day = day_of(conn, "short", world.last)
    h = day.factor_exposures(weights_of(conn, BOOK, world.last))
    found = call(conn, "portfolio_exposures", portfolio=BOOK, benchmark=benchmark)
    assert [(row["factor_id"], row["factor_kind"]) for row in found] == list(day.kinds.items())
    assert [row["exposure"] for row in found] == pytest.approx(h.tolist(), abs=1e-12)
    if benchmark is None:
        assert {(r["benchmark_exposure"], r["active_exposure"]) for r in found} == {(None, None)}
        return
    other = day.factor_exposures(weights_of(conn, benchmark, world.last))
    assert [row["benchmark_exposure"] for row in found] == pytest.approx(other.tolist(), abs=1e-12)
    assert [row["active_exposure"] for row in found] == pytest.approx(
        (h - other).tolist(), abs=1e-12
    )


@pytest.mark.parametrize(
    "function", ["portfolio_exposures", "portfolio_historical_risk", "portfolio_weights"]
)
def test_exposures_on_a_date_without_any(
    conn: psycopg.Connection[Row], world: World, function: str
) -> None:
    """A sunday: 'market' needs exposures of the day for its weights too."""
    sunday = world.last - timedelta(days=world.last.weekday() + 1)
    with pytest.raises(psycopg.errors.InvalidParameterValue, match=f"on {sunday}"):
        call(conn, function, portfolio="market", date=sunday)


# History.


def past_returns(
    conn: psycopg.Connection[Row], world: World, weights: dict[int, float]
) -> tuple[list[date], np.ndarray]:
    """Daily excess returns of weights kept constant, from the marts."""
    day = day_of(conn, "short", world.last)
    excess = {
        (row["security_id"], row["trade_date"]): row["excess_return"]
        for row in rows(conn, "select security_id, trade_date, excess_return from risk.rsk_returns")
    }
    factor: dict[date, np.ndarray] = {}
    for row in rows(
        conn, "select trade_date, factor_id, factor_return from marts.fct_factor_returns"
    ):
        known = factor.setdefault(row["trade_date"], np.zeros(len(day.factors)))
        known[day.factors.index(row["factor_id"])] = row["factor_return"] or 0
    gross = sum(abs(w) for w in weights.values())
    made = []
    for trade_date in sorted(factor):
        earned, counted = 0.0, 0.0
        for name, w in weights.items():
            if (name, trade_date) in excess:
                own = excess[name, trade_date]
            elif name in day.exposures:
                own = float(day.exposures[name] @ factor[trade_date])
            else:
                continue
            earned += w * own
            counted += abs(w)
        made.append((trade_date, earned * gross / counted))
    return [d for d, _ in made], np.array([r for _, r in made])


@pytest.mark.parametrize("portfolio", [BOOK, NEUTRAL])
@pytest.mark.parametrize(
    ("days", "confidence", "horizon"), [(504, 0.95, 1), (250, 0.99, 5), (10_000, 0.9, 3)]
)
def test_historical_risk_is_that_of_numpy(
    conn: psycopg.Connection[Row],
    world: World,
    portfolio: str,
    days: int,
    confidence: float,
    horizon: int,
) -> None:
    """Of names that are gone, names without a return on some days, and others."""
    held = [t for t in world.book if t not in world.gone]
    conn.execute(
        "delete from risk.rsk_returns where security_id = %s and trade_date > %s "
        "or security_id = %s and extract(day from trade_date) < 9",
        [world.names[held[0]], world.uploaded, world.names[held[1]]],
    )
    dates, daily = past_returns(conn, world, weights_of(conn, portfolio, world.last))
    dates, daily = dates[-days:], daily[-days:]
    n = len(daily) // horizon
    periods = np.prod(1 + daily[len(daily) - n * horizon :].reshape(n, horizon), axis=1) - 1
    (found,) = call(
        conn, "portfolio_historical_risk", portfolio=portfolio, days=days,
        confidence=confidence, horizon_days=horizon,
    )  # fmt: skip
    worst = int(periods.argmin())
    cut = np.quantile(periods, 1 - confidence)
    assert found == {
        "n_days": n * horizon,
        "first_date": dates[len(daily) - n * horizon],
        "value_at_risk": pytest.approx(-cut, abs=1e-12),
        "expected_shortfall": pytest.approx(-periods[periods <= cut].mean(), abs=1e-12),
        "worst_date": dates[len(daily) - (n - 1 - worst) * horizon - 1],
        "worst_return": pytest.approx(periods[worst], abs=1e-12),
    }


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"days": 19}, "has 19 past periods of 1 sessions .* at least 20"),
        ({"days": 195, "horizon_days": 10}, "has 19 past periods of 10 sessions"),
        ({"confidence": 1.0}, "confidence of '1' is not between 0 and 1"),
        ({"confidence": float("nan")}, "confidence of 'NaN' is not between"),
        ({"confidence": None}, "confidence of NULL is not between"),
        ({"days": 0}, "'0' sessions in periods of '1'"),
        ({"horizon_days": 0}, "'504' sessions in periods of '0'"),
    ],
)
def test_historical_risk_refuses(
    conn: psycopg.Connection[Row], arguments: Row, message: str
) -> None:
    with pytest.raises(psycopg.errors.InvalidParameterValue, match=message):
        call(conn, "portfolio_historical_risk", portfolio=BOOK, **arguments)


# Scenarios.


@pytest.mark.parametrize("propagate", [True, False])
@pytest.mark.parametrize("shocks", [{"market": -0.1}, {"market": -0.1, "value": 0.02, "size": 0}])
def test_stress_is_a_conditional_mean(
    conn: psycopg.Connection[Row], world: World, shocks: dict[str, float], propagate: bool
) -> None:
    day = day_of(conn, "regime", world.last)
    h = day.factor_exposures(weights_of(conn, BOOK, world.last))
    s = [day.factors.index(factor) for factor in day.factors if factor in shocks]
    sizes = np.array([shocks[day.factors[i]] for i in s])
    moves = np.zeros(len(day.factors))
    if propagate:
        moves = day.covariance[:, s] @ np.linalg.solve(day.covariance[np.ix_(s, s)], sizes)
    moves[s] = sizes
    found = call(
        conn, "portfolio_stress", portfolio=BOOK, date=None, model="regime",
        shocks=json.dumps(shocks), propagate=propagate,
    )  # fmt: skip
    assert [row["factor_id"] for row in found] == day.factors
    assert [row["shock"] for row in found] == [shocks.get(factor) for factor in day.factors]
    assert [row["exposure"] for row in found] == pytest.approx(h.tolist(), abs=1e-12)
    assert [row["shocked_return"] for row in found] == pytest.approx(moves.tolist(), abs=1e-12)
    assert sum(row["contribution"] for row in found) == pytest.approx(h @ moves, abs=1e-12)


@pytest.mark.parametrize(
    ("shocks", "message"),
    [
        ({"oil": 0.1, "market": 0.1, "gold": 1}, "no factors gold, oil; it has market, sector_"),
        ({"market": "a lot"}, "no numbers: market"),
        ({"market": None}, "no numbers: market"),
        ({}, "an object of factor returns"),
        ([0.1], "an object of factor returns"),
        (None, "an object of factor returns"),
    ],
)
def test_stress_refuses(conn: psycopg.Connection[Row], shocks: object, message: str) -> None:
    given = None if shocks is None else json.dumps(shocks)
    with pytest.raises(psycopg.errors.InvalidParameterValue, match=message):
        call(conn, "portfolio_stress", portfolio=BOOK, date=None, model="short", shocks=given)


def test_stress_of_collinear_factors_is_refused(
    conn: psycopg.Connection[Row], world: World
) -> None:
    conn.execute(
        "update risk.rsk_covariances set covariance = array_fill(1e-4::float8, "
        "array[cardinality(factor_ids), cardinality(factor_ids)]) where trade_date = %s",
        [world.last],
    )
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="singular"):
        call(conn, "portfolio_stress", portfolio=BOOK, date=None, model="short",
             shocks='{"market": 0.1, "size": 0.2}')  # fmt: skip


def test_replay_compounds_past_factor_returns(conn: psycopg.Connection[Row], world: World) -> None:
    day = day_of(conn, "short", world.last)
    h = day.factor_exposures(weights_of(conn, BOOK, world.last))
    start = world.uploaded - timedelta(days=60)
    long = rows(
        conn,
        "select factor_id, factor_return from marts.fct_factor_returns "
        "where trade_date between %s and %s",
        start, world.uploaded,
    )  # fmt: skip
    moves = [
        np.prod([1 + row["factor_return"] for row in long
                 if row["factor_id"] == factor and row["factor_return"] is not None]) - 1
        for factor in day.factors
    ]  # fmt: skip
    given = {"portfolio": BOOK, "date": None, "from": start}
    found = call(conn, "portfolio_replay", **given, to=world.uploaded)
    assert [row["factor_id"] for row in found] == day.factors
    assert [row["exposure"] for row in found] == pytest.approx(h.tolist(), abs=1e-12)
    assert [row["factor_return"] for row in found] == pytest.approx(moves, abs=1e-12)
    assert sum(row["contribution"] for row in found) == pytest.approx(h @ moves, abs=1e-12)
    with pytest.raises(
        psycopg.errors.InvalidParameterValue, match=f"they go from .* to {world.last}"
    ):
        call(conn, "portfolio_replay", **given, to=start - timedelta(days=1))


def test_what_if_is_the_risk_of_the_changed_book(
    conn: psycopg.Connection[Row], world: World
) -> None:
    """One name is sold out, one sold short, one new."""
    held = [t for t in world.book if t not in world.gone][:2]
    new = next(ticker for ticker in world.names if ticker not in world.book)
    now = weights_of(conn, BOOK, world.last)
    changes = {held[0]: -now[world.names[held[0]]], held[1]: -0.3, new: 0.2}
    before, after = call(
        conn, "what_if", portfolio=BOOK, date=world.last, model="long",
        tickers=list(changes), changes=list(changes.values()), benchmark="universe:sp500",
    )  # fmt: skip
    given = {"model": "long", "benchmark": "universe:sp500"}
    (risk,) = call(conn, "portfolio_risk", portfolio=BOOK, **given)
    assert before == {"scenario": "before", **risk}
    tickers = {security: ticker for ticker, security in world.names.items()}
    then = {tickers[name]: weight for name, weight in now.items()}
    for ticker, change in changes.items():
        then[ticker] = then.get(ticker, 0) + change
    del then[held[0]]
    upload(conn, "then", world.last, then, total=None)
    (risk,) = call(conn, "portfolio_risk", portfolio="then", **given)
    assert after.pop("scenario") == "after"
    assert {**after, "portfolio": "then"} == {
        k: pytest.approx(v, rel=1e-11) if isinstance(v, float) else v for k, v in risk.items()
    }


@pytest.mark.parametrize(
    ("tickers", "changes", "message"),
    [
        (["NONE"], [0.1], "unknown tickers .*: NONE"),
        ([], [], "there are no tickers"),
        (["NONE"], [float("nan")], "finite numbers"),
    ],
)
def test_what_if_refuses(
    conn: psycopg.Connection[Row], tickers: list[str], changes: list[float], message: str
) -> None:
    with pytest.raises(psycopg.errors.InvalidParameterValue, match=message):
        conn.execute(
            "select risk.what_if(%s, null, 'short', %s::text[], %s::float8[])",
            [BOOK, tickers, changes],
        )


def test_what_if_leaves_something(conn: psycopg.Connection[Row], world: World) -> None:
    ticker = next(t for t in world.book if t not in world.gone)
    upload(conn, "single", world.last, {ticker: 1})
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="without holdings"):
        call(conn, "what_if", portfolio="single", date=world.last, model="short",
             tickers=[ticker], changes=[-1.0])  # fmt: skip


# Who may.


def test_a_reader_uploads_and_reads_where_nothing_may_be_written(
    conn: psycopg.Connection[Row], world: World
) -> None:
    ticker = next(t for t in world.book if t not in world.gone)
    conn.execute("set local role factorium_reader")
    upload(conn, "mine", world.last, {ticker: 1})
    conn.execute("set transaction read only")
    given = {"portfolio": "mine", "date": None}
    for function, arguments in [
        ("portfolio_list", {}),
        ("portfolio_weights", given),
        ("portfolio_exposures", given),
        ("portfolio_risk", given),
        ("portfolio_factor_risk", given),
        ("portfolio_asset_risk", given),
        ("portfolio_historical_risk", given),
        ("portfolio_stress", {**given, "model": "short", "shocks": '{"market": 1}'}),
        ("portfolio_replay", {**given, "from": date(2000, 1, 1), "to": world.last}),
        ("what_if", {**given, "model": "short", "tickers": [ticker], "changes": [0.1]}),
    ]:
        assert call(conn, function, **arguments), function
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction), conn.transaction():
        conn.execute("select risk.delete_portfolio('mine')")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        conn.execute("select * from risk.holding")


def test_volatility_is_declared(conn: psycopg.Connection[Row]) -> None:
    """All but uploads and deletions run where nothing may be written."""
    declared = rows(
        conn,
        "select proname, provolatile::text as kind from pg_proc "
        "where pronamespace = 'risk'::regnamespace "
        "and (proname ~ '^(portfolio|holdings)_' or proname ~ '_portfolio$' "
        "or proname = 'what_if')",
    )
    writers = {row["proname"] for row in declared if row["kind"] == "v"}
    assert writers == {"upload_portfolio", "delete_portfolio"}
