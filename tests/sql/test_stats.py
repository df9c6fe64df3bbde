"""Statistics in SQL against NumPy, pandas, SciPy, statsmodels and scikit-learn."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import psycopg
import pytest
import statsmodels.api as sm
from psycopg.conninfo import make_conninfo
from scipy import stats
from sklearn.covariance import ledoit_wolf
from statsmodels.stats.sandwich_covariance import S_hac_simple

NAN, INF = float("nan"), float("inf")
SHAPES = [(1, 1), (2, 1), (2, 2), (5, 3), (10, 26), (252, 26), (120, 60)]


@pytest.fixture(scope="module")
def reader(new_database: Callable[[], str]) -> Iterator[psycopg.Connection]:
    """A connection to a database of its own, as the role that reads."""
    info = make_conninfo(new_database(), options="-c role=factorium_reader")
    with psycopg.connect(info, autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def sql(reader: psycopg.Connection) -> Callable[..., Any]:
    """Calls a function by name with arrays and numbers; a record comes back as a tuple."""

    def call(name: str, *arguments: object) -> Any:
        marks = ", ".join(_mark(argument) for argument in arguments)
        values = [a.tolist() if isinstance(a, np.ndarray) else a for a in arguments]
        row = reader.execute(f"select * from {name}({marks})", values).fetchone()  # noqa: S608
        assert row is not None
        return row[0] if len(row) == 1 else row

    return call


@pytest.fixture(scope="module")
def over_rows(reader: psycopg.Connection) -> Callable[..., Any]:
    """Selects an expression over rows of columns named x, y, w and a row number i."""

    def select(expression: str, **columns: object) -> Any:
        names = list(columns)
        lists = [c.tolist() if isinstance(c, np.ndarray) else c for c in columns.values()]
        rows = reader.execute(
            f"select {expression} from unnest({', '.join(['%s::float8[]'] * len(names))}) "  # noqa: S608
            f"with ordinality as u ({', '.join(names)}, i)",
            lists,
        ).fetchall()
        return rows[0][0] if len(rows) == 1 else [row[0] for row in rows]

    return select


def _mark(argument: object) -> str:
    if isinstance(argument, np.ndarray | list):
        return "%s::float8[]"
    return "%s::float8" if isinstance(argument, float) else "%s"


def close(got: object, expected: object, tolerance: float = 1e-10) -> None:
    """The result is as expected, to the tolerance times its largest entry."""
    want = np.asarray(expected, dtype=float)
    have = np.asarray(got, dtype=float)
    assert have.shape == want.shape
    scale = max(np.nanmax(np.abs(want)), 1e-300)
    np.testing.assert_allclose(have, want, rtol=0, atol=tolerance * scale)


def refused(sql: Callable[..., Any], message: str, name: str, *arguments: object) -> None:
    with pytest.raises(psycopg.errors.InvalidParameterValue, match=re.escape(message)):
        sql(name, *arguments)


def normal(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape)


def decay(n: int, half_life: float | None) -> np.ndarray:
    if half_life is None:
        return np.full(n, 1 / n)
    w = 0.5 ** (np.arange(n)[::-1] / half_life)
    return w / w.sum()


# ------------------------------------------------------------------ weighted aggregates


@pytest.mark.parametrize("n", [1, 2, 500])
@pytest.mark.parametrize("level", [0.0, 1e8])
def test_weighted_moments_equal_numpy(over_rows, n, level):
    x, y, w = level + normal(1, n), level + normal(2, n), np.abs(normal(3, n))
    mean = np.average(x, weights=w)
    variance = np.average((x - mean) ** 2, weights=w)
    # At level 1e8 the numbers themselves are known to 1e-8 only.
    tolerance = 1e-12 + 1e-16 * level
    assert over_rows("stats.weighted_mean(x, w)", x=x, w=w) == pytest.approx(mean, rel=1e-12)
    got = over_rows("stats.weighted_variance(x, w)", x=x, w=w)
    assert got == pytest.approx(variance, rel=tolerance, abs=1e-16)
    got = over_rows("stats.weighted_stddev(x, w)", x=x, w=w)
    assert got == pytest.approx(np.sqrt(variance), rel=tolerance, abs=1e-8)
    got = over_rows("stats.weighted_covariance(x, y, w)", x=x, y=y, w=w)
    expected = np.average((x - mean) * (y - np.average(y, weights=w)), weights=w)
    assert got == pytest.approx(expected, rel=1e3 * tolerance, abs=1e-13)


def test_weighted_moments_skip_nulls_and_rows_without_weight(over_rows):
    columns = {"x": [1.0, None, 3.0, 1e300, 5.0], "w": [1.0, 1.0, None, 0.0, 3.0]}
    assert over_rows("stats.weighted_mean(x, w)", **columns) == 4
    assert over_rows("stats.weighted_variance(x, w)", **columns) == 3
    assert over_rows("stats.weighted_stddev(x, w)", **columns) == pytest.approx(3**0.5)
    assert over_rows("stats.weighted_covariance(x, -x, w)", **columns) == -3


@pytest.mark.parametrize("w", [[None, 0.0], [0.0, 0.0]])
def test_weighted_moments_without_weight_are_null(over_rows, w):
    for call in ("mean(x, w)", "variance(x, w)", "stddev(x, w)", "covariance(x, x, w)"):
        assert over_rows(f"stats.weighted_{call}", x=[1.0, 2.0], w=w) is None


def test_weighted_moments_of_a_constant_are_exact(over_rows):
    x, w = [0.1] * 50, np.abs(normal(1, 50))
    assert over_rows("stats.weighted_mean(x, w)", x=x, w=w) == 0.1
    assert over_rows("stats.weighted_variance(x, w)", x=x, w=w) == 0
    assert over_rows("stats.weighted_covariance(x, w, w)", x=x, w=w) == 0


def test_weighted_moments_pass_nan_on(over_rows):
    for call in ("mean(x, w)", "variance(x, w)", "covariance(x, w, w)"):
        assert np.isnan(over_rows(f"stats.weighted_{call}", x=[1.0, NAN, 2.0], w=[1.0] * 3))


def test_negative_weight_is_refused(over_rows):
    for call in ("mean(x, w)", "covariance(x, x, w)"):
        with pytest.raises(psycopg.errors.InvalidParameterValue, match="a weight is negative: -1"):
            over_rows(f"stats.weighted_{call}", x=[1.0, 2.0], w=[1.0, -1.0])


@pytest.fixture(scope="module")
def big(reader: psycopg.Connection) -> str:
    """A table of 60,000 rows, which the planner would rather read in parallel."""
    reader.execute("set role none")
    reader.execute(
        "create table public.big as select sin(i) as x, cos(i * 3) as y, 1.5 + sin(sqrt(i)) as w "
        "from generate_series(1, 60000) as i"
    )
    reader.execute("grant select on public.big to factorium_reader")
    reader.execute("analyze public.big")
    for setting, value in {
        "parallel_setup_cost": "0",
        "parallel_tuple_cost": "0",
        "min_parallel_table_scan_size": "0",
        "max_parallel_workers_per_gather": "2",
    }.items():
        reader.execute(f"set {setting} = {value}")
    reader.execute("set role factorium_reader")
    return "public.big"


@pytest.mark.parametrize(
    "call", ["weighted_mean(x, w)", "weighted_variance(x, w)", "weighted_covariance(x, y, w)"]
)
def test_weighted_aggregates_run_in_parallel(reader, big, call):
    statement = f"select stats.{call} from {big}"  # noqa: S608
    plan = "\n".join(row[0] for row in reader.execute(f"explain {statement}").fetchall())
    assert "Partial Aggregate" in plan
    together = reader.execute(statement).fetchone()[0]
    reader.execute("set max_parallel_workers_per_gather = 0")
    alone = reader.execute(statement).fetchone()[0]
    reader.execute("set max_parallel_workers_per_gather = 2")
    assert together == pytest.approx(alone, rel=1e-12)


@pytest.mark.parametrize("parts", [(0, 5), (5, 0), (3, 4), (1, 1)])
def test_merged_states_are_the_state_of_all_rows(sql, parts):
    def state(x: np.ndarray, y: np.ndarray, w: np.ndarray) -> tuple[list[float], list[float]]:
        if len(x) == 0:
            return [0.0] * 3, [0.0] * 4
        mx, my = np.average(x, weights=w), np.average(y, weights=w)
        return (
            [w.sum(), mx, (w * (x - mx) ** 2).sum()],
            [w.sum(), mx, my, (w * (x - mx) * (y - my)).sum()],
        )

    n = parts[0]
    x, y, w = normal(1, sum(parts)), normal(2, sum(parts)), np.abs(normal(3, sum(parts)))
    first, second, whole = state(x[:n], y[:n], w[:n]), state(x[n:], y[n:], w[n:]), state(x, y, w)
    close(sql("stats.weighted_merge", first[0], second[0]), whole[0])
    close(sql("stats.weighted_pair_merge", first[1], second[1]), whole[1])


def test_winsorize_is_inlined(reader, big):
    rows = reader.execute(
        f"explain (verbose, costs off) select stats.winsorize(x, -0.5, 0.5) from {big}"  # noqa: S608
    ).fetchall()
    plan = "\n".join(row[0] for row in rows)
    assert "CASE" in plan
    assert "winsorize" not in plan


# ------------------------------------------------------------------ ewma


@pytest.mark.parametrize("half_life", [0.5, 5.0, 60.0, None])
@pytest.mark.parametrize("nulls", [0.0, 0.3])
def test_ewma_equals_pandas(over_rows, half_life, nulls):
    random = np.random.default_rng(4)
    x = random.normal(0.001, 0.02, 300)
    x[random.random(300) < nulls] = NAN
    if nulls:
        x[:3] = NAN
    weighted = pd.Series(x).ewm(halflife=half_life or 1e12, adjust=True, ignore_na=False)
    given = [None if np.isnan(v) else float(v) for v in x]
    columns = {"x": given, "h": [half_life] * 300}
    for call, expected in {
        "ewma": weighted.mean(),
        "ewma_variance": weighted.var(bias=True),
    }.items():
        window = over_rows(f"stats.{call}(x, h) over (order by i)", **columns)
        known = expected.notna().to_numpy()
        assert [v is not None for v in window] == known.tolist()
        got = np.array([v for v in window if v is not None])
        np.testing.assert_allclose(got, expected[known], rtol=1e-9, atol=1e-12)
        ordered = over_rows(f"stats.{call}(x, h order by i)", **columns)
        assert ordered == pytest.approx(window[-1], rel=1e-14)


def test_ewma_has_the_weights_of_decay_weights(sql, over_rows):
    x = normal(1, 100)
    w = np.array(sql("stats.decay_weights", 100, 7.0))
    mean = w @ x
    columns = {"x": x, "h": [7.0] * 100}
    close(over_rows("stats.ewma(x, h order by i)", **columns), mean)
    close(over_rows("stats.ewma_variance(x, h order by i)", **columns), w @ (x - mean) ** 2)


@pytest.mark.parametrize("half_life", [0.001, 0.02, 1.0])
def test_ewma_of_a_series_that_stands_still_is_no_underflow(over_rows, half_life):
    for tail in ([0.0] * 3000, [0.01] * 3000, [None] * 3000, [None] * 3000 + [0.2]):
        x = [0.05, -0.02, *tail]
        h = [half_life] * len(x)
        expected = pd.Series(x, dtype=float).ewm(halflife=half_life).mean().iloc[-1]
        got = over_rows("stats.ewma(x, h order by i)", x=x, h=h)
        assert got == pytest.approx(expected, rel=1e-12, abs=1e-100)
        assert over_rows("stats.ewma_variance(x, h order by i)", x=x, h=h) >= 0


def test_ewma_of_nothing_is_null(over_rows):
    assert over_rows("stats.ewma(x, 3)", x=[None, None]) is None
    assert over_rows("stats.ewma_variance(x, 3)", x=[]) is None


def test_ewma_refuses_a_half_life_that_is_not_positive(over_rows):
    for half_life in (0, -2):
        with pytest.raises(psycopg.errors.InvalidParameterValue, match="half-life is not positive"):
            over_rows(f"stats.ewma(x, {half_life})", x=[1.0])


# ------------------------------------------------------------------ quantiles


@pytest.mark.parametrize(
    ("value", "expected"),
    [(-5.0, -1.0), (0.5, 0.5), (5.0, 2.0), (INF, 2.0), (-INF, -1.0), (None, None), (-1.0, -1.0)],
)
def test_winsorize(sql, value, expected):
    assert sql("stats.winsorize", value, -1.0, 2.0) == expected


def test_winsorize_without_a_bound(sql):
    assert sql("stats.winsorize", 9.0, -1.0, None) == 9
    assert sql("stats.winsorize", -9.0, None, 2.0) == -9
    assert np.isnan(sql("stats.winsorize", NAN, -1.0, 2.0))


@pytest.mark.parametrize("p", [0.0, 0.01, 0.5, 0.77, 1.0])
@pytest.mark.parametrize("n", [1, 2, 57])
def test_quantile_equals_numpy(sql, p, n):
    x = normal(4, n)
    close(sql("stats.quantile", x, p), np.quantile(x, p), 1e-13)
    assert sql("stats.quantile", [*x.tolist(), None], p) == sql("stats.quantile", x, p)


def test_quantile_of_nothing_is_null(sql):
    assert sql("stats.quantile", [], 0.5) is None
    assert sql("stats.quantile", [None, None], 0.5) is None
    assert sql("stats.weighted_quantile", [], [], 0.5) is None
    assert sql("stats.weighted_quantile", [1.0, None], [0.0, 1.0], 0.5) is None


def test_winsorized_clamps_at_its_quantiles_and_keeps_nulls(sql):
    x = normal(1, 101)
    expected = np.clip(x, np.quantile(x, 0.05), np.quantile(x, 0.9))
    close(sql("stats.winsorized", x, 0.05, 0.1), expected, 1e-13)
    got = sql("stats.winsorized", [None, *x.tolist(), None], 0.05, 0.1)
    assert got[0] is None
    assert got[-1] is None
    close(got[1:-1], expected, 1e-13)
    assert sql("stats.winsorized", x, 0.0, 0.0) == x.tolist()
    assert sql("stats.winsorized", [None, None], 0.1, 0.1) == [None, None]
    assert sql("stats.winsorized", [], 0.1, 0.1) == []


@pytest.mark.parametrize("p", [0.0, 0.1, 0.3, 0.5, 0.7, 0.9999, 1.0])
def test_weighted_quantile_equals_numpy(sql, p):
    random = np.random.default_rng(5)
    for n in (1, 2, 40):
        x, w = random.integers(0, 15, n).astype(float), random.random(n) + 0.01
        expected = np.quantile(x, p, weights=w, method="inverted_cdf")
        assert sql("stats.weighted_quantile", x, w, p) == expected


def test_weighted_quantile_of_equal_weights_is_not_off_by_rounding(sql):
    x = list(map(float, range(1, 11)))
    for k in range(1, 11):
        assert sql("stats.weighted_quantile", x, [0.1] * 10, k / 10) == k


def test_weighted_quantile_leaves_out_what_has_no_weight(sql):
    x, w = [1.0, 2.0, None, 3.0, 4.0], [0.0, 1.0, 5.0, None, 1.0]
    assert sql("stats.weighted_quantile", x, w, 0.0) == 2
    assert sql("stats.weighted_quantile", x, w, 0.51) == 4


# ------------------------------------------------------------------ covariance


@pytest.mark.parametrize("half_life", [None, 0.3, 20.0])
@pytest.mark.parametrize("n", [1, 2, 252])
def test_decay_weights(sql, n, half_life):
    w = np.array(sql("stats.decay_weights", n, half_life))
    close(w, decay(n, half_life), 1e-13)
    assert w.sum() == pytest.approx(1, rel=1e-13)


@pytest.mark.parametrize("shape", SHAPES)
def test_covariance_equals_numpy(sql, shape):
    x = 100 + normal(1, *shape)
    got = sql("stats.covariance", x)
    close(got, np.cov(x.T, ddof=0).reshape(shape[1], shape[1]))
    assert np.array_equal(got, np.transpose(got))
    w = np.abs(normal(2, shape[0]))
    expected = np.cov(x.T, ddof=0, aweights=w).reshape(shape[1], shape[1])
    close(sql("stats.covariance", x, w), expected)


def test_covariance_of_a_constant_is_exactly_zero(sql):
    x = np.column_stack([np.full(30, 0.1), normal(1, 30)])
    got = sql("stats.covariance", x)
    assert got[0] == [0, 0]
    assert sql("stats.covariance", x, np.arange(30.0))[0] == [0, 0]
    refused(sql, "variance 1 is 0, not positive", "stats.correlation", got)


@pytest.mark.parametrize("n", [2, 26])
def test_correlation_equals_numpy(sql, n):
    x = normal(1, 50, n) * 10.0 ** np.linspace(-6, 3, n)
    got = sql("stats.correlation", np.cov(x.T))
    close(got, np.corrcoef(x.T))
    assert np.diag(got).tolist() == [1] * n
    assert sql("stats.correlation", [[4.0]]) == [[1]]


def newey_west(x: np.ndarray, lags: int, half_life: float | None) -> np.ndarray:
    w = decay(len(x), half_life)
    e = x - w @ x
    total = (w[:, None] * e).T @ e
    for lag in range(1, min(lags, len(x) - 1) + 1):
        gamma = (w[lag:, None] * e[lag:]).T @ e[:-lag]
        total += (1 - lag / (lags + 1)) * (gamma + gamma.T)
    return total


@pytest.mark.parametrize("half_life", [None, 15.0])
@pytest.mark.parametrize("lags", [0, 1, 5])
@pytest.mark.parametrize("shape", [(1, 1), (2, 2), (4, 2), (120, 1), (252, 26)])
def test_newey_west_covariance(sql, shape, lags, half_life):
    x = 3 + np.cumsum(normal(1, *shape), axis=0)
    expected = newey_west(x, lags, half_life)
    got = sql("stats.newey_west_covariance", x, lags, half_life)
    np.testing.assert_allclose(
        got, expected, rtol=0, atol=1e-10 * max(np.abs(expected).max(), 1e-4)
    )
    assert np.array_equal(got, np.transpose(got))
    alone = sql("stats.newey_west_variance", x[:, 0], lags, half_life)
    assert alone == pytest.approx(expected[0, 0], rel=1e-10, abs=1e-10)


@pytest.mark.parametrize("lags", [0, 2, 12])
def test_newey_west_covariance_equals_statsmodels(sql, lags):
    x = np.cumsum(normal(1, 150, 4), axis=0)
    expected = S_hac_simple(x - x.mean(axis=0), nlags=lags) / 150
    close(sql("stats.newey_west_covariance", x, lags), expected)


@pytest.mark.parametrize("lags", [0, 1, 6])
@pytest.mark.parametrize("n", [3, 10, 240])
def test_newey_west_mean_equals_statsmodels(sql, n, lags):
    x = 0.3 + normal(2, n) + np.roll(normal(3, n), 1)
    if lags >= n:
        lags = n - 1
    fit = sm.OLS(x, np.ones(n)).fit(
        cov_type="HAC", cov_kwds={"maxlags": lags, "use_correction": False}
    )
    mean, standard_error, t_stat = sql("stats.newey_west_mean", x, lags)
    assert mean == pytest.approx(fit.params[0], rel=1e-12)
    assert standard_error == pytest.approx(fit.bse[0], rel=1e-10)
    assert t_stat == pytest.approx(fit.tvalues[0], rel=1e-10)


def test_newey_west_of_a_constant_is_zero(sql):
    assert sql("stats.newey_west_variance", [0.1] * 20, 3) == 0
    assert sql("stats.newey_west_mean", [0.1] * 20, 3) == (0.1, 0, None)
    assert sql("stats.newey_west_covariance", np.full((20, 2), 0.1), 3, 5.0) == [[0, 0], [0, 0]]


@pytest.mark.parametrize("shape", [*SHAPES, (3, 1), (5, 60), (2000, 5)])
def test_ledoit_wolf_equals_scikit_learn(sql, shape):
    x = 5 + normal(1, *shape) @ np.diag(np.linspace(1, 3, shape[1]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected, share = ledoit_wolf(x)
    covariance, shrinkage = sql("stats.ledoit_wolf", x)
    np.testing.assert_allclose(
        covariance, np.atleast_2d(expected), rtol=0, atol=1e-10 * np.var(x) + 1e-12
    )
    assert shrinkage == pytest.approx(share, rel=1e-9, abs=1e-12)


def test_ledoit_wolf_of_constants_is_zero(sql):
    assert sql("stats.ledoit_wolf", np.full((9, 2), 0.1)) == ([[0, 0], [0, 0]], 0)


# ------------------------------------------------------------------ random numbers


def splitmix64(seed: int, draw: int) -> int:
    mask = 2**64 - 1
    z = (seed + 0x9E3779B97F4A7C15 * draw) & mask
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
    return z ^ (z >> 31)


@pytest.mark.parametrize("seed", [0, 1, -1, 42, 2**63 - 1, -(2**63)])
def test_hashed_seed_is_splitmix64(reader, seed):
    rows = reader.execute(
        "select stats.hashed_seed(%s::bigint, i) from generate_series(1, 5) as i", [seed]
    ).fetchall()
    assert [int(row[0]) for row in rows] == [splitmix64(seed, i) for i in range(1, 6)]


def test_uniforms_are_those_of_lecuyer(sql):
    a, b = 1 + splitmix64(7, 1) % 2147483562, 1 + splitmix64(7, 2) % 2147483398
    expected = []
    for _ in range(100):
        a, b = 40014 * a % 2147483563, 40692 * b % 2147483399
        z = a - b
        expected.append((z if z >= 1 else z + 2147483562) / 2147483563)
    assert sql("stats.uniforms", 100, 7) == expected


@pytest.mark.parametrize("seed", [0, 1, 2, -5, 123456789012345])
def test_random_numbers_have_their_distribution(sql, seed):
    u, z = np.array(sql("stats.uniforms", 20000, seed)), np.array(sql("stats.normals", 20000, seed))
    assert ((u > 0) & (u < 1)).all()
    assert abs(u.mean() - 0.5) < 4 * np.sqrt(1 / 12 / 20000)
    assert abs(z.mean()) < 4 / np.sqrt(20000)
    assert abs(z.var() - 1) < 4 * np.sqrt(2 / 20000)
    assert stats.kstest(u, "uniform").pvalue > 1e-3
    assert stats.kstest(z, "norm").pvalue > 1e-3
    assert abs(np.corrcoef(u[1:], u[:-1])[0, 1]) < 4 / np.sqrt(20000)


@pytest.mark.parametrize("name", ["uniforms", "normals"])
def test_random_numbers_repeat_and_begin_alike(sql, name):
    drawn = sql(f"stats.{name}", 101, 9)
    assert sql(f"stats.{name}", 101, 9) == drawn
    assert sql(f"stats.{name}", 50, 9) == drawn[:50]
    assert sql(f"stats.{name}", 1, 9) == drawn[:1]


def test_neighbouring_seeds_are_unlike(sql):
    drawn = np.array([sql("stats.normals", 500, seed) for seed in range(30)])
    beside = np.corrcoef(drawn)[~np.eye(30, dtype=bool)]
    assert np.abs(beside).max() < 5 / np.sqrt(500)
    assert stats.kstest(drawn[:, 0], "norm").pvalue > 1e-3


# ------------------------------------------------------------------ errors


@pytest.mark.parametrize(
    ("message", "name", "arguments"),
    [
        ("quantile: p is not between 0 and 1: 1.1", "quantile", [[1.0], 1.1]),
        ("quantile: p is not between 0 and 1: NaN", "quantile", [[1.0], NAN]),
        ("quantile: a value is NaN", "quantile", [[1.0, NAN, None], 0.5]),
        ("winsorized: shares of 0.01 from below and 0.99", "winsorized", [[1.0], 0.01, 0.99]),
        ("winsorized: shares of -0.1", "winsorized", [[1.0], -0.1, 0.1]),
        ("quantile: a value is NaN", "winsorized", [[1.0, NAN], 0.1, 0.1]),
        ("weighted_quantile: p is not", "weighted_quantile", [[1.0], [1.0], -0.1]),
        (
            "weighted_quantile: 2 values with 1 weights",
            "weighted_quantile",
            [[1.0, 2.0], [1.0], 0.5],
        ),
        ("weighted_quantile: a weight is negative", "weighted_quantile", [[1.0], [-1.0], 0.5]),
        (
            "weighted_quantile: a weight is negative or not",
            "weighted_quantile",
            [[1.0], [NAN], 0.5],
        ),
        ("weighted_quantile: a value is NaN", "weighted_quantile", [[NAN], [1.0], 0.5]),
        ("decay_weights: at least 1 observation, not 0", "decay_weights", [0, 1.0]),
        ("decay_weights: the half-life is not positive: 0", "decay_weights", [3, 0.0]),
        ("decay_weights: the half-life is not positive", "decay_weights", [3, NAN]),
        ("covariance: a matrix has 2 dimensions, not 1", "covariance", [[1.0]]),
        ("covariance: the matrix has a null, NaN or inf", "covariance", [[[1.0], [NAN]]]),
        ("covariance: the vector has 1 entries, not 2", "covariance", [[[1.0], [2.0]], [1.0]]),
        ("covariance: a weight is negative, or all", "covariance", [[[1.0], [2.0]], [0.0, 0.0]]),
        ("covariance: a weight is negative", "covariance", [[[1.0], [2.0]], [2.0, -1.0]]),
        ("correlation: the matrix is 1 x 2, not square", "correlation", [[[1.0, 2.0]]]),
        ("correlation: variance 2 is -1", "correlation", [[[1.0, 0.0], [0.0, -1.0]]]),
        ("newey_west_variance: lags are negative: -1", "newey_west_variance", [[1.0], -1]),
        ("newey_west_variance: the vector has a null", "newey_west_variance", [[1.0, None], 1]),
        ("decay_weights: the half-life", "newey_west_variance", [[1.0], 1, -3.0]),
        ("newey_west_mean: a vector has 1 dimension, not 2", "newey_west_mean", [[[1.0]], 1]),
        ("newey_west_covariance: lags are", "newey_west_covariance", [[[1.0]], -1]),
        ("newey_west_covariance: a matrix has 2", "newey_west_covariance", [[1.0], 1]),
        ("ledoit_wolf: the matrix has a null", "ledoit_wolf", [[[1.0, INF], [0.0, 1.0]]]),
        ("uniforms: at least 1 number, not 0", "uniforms", [0, 1]),
        ("normals: at least 1 number, not -3", "normals", [-3, 1]),
    ],
)
def test_what_makes_no_sense_is_refused(sql, message, name, arguments):
    refused(sql, f"stats.{message}", f"stats.{name}", *arguments)


@pytest.mark.parametrize(
    "call",
    [
        "quantile(null, 0.5)",
        "quantile('{1}', null)",
        "winsorized(null, 0.1, 0.1)",
        "decay_weights(null, 3)",
        "covariance(null)",
        "correlation(null)",
        "newey_west_variance(null, 2)",
        "newey_west_variance('{1,2}', null)",
        "newey_west_covariance(null, 2)",
        "newey_west_covariance('{{1},{2}}', null)",
        "uniforms(3, null)",
        "normals(null, 3)",
    ],
)
def test_null_gives_null(reader, call):
    assert reader.execute(f"select stats.{call}").fetchone() == (None,)
