"""The hand-off to optimizers: a risk model as arrays, and problems that cvxpy solves.

    model = load_risk_model(universe="sp500")
    minimum_variance(model, Constraints(long_only=True, max_weight=0.05)).table()

Reads the marts. The solvers are the extra `optimization`: cvxpy and skfolio.
"""

from __future__ import annotations

from typing import Any

from factorium.optimization.errors import (
    InfeasibleProblem,
    OptimizationError,
    SolverFailed,
    UnknownName,
    UnusableModel,
    require,
)
from factorium.optimization.problems import (
    Constraints,
    Costs,
    Portfolio,
    mean_variance,
    minimum_variance,
    risk_parity,
)
from factorium.optimization.risk_model import RiskModel, Weights, load_returns, load_risk_model

__all__ = [
    "Constraints",
    "Costs",
    "InfeasibleProblem",
    "OptimizationError",
    "Portfolio",
    "RiskModel",
    "SolverFailed",
    "UnknownName",
    "UnusableModel",
    "load_returns",
    "load_risk_model",
    "mean_variance",
    "minimum_variance",
    "risk_parity",
    "to_skfolio",
]


def to_skfolio(model: RiskModel, expected_returns: Weights | None = None) -> Any:
    """A prior for skfolio's optimizers: `MeanRisk(prior_estimator=to_skfolio(model))`.

    Its mean and covariance are the model's, whatever returns the optimizer is fitted
    to: see `FactoriumPrior`. Errors: NotReady without the extra `optimization`.
    """
    require("skfolio")
    return require("factorium.optimization.skfolio_prior").FactoriumPrior(model, expected_returns)
