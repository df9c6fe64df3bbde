"""One covariance of 26 factors from ten years of daily factor returns; beside NumPy.

    python bench/covariance.py [--days 2520] [--factors 26] [--simulations 100]

In a server of its own, on random factor returns: the covariance of the last day, with
every forecast of a day before that the regime adjustment judges, without and with the
eigenfactor simulation. NumPy computes the same from the whole history: the two moment
matrices, the regime adjustment from a daily recursion, and the simulation by drawing
returns. Then one more day from the kept state, which is what a daily build does.
Targets (2 cores): < 1 s without, < 15 s with the simulation.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psycopg

from factorium import server
from factorium.migrate import migrate

LAGS = 5


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--days", type=int, default=2520)
    arguments.add_argument("--factors", type=int, default=26)
    arguments.add_argument("--simulations", type=int, default=100)
    chosen = arguments.parse_args()
    rng = np.random.default_rng(1)
    mixing = rng.normal(0, 1, (chosen.factors, chosen.factors)) + 2 * np.eye(chosen.factors)
    returns = 0.003 * rng.standard_normal((chosen.days + 1, chosen.factors)) @ mixing
    with tempfile.TemporaryDirectory(prefix="factorium-bench-") as folder:
        home = Path(folder)
        home.chmod(0o755)
        try:
            info = server.start(home).conninfo
            migrate(info)
            with psycopg.connect(info, autocommit=True) as conn:
                measure(conn, returns, chosen.simulations)
        finally:
            server.stop(home)


def measure(conn: psycopg.Connection, returns: np.ndarray, simulations: int) -> None:
    """Print the times of the three jobs and of NumPy."""
    days, factors = returns.shape[0] - 1, returns.shape[1]
    print(f"{days} days x {factors} factors")
    conn.execute("create temporary table input (numbers integer[], returns float8[])")
    conn.execute(
        "insert into input values (%s, %s::float8[])",
        [list(range(days)), returns[:-1].tolist()],
    )
    statement = (
        "select risk.estimate_covariance(risk.default_parameters('short') || %s::jsonb, "
        "numbers, returns) from input"
    )
    for label, count in (("without", 0), ("with", simulations)):
        changes = json.dumps({"eigenfactor_simulations": count, "eigenfactor_every": days})
        own = seconds(lambda c=changes: conn.execute(statement, [c]).fetchone())
        peer = seconds(lambda n=count: in_numpy(returns[:-1], n))
        print(f"  {label} simulation: {own:.2f} s, NumPy {peer:.2f} s, ratio {own / peer:.1f}")
    print(f"  one more day from its state: {one_more_day(conn, returns):.3f} s")


def one_more_day(conn: psycopg.Connection, returns: np.ndarray) -> float:
    """Seconds of the day after, from the state of the last."""
    days = returns.shape[0] - 1
    row = conn.execute(
        "select state from input, risk.covariance_path(risk.default_parameters('short'), "
        "numbers, returns, p_first_no => %s) where state is not null", [days],
    ).fetchone()  # fmt: skip
    assert row is not None
    numbers = list(range(days - LAGS, days + 1))
    return seconds(
        lambda: conn.execute(
            "select covariance from risk.covariance_path(risk.default_parameters('short'), "
            "%s::integer[], %s::float8[], %s, %s::float8[])",
            [numbers, returns[-LAGS - 1 :].tolist(), LAGS, row[0]],
        ).fetchone()
    )


def in_numpy(returns: np.ndarray, simulations: int) -> np.ndarray:
    """The same covariance, vectorized over factors, recursive over days."""
    made = newey_west(returns, 2, 504)
    variances = np.diag(newey_west(returns, LAGS, 84))
    scale = np.sqrt(variances / np.diag(made))
    made = made * np.outer(scale, scale)
    if simulations:
        values, vectors = np.linalg.eigh(made)
        biases = 1 + 1.4 * (simulated(values, 500, simulations) - 1)
        made = (vectors * biases**2 * values) @ vectors.T
    return made * regime(returns) ** 2


def newey_west(returns: np.ndarray, lags: int, half_life: float) -> np.ndarray:
    weights = 0.5 ** (np.arange(len(returns))[::-1] / half_life)
    total = (weights[:, None] * returns).T @ returns
    for lag in range(1, lags + 1):
        product = (weights[lag:, None] * returns[lag:]).T @ returns[:-lag]
        total += (1 - lag / (lags + 1)) * (product + product.T)
    return total / weights.sum()


def regime(returns: np.ndarray) -> float:
    """Root of the weighted mean of squared returns over variances of the day before."""
    sums = np.zeros((LAGS + 1, returns.shape[1]))
    weight, judged, judged_weight = 0.0, 0.0, 0.0
    for day in range(len(returns)):
        if day > 126:
            variance = (sums[0] + 2 * sum((1 - k / 6) * sums[k] for k in range(1, 6))) / weight
            judged = judged * 0.5 ** (1 / 42) + np.mean(returns[day] ** 2 / variance)
            judged_weight = judged_weight * 0.5 ** (1 / 42) + 1
        sums *= 0.5 ** (1 / 84)
        weight = weight * 0.5 ** (1 / 84) + 1
        for lag in range(min(day, LAGS) + 1):
            sums[lag] += returns[day] * returns[day - lag]
    return float(np.sqrt(judged / judged_weight))


def simulated(values: np.ndarray, days: int, count: int) -> np.ndarray:
    rng, total = np.random.default_rng(1), np.zeros(len(values))
    for _ in range(count):
        drawn = rng.standard_normal((days, len(values))) * np.sqrt(values)
        own, vectors = np.linalg.eigh(drawn.T @ drawn / days)
        total += (vectors**2 * values[:, None]).sum(axis=0) / own
    return np.sqrt(total / count)


def seconds(job: Callable[[], object]) -> float:
    """Seconds of the faster of two runs."""
    times = []
    for _ in range(2):
        began = time.perf_counter()
        job()
        times.append(time.perf_counter() - began)
    return min(times)


if __name__ == "__main__":
    main()
