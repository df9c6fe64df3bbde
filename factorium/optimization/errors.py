"""Errors of the hand-off to optimizers.

FactoriumError
├── NotReady             the extra `optimization` is not installed, or nothing is built
└── OptimizationError
    ├── UnknownName        a model, date, universe, sector, factor or ticker that is not there
    ├── UnusableModel      the risk model has holes, or its matrix is no covariance
    ├── InfeasibleProblem  no portfolio satisfies the constraints, which the message lists
    └── SolverFailed       the solver stopped without an answer; the message has its status
"""

from __future__ import annotations

import importlib
from typing import Any

from factorium.errors import FactoriumError, NotReady


class OptimizationError(FactoriumError):
    """Base of the errors of the hand-off."""


class UnknownName(OptimizationError):
    """A model, date, universe, sector, factor or ticker that is not there."""


class UnusableModel(OptimizationError):
    """The risk model has holes, or its matrix is no covariance."""


class InfeasibleProblem(OptimizationError):
    """No portfolio satisfies the constraints, which the message lists."""


class SolverFailed(OptimizationError):
    """The solver stopped without an answer; the message has its status."""


def require(module: str) -> Any:
    """Import a module of the extra `optimization`. Errors: NotReady naming the extra."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise NotReady(
            f"{error.name} is not installed: pip install 'factorium[optimization]'"
        ) from error
