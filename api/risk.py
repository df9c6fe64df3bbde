"""Which model, day, range and factors a request about risk means."""

from __future__ import annotations

from datetime import date
from typing import Any

from api.days import chosen_day, chosen_range
from api.errors import NotFound
from api.reading import Reading

HISTORY = "The history of factor returns"


async def day_of_model(read: Reading, model: str, asked: date | None) -> date:
    """The day asked for, or the latest one a model covers. Errors: NotFound."""
    days = await read.fetch_one("api_risk_model_days", model=model, trade_date=asked)
    if days is None:
        raise no_such_model(model)
    return chosen_day(asked, days, f"The risk model {model}")


def no_such_model(model: str) -> NotFound:
    """The error for a risk model without a version in force."""
    return NotFound(f"No risk model {model} is in force; /v1/risk/models lists them.")


async def day_of_exposures(read: Reading, asked: date | None) -> date:
    """The day asked for, or the latest one with exposures. Errors: NotFound."""
    days = await read.fetch_one("api_risk_exposure_days", universe="all", trade_date=asked)
    assert days is not None
    return chosen_day(asked, days, "The risk model")


async def range_of_returns(
    read: Reading, first: date | None, last: date | None
) -> tuple[date, date, dict[str, Any]]:
    """First and last day asked for, and the days around. Errors: BadRequest, NotFound."""
    days = await read.fetch_one("api_risk_regression_days", trade_date=first or last)
    assert days is not None
    start, end = chosen_range(first, last, days, HISTORY)
    return start, end, days


async def check_risk_factors(read: Reading, factors: list[str] | None) -> None:
    """Errors: NotFound, naming those that no model has."""
    if factors is None:
        return
    unknown = await read.fetch("api_risk_unknown_factors", factors=factors)
    if unknown.rows:
        names = ", ".join(name for (name,) in unknown.rows)
        raise NotFound(f"There is no risk factor {names}; /v1/risk/factors lists them.")
