"""Cross-sectional regressions in SQL against statsmodels, NumPy and skfolio."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import polars as pl
import psycopg
import pytest
import statsmodels.api as sm
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql
from psycopg.conninfo import make_conninfo
from psycopg.rows import dict_row
from skfolio.containers import AssetPanel
from skfolio.descriptor import Passthrough
from skfolio.factor_exposure import FixedWeightedFactor, GlobalFactor, OneHotCategoricalFactors
from skfolio.prior import CharacteristicsFactorModel, EmpiricalPrior

FIRST = date(2024, 1, 2)
NAN, INF = float("nan"), float("inf")
TYPES = {
    "trade_date": "date", "security_id": "integer", "sector": "text", "is_estimated": "boolean",
}  # fmt: skip
RETURNS = ["market_return", "sector_returns", "style_returns"]
ERRORS = ["market_error", "sector_errors", "style_errors"]


@pytest.fixture(scope="module")
def conn(new_database: Callable[[], str]) -> Iterator[psycopg.Connection]:
    info = make_conninfo(new_database(), options="-c role=factorium_transform")
    with psycopg.connect(info, autocommit=True) as connection:
        yield connection


@dataclass(frozen=True)
class Panel:
    """Rows of a panel as risk.factor_returns takes it."""

    rows: pl.DataFrame
    styles: list[str]

    def with_columns(self, *columns: pl.Expr) -> Panel:
        return replace(self, rows=self.rows.with_columns(*columns))

    def filter(self, *conditions: pl.Expr) -> Panel:
        return replace(self, rows=self.rows.filter(*conditions))


def panel(names: int, sectors: int, styles: int, days: int = 1, seed: int = 1) -> Panel:
    """Fat-tailed returns, the estimated ones winsorized; styles that correlate and
    differ by sector and in scale; caps over five decades and weights near their roots."""
    rng = np.random.default_rng([seed, names, sectors, styles])
    n = names * days
    member = np.tile(rng.permutation(np.arange(names) % sectors), days)
    cap = np.exp(rng.normal(21, 2, n))
    common = rng.normal(0, 1, n) + 0.5 * (member % 3)
    style_names = [f"style_{i}" for i in range(styles)]
    exposures = [
        10 ** rng.uniform(-2, 2) * (rng.normal(0, 1, n) + 0.7 * common + i) for i in range(styles)
    ]
    excess = 0.01 + 0.02 * rng.standard_t(3, n) + 0.002 * common + 0.003 * member
    columns = {
        "trade_date": [FIRST + timedelta(days=i // names) for i in range(n)],
        "security_id": np.tile(np.arange(1, names + 1), days),
        "sector": [f"Sector {i:02}" for i in member],
        "weight": np.sqrt(cap) * rng.uniform(0.5, 1.5, n),
        "cap": cap,
        "is_estimated": np.ones(n, dtype=bool),
        "estimation_return": np.clip(excess, *np.quantile(excess, [0.02, 0.98])),
        "excess_return": excess,
        **dict(zip(style_names, exposures, strict=True)),
    }
    return Panel(pl.DataFrame(columns), style_names)


def store(conn: psycopg.Connection, rows: pl.DataFrame) -> None:
    """The rows as risk.test_panel."""
    columns = sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(TYPES.get(name, "double precision")))
        for name in rows.columns
    )
    conn.execute("drop table if exists risk.test_panel")
    conn.execute(sql.SQL("create table risk.test_panel ({})").format(columns))
    with conn.cursor().copy("copy risk.test_panel from stdin") as copy:
        for row in rows.iter_rows():
            copy.write_row(row)


def solved(conn: psycopg.Connection, made: Panel, least: int = 2) -> list[dict]:
    """Rows of risk.factor_returns for the panel."""
    store(conn, made.rows)
    return _solved(conn, made.styles, least)


def _solved(conn: psycopg.Connection, styles: list[str], least: int = 2) -> list[dict]:
    return (
        conn.cursor(row_factory=dict_row)
        .execute(
            "select * from risk.factor_returns('risk.test_panel', %s::text[], "
            "p_least_sector_names => %s)",
            [styles, least],
        )
        .fetchall()
    )


def expected(made: Panel, left_out: list[str] | None = None) -> list[dict]:
    """The same by statsmodels and NumPy; styles in `left_out` have null everywhere."""
    return [
        _expected_day(day, made.styles, left_out or [])
        for day in made.rows.sort("trade_date").partition_by("trade_date", maintain_order=True)
    ]


def _expected_day(day: pl.DataFrame, all_styles: list[str], left_out: list[str]) -> dict:
    styles = [style for style in all_styles if style not in left_out]
    sectors = sorted(day["sector"].unique())
    w, e, r = (day[c].to_numpy() for c in ("weight", "estimation_return", "excess_return"))
    dummies = (day["sector"].to_numpy()[:, None] == np.array(sectors)).astype(float)
    exposures = day.select(styles).to_numpy() if styles else np.empty((day.height, 0))
    x = np.column_stack([dummies, exposures])
    n, s, k = day.height, len(sectors), len(styles)
    fit = sm.WLS(e, x, weights=w).fit()

    caps = dummies.T @ day["cap"].to_numpy()
    share = np.concatenate([caps / caps.sum(), np.zeros(k)])
    basis = np.vstack([share, np.eye(s + k)])
    basis[1 : 1 + s] -= share
    f = basis @ fit.params
    errors = np.sqrt(np.diag(basis @ fit.cov_params() @ basis.T))

    def by_style(values: object) -> list[float | None]:
        found = dict(zip(styles, values, strict=True))
        return [found.get(style) for style in all_styles]

    vifs = []
    for i in range(s, s + k):
        others = sm.WLS(x[:, i], np.delete(x, i, axis=1), weights=w, hasconst=True).fit()
        vifs.append(1 / (1 - others.rsquared))
    tss = np.sum(w * (r - np.average(r, weights=w)) ** 2)
    unexplained = np.sum(w * (r - x @ fit.params) ** 2) / tss
    means = (dummies.T @ (w * r)) / (dummies.T @ w)
    by_sectors = np.sum(w * (r - dummies @ means) ** 2) / tss
    return {
        "trade_date": day["trade_date"][0],
        "n_names": n,
        "market_return": f[0],
        "market_error": errors[0],
        "sectors": sectors,
        "sector_returns": f[1 : 1 + s],
        "sector_errors": errors[1 : 1 + s],
        "sector_caps": caps,
        "style_returns": by_style(f[1 + s :]),
        "style_errors": by_style(errors[1 + s :]),
        "style_vifs": by_style(vifs),
        "r2": 1 - unexplained,
        "adjusted_r2": 1 - unexplained * (n - 1) / (n - s - k),
        "sectors_r2": 1 - by_sectors,
        "adjusted_sectors_r2": 1 - by_sectors * (n - 1) / (n - s),
        "reason": None,
    }


def same(got: list[dict], want: list[dict], tolerance: float = 1e-9) -> None:
    """Equal rows: what is no number exactly, numbers to the tolerance, null where null."""
    assert len(got) == len(want)
    for have, expect in zip(got, want, strict=True):
        assert have.keys() == expect.keys()
        for column, value in expect.items():
            if column in {"trade_date", "n_names", "sectors", "reason"}:
                assert have[column] == value, column
                continue
            np.testing.assert_allclose(
                np.array(have[column], dtype=float),
                np.array(value, dtype=float),
                rtol=tolerance,
                atol=1e-12,
                err_msg=column,
            )


@pytest.mark.parametrize(
    ("names", "sectors", "styles"), [(30, 3, 1), (60, 1, 2), (200, 11, 3), (500, 11, 14)]
)
def test_factor_returns_errors_vifs_and_r2_are_those_of_statsmodels(conn, names, sectors, styles):
    made = panel(names, sectors, styles, days=4)
    same(solved(conn, made), expected(made))


def test_the_smallest_panel_that_has_errors(conn):
    """One name more than columns, each sector with its two."""
    made = panel(7, 3, 3)
    same(solved(conn, made), expected(made), 1e-8)


def test_sector_returns_weighted_by_cap_sum_to_zero(conn):
    for row in solved(conn, panel(300, 11, 5, days=10)):
        total = math.fsum(row["sector_caps"])
        products = zip(row["sector_caps"], row["sector_returns"], strict=True)
        assert abs(math.fsum(cap / total * value for cap, value in products)) < 1e-15


def test_days_are_chosen_by_since_and_until(conn):
    made = panel(40, 3, 1, days=5)
    store(conn, made.rows)
    rows = conn.execute(
        "select trade_date from risk.factor_returns('risk.test_panel', %s, %s, %s)",
        [made.styles, FIRST + timedelta(days=1), FIRST + timedelta(days=3)],
    ).fetchall()
    assert [day for (day,) in rows] == [FIRST + timedelta(days=i) for i in (1, 2, 3)]


def test_rows_outside_the_estimation_do_not_count(conn):
    """Weights that are not positive, rows with a null, rows not to be estimated."""
    made = panel(300, 5, 3, days=2)
    place = pl.int_range(pl.len())
    spoilt = made.with_columns(
        pl.when(place % 23 == 0).then(0.0).when(place % 29 == 0).then(-1.0)
        .otherwise("weight").alias("weight"),
        (place % 7 != 0).alias("is_estimated"),
        *(
            pl.when(place % period == 1).then(None).otherwise(column).alias(column)
            for column, period in [
                ("sector", 31), ("cap", 37), ("estimation_return", 41), ("excess_return", 43),
                ("style_0", 47), ("style_2", 53),
            ]
        ),
    )  # fmt: skip
    kept = spoilt.filter(pl.col("weight") > 0, "is_estimated", pl.all_horizontal(
        pl.all().is_not_null()
    ))  # fmt: skip
    assert 0.5 < kept.rows.height / made.rows.height < 0.8
    same(solved(conn, spoilt), expected(kept))


def test_no_row_is_estimated_where_is_estimated_is_unknown(conn):
    made = panel(40, 3, 1).with_columns(pl.lit(None, pl.Boolean).alias("is_estimated"))
    assert solved(conn, made) == []


def test_without_styles_sectors_are_weighted_means(conn):
    made = panel(80, 6, 0, days=2)
    rows = solved(conn, made)
    same(rows, expected(made))
    for row in rows:
        assert row["style_returns"] == row["style_errors"] == row["style_vifs"] == []


def test_an_empty_panel_has_no_rows(conn):
    made = panel(10, 3, 1)
    assert solved(conn, replace(made, rows=made.rows.clear())) == []


@pytest.mark.parametrize("names", [3, 5, 6])
def test_fewer_names_than_factors_leave_a_reason(conn, names):
    """Six names for three sectors and three styles leave no degree of freedom."""
    made = panel(names, 3, 3)
    (row,) = solved(conn, made, least=1)
    assert row["n_names"] == names
    assert row["reason"] == f"{names} names for 7 factors"
    kept = {"trade_date", "n_names", "reason", "sectors", "sector_caps"}
    assert all(row[column] is None for column in row.keys() - kept)


def test_a_sector_with_one_name_is_left_out(conn):
    made = panel(60, 4, 2, days=2)
    lone = made.with_columns(
        pl.when(pl.col("security_id") == 7).then(pl.lit("Alone")).otherwise("sector").alias(
            "sector"
        )
    )  # fmt: skip
    rows = solved(conn, lone)
    assert all("Alone" not in row["sectors"] for row in rows)
    same(rows, expected(lone.filter(pl.col("sector") != "Alone")))
    assert all("Alone" in row["sectors"] for row in solved(conn, lone, least=1))
    same(_solved(conn, lone.styles, least=1), expected(lone))


def test_a_sector_with_too_few_names_is_left_out_that_day_alone(conn):
    made = panel(60, 4, 2, days=2).filter(
        (pl.col("trade_date") == FIRST)
        | (pl.col("sector") != "Sector 02")
        | (pl.col("security_id") <= 8)
    )
    rows = solved(conn, made, least=5)
    counts = made.rows.group_by("trade_date", "sector").len().filter(pl.col("len") >= 5)
    kept = replace(made, rows=made.rows.join(counts, on=["trade_date", "sector"], how="semi"))
    assert [len(row["sectors"]) for row in rows] == [4, 3]
    same(rows, expected(kept))


def test_days_on_which_every_sector_is_too_small_have_no_row(conn):
    assert solved(conn, panel(8, 4, 1), least=3) == []


@pytest.mark.parametrize("value", [0.0, 1.0, -3.7e5, 1e-9])
def test_a_constant_style_is_null_and_others_are_without_it(conn, value):
    made = panel(90, 5, 3, days=2).with_columns(pl.lit(value).alias("style_1"))
    same(solved(conn, made), expected(made, left_out=["style_1"]))


def test_a_style_that_is_constant_within_sectors_is_null(conn):
    """It is a sum of sector dummies, though it varies across names."""
    by_sector = pl.col("sector").str.slice(-2).cast(pl.Float64) * 0.37
    made = panel(90, 5, 3, days=2).with_columns(by_sector.alias("style_0"))
    same(solved(conn, made), expected(made, left_out=["style_0"]))


@pytest.mark.parametrize("scale", [1.0, -2.5, 1e6])
def test_of_two_identical_styles_the_second_is_null(conn, scale):
    made = panel(90, 5, 3, days=2).with_columns((scale * pl.col("style_0")).alias("style_2"))
    same(solved(conn, made), expected(made, left_out=["style_2"]), 1e-8)


def test_nearly_collinear_styles_are_both_estimated(conn):
    made = panel(200, 5, 3)
    nearly = made.with_columns(
        (pl.col("style_0") * (1 + 0.01 * pl.col("style_1") / pl.col("style_1").abs().max())).alias(
            "style_2"
        )
    )
    rows = solved(conn, nearly)
    assert rows[0]["style_vifs"][2] > 1000
    same(rows, expected(nearly), 1e-7)


@pytest.mark.parametrize("wrong", [NAN, INF, -INF])
@pytest.mark.parametrize(
    "column", ["style_0", "style_1", "estimation_return", "excess_return", "cap", "weight"]
)
def test_what_is_not_finite_is_refused(conn, column, wrong):
    made = panel(50, 3, 2, days=2)
    at = (pl.col("security_id") == 9) & (pl.col("trade_date") > FIRST)
    spoilt = made.with_columns(pl.when(at).then(wrong).otherwise(column).alias(column))
    if column in ("weight", "cap") and wrong == -INF:  # not positive: not estimated
        same(solved(conn, spoilt), expected(made.filter(~at)))
        return
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="not finite"):
        solved(conn, spoilt)


def test_returns_without_variation_have_no_r2(conn):
    made = panel(50, 3, 2).with_columns(
        pl.lit(0.0).alias("excess_return"), pl.lit(0.0).alias("estimation_return")
    )
    (row,) = solved(conn, made)
    assert row["r2"] is row["adjusted_r2"] is row["sectors_r2"] is None
    assert row["market_return"] == row["market_error"] == 0


@pytest.mark.parametrize(
    "name", ["Mixed Case", 'a "quoted" one', "it's", "select", "100%s", "ä%1$s"]
)
def test_names_of_styles_that_need_quotes(conn, name):
    made = panel(50, 3, 2)
    renamed = Panel(made.rows.rename({"style_1": name}), ["style_0", name])
    same(solved(conn, renamed), expected(made))


def test_styles_are_in_the_order_asked_for(conn):
    made = panel(80, 3, 3)
    turned = replace(made, styles=made.styles[::-1])
    same(solved(conn, turned), expected(turned))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    seed=st.integers(0, 10**6),
    names=st.integers(12, 60),
    sectors=st.integers(1, 5),
    styles=st.integers(0, 3),
    scale=st.floats(1e-6, 1e6),
    shift=st.floats(-1, 1),
)
def test_scale_of_weights_is_nothing_and_a_shift_moves_the_market(
    conn, seed, names, sectors, styles, scale, shift
):
    made = panel(names, sectors, styles, seed=seed)
    (plain,) = solved(conn, made)
    (scaled,) = solved(conn, made.with_columns(pl.col("weight") * scale))
    same([scaled], [plain], 1e-8)
    (moved,) = solved(conn, made.with_columns(pl.col("estimation_return", "excess_return") + shift))
    want = {**plain, "market_return": plain["market_return"] + shift}
    for column in ["market_return", "sector_returns", "style_returns", *ERRORS]:
        np.testing.assert_allclose(moved[column], want[column], rtol=1e-7, atol=1e-12)


def test_the_order_of_rows_and_the_scale_of_caps_are_nothing(conn):
    made = panel(200, 5, 3, days=3)
    plain = solved(conn, made)
    rows = made.rows.sample(fraction=1, shuffle=True, seed=3)
    shuffled = replace(made, rows=rows).with_columns(pl.col("cap") * 1000)
    for row, found in zip(plain, solved(conn, shuffled), strict=True):
        same([{**found, "sector_caps": row["sector_caps"]}], [row])


def test_the_moments_are_one_parallel_aggregation(conn):
    made = panel(300, 5, 3, days=5)
    store(conn, made.rows)
    conn.execute("analyze risk.test_panel")
    query = conn.execute(
        "select risk.cross_moments_query('risk.test_panel', %s, '-infinity', 'infinity')",
        [made.styles],
    ).fetchone()[0]
    with conn.transaction():
        for setting in ("parallel_setup_cost", "parallel_tuple_cost"):
            conn.execute(f"set local {setting} = 0")
        conn.execute("set local min_parallel_table_scan_size = 0")
        plan = "\n".join(line for (line,) in conn.execute(f"explain (costs off) {query}"))
    gather = plan.index("Gather")
    assert plan.index("Partial ") > gather
    assert "Finalize " in plan
    assert plan.count("Scan on test_panel") == plan.count("Parallel Seq Scan on test_panel") == 1


def test_factor_returns_are_those_of_skfolio(conn):
    """Its characteristics model, regression weights the roots of caps, exposures and
    caps of the observation before; it neither winsorizes returns nor has errors."""
    names, sectors, styles, days = 100, 7, 4, 60
    made = panel(names, sectors, styles, days).with_columns(
        pl.col("cap").sqrt().alias("weight"), pl.col("excess_return").alias("estimation_return")
    )
    grid = {
        column: made.rows[column].to_numpy().reshape(days, names) for column in made.rows.columns
    }
    levels = sorted(set(made.rows["sector"]))
    # What our panel has beside a return is of the session before; skfolio lags by itself.
    asset_panel = AssetPanel(
        fields={
            "returns": np.vstack([np.zeros((1, names)), grid["excess_return"]]),
            "market_cap": np.vstack([grid["cap"], np.ones((1, names))]),
            **{style: np.vstack([grid[style], np.zeros((1, names))]) for style in made.styles},
        },
        observations=np.arange(days + 1),
        asset_names=np.array([f"N{i}" for i in range(names)]),
    )
    codes = np.searchsorted(levels, grid["sector"].astype(str))
    asset_panel.add_categorical_field(
        name="industry", values=np.vstack([codes, codes[-1:]]), levels=levels
    )
    model = CharacteristicsFactorModel(
        factors=[
            ("market", GlobalFactor()),
            ("industry", OneHotCategoricalFactors("industry", family="industry")),
            *((style, _as_it_is(style)) for style in made.styles),
        ],
        constrained_families=[("industry", None)],
        factor_prior_estimator=EmpiricalPrior(),
    ).fit(characteristics=asset_panel)
    factor_model = model.factor_model_
    assert list(factor_model.factor_names) == ["market", *levels, *made.styles]
    rows = solved(conn, made)
    got = np.array([[r["market_return"], *r["sector_returns"], *r["style_returns"]] for r in rows])
    np.testing.assert_allclose(got, factor_model.factor_returns, rtol=1e-9, atol=1e-9)
    assert factor_model.factor_returns.shape == (days, 1 + sectors + styles)


def _as_it_is(style: str) -> FixedWeightedFactor:
    return FixedWeightedFactor(
        descriptors=[("score", Passthrough(style))],
        outlier_transformer="passthrough",
        scoring_transformer="passthrough",
    )


@pytest.mark.parametrize(
    ("name", "factor"),
    [("Health Care", "sector_health_care"), ("  A & B/C ", "sector_a_b_c"), ("IT", "sector_it")],
)
def test_sector_factor_is_a_plain_identifier(conn, name, factor):
    assert conn.execute("select risk.sector_factor(%s)", [name]).fetchone() == (factor,)


def least_norm(conn: psycopg.Connection, m: np.ndarray, b: np.ndarray) -> np.ndarray:
    found = conn.execute(
        "select linalg.solve_least_norm(%s::float8[], %s::float8[])", [m.tolist(), b.tolist()]
    ).fetchone()
    assert found is not None
    return np.array(found[0])


@pytest.mark.parametrize("scale", [1e-100, 1e-9, 1.0, 1e100])
@pytest.mark.parametrize("rank", [1, 3, 6])
@pytest.mark.parametrize("n", [1, 2, 6, 12])
def test_solve_least_norm_is_numpys_lstsq(conn, n, rank, scale):
    """Also where the right side lies outside of what the matrix spans."""
    rng = np.random.default_rng([n, rank])
    x = rng.normal(size=(min(n, rank), n))
    m, b = scale * x.T @ x, rng.normal(size=n)
    want = np.linalg.lstsq(m, b, rcond=None)[0]
    np.testing.assert_allclose(least_norm(conn, m, b), want, rtol=0, atol=1e-9 * np.abs(want).max())


def test_solve_least_norm_of_indefinite_and_of_empty_matrices(conn):
    m = np.array([[1.0, 2, 0], [2, 1, 0], [0, 0, 0]])
    b = np.array([1.0, 5, 7])
    want = np.linalg.lstsq(m, b, rcond=None)[0]
    np.testing.assert_allclose(least_norm(conn, m, b), want, rtol=0, atol=1e-14)
    assert least_norm(conn, np.zeros((3, 3)), b).tolist() == [0, 0, 0]
    assert least_norm(conn, m, np.zeros(3)).tolist() == [0, 0, 0]
    assert conn.execute("select linalg.solve_least_norm(null, '{1}')").fetchone() == (None,)


@pytest.mark.parametrize("small", [1e-15, 1e-17, 1e-40, 1e-200])
def test_solve_least_norm_cuts_off_where_numpy_does(conn, small):
    """A direction 3 * 2.2e-16 as long as the longest, or shorter, counts as null."""
    m, b = np.diag([1.0, 0.5, small]), np.array([1.0, 1.0, 1.0])
    want = np.linalg.lstsq(m, b, rcond=None)[0]
    assert (want[2] == 0) == (small < 1e-15)
    np.testing.assert_allclose(least_norm(conn, m, b), want, rtol=1e-9)


@pytest.mark.parametrize(
    ("m", "b"),
    [
        ([[1.0, 2.0], [3.0, 1.0]], [1.0, 1.0]),
        ([[1.0, 2.0]], [1.0]),
        ([[1.0]], [1.0, 2.0]),
        ([[NAN]], [1.0]),
        ([[1.0]], [INF]),
    ],
    ids=["asymmetric", "oblong", "longer", "nan", "infinite"],
)
def test_solve_least_norm_refuses_what_it_cannot_solve(conn, m, b):
    with pytest.raises(psycopg.errors.InvalidParameterValue, match=r"linalg\.solve_least_norm"):
        least_norm(conn, np.array(m), np.array(b))
