"""Portfolios that are optimal under a risk model, in the factors' form; cvxpy solves.

The variance of weights w is |R' w|² + |sqrt(d) w|², with R the exposures times a root of
the factor covariance (n × k): no n × n matrix is made.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import polars as pl

from factorium.optimization.errors import InfeasibleProblem, SolverFailed, UnknownName, require
from factorium.optimization.risk_model import RiskModel, Vector, Weights

Bounds = Mapping[str, tuple[float | None, float | None]]

SOLVER = "CLARABEL"
# Weights around a flat optimum are only as exact as the root of the gap. What does not get
# so far is good enough at the solver's default.
PRECISION = {
    "tol_gap_abs": 1e-11,
    "tol_gap_rel": 1e-11,
    "tol_feas": 1e-10,
    "reduced_tol_gap_abs": 1e-8,
    "reduced_tol_gap_rel": 1e-8,
    "reduced_tol_feas": 1e-8,
}
# Below it a weight is the solver's rounding.
LEAST_WEIGHT = 1e-9


@dataclass(frozen=True, kw_only=True)
class Constraints:
    """What a portfolio has to satisfy; nothing but its budget unless said.

    Weights are fractions of the portfolio's value, given as an array in the order of
    the model's tickers or by ticker, where others weigh 0. Bounds are (least, most),
    None for none.

    - `budget`: sum of the weights; None leaves it open.
    - `long_only`: no weight below 0.
    - `min_weight`, `max_weight`: of every name, or by ticker.
    - `sector_bounds`: of the sum of weights, by sector.
    - `factor_bounds`: of the portfolio's exposure, by factor_id.
    - `active_factor_bounds`: of that exposure less the benchmark's.
    - `max_turnover`: of the sum of all trades, bought and sold, from `current_weights`.
    - `tracking_error`: most volatility of the difference to `benchmark`, a fraction over
      the model's horizon.
    """

    budget: float | None = 1.0
    long_only: bool = False
    min_weight: float | Mapping[str, float] | None = None
    max_weight: float | Mapping[str, float] | None = None
    sector_bounds: Bounds | None = None
    factor_bounds: Bounds | None = None
    active_factor_bounds: Bounds | None = None
    max_turnover: float | None = None
    current_weights: Weights | None = None
    tracking_error: float | None = None
    benchmark: Weights | None = None

    def __post_init__(self) -> None:
        if self.max_turnover is not None and self.current_weights is None:
            raise ValueError("max_turnover needs current_weights: {} to start from cash")
        if self.tracking_error is not None and not self.tracking_error > 0:
            raise ValueError(f"tracking_error has to be positive, not {self.tracking_error}")
        for name in ("tracking_error", "active_factor_bounds"):
            if getattr(self, name) is not None and self.benchmark is None:
                raise ValueError(f"{name} needs a benchmark")

    def described(self) -> str:
        """The constraints that are set, for messages."""
        inputs = {"current_weights", "benchmark"}
        named = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in inputs}
        return ", ".join(
            name if value is True else f"{name} {value}"
            for name, value in named.items()
            if value is not None and value is not False
        )


@dataclass(frozen=True, kw_only=True)
class Costs:
    """What trading costs, as a fraction of the portfolio's value.

    `linear_bps`: basis points of the value traded, of every name or by ticker.
    `quadratic`: times the square of the traded weight, of every name or by ticker.
    By ticker every name has to be there.
    """

    linear_bps: float | Mapping[str, float] = 0.0
    quadratic: float | Mapping[str, float] = 0.0


@dataclass(frozen=True, eq=False)
class Portfolio:
    """An optimal portfolio: n weights in the order of the model's tickers, and its risk.

    `volatility`, `expected_return` and `cost` are fractions over the model's horizon;
    the latter two are None where the problem has none, `turnover` where nothing is held
    before. `status` is cvxpy's, `seconds` includes the problem's compilation.
    """

    model: RiskModel
    weights: Vector
    volatility: float
    expected_return: float | None
    cost: float | None
    turnover: float | None
    solver: str
    status: str
    seconds: float

    def table(self) -> pl.DataFrame:
        """A row per name, largest first: security_id, ticker, sector, weight, risk_share."""
        return pl.DataFrame(
            {
                "security_id": self.model.security_ids,
                "ticker": self.model.tickers,
                "sector": self.model.sectors,
                "weight": self.weights,
                "risk_share": self.model.risk_shares(self.weights),
            }
        ).sort("weight", descending=True)


def minimum_variance(
    model: RiskModel, constraints: Constraints | None = None, *, solver: str = SOLVER
) -> Portfolio:
    """The portfolio of the least variance.

    Errors: see `mean_variance`.
    """
    constraints = constraints or Constraints()
    cp = require("cvxpy")
    weights = cp.Variable(len(model.tickers))
    objective = cp.Minimize(_variance(cp, model, weights) / _scale(model))
    return _solved(cp, model, constraints, weights, objective, solver=solver)


def mean_variance(
    model: RiskModel,
    expected_returns: Weights,
    risk_aversion: float,
    constraints: Constraints | None = None,
    costs: Costs | None = None,
    *,
    solver: str = SOLVER,
) -> Portfolio:
    """The portfolio with the most expected return less costs and what its variance weighs.

    Maximizes `expected_returns` · w − `risk_aversion` / 2 · w' Σ w − costs. Expected
    returns are fractions over the model's horizon, one for every name.

    Errors: InfeasibleProblem where no portfolio satisfies the constraints; SolverFailed;
    UnknownName for a sector, factor or ticker that the model does not have; ValueError
    for expected returns that are missing, for a risk aversion that is not positive and
    for costs without `current_weights`; NotReady without the extra `optimization`.
    Warns where the solver calls its answer inaccurate.
    """
    if not risk_aversion > 0:
        raise ValueError(f"risk_aversion has to be positive, not {risk_aversion}")
    constraints = constraints or Constraints()
    cp = require("cvxpy")
    weights = cp.Variable(len(model.tickers))
    expected = of_every_name(model, expected_returns, "expected_returns")
    utility = expected @ weights - risk_aversion / 2 * _variance(cp, model, weights)
    cost = None if costs is None else _cost(cp, model, constraints, costs, weights)
    # The solver's tolerances are absolute: the quadratic term becomes one of order 1.
    objective = (utility if cost is None else utility - cost) / (risk_aversion * _scale(model))
    return _solved(
        cp,
        model,
        constraints,
        weights,
        cp.Maximize(objective),
        expected=expected @ weights,
        cost=cost,
        solver=solver,
    )


def risk_parity(
    model: RiskModel, constraints: Constraints | None = None, *, solver: str = SOLVER
) -> Portfolio:
    """The long-only portfolio in which every name has the same share of the variance.

    Where other constraints than the budget bind, shares are no longer the same: it is
    the portfolio of the least variance among those of the same product of weights.

    Errors: ValueError without a positive budget; InfeasibleProblem also where a weight
    would have to be 0; else see `mean_variance`.
    Source: Maillard, Roncalli and Teiletche (2010), in the convex form of Spinu (2013).
    """
    constraints = constraints or Constraints()
    if constraints.budget is None or not constraints.budget > 0:
        raise ValueError(f"risk parity needs a positive budget, not {constraints.budget}")
    cp = require("cvxpy")
    _require_positive(cp, model, constraints)
    n = len(model.tickers)
    # The problem is one of proportions: weights are `parts` / `size`, constraints and all.
    # In units of the variance of equal parts they come out near 1, where solvers are exact.
    parts, size = cp.Variable(n, pos=True), cp.Variable(pos=True)
    unit = model.risk_of(np.ones(n)) ** 2
    objective = cp.Minimize(_variance(cp, model, parts) / (2 * unit) - cp.sum(cp.log(parts)) / n)
    return _solved(cp, model, constraints, parts, objective, size=size, solver=solver)


def of_every_name(model: RiskModel, given: Weights, what: str) -> Vector:
    """One number for all, an array of n, or by ticker, where no name may be missing."""
    if isinstance(given, Mapping):
        if missing := _first_few([ticker for ticker in model.tickers if ticker not in given]):
            raise ValueError(f"{what} has nothing for {missing}")
        given = [given[ticker] for ticker in model.tickers]
    values = np.asarray(given, dtype=float)
    if values.ndim == 0:
        values = np.full(len(model.tickers), float(values))
    return model.aligned(values)


def _solved(
    cp: Any,
    model: RiskModel,
    constraints: Constraints,
    weights: Any,
    objective: Any,
    *,
    size: Any = 1.0,
    expected: Any = None,
    cost: Any = None,
    solver: str,
) -> Portfolio:
    """Solve, and say what became of it. Weights are `weights` / `size`."""
    start = time.perf_counter()
    problem = cp.Problem(objective, _requirements(cp, model, constraints, weights, size))
    status = _status(cp, problem, solver)
    if status in (cp.INFEASIBLE, cp.INFEASIBLE_INACCURATE):
        raise _infeasible(model, constraints)
    if status not in (cp.OPTIMAL, cp.OPTIMAL_INACCURATE):
        raise SolverFailed(f"{solver} ended with the status {status}")
    if status == cp.OPTIMAL_INACCURATE:
        warnings.warn(f"{solver} calls its answer inaccurate", RuntimeWarning, stacklevel=3)
    held = np.asarray(weights.value) / float(getattr(size, "value", size))
    current = constraints.current_weights
    return Portfolio(
        model=model,
        weights=held,
        volatility=model.risk_of(held),
        expected_return=None if expected is None else float(expected.value),
        cost=None if cost is None else float(cost.value),
        turnover=None if current is None else float(np.abs(held - model.aligned(current)).sum()),
        solver=solver,
        status=status,
        seconds=time.perf_counter() - start,
    )


def _status(cp: Any, problem: Any, solver: str) -> str:
    """Solve, as exactly as the solver of ours can; the status."""
    with warnings.catch_warnings():
        # Our own warning has the solver's name and the caller's line.
        warnings.filterwarnings("ignore", message="Solution may be inaccurate")
        if solver == SOLVER:
            with suppress(cp.SolverError):
                problem.solve(solver=solver, **PRECISION)
            if problem.status == cp.OPTIMAL_INACCURATE:
                return str(cp.OPTIMAL)
            if problem.status in (cp.OPTIMAL, cp.INFEASIBLE):
                return str(problem.status)
        try:
            # A warm start would keep the settings of the attempt before.
            problem.solve(solver=solver, warm_start=False)
        except cp.SolverError as error:
            raise SolverFailed(f"{solver}: {error}") from error
        return str(problem.status)


def _require_positive(cp: Any, model: RiskModel, constraints: Constraints) -> None:
    """Refuse constraints under which a weight has to be 0: its logarithm stalls solvers."""
    weights = cp.Variable(len(model.tickers))
    least = cp.Maximize(cp.min(weights))
    problem = cp.Problem(least, _requirements(cp, model, constraints, weights, 1.0))
    status = _status(cp, problem, SOLVER)
    if status in (cp.INFEASIBLE, cp.INFEASIBLE_INACCURATE) or problem.value < LEAST_WEIGHT:
        raise _infeasible(model, constraints)


def _infeasible(model: RiskModel, constraints: Constraints) -> InfeasibleProblem:
    names = len(model.tickers)
    return InfeasibleProblem(f"no portfolio of {names} names satisfies: {constraints.described()}")


def _requirements(
    cp: Any, model: RiskModel, constraints: Constraints, weights: Any, size: Any
) -> list[Any]:
    """The constraints on `weights` / `size`, multiplied by `size`: linear and conic."""
    found = _position_bounds(model, constraints, weights, size)
    if constraints.budget is not None:
        found.append(cp.sum(weights) == constraints.budget * size)
    sectors = {sector: np.array(model.sectors) == sector for sector in sorted(set(model.sectors))}
    members = {sector: rows.astype(float) for sector, rows in sectors.items()}
    found += _bounded(members, constraints.sector_bounds, "sector", weights, size)
    loadings = dict(zip(model.factor_ids, model.exposures.T, strict=True))
    found += _bounded(loadings, constraints.factor_bounds, "factor", weights, size)
    if constraints.max_turnover is not None and constraints.current_weights is not None:
        current = model.aligned(constraints.current_weights)
        found.append(cp.norm1(weights - current * size) <= constraints.max_turnover * size)
    if constraints.benchmark is not None:
        active = weights - model.aligned(constraints.benchmark) * size
        found += _bounded(loadings, constraints.active_factor_bounds, "factor", active, size)
        if constraints.tracking_error is not None:
            # In units of the most that is allowed, for the solver's absolute tolerances.
            deviation = _deviations(cp, model, active) / constraints.tracking_error
            found.append(cp.norm(deviation) <= size)
    return found


def _position_bounds(
    model: RiskModel, constraints: Constraints, weights: Any, size: Any
) -> list[Any]:
    found = [weights >= 0] if constraints.long_only else []
    for bound, sign in ((constraints.min_weight, 1), (constraints.max_weight, -1)):
        if isinstance(bound, Mapping):
            rows = [model.place(ticker) for ticker in bound]
            limits = np.array(list(bound.values()), dtype=float)
            if rows:
                found.append(sign * weights[rows] >= sign * limits * size)
        elif bound is not None:
            found.append(sign * weights >= sign * bound * size)
    return found


def _bounded(
    loadings: Mapping[str, Vector], bounds: Bounds | None, kind: str, weights: Any, size: Any
) -> list[Any]:
    """Bounds on what weights load on each named sector or factor."""
    found = []
    for name, (least, most) in (bounds or {}).items():
        if name not in loadings:
            raise UnknownName(f"no {kind} {name!r}; there are: {', '.join(loadings)}")
        loading = loadings[name] @ weights
        if least is not None:
            found.append(loading >= least * size)
        if most is not None:
            found.append(loading <= most * size)
    return found


def _cost(cp: Any, model: RiskModel, constraints: Constraints, costs: Costs, weights: Any) -> Any:
    if constraints.current_weights is None:
        raise ValueError("costs need current_weights: {} to start from cash")
    trades = weights - model.aligned(constraints.current_weights)
    linear = of_every_name(model, costs.linear_bps, "linear_bps") / 1e4
    quadratic = of_every_name(model, costs.quadratic, "quadratic")
    if (linear < 0).any() or (quadratic < 0).any():
        raise ValueError("costs cannot be negative")
    return linear @ cp.abs(trades) + cp.sum_squares(cp.multiply(np.sqrt(quadratic), trades))


def _variance(cp: Any, model: RiskModel, weights: Any) -> Any:
    return cp.sum_squares(_deviations(cp, model, weights))


def _deviations(cp: Any, model: RiskModel, weights: Any) -> Any:
    """A vector of k + n numbers whose squares add up to the variance of `weights`."""
    specific = cp.multiply(np.sqrt(model.specific_variance), weights)
    return cp.hstack([model.factor_root.T @ weights, specific])


def _scale(model: RiskModel) -> float:
    """The names' mean variance, the unit in which the solver sees variances."""
    systematic = (model.factor_root**2).sum(axis=1)
    scale = float((systematic + model.specific_variance).mean())
    return scale or 1.0


def _first_few(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
