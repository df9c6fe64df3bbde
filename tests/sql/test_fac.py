"""Factor mathematics in SQL against NumPy and SciPy."""

from __future__ import annotations

import math

import numpy as np
import psycopg
import pytest
from scipy.stats import rankdata


def one(conn: psycopg.Connection, statement: str, *parameters: object) -> float | None:
    row = conn.execute(statement, parameters).fetchone()
    assert row is not None
    return row[0]


@pytest.mark.parametrize(
    ("numerator", "denominator", "expected"),
    [(1.0, 4.0, 0.25), (-1.0, 4.0, -0.25), (1.0, 0.0, None), (1.0, -4.0, None), (None, 4.0, None)],
)
def test_ratio_has_no_value_without_a_positive_denominator(conn, numerator, denominator, expected):
    assert one(conn, "select fac.ratio(%s::float8, %s::float8)", numerator, denominator) == expected


@pytest.mark.parametrize(
    ("value", "base", "expected"), [(3.0, 2.0, 0.5), (3.0, -2.0, None), (3.0, 0.0, None)]
)
def test_growth_from_a_loss_has_no_value(conn, value, base, expected):
    assert one(conn, "select fac.growth(%s::float8, %s::float8)", value, base) == expected


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_finite_is_null_for_what_would_poison_a_sum(conn, value):
    assert one(conn, "select fac.finite(%s::float8)", value) is None


def test_variance_equals_numpy(conn):
    x = np.random.default_rng(1).normal(0, 0.02, 252)
    got = one(
        conn,
        "select fac.variance(%s::float8, %s::float8, %s::float8)",
        252.0,
        float(x.sum()),
        float((x * x).sum()),
    )
    assert got == pytest.approx(np.var(x, ddof=1), rel=1e-12)


def test_variance_of_a_flat_window_is_zero(conn):
    assert one(conn, "select fac.variance(3::float8, 0.3, 0.03 - 1e-18)") == 0


def test_covariance_equals_numpy(conn):
    x, y = np.random.default_rng(2).normal(0, 0.02, (2, 100))
    got = one(
        conn,
        "select fac.covariance(%s::float8, %s::float8, %s::float8, %s::float8)",
        100.0,
        float(x.sum()),
        float(y.sum()),
        float((x * y).sum()),
    )
    assert got == pytest.approx(np.cov(x, y)[0, 1], rel=1e-10)


@pytest.mark.parametrize("sign", [1, 0, -1])
def test_score_is_the_mean_rank_on_a_scale_of_100(conn, sign):
    values = np.random.default_rng(3).integers(0, 12, 40).astype(float)
    rows = conn.execute(
        """
        select fac.score(
            count(*) over (order by v range unbounded preceding),
            count(*) over (order by v desc range unbounded preceding),
            count(*) over (), %s, 20
        )
        from unnest(%s::float8[]) with ordinality as u (v, i) order by i
        """,
        [sign, values.tolist()],
    ).fetchall()
    expected = 100 * (rankdata(-values if sign < 0 else values) - 1) / 39
    np.testing.assert_allclose([row[0] for row in rows], expected, rtol=1e-12, atol=1e-12)


def test_score_is_null_in_a_small_cross_section(conn):
    assert one(conn, "select fac.score(1, 19, 19, 1, 20)") is None


@pytest.mark.parametrize("quantile", [0.01, 0.5, 0.99])
def test_between_order_statistics_is_numpys_quantile(conn, quantile):
    x = np.sort(np.random.default_rng(4).normal(size=57))
    at = quantile * 56
    lower, upper = float(x[int(at)]), float(x[min(int(at) + 1, 56)])
    got = one(
        conn,
        "select fac.between_order_statistics(%s::float8, %s::float8, %s::float8)",
        lower,
        upper,
        at - int(at),
    )
    assert got == pytest.approx(np.quantile(x, quantile), rel=1e-12)


@pytest.mark.parametrize(
    ("values", "expected"),
    [((1.0, 3.0), 2.0), ((None, 3.0), 3.0), ((None, None), None), ((1.0, 2.0, 6.0), 3.0),
     ((None, 2.0, 6.0), 4.0), ((None, None, 6.0), 6.0), ((1.0, None, None), 1.0)],
)  # fmt: skip
def test_mean_of_known_leaves_out_what_is_missing(conn, values, expected):
    arguments = ", ".join(["%s::float8"] * len(values))
    assert one(conn, f"select fac.mean_of_known({arguments})", *values) == expected
