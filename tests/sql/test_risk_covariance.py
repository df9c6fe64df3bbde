"""Covariance paths in SQL against NumPy and scikit-learn."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import psycopg
import pytest
from oracles import risk
from psycopg.conninfo import make_conninfo
from sklearn.covariance import LedoitWolf

SETTINGS = risk.Settings(
    variance_half_life=42, correlation_half_life=84, regime_half_life=21,
    regime_least_days=10, least_days=40,
)  # fmt: skip
PLAIN = {"eigenfactor_scale": 1.4, "eigenfactor_every": 100, "eigenfactor_simulations": 0,
         "regime_weight": 1, "seed": 7}  # fmt: skip


@pytest.fixture(scope="module")
def conn(new_database: Callable[[], str]) -> Iterator[psycopg.Connection]:
    info = make_conninfo(new_database(), options="-c role=factorium_transform")
    with psycopg.connect(info, autocommit=True) as connection:
        yield connection


def returns_of(days: int, factors: int, seed: int = 1) -> np.ndarray:
    """Correlated factor returns with a little autocorrelation and a jump of volatility."""
    rng = np.random.default_rng(seed)
    mixed = rng.standard_normal((days, factors)) @ rng.normal(0, 1, (factors, factors))
    mixed[1:] += 0.2 * mixed[:-1]
    mixed[days // 2 :] *= 1.8
    return 0.004 * mixed


def path(
    conn: psycopg.Connection,
    returns: np.ndarray,
    first_no: int = 8000,
    before: int = 0,
    state: list[float] | None = None,
    **changes: Any,
) -> dict[int, dict[str, Any]]:
    """risk.covariance_path by the day's place in returns."""
    numbers = list(range(first_no, first_no + len(returns)))
    rows = conn.execute(
        "select session_no, n_days, covariance, regime_multiplier, eigenfactor_biases, "
        "distortion, state from risk.covariance_path("
        "%s::jsonb, %s::integer[], %s::float8[], %s, %s::float8[])",
        [
            json.dumps(asdict(SETTINGS) | PLAIN | changes),
            numbers,
            [[None if np.isnan(x) else x for x in row] for row in returns.tolist()],
            before,
            state,
        ],
    ).fetchall()
    names = ["session_no", "n_days", "covariance", "regime", "biases", "distortion", "state"]
    return {row[0] - first_no: dict(zip(names, row, strict=True)) for row in rows}


def test_covariance_equals_numpy_without_simulation(conn):
    returns = returns_of(160, 5)
    got = path(conn, returns)
    assert got[38]["covariance"] is None
    assert got[39]["covariance"] is not None
    forecasts = {
        day: risk.forecast(returns[: day + 1], SETTINGS) for day in range(39, len(returns))
    }
    for day in (39, 49, 50, 100, 159):
        multiplier = (
            risk.regime_multiplier(returns[: day + 1], forecasts, SETTINGS) if day >= 49 else 1.0
        )
        assert got[day]["regime"] == pytest.approx(multiplier, rel=1e-10)
        expected = forecasts[day] * multiplier**2
        np.testing.assert_allclose(got[day]["covariance"], expected, rtol=1e-10, atol=1e-18)


def test_eigenfactor_adjustment_multiplies_eigenvolatilities(conn):
    returns = returns_of(60, 4, seed=2)
    plain = path(conn, returns, regime_least_days=1000)
    got = path(conn, returns, regime_least_days=1000, eigenfactor_simulations=50)
    # Simulated on day 39, the first with a covariance: exactly there the eigenbasis is its own.
    biases = np.array(got[39]["biases"])
    expected = risk.adjusted(np.array(plain[39]["covariance"]), biases)
    np.testing.assert_allclose(got[39]["covariance"], expected, rtol=1e-9, atol=1e-18)
    assert got[59]["biases"] == got[39]["biases"]
    again = path(conn, returns, regime_least_days=1000, eigenfactor_simulations=50)
    assert again[59]["covariance"] == got[59]["covariance"]


def test_simulated_bias_agrees_with_simulated_returns(conn):
    eigenvalues = np.array([9.0, 4, 2, 1.5, 1, 0.5, 0.3, 0.1]) * 1e-5
    row = conn.execute(
        "select risk.eigenfactor_bias(%s::float8[], 150, 2000, 3)", [eigenvalues.tolist()]
    ).fetchone()
    expected = risk.simulated_bias(eigenvalues, 150, 4000, np.random.default_rng(1))
    np.testing.assert_allclose(row[0], expected, rtol=0.01)
    assert row[0][0] < 1 < row[0][-1]


def test_a_path_goes_on_from_its_state_with_the_same_bits(conn):
    returns = returns_of(140, 3, seed=3)
    whole = path(conn, returns, eigenfactor_simulations=10, regime_weight=0.5)
    first = path(conn, returns[:90], eigenfactor_simulations=10, regime_weight=0.5)
    lags = 5
    second = path(
        conn, returns[90 - lags :], 8000 + 90 - lags, before=lags, state=first[89]["state"],
        eigenfactor_simulations=10, regime_weight=0.5,
    )  # fmt: skip
    assert len(second) == 50
    for day, row in second.items():
        assert row["covariance"] == whole[day + 90 - lags]["covariance"]
    assert second[max(second)]["state"] == whole[139]["state"]


def test_a_later_return_changes_nothing_before_it(conn):
    returns = returns_of(100, 3, seed=4)
    whole = path(conn, returns, eigenfactor_simulations=10)
    changed = returns.copy()
    changed[80:] *= 5
    other = path(conn, changed, eigenfactor_simulations=10)
    assert all(whole[day]["covariance"] == other[day]["covariance"] for day in range(80))
    assert whole[80]["covariance"] != other[80]["covariance"]


def test_regime_weight_counts_days_of_the_other_state_less(conn):
    returns = returns_of(200, 3, seed=5)
    plain = path(conn, returns, regime_least_days=1000)
    weighted = path(conn, returns, regime_least_days=1000, regime_weight=0.2)
    # The second half is stressed: its days count in full, the calm first half hardly.
    assert weighted[130]["covariance"][0][0] > plain[130]["covariance"][0][0]


def test_missing_returns_do_not_count(conn):
    returns = returns_of(80, 3, seed=6)
    returns[:30, 2] = np.nan
    got = path(conn, returns, regime_least_days=1000)
    both = risk.forecast(returns[:, :2], SETTINGS)
    np.testing.assert_allclose(
        np.array(got[79]["covariance"])[:2, :2], both, rtol=1e-10, atol=1e-18
    )
    expected = newey_west_from(returns[:, 2], 30)
    assert got[79]["covariance"][2][2] == pytest.approx(expected, rel=1e-10)


def newey_west_from(series: np.ndarray, first: int) -> float:
    own = series[first:][:, None]
    return float(risk.newey_west(own, SETTINGS.variance_lags, SETTINGS.variance_half_life)[0, 0])


def test_every_covariance_is_positive_semi_definite(conn):
    returns = returns_of(120, 6, seed=7)
    returns[:, 5] = returns[:, 0] + returns[:, 1]  # collinear: singular
    returns[::3, 4] = np.nan  # pairwise sums need not be PSD
    for row in path(conn, returns, eigenfactor_simulations=5).values():
        if row["covariance"] is not None:
            matrix = np.array(row["covariance"])
            assert (matrix == matrix.T).all()
            assert np.linalg.eigvalsh(matrix).min() >= -1e-12 * matrix.max()
            assert row["distortion"] >= 0


def test_constant_zero_factor_has_no_variance_and_breaks_nothing(conn):
    returns = returns_of(60, 3, seed=8)
    returns[:, 1] = 0
    got = path(conn, returns, eigenfactor_simulations=5)
    matrix = np.array(got[59]["covariance"])
    assert np.isfinite(matrix).all()
    assert matrix[1, 1] == pytest.approx(0, abs=1e-12 * matrix.max() * 2)


@pytest.mark.parametrize(("days", "half_life"), [(1, 84.0), (100, 84.0), (3000, 504.0)])
def test_effective_days_equals_its_definition(conn, days, half_life):
    weights = risk.decay(days, half_life)
    row = conn.execute("select risk.effective_days(%s, %s)", [days, half_life]).fetchone()
    assert row[0] == pytest.approx(weights.sum() ** 2 / (weights**2).sum(), rel=1e-10)


def test_window_covariance_equals_scikit_learn(conn):
    returns = returns_of(130, 8, seed=9)
    rows = conn.execute(
        "select * from risk.window_covariance_path(60, %s::integer[], %s::float8[])",
        [list(range(500, 630)), returns.tolist()],
    ).fetchall()
    assert [row[0] for row in rows] == list(range(559, 630))
    for number, covariance, shrinkage in rows:
        window = returns[number - 500 - 59 : number - 500 + 1]
        fitted = LedoitWolf(assume_centered=True).fit(window)
        assert shrinkage == pytest.approx(fitted.shrinkage_, rel=1e-9)
        np.testing.assert_allclose(covariance, fitted.covariance_, rtol=1e-9, atol=1e-18)


def test_window_has_the_same_bits_wherever_a_path_begins(conn):
    returns = returns_of(130, 3, seed=10)
    statement = "select * from risk.window_covariance_path(60, %s::integer[], %s::float8[], %s)"
    whole = conn.execute(statement, [list(range(500, 630)), returns.tolist(), 0]).fetchall()
    later = conn.execute(
        statement, [list(range(540, 630)), returns[40:].tolist(), 80]
    ).fetchall()  # fmt: skip
    assert later == whole[-10:]


def test_sandwich_is_a_f_a_transposed(conn):
    rng = np.random.default_rng(11)
    a, f = (m + m.T for m in rng.normal(size=(2, 7, 7)))
    row = conn.execute(
        "select risk.sandwich(%s::float8[], %s::float8[])", [a.tolist(), f.tolist()]
    ).fetchone()
    np.testing.assert_allclose(row[0], a @ f @ a.T, rtol=1e-12, atol=1e-12)
    row = conn.execute(
        "select risk.sandwich_diagonal(%s::float8[], %s::float8[])", [a.tolist(), f.tolist()]
    ).fetchone()
    np.testing.assert_allclose(row[0], np.diag(a @ f @ a.T), rtol=1e-12, atol=1e-12)


def test_days_before_the_first_wanted_change_no_bit(conn):
    returns = returns_of(90, 4, seed=12)
    whole = path(conn, returns, eigenfactor_simulations=10)
    row = conn.execute(
        "select count(covariance), array_agg(covariance) filter (where covariance is not null) "
        "from risk.covariance_path(%s::jsonb, %s::integer[], %s::float8[], p_first_no => 8089)",
        [
            json.dumps(asdict(SETTINGS) | PLAIN | {"eigenfactor_simulations": 10}),
            list(range(8000, 8090)),
            returns.tolist(),
        ],
    ).fetchone()
    assert row == (1, [whole[89]["covariance"]])


def test_a_factor_that_never_had_a_return_has_no_variance_and_costs_no_eigenvalues(conn):
    returns = returns_of(60, 4, seed=13)
    without = path(conn, returns[:, :3], eigenfactor_simulations=0)
    returns[:, 3] = np.nan
    got = path(conn, returns, eigenfactor_simulations=0)
    matrix = np.array(got[59]["covariance"])
    assert not matrix[3].any()
    assert got[59]["distortion"] == 0
    np.testing.assert_allclose(matrix[:3, :3], without[59]["covariance"], rtol=1e-12)


def test_windows_count_a_missing_return_as_zero(conn):
    row = conn.execute("select risk.zero_for_null('{0.1,null,-0.2}')").fetchone()
    assert row == ([0.1, 0, -0.2],)


def test_horizons_shorter_than_days_of_factors_are_refused(conn):
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="3 days and 10 simulations"):
        conn.execute("select risk.eigenfactor_bias('{3,2,1}'::float8[], 3, 10, 1)")


def test_settings_of_the_oracle_are_the_models(conn):
    row = conn.execute("select risk.default_parameters('short')").fetchone()
    own = asdict(replace(risk.Settings()))
    assert {name: row[0][name] for name in own} == own
