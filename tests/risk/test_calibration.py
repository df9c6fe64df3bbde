"""Forecasts against a planted covariance: calibrated, better by each adjustment."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import numpy as np
import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from factorium.sample import planted

# Days before the first forecast that is judged, and days in all.
FIRST, DAYS = 300, 1100
Forecasts = Callable[..., np.ndarray]


@pytest.fixture(scope="module")
def conn(new_database: Callable[[], str]) -> Iterator[psycopg.Connection]:
    info = make_conninfo(new_database(), options="-c role=factorium_transform")
    with psycopg.connect(info, autocommit=True) as connection:
        yield connection


def forecasts(
    conn: psycopg.Connection,
    returns: np.ndarray,
    model: str = "short",
    first: int = FIRST,
    **changes: object,
) -> np.ndarray:
    """Covariances made at the close of each day from `first` on: days x K x K."""
    rows = conn.execute(
        "select covariance from risk.covariance_path("
        "risk.default_parameters(%s) || %s::jsonb, %s::integer[], %s::float8[], p_first_no => %s)",
        [model, json.dumps(changes), list(range(len(returns))), returns.tolist(), first],
    ).fetchall()
    return np.array([row[0] for row in rows[first:]])


def market(seed: int, days: int = DAYS) -> np.ndarray:
    """Gaussian factor returns with the planted covariance of the sample market."""
    covariance = planted.covariance()
    rng = np.random.default_rng(seed)
    return rng.multivariate_normal(np.zeros(len(covariance)), covariance, size=days)


def bias_statistics(returns: np.ndarray, made: np.ndarray, portfolios: np.ndarray) -> np.ndarray:
    """Standard deviation of next-day returns over forecast volatility, of each portfolio."""
    earned = returns[-len(made) + 1 :] @ portfolios.T
    variance = np.einsum("pi,tij,pj->tp", portfolios, made[:-1], portfolios)
    return (earned / np.sqrt(variance)).std(axis=0)


@pytest.mark.parametrize(("model", "half_life"), [("short", 84), ("long", 252)])
def test_bias_statistics_of_random_portfolios_lie_in_their_band(conn, model, half_life):
    portfolios = np.random.default_rng(2).standard_normal((300, len(planted.FACTORS)))
    first, n_days = 3 * half_life, 800  # a model is judged once it has three half-lives
    band = np.sqrt(2 / n_days)
    inside = []
    # A portfolio in one market says little of another portfolio in the same: four markets.
    for seed in range(10, 14):
        returns = market(seed, first + n_days + 1)
        made = forecasts(conn, returns, model, first, eigenfactor_simulations=30)
        found = bias_statistics(returns, made, portfolios)
        inside.append(float(np.mean(np.abs(found - 1) <= band)))
    print(f"{model}: shares of 300 random portfolios within 1 ± {band:.3f}: {inside}")
    assert np.mean(inside) >= 0.88


def test_eigenfactor_adjustment_lowers_the_bias_of_minimum_variance_portfolios(conn):
    returns = market(3)
    plain = forecasts(conn, returns, eigenfactor_simulations=0)
    adjusted = forecasts(conn, returns, eigenfactor_simulations=100)
    biases = {}
    for name, made in {"plain": plain, "adjusted": adjusted}.items():
        z = []
        for direction in np.random.default_rng(4).standard_normal((20, returns.shape[1])):
            # Least variance at unit expected return in a random direction, each day anew.
            solved = np.linalg.solve(made[:-1], direction)
            weights = solved / (solved @ direction)[:, None]
            variance = np.einsum("ti,tij,tj->t", weights, made[:-1], weights)
            z.append(np.einsum("ti,ti->t", weights, returns[FIRST + 1 :]) / np.sqrt(variance))
        biases[name] = np.std(z, axis=1).mean()
    print(f"bias of minimum-variance portfolios: {biases}")
    assert biases["plain"] > 1.03
    assert abs(biases["adjusted"] - 1) < 0.6 * abs(biases["plain"] - 1)


def test_regime_adjustment_helps_after_a_jump_of_volatility(conn):
    returns = market(5)
    jump = 700
    returns[jump:] *= (1 + 1.5 * 0.5 ** (np.arange(DAYS - jump) / planted.JUMP_HALF_LIFE))[:, None]
    with_regime = forecasts(conn, returns, eigenfactor_simulations=0)
    without = forecasts(conn, returns, eigenfactor_simulations=0, regime_least_days=9999)
    portfolios = np.random.default_rng(6).standard_normal((100, returns.shape[1]))
    after = slice(jump - FIRST, jump - FIRST + 60)
    losses = {}
    for name, made in {"with": with_regime, "without": without}.items():
        earned = (returns[FIRST + 1 :] @ portfolios.T)[after]
        variance = np.einsum("pi,tij,pj->tp", portfolios, made[:-1], portfolios)[after]
        losses[name] = (earned**2 / variance + np.log(variance)).mean()
    print(f"QLIKE in the 60 days after the jump: {losses}")
    assert losses["with"] < losses["without"]


def test_fat_tails_lie_in_a_simulated_band(conn):
    """With Student's t of five degrees the Gaussian band is too narrow: simulate it."""
    rng = np.random.default_rng(7)
    degrees = planted.TAIL_DEGREES
    scale = np.sqrt((degrees - 2) / rng.chisquare(degrees, size=DAYS))
    returns = market(8) * scale[:, None]
    made = forecasts(conn, returns, eigenfactor_simulations=30)
    portfolios = rng.standard_normal((200, returns.shape[1]))
    found = bias_statistics(returns, made, portfolios)
    drawn = rng.standard_t(degrees, size=(4000, DAYS - FIRST - 1)) * np.sqrt(
        (degrees - 2) / degrees
    )
    low, high = np.quantile(drawn.std(axis=1), [0.01, 0.99])
    # One market: its tails are common to all portfolios, so most are in or most are out.
    print(f"bias statistics {found.mean():.3f}, band {low:.3f} to {high:.3f}")
    assert low <= np.median(found) <= high
