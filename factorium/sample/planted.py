"""The truth that is planted in a sample market: premia, risk and placebos."""

from __future__ import annotations

import numpy as np

from factorium.sample.plan import SECTORS

DAYS = 252  # sessions in a year, as vols and premia are quoted

# Style factor -> (annual premium, annual volatility of its return), as decimals,
# for one standard deviation of exposure.
STYLES = {
    "value": (0.05, 0.035),
    "size": (-0.03, 0.035),
    "momentum": (0.05, 0.040),
    "quality": (0.04, 0.025),
    "low_volatility": (0.03, 0.030),
    "beta": (0.02, 0.045),
}
MARKET = (0.08, 0.13)
SECTOR_VOLATILITY = 0.09
PLACEBOS = tuple(f"placebo_{number:02d}" for number in range(1, 13))

FACTORS = ("market", *(f"sector_{name}" for name in SECTORS), *STYLES)

# Correlations between factors that are not zero.
CORRELATIONS = {
    ("market", "beta"): 0.7,
    ("market", "low_volatility"): -0.5,
    ("beta", "low_volatility"): -0.5,
    ("value", "momentum"): -0.4,
    ("market", "size"): -0.2,
}

# Specific returns: GARCH(1,1) around each name's own level, Student-t shocks.
GARCH_ALPHA, GARCH_BETA = 0.06, 0.92
TAIL_DEGREES = 5.0
# The market's volatility: GARCH(1,1) around one, and one jump that decays.
COMMON_ALPHA, COMMON_BETA = 0.05, 0.93
JUMP_AT, JUMP_SIZE, JUMP_HALF_LIFE = 0.6, 2.5, 40


def premia() -> np.ndarray:
    """Daily expected return of every factor of FACTORS."""
    annual = [MARKET[0], *(0.0 for _ in SECTORS), *(premium for premium, _ in STYLES.values())]
    return np.array(annual) / DAYS


def covariance() -> np.ndarray:
    """Daily covariance of the factor returns in normal times, in the order of FACTORS."""
    annual = [
        MARKET[1],
        *(SECTOR_VOLATILITY for _ in SECTORS),
        *(vol for _, vol in STYLES.values()),
    ]
    correlation = np.eye(len(FACTORS))
    for (one, other), value in CORRELATIONS.items():
        row, column = FACTORS.index(one), FACTORS.index(other)
        correlation[row, column] = correlation[column, row] = value
    daily = np.array(annual) / np.sqrt(DAYS)
    return correlation * np.outer(daily, daily)


def common_volatility(sessions: int, market_from: int, rng: np.random.Generator) -> np.ndarray:
    """Volatility multiplier of every session: GARCH around 1, and the jump.

    The jump comes at `JUMP_AT` of the sessions that have bars, of which
    `market_from` is the first.
    """
    variance, shock = 1.0, rng.standard_normal(sessions)
    level = np.empty(sessions)
    for session in range(sessions):
        level[session] = np.sqrt(variance)
        variance = (
            1 - COMMON_ALPHA - COMMON_BETA
            + variance * (COMMON_ALPHA * shock[session] ** 2 + COMMON_BETA)
        )  # fmt: skip
    jump = jump_session(sessions, market_from)
    age = np.arange(sessions) - jump
    jumped = np.where(age >= 0, (JUMP_SIZE - 1) * 0.5 ** (np.maximum(age, 0) / JUMP_HALF_LIFE), 0)
    return np.asarray(np.minimum(level, 2.0) * (1 + jumped))


def jump_session(sessions: int, market_from: int) -> int:
    """Position of the volatility jump among the simulated sessions."""
    return market_from + int((sessions - market_from) * JUMP_AT)
