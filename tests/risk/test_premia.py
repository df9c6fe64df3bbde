"""Premia, the statistical model and macro projections against statsmodels and NumPy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import psycopg
import pytest
import statsmodels.api as sm
from psycopg import errors as pg

if TYPE_CHECKING:
    from conftest import BuiltSample


@pytest.fixture(scope="module")
def conn(built_sample: BuiltSample) -> Iterator[psycopg.Connection]:
    """The built sample as a reader has it."""
    with psycopg.connect(built_sample.info, autocommit=True) as connection:
        connection.execute("set role factorium_reader")
        yield connection


def series_of(conn: psycopg.Connection, factor_id: str) -> tuple[list, np.ndarray]:
    rows = conn.execute(
        "select trade_date, factor_return from marts.fct_factor_returns "
        "where factor_id = %s and factor_return is not null order by 1", [factor_id],
    ).fetchall()  # fmt: skip
    return [row[0] for row in rows], np.array([row[1] for row in rows])


@pytest.mark.parametrize("factor_id", ["market", "size", "momentum"])
def test_premia_equal_statsmodels(conn, factor_id):
    _, returns = series_of(conn, factor_id)
    fitted = sm.OLS(returns, np.ones_like(returns)).fit(
        cov_type="HAC", cov_kwds={"maxlags": 5, "use_correction": False}
    )
    row = conn.execute(
        "select n_days, premium, standard_error, t_stat, annual_premium, annual_volatility "
        "from risk.factor_premia() where factor_id = %s", [factor_id],
    ).fetchone()  # fmt: skip
    assert row[0] == len(returns)
    expected = [fitted.params[0], fitted.bse[0], fitted.tvalues[0], 252 * fitted.params[0],
                np.sqrt(252) * returns.std(ddof=1)]  # fmt: skip
    assert row[1:] == pytest.approx(expected, rel=1e-9)


def test_premia_between_dates_use_no_other(conn):
    dates, returns = series_of(conn, "beta")
    row = conn.execute(
        "select n_days, premium from risk.factor_premia(%s, %s) where factor_id = 'beta'",
        [dates[10], dates[59]],
    ).fetchone()
    assert row == (50, pytest.approx(returns[10:60].mean(), rel=1e-9))


def test_principal_components_equal_numpy(conn):
    cursor = conn.execute("select * from risk.principal_components(null, 60, 4)")
    names = [column.name for column in cursor.description]
    got = dict(zip(names, cursor.fetchone(), strict=True))
    rows = conn.execute(
        "select security_id, array_agg(excess_return order by trade_date) "
        "from marts.fct_specific_returns where trade_date = any(%s) and security_id = any(%s) "
        "group by 1 order by 1", [got["dates"], got["security_ids"]],
    ).fetchall()  # fmt: skip
    returns = np.array([row[1] for row in rows])
    assert returns.shape == (got["n_names"], 60)
    left, singular, right = np.linalg.svd(returns, full_matrices=False)
    np.testing.assert_allclose(got["eigenvalues"], singular[:4] ** 2 / len(returns), rtol=1e-9)
    np.testing.assert_allclose(got["explained"], (singular**2 / (singular**2).sum())[:4], rtol=1e-9)
    # Signs are free: compare what loadings and factors make together.
    fitted = np.array(got["loadings"]) @ np.array(got["factor_returns"])
    np.testing.assert_allclose(fitted, (left[:, :4] * singular[:4]) @ right[:4], atol=1e-9)
    left_over = ((returns - fitted) ** 2).sum(axis=1) / (60 - 4)
    np.testing.assert_allclose(got["specific_volatilities"], np.sqrt(left_over), rtol=1e-9)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [("null, 60, 60", "60 days for 60 components"),
     ("null, 60, 59", "days for 59 components"), ("null, 5000, 3", "of 5000 days have returns"),
     ("'1999-01-04', 60, 3", "0 of 60 days")],
)  # fmt: skip
def test_windows_that_cannot_be_are_refused(conn, arguments, message):
    with pytest.raises(pg.InvalidParameterValue, match=message):
        conn.execute(f"select risk.principal_components({arguments})")


def test_macro_projection_equals_statsmodels(conn):
    macros = ["yield_level_10y", "implied_volatility"]
    rows = conn.execute(
        "select macro_id, n, beta, standard_error, t_stat, r2 "
        "from risk.macro_projection(%s, p_step_days => 10) where factor_id = 'market'", [macros],
    ).fetchall()  # fmt: skip
    dates, returns = series_of(conn, "market")
    ends = list(range(9, len(dates), 10))
    levels = np.array([
        [
            conn.execute(
                "select value from marts.fct_macro_factors where factor_id = %s "
                "and trade_date = %s", [macro, dates[end]],
            ).fetchone()[0]
            for macro in macros
        ]
        for end in ends
    ])  # fmt: skip
    y = np.array([returns[end - 9 : end + 1].sum() for end in ends[1:]])
    fitted = sm.OLS(y, sm.add_constant(np.diff(levels, axis=0))).fit(
        cov_type="HAC", cov_kwds={"maxlags": 1, "use_correction": False}
    )
    assert [row[0] for row in rows] == ["constant", *macros]
    assert [row[1] for row in rows] == [len(y)] * 3
    np.testing.assert_allclose([row[2] for row in rows], fitted.params, rtol=1e-8)
    np.testing.assert_allclose([row[3] for row in rows], fitted.bse, rtol=1e-8)
    assert rows[0][5] == pytest.approx(fitted.rsquared, rel=1e-8)


def test_an_unknown_macro_factor_is_named(conn):
    with pytest.raises(pg.InvalidParameterValue, match="unknown macro factors: weather"):
        conn.execute("select * from risk.macro_projection(array['weather'])")


def test_too_few_steps_are_refused(conn):
    with pytest.raises(pg.InvalidParameterValue, match="steps of 250 sessions for 5 macro"):
        conn.execute("select * from risk.macro_projection(p_step_days => 250)")
