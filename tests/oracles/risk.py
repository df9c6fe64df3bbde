"""The risk model's numbers a second time, in NumPy, from the papers' formulas."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Settings:
    """Half-lives and lags of an exponential model, without its simulation."""

    variance_half_life: float = 84
    variance_lags: int = 5
    correlation_half_life: float = 504
    correlation_lags: int = 2
    regime_half_life: float = 42
    regime_least_days: int = 42
    least_days: int = 126


def decay(n: int, half_life: float) -> np.ndarray:
    """Weights of n days, the oldest first, 1 for the last."""
    return 0.5 ** (np.arange(n)[::-1] / half_life)


def newey_west(returns: np.ndarray, lags: int, half_life: float) -> np.ndarray:
    """Second moments about zero of T x K returns, weighted, with Bartlett's lags."""
    weights = decay(len(returns), half_life)
    total = (weights[:, None] * returns).T @ returns
    for lag in range(1, lags + 1):
        product = (weights[lag:, None] * returns[lag:]).T @ returns[:-lag]
        total = total + (1 - lag / (lags + 1)) * (product + product.T)
    return total / weights.sum()


def forecast(returns: np.ndarray, settings: Settings) -> np.ndarray:
    """Covariance of T x K factor returns: correlations of one, variances of another average."""
    variances = np.maximum(
        np.diag(newey_west(returns, settings.variance_lags, settings.variance_half_life)),
        0.1 * np.diag(newey_west(returns, 0, settings.variance_half_life)),
    )
    moments = newey_west(returns, settings.correlation_lags, settings.correlation_half_life)
    scale = np.sqrt(variances / np.diag(moments))
    return moments * np.outer(scale, scale)


def adjusted(covariance: np.ndarray, biases: np.ndarray) -> np.ndarray:
    """A covariance whose eigenvolatilities, largest first, are multiplied by biases."""
    values, vectors = np.linalg.eigh(covariance)
    vectors = vectors[:, ::-1]
    return (vectors * biases**2 * values[::-1]) @ vectors.T


def regime_multiplier(
    returns: np.ndarray, forecasts: dict[int, np.ndarray], settings: Settings
) -> float:
    """Root of the weighted mean of squared returns over variances forecast the day before."""
    days = [day for day in range(len(returns)) if day - 1 in forecasts]
    surprise = np.array([np.mean(returns[day] ** 2 / np.diag(forecasts[day - 1])) for day in days])
    weights = 0.5 ** ((days[-1] - np.array(days)) / settings.regime_half_life)
    return float(np.sqrt((weights * surprise).sum() / weights.sum()))


def simulated_bias(
    eigenvalues: np.ndarray, n_days: int, simulations: int, rng: np.random.Generator
) -> np.ndarray:
    """True over estimated volatility of eigenportfolios, from simulated returns themselves."""
    total = np.zeros(len(eigenvalues))
    for _ in range(simulations):
        returns = rng.standard_normal((n_days, len(eigenvalues))) * np.sqrt(eigenvalues)
        values, vectors = np.linalg.eigh(returns.T @ returns / n_days)
        values, vectors = values[::-1], vectors[:, ::-1]
        total += (vectors**2 * eigenvalues[:, None]).sum(axis=0) / values
    return np.sqrt(total / simulations)
