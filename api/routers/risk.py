"""The risk model: models, factors and their returns, covariance, specific risk, exposures."""

from __future__ import annotations

from datetime import date as Date
from typing import Annotated

import orjson
from fastapi import APIRouter, Query
from starlette.responses import Response

from api.database import Table
from api.days import chosen_day, no_rows
from api.documentation import created, deleted, documented
from api.encoding import NPY
from api.errors import NotFound
from api.models import (
    Covariance,
    Exposures,
    FactorReturn,
    Listing,
    Regression,
    RiskFactor,
    RiskModel,
    RiskModelInForce,
    SpecificRisks,
)
from api.paging import Few, Many
from api.parameters import (
    FromDate,
    HorizonDays,
    InUniverse,
    OnDate,
    RiskModelId,
    ToDate,
    split,
)
from api.reading import Posted, Read, ReadMatrix, ReadRegistry
from api.requests import NewRiskModel
from api.risk import HISTORY, check_risk_factors, day_of_model, no_such_model, range_of_returns

router = APIRouter(prefix="/risk", tags=["risk"])
RiskFactorList = Annotated[
    str | None,
    Query(
        alias="factor",
        pattern=r"^[a-z][a-z0-9_]{0,62}(,[a-z][a-z0-9_]{0,62}){0,63}$",
        description="Factors of `/v1/risk/factors`, separated by commas; every one if absent.",
        examples=["market,value"],
    ),
]
FLOAT8 = 701
TEXT = 25
MODEL = {
    "model": "short",
    "version": 1,
    "description": "USE4 short horizon: variances of 84 days",
    "parameters": {"kind": "exponential", "variance_half_life": 84},
    "created_at": "2024-07-01T12:00:00Z",
    "retired_at": None,
    "is_in_force": True,
    "first_date": "2015-07-06",
    "last_date": "2024-06-28",
}
IN_FORCE = {
    **MODEL,
    "n_factors": 26,
    "n_days": 2262,
    "regime_multiplier": 0.93,
    "distortion": 0.0,
    "shrinkage": None,
}
FACTOR = {"factor_id": "market", "factor_kind": "market", "sector": None, "place": 1}
FACTOR_RETURN = {
    "trade_date": "2024-06-28",
    "factor_id": "value",
    "factor_kind": "style",
    "factor_return": 0.0012,
    "standard_error": 0.0004,
    "t_stat": 3.0,
    "vif": 1.8,
}
REGRESSION = {
    "trade_date": "2024-06-28",
    "weighting": "inverse_specific_variance",
    "n_names": 2890,
    "n_sectors": 11,
    "r2": 0.31,
    "adjusted_r2": 0.30,
    "sectors_r2": 0.22,
    "adjusted_sectors_r2": 0.22,
    "reason": None,
}
COVARIANCE = {
    "model": "short",
    "trade_date": "2024-06-28",
    "horizon_days": 1,
    "factor_ids": ["market", "value"],
    "covariance": [[1e-4, -2e-6], [-2e-6, 4e-6]],
    "volatilities": [0.01, 0.002],
    "correlation": [[1.0, -0.1], [-0.1, 1.0]],
}
SPECIFIC = {
    "security_id": 17,
    "ticker": "AAPL",
    "specific_volatility": 0.0098,
    "series_volatility": 0.0104,
    "structural_volatility": 0.011,
    "shrunk_volatility": 0.0103,
    "series_share": 1.0,
    "regime_multiplier": 0.95,
    "n_days": 2262,
}
EXPOSURE = {
    "ticker": "AAPL",
    "security_id": 17,
    "sector": "Information Technology",
    "sector_factor_id": "sector_information_technology",
    "cap_usd": 3.2e12,
    "is_estimated": True,
    "imputed": ["dividend_yield"],
    "size": 2.9,
    "value": -1.1,
}


@router.get("/models", **documented(Listing[RiskModel], {"data": [MODEL], "next": None}))
async def risk_models(read: ReadRegistry, page: Few) -> Response:
    """Every version of every risk model, with the dates it covers."""
    table = await read.fetch("api_risk_models", **page.after(model=str, version=int))
    return await read.answer(table, page)


@router.post("/models", **created(RiskModelInForce, IN_FORCE))
async def create_risk_model(read: Posted, wanted: NewRiskModel) -> Response:
    """Register a risk model, or a new version of one, which retires the one in force.

    The next build estimates its whole history. Parameters left out are those of
    `short`, or of `classic` where `kind` is `window`.
    """
    await read.write(
        "api_risk_create_model",
        model=wanted.name,
        description=wanted.description,
        parameters=orjson.dumps(wanted.parameters).decode(),
    )
    made = await read.fetch("api_risk_model", model=wanted.name)
    return await read.answer_created(made, f"/v1/risk/models/{wanted.name}")


@router.get("/models/{model}", **documented(RiskModelInForce, IN_FORCE))
async def risk_model(read: ReadRegistry, model: RiskModelId) -> Response:
    """The version of a risk model that is in force."""
    table = await read.fetch("api_risk_model", model=model)
    if not table.rows:
        raise no_such_model(model)
    return await read.answer_one(table)


@router.delete("/models/{model}", **deleted())
async def retire_risk_model(read: Posted, model: RiskModelId) -> Response:
    """Retire the version in force: builds no longer estimate it."""
    await read.write("api_risk_retire_model", model=model)
    return Response(status_code=204)


@router.get(
    "/models/{model}/covariance",
    **documented(Covariance, COVARIANCE, NPY),
)
async def risk_covariance(
    read: ReadMatrix,
    *,
    model: RiskModelId,
    date: OnDate = None,
    horizon_days: HorizonDays = 1,
) -> Response:
    """The covariance of factor returns, for the latest day the model covers or another.

    Tabular formats: a row per factor, `factor_id`, then a column per factor. With
    `Accept: application/x-npy` the float64 matrix as `numpy.save` writes it. Both
    name the day in `X-Trade-Date`, and the matrix its factors in `X-Factor-Ids`.
    """
    asked = {
        "model": model,
        "trade_date": await day_of_model(read, model, date),
        "horizon_days": horizon_days,
    }
    if read.media_type == "application/json":
        return await read.answer_one(await read.fetch("api_risk_covariance_and_more", **asked))
    found = await read.fetch_one("api_risk_covariance", **asked)
    assert found is not None
    read.headers["X-Trade-Date"] = str(found["trade_date"])
    names, matrix = found["factor_ids"], found["covariance"]
    if read.media_type == NPY:
        read.headers["X-Factor-Ids"] = ",".join(names)
        return read.answer_matrix(matrix)
    rows = [(name, *line) for name, line in zip(names, matrix, strict=True)]
    types = (TEXT, *[FLOAT8] * len(names))
    return await read.answer(Table(("factor_id", *names), types, rows))


@router.get(
    "/models/{model}/specific-risk",
    **documented(
        SpecificRisks,
        {
            "model": "short",
            "trade_date": "2024-06-28",
            "horizon_days": 1,
            "data": [SPECIFIC],
            "next": None,
        },
    ),
)
async def risk_specific(
    read: ReadRegistry,
    page: Many,
    *,
    model: RiskModelId,
    date: OnDate = None,
    horizon_days: HorizonDays = 1,
) -> Response:
    """Specific volatilities of names, for the latest day the model covers or another."""
    about = {
        "model": model,
        "trade_date": await day_of_model(read, model, date),
        "horizon_days": horizon_days,
    }
    table = await read.fetch("api_risk_specific_risk", **about, **page.after(security_id=int))
    if not table.rows and page.is_first:
        raise NotFound(f"{model} has no specific risk on {about['trade_date']}.")
    return await read.answer(table, page, about)


@router.get("/factors", **documented(Listing[RiskFactor], {"data": [FACTOR], "next": None}))
async def risk_factors(read: Read) -> Response:
    """Factors of the risk models, in the order in which matrices hold them."""
    return await read.answer(await read.fetch("api_risk_factors"))


@router.get(
    "/factor-returns",
    **documented(Listing[FactorReturn], {"data": [FACTOR_RETURN], "next": None}),
)
async def risk_factor_returns(
    read: Read,
    page: Many,
    first: FromDate = None,
    last: ToDate = None,
    factors: RiskFactorList = None,
) -> Response:
    """Daily returns of the risk factors, on the latest day or from one day to another."""
    wanted = split(factors)
    await check_risk_factors(read, wanted)
    start, end, days = await range_of_returns(read, first, last)
    table = await read.fetch(
        "api_risk_factor_returns",
        from_date=start,
        to_date=end,
        factors=wanted,
        **page.after(trade_date=Date, factor_id=str),
    )
    if not table.rows and page.is_first:
        raise no_rows(start, end, days, HISTORY)
    return await read.answer(table, page)


@router.get("/regressions", **documented(Listing[Regression], {"data": [REGRESSION], "next": None}))
async def risk_regressions(
    read: Read, page: Many, first: FromDate = None, last: ToDate = None
) -> Response:
    """How well the regressions explain returns, on the latest day or over a range."""
    start, end, days = await range_of_returns(read, first, last)
    table = await read.fetch(
        "api_risk_regressions", from_date=start, to_date=end, **page.after(trade_date=Date)
    )
    if not table.rows and page.is_first:
        raise no_rows(start, end, days, HISTORY)
    return await read.answer(table, page)


@router.get(
    "/exposures",
    **documented(
        Exposures,
        {"trade_date": "2024-06-28", "universe": "all", "data": [EXPOSURE], "next": None},
    ),
)
async def risk_exposures(
    read: Read, page: Many, date: OnDate = None, universe: InUniverse = "all"
) -> Response:
    """Exposures of names to the styles at one close, a column per style."""
    days = await read.fetch_one("api_risk_exposure_days", universe=universe, trade_date=date)
    assert days is not None
    if not days["has_universe"]:
        raise NotFound(f"There is no universe {universe}; /v1/universes lists them.")
    about = {"trade_date": chosen_day(date, days, "The risk model"), "universe": universe}
    table = await read.fetch("api_risk_exposures", **about, **page.after(security_id=int))
    if not table.rows and page.is_first:
        raise NotFound(f"The universe {universe} has no members with exposures then.")
    return await read.answer(table.without("trade_date"), page, about)
