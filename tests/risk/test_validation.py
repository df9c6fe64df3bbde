"""Forecasts held against returns: the test portfolios, plain models and R2 out of sample."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import psycopg
import pytest
from psycopg import errors as pg

if TYPE_CHECKING:
    from conftest import BuiltSample


@pytest.fixture(scope="module")
def conn(built_sample: BuiltSample) -> Iterator[psycopg.Connection]:
    with psycopg.connect(built_sample.info, autocommit=True) as connection:
        yield connection


def one(conn: psycopg.Connection, statement: str, *parameters: object) -> Any:
    row = conn.execute(statement, parameters).fetchone()
    assert row is not None
    return row[0] if len(row) == 1 else row


def test_every_kind_of_portfolio_is_tested_by_every_model_on_the_same_dates(conn):
    rows = conn.execute(
        "select portfolio, count(distinct n_tests), count(*) from marts.fct_risk_validation "
        "group by 1"
    ).fetchall()
    assert {count for _, count, _ in rows} == {1}
    assert {models for _, _, models in rows} == {6}  # four models and two plain ones
    kinds = one(conn, "select array_agg(distinct portfolio_kind) from marts.fct_risk_validation")
    assert {"market", "sector", "random", "style"} >= set(kinds) >= {"market", "sector", "random"}


def test_a_forecast_equals_numpy_from_exposures_covariance_and_specific_risk(conn):
    day, volatility, earned = one(
        conn,
        "select trade_date, forecast_volatility, portfolio_return from risk.rsk_forecast_tests "
        "where model = 'short' and portfolio = 'market' order by trade_date desc limit 1",
    )
    eve = one(conn, "select max(session_date) from ref.session where session_date < %s", day)
    names = conn.execute(
        "select e.sector_factor_id, e.cap_usd, r.specific_volatility, s.excess_return, "
        "to_jsonb(e) from marts.fct_exposures as e "
        "inner join marts.fct_specific_risk as r on e.security_id = r.security_id "
        "and e.trade_date = r.trade_date and r.model = 'short' "
        "inner join marts.fct_specific_returns as s "
        "on e.security_id = s.security_id and s.trade_date = %s "
        "where e.trade_date = %s and e.is_estimated", [day, eve],
    ).fetchall()  # fmt: skip
    factor_ids, matrix = one(
        conn, "select factor_ids, covariance from risk.factor_covariance('short', %s)", eve
    )
    weights = np.array([row[1] for row in names])
    weights = weights / weights.sum()
    exposures = np.array([
        [1.0 if f in ("market", row[0]) else row[4].get(f, 0.0) for f in factor_ids]
        for row in names
    ])  # fmt: skip
    h = weights @ exposures
    specific = (weights**2) @ np.array([row[2] for row in names]) ** 2
    assert volatility == pytest.approx(np.sqrt(h @ np.array(matrix) @ h + specific), rel=1e-9)
    assert earned == pytest.approx(weights @ np.array([row[3] for row in names]), rel=1e-9)


def test_the_sample_model_is_the_mean_square_of_the_year_before(conn):
    day, volatility = one(
        conn,
        "select trade_date, forecast_volatility from risk.rsk_forecast_tests "
        "where model = 'sample_252' and portfolio = 'random_3' order by trade_date desc limit 1",
    )
    past = np.array([
        row[0]
        for row in conn.execute(
            "select portfolio_return from risk.rsk_test_returns where portfolio = 'random_3' "
            "and trade_date < %s order by trade_date desc limit 252", [day],
        ).fetchall()
    ])  # fmt: skip
    assert len(past) == 252
    assert volatility == pytest.approx(np.sqrt(np.mean(past**2)), rel=1e-9)


def test_statistics_are_those_of_the_tests(conn):
    bias, loss, n = one(
        conn,
        "select bias_statistic, quasi_likelihood_loss, n_tests from marts.fct_risk_validation "
        "where model = 'long' and portfolio = 'market'",
    )
    tests = conn.execute(
        "select a.portfolio_return, a.forecast_volatility from risk.rsk_forecast_tests as a "
        "inner join risk.rsk_forecast_tests as b "
        "on a.trade_date = b.trade_date and a.portfolio = b.portfolio "
        "where a.model = 'long' and a.portfolio = 'market' and b.model = 'sample_252' "
        "and exists (select from risk.rsk_forecast_tests as c where c.model = 'classic' "
        "and c.portfolio = 'market' and c.trade_date = a.trade_date)",
    ).fetchall()
    earned, volatility = np.array(tests).T
    assert n == len(tests)
    assert bias == pytest.approx(np.std(earned / volatility, ddof=1), rel=1e-9)
    expected = np.mean(earned**2 / volatility**2 + np.log(volatility**2))
    assert loss == pytest.approx(expected, rel=1e-9)


def test_random_portfolios_differ_and_keep_their_names(conn):
    sizes = conn.execute(
        "select portfolio, avg(n_names) from risk.rsk_test_returns "
        "where portfolio_kind = 'random' group by 1"
    ).fetchall()
    assert len(sizes) == 10
    correlation = one(
        conn,
        "select corr(a.portfolio_return, b.portfolio_return) from risk.rsk_test_returns as a "
        "inner join risk.rsk_test_returns as b on a.trade_date = b.trade_date "
        "where a.portfolio = 'random_1' and b.portfolio = 'random_2'",
    )
    assert correlation < 0.99


def test_out_of_sample_r2_equals_leaving_the_fold_out(conn):
    """One day, two folds: NumPy estimates on one half of the names, judges on the other."""
    conn.execute("set role factorium_reader")
    day, n_names, r2, sectors_r2 = one(
        conn,
        "select * from risk.out_of_sample_r2(10, 2) order by n_names desc, trade_date limit 1",
    )
    conn.execute("reset role")
    styles = one(
        conn,
        "select array_agg(factor_id order by place) from marts.dim_risk_factor "
        "where factor_kind = 'style'",
    )
    rows = conn.execute(
        "select p.security_id, p.sector, p.cap, p.weight, p.estimation_return, p.excess_return, "
        "to_jsonb(p) from risk.rsk_panel as p where p.trade_date = %s and p.is_estimated", [day],
    ).fetchall()  # fmt: skip
    squares = {"whole": 0.0, "plain": 0.0}
    counted = []
    for fold in (0, 1):
        fitted = [row for row in rows if row[0] % 2 != fold]
        held = [row for row in rows if row[0] % 2 == fold]
        counts = {s: sum(row[1] == s for row in fitted) for s in {row[1] for row in fitted}}
        fitted = [row for row in fitted if counts[row[1]] >= 2]
        sectors = sorted({row[1] for row in fitted})
        for name, used in {"whole": styles, "plain": []}.items():
            a, y, w = design(fitted, sectors, used), column(fitted, 4), column(fitted, 3)
            root = np.sqrt(w)
            solved = np.linalg.lstsq(a * root[:, None], y * root, rcond=None)[0]
            caps = column(fitted, 2)
            share = a[:, : len(sectors)].T @ caps / caps.sum()
            market = share @ solved[: len(sectors)]
            b = design(held, sectors, used)
            # A name of a sector without a return of its own has that of the market.
            lost = 1 - b[:, : len(sectors)].sum(axis=1)
            error = column(held, 5) - b @ solved - lost * market
            squares[name] += float(column(held, 3) @ error**2)
        counted += held
    assert n_names == len(counted)
    w, r = column(counted, 3), column(counted, 5)
    total = w @ r**2 - (w @ r) ** 2 / w.sum()
    assert r2 == pytest.approx(1 - squares["whole"] / total, rel=1e-6)
    assert sectors_r2 == pytest.approx(1 - squares["plain"] / total, rel=1e-6)


def column(rows: list[Any], place: int) -> np.ndarray:
    return np.array([row[place] for row in rows], dtype=float)


def design(rows: list[Any], sectors: list[str], styles: list[str]) -> np.ndarray:
    return np.array([
        [float(row[1] == sector) for sector in sectors] + [row[6][style] for style in styles]
        for row in rows
    ])  # fmt: skip


def test_one_fold_is_refused(conn):
    with pytest.raises(pg.InvalidParameterValue, match="1 folds; it takes two"):
        conn.execute("select * from risk.out_of_sample_r2(10, 1)")


def test_exposure_vectors_follow_the_models_order(conn):
    vector = one(
        conn,
        "select risk.exposure_vector('{market,sector_a,sector_b,size}', '{sector_b}', '{0.4}', "
        "'{size}', '{1.5}')",
    )
    assert vector == [0.4, 0, 0.4, 1.5]
    with pytest.raises(pg.InvalidParameterValue, match="sector_c is no factor"):
        one(conn, "select risk.exposure_vector('{market}', '{sector_c}', '{1}', '{}', '{}')")
