"""The hand-off to optimizers: the model against its parts, problems against what they promise."""

from __future__ import annotations

import datetime as dt
import pickle
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import psycopg
import pytest
from numpy.testing import assert_allclose
from psycopg.conninfo import make_conninfo

from factorium.errors import NotReady
from factorium.optimization import (
    Constraints,
    Costs,
    InfeasibleProblem,
    RiskModel,
    SolverFailed,
    UnknownName,
    UnusableModel,
    load_returns,
    load_risk_model,
    mean_variance,
    minimum_variance,
    risk_parity,
    to_skfolio,
)

if TYPE_CHECKING:
    from conftest import BuiltSample

AVERSION = 10.0


@pytest.fixture(scope="module")
def conn(built_sample: BuiltSample) -> Iterator[psycopg.Connection]:
    """As a reader: the hand-off needs nothing but the marts."""
    info = make_conninfo(built_sample.info, options="-c role=factorium_reader")
    with psycopg.connect(info, autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def model(conn: psycopg.Connection) -> RiskModel:
    return load_risk_model(conn)


@pytest.fixture(scope="module")
def expected(model: RiskModel) -> np.ndarray:
    return np.random.default_rng(1).normal(0, 5e-4, len(model.tickers))


@pytest.fixture(scope="module")
def equal(model: RiskModel) -> np.ndarray:
    return np.full(len(model.tickers), 1 / len(model.tickers))


def synthetic(names: int, *, sectors: int = 11, styles: int = 14, seed: int = 1) -> RiskModel:
    """A risk model of any size: random loadings, a market three times as strong as the rest."""
    rng = np.random.default_rng([seed, names])
    sector = np.arange(names) % sectors
    k = 1 + sectors + styles
    exposures = np.column_stack(
        [np.ones(names), np.eye(sectors)[sector], rng.normal(size=(names, styles))]
    )
    root = rng.normal(0, 0.003, (k, k)) / np.sqrt(k)
    root[0, 0] = 0.01
    return RiskModel(
        trade_date=dt.date(2024, 1, 2),
        model="synthetic",
        horizon_days=1,
        tickers=tuple(f"N{i:04}" for i in range(names)),
        security_ids=tuple(range(names)),
        factor_ids=(
            "market", *(f"sector_{i}" for i in range(sectors)), *(f"s{i}" for i in range(styles)),
        ),
        factor_kinds=("market", *["sector"] * sectors, *["style"] * styles),
        exposures=exposures,
        factor_covariance=root @ root.T,
        specific_variance=rng.uniform(0.01, 0.04, names) ** 2,
        sectors=tuple(f"Sector {i}" for i in sector),
        caps=np.exp(rng.normal(22, 1, names)),
    )  # fmt: skip


# --- the model --------------------------------------------------------------------------------


def test_covariance_is_that_of_its_parts_in_the_warehouse(
    built_sample: BuiltSample, model: RiskModel
) -> None:
    with psycopg.connect(built_sample.info) as conn:
        factor_ids, stored = conn.execute(
            "select day.factor_ids, day.covariance from risk.rsk_covariances as day "
            "inner join risk.model using (model_id) "
            "where model.name = 'short' and retired_at is null and trade_date = %s",
            [model.trade_date],
        ).fetchone()
        names = conn.execute(
            "select to_jsonb(e), r.specific_volatility, s.ticker from marts.fct_exposures as e "
            "inner join marts.fct_specific_risk as r using (security_id, trade_date) "
            "inner join marts.dim_security as s using (security_id) "
            "where e.trade_date = %s and r.model = 'short' order by s.ticker",
            [model.trade_date],
        ).fetchall()
    rebuilt = np.zeros((len(names), len(names)))
    loadings = [
        [
            1.0 if f in ("market", name["sector_factor_id"]) else float(name.get(f, 0))
            for f in factor_ids
        ]
        for name, _, _ in names
    ]
    for i, one in enumerate(loadings):
        for j, other in enumerate(loadings):
            rebuilt[i, j] = np.array(one) @ np.array(stored) @ np.array(other)
        rebuilt[i, i] += names[i][1] ** 2
    assert model.factor_ids == tuple(factor_ids)
    assert model.tickers == tuple(ticker for *_, ticker in names)
    assert len(names) > 30
    assert_allclose(model.covariance(), rebuilt, rtol=0, atol=1e-14)
    assert (model.covariance() == model.covariance().T).all()


def test_covariance_of_a_horizon_is_so_many_times_the_daily(
    conn: psycopg.Connection, model: RiskModel
) -> None:
    month = load_risk_model(conn, horizon_days=21)
    assert_allclose(month.covariance(), 21 * model.covariance(), rtol=1e-12)


def test_risk_is_the_root_of_the_quadratic_form(model: RiskModel) -> None:
    weights = np.random.default_rng(2).normal(size=len(model.tickers))
    by_ticker = dict(zip(model.tickers, weights, strict=True))
    risk = np.sqrt(weights @ model.covariance() @ weights)
    assert model.risk_of(weights) == pytest.approx(risk, rel=1e-12)
    assert model.risk_of(by_ticker) == pytest.approx(risk, rel=1e-12)
    assert model.risk_shares(weights).sum() == pytest.approx(1)
    one = model.tickers[3]
    assert model.risk_of({one: 1.0}) ** 2 == pytest.approx(model.covariance()[3, 3])
    assert model.factor_exposures({one: 1.0})["market"] == 1


def test_tickers_keep_their_order_and_those_without_risk_are_named(
    conn: psycopg.Connection, model: RiskModel
) -> None:
    last, first = model.tickers[-1], model.tickers[0]
    (gone,) = conn.execute(
        "select ticker from marts.dim_security where delisted_on < %s order by 1 limit 1",
        [model.trade_date],
    ).fetchone()
    asked = [last.lower(), "NOSUCH", gone, first, last.lower()]
    some = load_risk_model(conn, tickers=asked)
    assert some.tickers == (last, first)
    assert some.uncovered == {"NOSUCH": "unknown ticker", gone: "no exposures"}
    places = [model.place(last), model.place(first)]
    assert_allclose(some.covariance(), model.covariance()[np.ix_(places, places)], atol=1e-16)
    with pytest.raises(UnknownName, match=f"{gone} is not in .* no exposures"):
        some.risk_of({gone: 1.0})
    with pytest.raises(UnusableModel, match="covers none of the names"):
        load_risk_model(conn, tickers=[gone])


def test_universe_is_that_of_the_day(conn: psycopg.Connection) -> None:
    (early,) = conn.execute(
        "select min(trade_date) from marts.fct_specific_risk where model = 'long'"
    ).fetchone()
    found = load_risk_model(conn, "long", early, universe="sp500")
    members = conn.execute(
        "select security_id from marts.fct_universe_members where universe = 'sp500' "
        "and valid_from <= %s and (valid_to is null or valid_to > %s)",
        [early, early],
    ).fetchall()
    assert found.trade_date == early
    assert len(found.tickers) + len(found.uncovered) == len(members)
    assert set(found.security_ids) <= {security_id for (security_id,) in members}


def test_warehouse_by_its_settings_is_the_same(built_sample: BuiltSample, model: RiskModel) -> None:
    again = load_risk_model(built_sample.info, universe="all")
    assert again.tickers == model.tickers
    assert (again.covariance() == model.covariance()).all()


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"model": "nosuch"}, UnknownName, "no risk model 'nosuch'"),
        ({"universe": "nosuch"}, UnknownName, "universe 'nosuch' has no members"),
        ({"date": dt.date(1990, 1, 1)}, UnknownName, "covers sessions from 20.* to 20.*, not 1990"),
        ({"horizon_days": 0}, ValueError, "horizon_days"),
        ({"universe": "all", "tickers": ["A"]}, ValueError, "not both"),
        ({"tickers": []}, UnusableModel, "covers none"),
    ],
)
def test_what_is_not_there_is_said(
    conn: psycopg.Connection, arguments: dict, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        load_risk_model(conn, **arguments)


def test_warehouse_without_risk_models_says_what_to_do(database: str) -> None:
    with pytest.raises(NotReady, match="factorium build"):
        load_risk_model(database)


def test_returns_are_those_of_the_last_sessions(conn: psycopg.Connection, model: RiskModel) -> None:
    returns = load_returns(conn, model, days=40)
    assert returns.columns == ["trade_date", *model.tickers]
    assert returns.height == 40
    assert returns["trade_date"].is_sorted()
    assert returns["trade_date"][-1] <= model.trade_date
    (stored,) = conn.execute(
        "select excess_return from marts.fct_specific_returns "
        "where security_id = %s and trade_date = %s",
        [model.security_ids[0], returns["trade_date"][-1]],
    ).fetchone()
    assert returns[model.tickers[0]][-1] == stored


def test_model_that_is_none_is_refused() -> None:
    good = synthetic(20)
    nan = good.exposures.copy()
    nan[3, 4] = np.nan
    k = len(good.factor_ids)
    indefinite = np.diag([1e-4] * (k - 1) + [-1e-6])
    lopsided = good.factor_covariance.copy()
    lopsided[0, 1] += 1e-5
    wrong = {
        "exposures has 1 entries that are no number": {"exposures": nan},
        "not positive semidefinite": {"factor_covariance": indefinite},
        "not symmetric": {"factor_covariance": lopsided},
        "specific_variance is negative": {"specific_variance": -good.specific_variance},
        r"specific_variance has the shape \(19,\)": {
            "specific_variance": good.specific_variance[1:]
        },
    }
    for message, change in wrong.items():
        with pytest.raises(UnusableModel, match=message):
            replace(good, **change)


def test_ticker_of_two_securities_is_refused() -> None:
    twice = replace(synthetic(3), tickers=("A", "B", "A"))
    assert twice.risk_of({"B": 1.0}) > 0
    with pytest.raises(UnknownName, match="names two securities"):
        twice.risk_of({"A": 1.0})


# --- problems ---------------------------------------------------------------------------------


def test_minimum_variance_is_the_closed_form(model: RiskModel) -> None:
    closed = np.linalg.solve(model.covariance(), np.ones(len(model.tickers)))
    closed /= closed.sum()
    found = minimum_variance(model)
    assert_allclose(found.weights, closed, rtol=0, atol=1e-6)
    assert found.volatility == pytest.approx(np.sqrt(closed @ model.covariance() @ closed))


def test_mean_variance_is_the_closed_form(model: RiskModel, expected: np.ndarray) -> None:
    found = mean_variance(model, expected, AVERSION, Constraints(budget=None))
    closed = np.linalg.solve(AVERSION * model.covariance(), expected)
    assert_allclose(found.weights, closed, rtol=0, atol=1e-6)
    assert found.expected_return == pytest.approx(expected @ closed)


def test_constraints_hold(model: RiskModel, expected: np.ndarray, equal: np.ndarray) -> None:
    sector, other = sorted(set(model.sectors))[:2]
    held, capped = model.tickers[0], model.tickers[1]
    share = {s: model.sectors.count(s) / len(model.sectors) for s in (sector, other)}
    of_equal = model.factor_exposures(equal)
    found = mean_variance(
        model,
        expected,
        AVERSION,
        Constraints(
            long_only=True,
            min_weight={held: 0.03},
            max_weight={capped: 0.01},
            sector_bounds={
                sector: (share[sector] + 0.02, None),
                other: (None, share[other] - 0.02),
            },
            factor_bounds={"size": (of_equal["size"] + 0.05, of_equal["size"] + 0.1)},
            active_factor_bounds={"beta": (0.05, 0.2), "momentum": (None, 0.0)},
            max_turnover=0.8,
            current_weights=equal,
            tracking_error=0.004,
            benchmark=equal,
        ),
    )
    weights, slack = found.weights, 1e-8
    by_sector = {s: weights[np.array(model.sectors) == s].sum() for s in (sector, other)}
    exposures = model.factor_exposures(weights)
    assert weights.sum() == pytest.approx(1, abs=slack)
    assert weights.min() >= -slack
    assert weights[0] >= 0.03 - slack
    assert weights[1] <= 0.01 + slack
    assert by_sector[sector] >= share[sector] + 0.02 - slack
    assert by_sector[other] <= share[other] - 0.02 + slack
    assert 0.05 - slack <= exposures["size"] - of_equal["size"] <= 0.1 + slack
    assert 0.05 - slack <= exposures["beta"] - of_equal["beta"] <= 0.2 + slack
    assert exposures["momentum"] <= of_equal["momentum"] + slack
    assert found.turnover == pytest.approx(np.abs(weights - equal).sum())
    assert found.turnover <= 0.8 + slack
    assert model.risk_of(weights - equal) <= 0.004 + slack


def test_each_constraint_costs_risk(model: RiskModel, equal: np.ndarray) -> None:
    found = minimum_variance(model)
    limits = Constraints()
    for step in ("long_only", "max_weight", "factor_bounds", "max_turnover"):
        size = model.factor_exposures(found.weights)["size"]
        limits = {
            "long_only": replace(limits, long_only=True),
            "max_weight": replace(limits, max_weight=0.9 * found.weights.max()),
            "factor_bounds": replace(limits, factor_bounds={"size": (size + 0.05, None)}),
            "max_turnover": replace(limits, max_turnover=0.4, current_weights=equal),
        }[step]
        bound = minimum_variance(model, limits)
        assert bound.volatility > found.volatility * (1 + 1e-6), step
        found = bound


def test_turnover_binds(model: RiskModel, equal: np.ndarray) -> None:
    free = minimum_variance(model, Constraints(long_only=True, current_weights=equal))
    assert free.turnover > 0.6

    def within(limit: float) -> np.ndarray:
        limits = Constraints(long_only=True, max_turnover=limit, current_weights=equal)
        return minimum_variance(model, limits).weights

    assert_allclose(within(0), equal, atol=1e-7)
    assert np.abs(within(0.3) - equal).sum() == pytest.approx(0.3, abs=1e-7)
    assert_allclose(within(3), free.weights, atol=1e-6)


def test_tracking_error_binds(model: RiskModel, equal: np.ndarray) -> None:
    found = minimum_variance(model, Constraints(tracking_error=0.002, benchmark=equal))
    assert model.risk_of(found.weights - equal) == pytest.approx(0.002, rel=1e-6)


def test_costs_hold_trades_back(model: RiskModel, expected: np.ndarray, equal: np.ndarray) -> None:
    start = Constraints(long_only=True, current_weights=equal)

    def trade(costs: Costs | None) -> np.ndarray:
        return mean_variance(model, expected, AVERSION, start, costs).weights

    assert_allclose(trade(Costs()), trade(None), atol=1e-6)
    trades = [
        np.abs(trade(Costs(linear_bps=bps, quadratic=q)) - equal).sum()
        for bps, q in [(0, 0), (1, 0), (5, 0), (5, 0.05), (1e4, 0)]
    ]
    assert trades == sorted(trades, reverse=True)
    assert trades[2] > trades[3] > 1e-3
    assert trades[4] == pytest.approx(0, abs=1e-6)


def test_cost_is_by_the_trades_of_each_name(
    model: RiskModel, expected: np.ndarray, equal: np.ndarray
) -> None:
    bps = {ticker: 1.0 + i % 5 for i, ticker in enumerate(model.tickers)}
    start = Constraints(current_weights=equal)
    found = mean_variance(model, expected, AVERSION, start, Costs(linear_bps=bps, quadratic=0.01))
    trades = found.weights - equal
    cost = np.array(list(bps.values())) / 1e4 @ np.abs(trades) + 0.01 * (trades**2).sum()
    assert found.cost == pytest.approx(cost, rel=1e-9)
    with pytest.raises(ValueError, match="costs need current_weights"):
        mean_variance(model, expected, AVERSION, costs=Costs(linear_bps=1))
    with pytest.raises(ValueError, match="linear_bps has nothing for"):
        mean_variance(model, expected, AVERSION, start, Costs(linear_bps={model.tickers[0]: 1}))


def test_risk_parity_gives_every_name_the_same_share(model: RiskModel) -> None:
    found = risk_parity(model)
    n = len(model.tickers)
    # Shares are as exact as the root of the solver's gap.
    assert_allclose(model.risk_shares(found.weights) * n, np.ones(n), atol=2e-4)
    assert found.weights.sum() == pytest.approx(1)
    half = risk_parity(model, Constraints(budget=0.5))
    assert_allclose(half.weights, found.weights / 2, atol=1e-5)


def test_risk_parity_under_constraints_is_as_near_as_they_allow(model: RiskModel) -> None:
    n, most = len(model.tickers), 1.05 / len(model.tickers)
    found = risk_parity(model, Constraints(max_weight=most))
    slack = risk_parity(model, Constraints(max_weight=0.5))
    shares = model.risk_shares(found.weights) * n
    assert found.weights.max() == pytest.approx(most, abs=1e-7)
    assert np.ptp(shares) > 1e-2
    assert_allclose(slack.weights, risk_parity(model).weights, atol=1e-5)
    with pytest.raises(ValueError, match="positive budget"):
        risk_parity(model, Constraints(budget=None))


def test_infeasible_constraints_are_listed(model: RiskModel) -> None:
    impossible = Constraints(long_only=True, max_weight=0.001)
    for problem in (minimum_variance, risk_parity):
        with pytest.raises(InfeasibleProblem, match=r"budget 1\.0, long_only, max_weight 0\.001$"):
            problem(model, impossible)


def test_risk_parity_without_a_name_is_infeasible(model: RiskModel) -> None:
    for limits in (
        Constraints(max_weight={model.tickers[2]: 0.0}),
        Constraints(sector_bounds={model.sectors[2]: (None, -0.1)}),
        Constraints(max_turnover=0.1, current_weights={model.tickers[2]: 1.0}, budget=2),
    ):
        with pytest.raises(InfeasibleProblem):
            risk_parity(model, limits)


def test_names_that_are_not_there_are_refused(model: RiskModel, equal: np.ndarray) -> None:
    for constraints, message in [
        (Constraints(sector_bounds={"Enery": (0, 0.1)}), "no sector 'Enery'; there are: "),
        (Constraints(factor_bounds={"bta": (0, 0.1)}), "no factor 'bta'; there are: market"),
        (
            Constraints(active_factor_bounds={"bta": (0, 0.1)}, benchmark=equal),
            "no factor 'bta'",
        ),
        (Constraints(max_weight={"NOSUCH": 0.1}), "NOSUCH is not in the risk model"),
        (Constraints(max_turnover=1, current_weights={"NOSUCH": 1}), "NOSUCH is not in"),
    ]:
        with pytest.raises(UnknownName, match=message):
            minimum_variance(model, constraints)


def test_input_that_is_missing_is_refused(model: RiskModel, expected: np.ndarray) -> None:
    with pytest.raises(ValueError, match="max_turnover needs current_weights"):
        Constraints(max_turnover=0.1)
    for needs in ({"tracking_error": 0.01}, {"active_factor_bounds": {"size": (0, 0)}}):
        with pytest.raises(ValueError, match="needs a benchmark"):
            Constraints(**needs)
    with pytest.raises(ValueError, match="tracking_error has to be positive"):
        Constraints(tracking_error=0, benchmark={})
    with pytest.raises(ValueError, match="expected_returns has nothing for"):
        mean_variance(model, {model.tickers[0]: 0.01}, AVERSION)
    with pytest.raises(ValueError, match="finite"):
        mean_variance(model, np.full_like(expected, np.nan), AVERSION)
    with pytest.raises(ValueError, match="weights are needed"):
        mean_variance(model, expected[1:], AVERSION)
    with pytest.raises(ValueError, match="risk_aversion"):
        mean_variance(model, expected, 0)


def test_solver_that_is_not_there_is_told(model: RiskModel) -> None:
    with pytest.raises(SolverFailed, match="NOSUCH"):
        minimum_variance(model, solver="NOSUCH")


def test_another_solver_finds_the_same(model: RiskModel) -> None:
    limits = Constraints(long_only=True)
    found = minimum_variance(model, limits, solver="OSQP")
    assert found.volatility == pytest.approx(minimum_variance(model, limits).volatility, rel=1e-3)


def test_three_thousand_names_are_solved(capsys: pytest.CaptureFixture[str]) -> None:
    model = synthetic(3_000)
    market = model.caps / model.caps.sum()
    expected = np.random.default_rng(4).normal(0, 5e-4, 3_000)
    full = Constraints(
        long_only=True,
        max_weight=0.02,
        sector_bounds={"Sector 1": (0.02, 0.3)},
        factor_bounds={"s1": (-0.1, 0.1)},
        active_factor_bounds={"s2": (-0.1, 0.1)},
        max_turnover=0.6,
        current_weights=market,
        tracking_error=0.004,
        benchmark=market,
    )
    costs = Costs(linear_bps=5, quadratic=0.01)
    solved = {
        "minimum variance": minimum_variance(model),
        "minimum variance, long only": minimum_variance(model, Constraints(long_only=True)),
        "mean-variance, all constraints": mean_variance(model, expected, AVERSION, full, costs),
        "risk parity": risk_parity(model),
    }
    with capsys.disabled():
        for name, portfolio in solved.items():
            print(f"\n3,000 names x 26 factors, {name}: {portfolio.seconds:.2f} s", end="")
    assert {portfolio.status for portfolio in solved.values()} == {"optimal"}
    shares = model.risk_shares(solved["risk parity"].weights)
    assert_allclose(shares * 3_000, np.ones(3_000), atol=1e-5)


def test_table_has_a_row_per_name(model: RiskModel) -> None:
    table = minimum_variance(model, Constraints(long_only=True)).table()
    assert table.columns == ["security_id", "ticker", "sector", "weight", "risk_share"]
    assert set(table["ticker"]) == set(model.tickers)
    assert table["weight"].is_sorted(descending=True)
    assert table["risk_share"].sum() == pytest.approx(1)


# --- skfolio ----------------------------------------------------------------------------------


def test_skfolio_finds_the_same_minimum_variance(
    conn: psycopg.Connection, model: RiskModel
) -> None:
    from skfolio.optimization import MeanRisk  # noqa: PLC0415

    returns = load_returns(conn, model, days=60).drop("trade_date").fill_null(0).to_pandas()
    # Its solver's tolerances are absolute, and daily variances are small.
    precise = {"tol_gap_abs": 1e-13, "tol_gap_rel": 1e-13}
    theirs = MeanRisk(prior_estimator=to_skfolio(model), solver_params=precise).fit(returns)
    ours = minimum_variance(model, Constraints(long_only=True))
    assert_allclose(theirs.weights_, ours.weights, rtol=0, atol=1e-5)


def test_skfolio_finds_the_same_mean_variance(model: RiskModel, expected: np.ndarray) -> None:
    from skfolio.optimization import MeanRisk, ObjectiveFunction  # noqa: PLC0415

    theirs = MeanRisk(
        objective_function=ObjectiveFunction.MAXIMIZE_UTILITY,
        risk_aversion=AVERSION / 2,
        max_weights=0.1,
        prior_estimator=to_skfolio(model, expected),
        solver_params={"tol_gap_abs": 1e-13, "tol_gap_rel": 1e-13},
    ).fit(np.zeros((5, len(model.tickers))) + expected)
    limits = Constraints(long_only=True, max_weight=0.1)
    ours = mean_variance(model, expected, AVERSION, limits)
    assert_allclose(theirs.weights_, ours.weights, rtol=0, atol=1e-5)


def test_skfolio_finds_the_same_risk_parity(model: RiskModel, expected: np.ndarray) -> None:
    from skfolio.optimization import RiskBudgeting  # noqa: PLC0415

    sample = np.zeros((5, len(model.tickers))) + expected
    theirs = RiskBudgeting(prior_estimator=to_skfolio(model)).fit(sample)
    assert_allclose(theirs.weights_, risk_parity(model).weights, rtol=0, atol=1e-5)


def test_skfolio_bounds_our_factors_by_name(conn: psycopg.Connection, model: RiskModel) -> None:
    from skfolio.optimization import MeanRisk  # noqa: PLC0415

    returns = load_returns(conn, model, days=60).drop("trade_date").fill_null(0).to_pandas()
    bound = MeanRisk(prior_estimator=to_skfolio(model), linear_constraints=["size >= 0.3"])
    assert model.factor_exposures(bound.fit(returns).weights_)["size"] >= 0.3 - 1e-6


def test_skfolio_prior_refuses_other_names(model: RiskModel) -> None:
    import pandas as pd  # noqa: PLC0415

    prior = pickle.loads(pickle.dumps(to_skfolio(model)))
    other = pd.DataFrame(np.zeros((5, len(model.tickers))), columns=model.tickers[::-1])
    with pytest.raises(ValueError, match="not the model's tickers in their order"):
        prior.fit(other)
    with pytest.raises(ValueError, match="X has 3 columns"):
        prior.fit(np.zeros((5, 3)))


def test_without_the_extra_it_is_named(model: RiskModel, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("cvxpy", "skfolio"):
        monkeypatch.setitem(sys.modules, module, None)
    named = r"is not installed: pip install 'factorium\[optimization\]'"
    with pytest.raises(NotReady, match=f"cvxpy {named}"):
        minimum_variance(model)
    with pytest.raises(NotReady, match=f"skfolio {named}"):
        to_skfolio(model)
