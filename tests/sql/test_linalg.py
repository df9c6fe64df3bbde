"""Linear algebra in SQL against NumPy."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import psycopg
import pytest
from psycopg.conninfo import make_conninfo

SIZES = [1, 2, 3, 7, 26, 60]
NAN, INF = float("nan"), float("inf")


@pytest.fixture(scope="module")
def sql(new_database: Callable[[], str]) -> Iterator[Callable[..., Any]]:
    """Calls a function by name with arrays and numbers; a record comes back as a tuple."""
    info = make_conninfo(new_database(), options="-c role=factorium_reader")
    with psycopg.connect(info, autocommit=True) as connection:

        def call(name: str, *arguments: object) -> Any:
            marks = ", ".join(_mark(argument) for argument in arguments)
            values = [a.tolist() if isinstance(a, np.ndarray) else a for a in arguments]
            row = connection.execute(f"select * from {name}({marks})", values).fetchone()  # noqa: S608
            assert row is not None
            return row[0] if len(row) == 1 else row

        yield call


def _mark(argument: object) -> str:
    if argument is None or isinstance(argument, np.ndarray | list):
        return "%s::float8[]"
    return "%s::float8" if isinstance(argument, float) else "%s"


def close(got: object, expected: object, tolerance: float = 1e-10) -> None:
    """The result is as expected, to the tolerance times its largest entry."""
    want = np.asarray(expected, dtype=float)
    have = np.asarray(got, dtype=float)
    assert have.shape == want.shape
    np.testing.assert_allclose(have, want, rtol=0, atol=tolerance * max(np.abs(want).max(), 1e-300))


def refused(sql: Callable[..., Any], message: str, name: str, *arguments: object) -> None:
    with pytest.raises(psycopg.errors.InvalidParameterValue, match=re.escape(message)):
        sql(name, *arguments)


def normal(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape)


def covariance(n: int, rows: int | None = None) -> np.ndarray:
    x = normal(n, rows or 3 * n + 2, n) * 10.0 ** np.linspace(-3, 1, n)
    return x.T @ x / len(x)


def symmetric(n: int) -> np.ndarray:
    x = normal(n, n, n)
    return x + x.T


def with_eigenvalues(values: list[float]) -> np.ndarray:
    q, _ = np.linalg.qr(normal(len(values), len(values), len(values)))
    m = q * values @ q.T
    return (m + m.T) / 2


# ------------------------------------------------------------------ elementary


@pytest.mark.parametrize("n", [1, 2, 26])
def test_identity_and_diagonals(sql, n):
    m, v = normal(n, n, n), normal(n, n)
    close(sql("linalg.identity", n), np.eye(n))
    close(sql("linalg.diagonal", m), np.diag(m))
    close(sql("linalg.diagonal_matrix", v), np.diag(v))
    close(sql("linalg.trace", m), np.trace(m))


def test_diagonal_of_a_tall_matrix_is_as_long_as_it_is_wide(sql):
    m = normal(1, 5, 2)
    close(sql("linalg.diagonal", m), np.diag(m))


@pytest.mark.parametrize(
    ("n", "k", "l"), [(1, 1, 1), (2, 3, 4), (4, 1, 2), (1, 5, 1), (26, 26, 26), (6, 60, 3)]
)
def test_products_equal_numpy(sql, n, k, l):  # noqa: E741
    a, b, v = normal(1, n, k), normal(2, k, l), normal(3, k)
    close(sql("linalg.multiply", a, b), a @ b)
    close(sql("linalg.cross_product", a.T, b), a @ b)
    close(sql("linalg.gram", a), a.T @ a)
    close(sql("linalg.multiply_vector", a, v), a @ v)
    close(sql("linalg.transpose", a), a.T)
    close(sql("linalg.dot", v, b[:, 0]), v @ b[:, 0])
    close(sql("linalg.outer_product", v, b[0]), np.outer(v, b[0]))
    close(sql("linalg.add", a, 2 * a), 3 * a)
    close(sql("linalg.scale", a, -2.5), -2.5 * a)
    close(sql("linalg.frobenius_norm", a), np.linalg.norm(a))


@pytest.mark.parametrize("n", SIZES)
def test_quadratic_form_equals_numpy(sql, n):
    m, v = normal(1, n, n), normal(2, n)
    assert sql("linalg.quadratic_form", m, v) == pytest.approx(v @ m @ v, rel=1e-10, abs=1e-12)


@pytest.mark.parametrize("scale", [0.0, 1e-200, 1.0, 1e200])
def test_norm_at_any_scale(sql, scale):
    m = np.array([[3.0, 1e-250], [0.0, 4.0]]) * scale
    close(sql("linalg.frobenius_norm", m), 5 * scale)


# ------------------------------------------------------------------ cholesky


@pytest.mark.parametrize("n", SIZES)
def test_cholesky_equals_numpy(sql, n):
    m = covariance(n)
    close(sql("linalg.cholesky", m), np.linalg.cholesky(m))
    close(sql("linalg.try_cholesky", m), np.linalg.cholesky(m))


def test_cholesky_reads_past_asymmetry_of_rounding(sql):
    m = covariance(7)
    m[2, 1] *= 1 + 1e-12
    close(sql("linalg.cholesky", m), np.linalg.cholesky(m))


@pytest.mark.parametrize(
    ("m", "pivot"),
    [
        ([[0.0]], "1 of 1"),
        ([[-1.0]], "1 of 1"),
        ([[1.0, 2.0], [2.0, 1.0]], "2 of 2"),
        ([[1.0, 1.0], [1.0, 1.0]], "2 of 2"),
        ([[2.0, 0.0, 0.0], [0.0, -1.0, 0.0], [0.0, 0.0, 1.0]], "2 of 3"),
    ],
)
def test_cholesky_names_the_pivot_that_fails(sql, m, pivot):
    assert sql("linalg.try_cholesky", m) is None
    refused(sql, f"not positive definite, at pivot {pivot}", "linalg.cholesky", m)


@pytest.mark.parametrize(("n", "rows"), [(3, 2), (26, 10), (60, 59)])
def test_covariance_of_few_observations_is_not_positive_definite(sql, n, rows):
    assert sql("linalg.try_cholesky", covariance(n, rows)) is None


def test_cholesky_of_units_far_apart(sql):
    m = np.array([[1e-20, 0.5], [0.5, 1e20]])
    close(sql("linalg.cholesky", m)[0], [1e-10, 0])


# ------------------------------------------------------------------ equations


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("make", [covariance, symmetric])
def test_solution_and_inverse_equal_numpy(sql, n, make):
    m, b = make(n), normal(5, n)
    scale = 1 / np.sqrt(np.abs(np.diag(m)))
    tolerance = 1e-14 * np.linalg.cond(m * np.outer(scale, scale)) + 1e-12
    close(sql("linalg.solve_symmetric", m, b), np.linalg.solve(m, b), tolerance)
    inverse = sql("linalg.inverse_symmetric", m)
    close(inverse, np.linalg.inv(m), tolerance)
    assert np.array_equal(inverse, np.transpose(inverse))


@pytest.mark.parametrize("n", [1, 3, 26])
def test_general_system_equals_numpy(sql, n):
    m, b = normal(1, n, n), normal(2, n, 4)
    close(sql("linalg.solve", m, b), np.linalg.solve(m, b))


@pytest.mark.parametrize("m", [[[0.0, 1.0], [1.0, 0.0]], [[0.0, 2.0], [2.0, 5.0]], [[-4.0]]])
def test_indefinite_matrix_without_leading_pivot(sql, m):
    close(sql("linalg.inverse_symmetric", m), np.linalg.inv(m))
    close(sql("linalg.solve_symmetric", m, [3.0] * len(m)), np.linalg.solve(m, [3.0] * len(m)))


@pytest.mark.parametrize(
    "m",
    [
        np.zeros((1, 1)),
        np.zeros((3, 3)),
        np.ones((2, 2)),
        covariance(26, 10),
        covariance(60, 30),
        with_eigenvalues([1, -1, 0, 2]),
    ],
    ids=["0", "zeros", "ones", "26 of 10", "60 of 30", "indefinite"],
)
def test_singular_matrix_has_no_inverse(sql, m):
    refused(sql, "the matrix is singular, at pivot", "linalg.inverse_symmetric", m)
    refused(sql, "the matrix is singular", "linalg.solve_symmetric", m, np.ones(len(m)))


def test_nearly_singular_matrix_is_solved_as_far_as_it_can_be(sql):
    m = with_eigenvalues([1, 0.5, 1e-6, 1e-11])
    b = normal(1, 4)
    x = np.array(sql("linalg.solve_symmetric", m, b))
    assert np.abs(m @ x - b).max() < 1e-14 * np.abs(x).max()
    inverse = np.array(sql("linalg.inverse_symmetric", m))
    assert np.abs(m @ inverse - np.eye(4)).max() < 1e-14 * np.abs(inverse).max()


def tridiagonal(beside: float) -> np.ndarray:
    return np.diag(np.arange(60.0, 0, -1)) + beside * (np.eye(60, k=1) + np.eye(60, k=-1))


@pytest.mark.parametrize("beside", [1e-6, -1e-9, 0.1])
@pytest.mark.parametrize("sign", [1, -1])
def test_products_too_small_for_a_number_are_no_error(sql, beside, sign):
    m = sign * tridiagonal(beside)
    first = np.eye(60)[0]
    close(sql("linalg.inverse_symmetric", m), np.linalg.inv(m))
    close(sql("linalg.solve_symmetric", m, first), np.linalg.solve(m, first))
    check_eigen(sql, m)


def test_kernel_of_distances_is_no_error(sql):
    at = np.arange(40.0)
    m = np.exp(-((at[:, None] - at) ** 2) / 2.2)
    close(sql("linalg.cholesky", m), np.linalg.cholesky(m))
    close(sql("linalg.inverse_symmetric", m), np.linalg.inv(m))
    check_eigen(sql, m)


# ------------------------------------------------------------------ eigenvalues


def check_eigen(sql: Callable[..., Any], m: np.ndarray) -> None:
    """Eigenvalues as NumPy's; eigenvectors by what defines them, as equal ones may turn."""
    n = len(m)
    values, vectors = (np.array(part) for part in sql("linalg.eigen_symmetric", m))
    scale = max(np.abs(m).max(), 1e-300)
    np.testing.assert_allclose(values, np.linalg.eigvalsh(m)[::-1], rtol=0, atol=1e-13 * n * scale)
    assert np.all(np.diff(values) <= 0)
    np.testing.assert_allclose(vectors.T @ vectors, np.eye(n), rtol=0, atol=1e-13 * n)
    np.testing.assert_allclose(m @ vectors, vectors * values, rtol=0, atol=1e-13 * n * scale)
    size = np.abs(vectors)
    for k in range(n):
        first = int(np.argmax(size[:, k] > size[:, k].max() * (1 - 1e-8)))
        assert vectors[first, k] > 0


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("make", [covariance, symmetric])
def test_eigenvalues_equal_numpy(sql, n, make):
    check_eigen(sql, make(n))


def test_distinct_eigenvectors_equal_numpy(sql):
    m = with_eigenvalues(list(range(1, 27)))
    expected = np.linalg.eigh(m)[1][:, ::-1]
    expected = expected * np.sign(expected[np.abs(expected).argmax(axis=0), np.arange(26)])
    close(sql("linalg.eigen_symmetric", m)[1], expected)


@pytest.mark.parametrize(
    "m",
    [
        np.zeros((1, 1)),
        np.zeros((4, 4)),
        np.array([[-3.0]]),
        np.eye(26),
        np.ones((26, 26)),
        np.ones((2, 2)),
        np.diag([1.0, 5.0, -2.0, 5.0]),
        np.array([[2.0, -1.0], [-1.0, 2.0]]),
        np.array([[1.0, 1e-14], [1e-14, 1.0]]),
        np.diag([1.0, 1e-40, 1e-200]),
        with_eigenvalues([3.0] * 10 + [1.0] * 10 + [-2.0] * 6),
        with_eigenvalues([1.0, 1.0 + 1e-13, 1.0 - 1e-13, 0.0]),
        covariance(26, 10),
        covariance(60, 5),
        1e-150 * symmetric(7),
        1e150 * symmetric(7),
    ],
)
def test_eigenvalues_of_degenerate_matrices(sql, m):
    check_eigen(sql, m)


def test_eigenvectors_of_a_diagonal_matrix_are_exact(sql):
    values, vectors = sql("linalg.eigen_symmetric", np.diag([2.0, 7.0, -1.0]))
    assert values == [7, 2, -1]
    assert vectors == [[0, 1, 0], [1, 0, 0], [0, 0, 1]]


# ------------------------------------------------------------------ nearest_psd


def clipped(m: np.ndarray, floor: float) -> tuple[np.ndarray, float]:
    values, vectors = np.linalg.eigh(m)
    new = vectors * np.maximum(values, max(floor * values[-1], 0)) @ vectors.T
    return new, float(np.linalg.norm(new - m) / np.linalg.norm(m))


@pytest.mark.parametrize("n", [1, 2, 7, 26])
@pytest.mark.parametrize("floor", [0.0, 1e-3, 0.2, 1.0])
@pytest.mark.parametrize("make", [covariance, symmetric, lambda n: -covariance(n)])
def test_nearest_psd_clips_eigenvalues(sql, n, floor, make):
    m = make(n)
    psd, distortion = sql("linalg.nearest_psd", m, floor)
    expected, change = clipped(m, floor)
    np.testing.assert_allclose(psd, expected, rtol=0, atol=1e-12 * n * np.abs(m).max())
    assert distortion == pytest.approx(change, rel=1e-9, abs=1e-13)
    assert np.array_equal(psd, np.transpose(psd))
    values = np.linalg.eigvalsh(psd)
    assert values[0] >= max(floor * values[-1], 0) - 1e-13 * n * np.abs(m).max()


@pytest.mark.parametrize("m", [covariance(26), np.zeros((3, 3)), np.eye(2), np.array([[4.0]])])
def test_nearest_psd_leaves_what_is_psd(sql, m):
    psd, distortion = sql("linalg.nearest_psd", m)
    assert np.array_equal(psd, m)
    assert distortion == 0


def test_nearest_psd_leaves_a_matrix_above_the_floor(sql):
    m = with_eigenvalues([1, 0.5, 0.11])
    psd, distortion = sql("linalg.nearest_psd", m, 0.1)
    assert np.array_equal(psd, m)
    assert distortion == 0


def test_nearest_psd_refuses_a_floor_that_is_no_share(sql):
    for floor in (-0.1, 1.5, NAN):
        refused(sql, "the floor is a share of the largest", "linalg.nearest_psd", np.eye(2), floor)


# ------------------------------------------------------------------ errors

MATRIX_FUNCTIONS = ["diagonal", "transpose", "trace", "frobenius_norm", "gram"]
SYMMETRIC_FUNCTIONS = [
    "cholesky",
    "try_cholesky",
    "inverse_symmetric",
    "eigen_symmetric",
    "nearest_psd",
]


@pytest.mark.parametrize("name", MATRIX_FUNCTIONS + SYMMETRIC_FUNCTIONS)
def test_what_is_no_matrix_is_refused(sql, name):
    for bad in ([[1.0, NAN], [NAN, 1.0]], [[INF, 0.0], [0.0, 1.0]], [[-INF]], [[1.0], [None]]):
        refused(sql, f"linalg.{name}: the matrix has a null, NaN or inf", f"linalg.{name}", bad)
    refused(sql, f"linalg.{name}: a matrix has 2 dimensions, not 1", f"linalg.{name}", [1.0])
    refused(sql, f"linalg.{name}: a matrix has 2 dimensions, not 0", f"linalg.{name}", [])
    refused(sql, "a matrix has 2 dimensions, not 3", f"linalg.{name}", [[[1.0]]])
    got = sql(f"linalg.{name}", None)
    assert got in (None, (None, None))


@pytest.mark.parametrize("name", [*SYMMETRIC_FUNCTIONS, "trace"])
def test_matrix_that_is_not_square_is_refused(sql, name):
    message = f"linalg.{name}: the matrix is 3 x 2, not square"
    refused(sql, message, f"linalg.{name}", normal(1, 3, 2))


@pytest.mark.parametrize("name", SYMMETRIC_FUNCTIONS)
def test_matrix_that_is_not_symmetric_is_refused(sql, name):
    message = f"linalg.{name}: the matrix is not symmetric"
    refused(sql, message, f"linalg.{name}", [[1.0, 0.5], [0.4, 1.0]])


@pytest.mark.parametrize(
    ("message", "name", "arguments"),
    [
        ("identity: a matrix has at least 1 row, not 0", "identity", [0]),
        ("multiply: 3 columns do not meet 2 rows", "multiply", [normal(1, 2, 3), np.eye(2)]),
        ("cross_product: 2 rows do not meet 3", "cross_product", [np.eye(2), np.eye(3)]),
        ("add: a matrix of 3 x 3 is not added to one of 2 x 2", "add", [np.eye(2), np.eye(3)]),
        ("scale: the number is not finite", "scale", [np.eye(2), NAN]),
        (
            "multiply_vector: the vector has 3 entries, not 2",
            "multiply_vector",
            [np.eye(2), [1.0] * 3],
        ),
        ("quadratic_form: the vector has 1 entries, not 2", "quadratic_form", [np.eye(2), [1.0]]),
        ("quadratic_form: the matrix is 3 x 2", "quadratic_form", [normal(1, 3, 2), [1.0, 2.0]]),
        ("dot: the vector has 1 entries, not 2", "dot", [[1.0, 2.0], [1.0]]),
        ("dot: the vector has a null, NaN or infinite", "dot", [[1.0, None], [1.0, 2.0]]),
        ("outer_product: a vector has 1 dimension, not 2", "outer_product", [np.eye(2), [1.0]]),
        ("diagonal_matrix: a vector has 1 dimension, not 0", "diagonal_matrix", [[]]),
        ("solve_symmetric: the vector has 3", "solve_symmetric", [np.eye(2), [1.0] * 3]),
        ("solve: the matrix is 3 x 2, not square", "solve", [normal(1, 3, 2), np.eye(3)]),
        ("solve: 3 rows on the right, not 2", "solve", [np.eye(2), np.eye(3)]),
    ],
)
def test_what_does_not_fit_is_refused(sql, message, name, arguments):
    refused(sql, f"linalg.{message}", f"linalg.{name}", *arguments)


def test_bounds_other_than_1_are_refused(sql):
    refused(sql, "not counted from 1", "linalg.trace", "[0:0][1:1]={{1}}")
    refused(sql, "not counted from 1", "linalg.dot", "[2:2]={1}", [1.0])


def test_null_gives_null(sql):
    assert sql("linalg.multiply", None, np.eye(2)) is None
    assert sql("linalg.require_vector", None, "caller") is None


def test_functions_are_immutable_and_parallel_safe(new_database):
    with psycopg.connect(new_database()) as conn:
        rows = conn.execute(
            "select count(*), bool_and(provolatile = 'i' and proparallel = 's'), "
            "array_agg(distinct proname::text) from pg_proc "
            "where pronamespace in ('linalg'::regnamespace, 'stats'::regnamespace)"
        ).fetchone()
    assert rows is not None
    assert rows[0] > 40
    assert rows[1], rows[2]


def test_flatten_and_unflatten_are_each_others_inverse(sql):
    matrix = np.arange(12.0).reshape(3, 4)
    flat = sql("linalg.flatten", matrix)
    assert flat == matrix.ravel().tolist()
    assert sql("linalg.unflatten", flat, 4) == matrix.tolist()
    refused(sql, "12 entries do not fill rows of 5", "linalg.unflatten", flat, 5)
