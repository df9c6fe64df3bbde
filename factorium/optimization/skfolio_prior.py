"""The risk model as a prior of skfolio: its optimizers take it in place of an estimate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from skfolio.prior import BasePrior, FactorModel, ReturnDistribution
from sklearn.utils.validation import validate_data

from factorium.optimization.problems import of_every_name
from factorium.optimization.risk_model import RiskModel, Vector


class FactoriumPrior(BasePrior):  # type: ignore[misc]
    """A prior that is a risk model as it is, whatever returns it is fitted to.

    `fit(X)` takes returns, a row per period and a column per name in the order of the
    model's tickers; columns with names have to have the model's. They serve measures of
    scenarios (CVaR, drawdown); mean and covariance are the model's. Expected returns
    are fractions over the model's horizon, by ticker or n in order; without them they
    are 0, which suits minimum risk and risk budgeting only.

    Errors: ValueError for columns that are not the model's names, or returns that are
    missing.
    """

    def __init__(
        self,
        risk_model: RiskModel,
        expected_returns: Mapping[str, float] | ArrayLike | None = None,
    ) -> None:
        self.risk_model = risk_model
        self.expected_returns = expected_returns

    def fit(self, X: Any, y: Any = None, **fit_params: Any) -> FactoriumPrior:
        """Set `return_distribution_` from the risk model."""
        returns = validate_data(self, X)
        model = self.risk_model
        names = np.array(model.tickers)
        if returns.shape[1] != len(names):
            raise ValueError(f"X has {returns.shape[1]} columns, the model {len(names)} names")
        if not np.array_equal(getattr(self, "feature_names_in_", names), names):
            raise ValueError("the columns of X are not the model's tickers in their order")
        expected = 0.0 if self.expected_returns is None else self.expected_returns
        mu = of_every_name(model, expected, "expected_returns")
        self.return_distribution_ = ReturnDistribution(
            mu=mu,
            covariance=model.covariance(),
            returns=returns,
            factor_model=_factor_model(model, mu, np.asarray(getattr(X, "index", range(len(X))))),
        )
        return self


def _factor_model(model: RiskModel, mu: Vector, observations: Any) -> FactorModel:
    """The factors' form: the square root that skfolio optimizes with, factors to bound."""
    return FactorModel(
        observations=observations,
        asset_names=np.array(model.tickers),
        factor_names=np.array(model.factor_ids),
        factor_families=np.array(model.factor_kinds),
        loading_matrix=model.exposures,
        exposures=None,
        factor_covariance=model.factor_covariance,
        # How expected returns come about is not known here: all of them is specific.
        factor_mu=np.zeros(len(model.factor_ids)),
        factor_returns=None,
        idio_covariance=model.specific_variance,
        idio_mu=mu,
        idio_returns=None,
        idio_variances=None,
    )
