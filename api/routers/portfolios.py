"""Portfolios: uploads, their risk and where it comes from, scenarios, realized attribution."""

from __future__ import annotations

import asyncio
from datetime import date as Date
from typing import Annotated, Any, Literal

import orjson
from fastapi import APIRouter, Query
from starlette.responses import Response

from api.documentation import computed, created, deleted, documented
from api.errors import BadRequest, NotFound
from api.models import (
    Attribution,
    HistoricalRisk,
    Listing,
    Portfolio,
    PortfolioExposures,
    PortfolioRisk,
    Replay,
    ScenarioRisk,
    Stress,
    Weights,
)
from api.paging import Few, Many
from api.parameters import (
    Benchmark,
    Day,
    FromDate,
    HorizonDays,
    OfRiskModel,
    OnDate,
    PortfolioId,
    ToDate,
    split,
)
from api.reading import Posted, ReadRegistry
from api.requests import Changes, NewPortfolio, Shocks
from api.risk import day_of_exposures, day_of_model, range_of_returns

router = APIRouter(prefix="/risk/portfolios", tags=["portfolios"])
Include = Annotated[
    str | None,
    Query(
        pattern=r"^(factors|assets)(,(factors|assets))?$",
        description="What contributes to volatility: `factors`, `assets`, or both.",
        examples=["factors,assets"],
    ),
]
IsActive = Annotated[
    bool, Query(alias="active", description="Contributions to the tracking error instead.")
]
IsLinked = Annotated[
    bool,
    Query(alias="linked", description="Over the range, to the compounded return, not by day."),
]
Days = Annotated[int, Query(ge=20, le=10_000, description="Sessions to look back.")]
Confidence = Annotated[float, Query(ge=0.5, le=0.9999, description="As a fraction.")]
WindowStart = Annotated[Day, Query(alias="from", description="First date of the window.")]
WindowEnd = Annotated[Day, Query(alias="to", description="Last date of the window.")]
Part = Literal["factors", "assets"]
PARTS: dict[str, str] = {
    "factors": "api_risk_factor_contributions",
    "assets": "api_risk_asset_contributions",
}
PORTFOLIO = {
    "portfolio": "mine",
    "description": "Long only.",
    "first_date": "2024-03-28",
    "last_date": "2024-06-28",
    "n_uploads": 2,
    "n_holdings": 40,
    "created_at": "2024-04-01T12:00:00Z",
}
WEIGHT = {"security_id": 17, "ticker": "AAPL", "weight": 0.07}
EXPOSURE = {
    "factor_id": "value",
    "factor_kind": "style",
    "exposure": 0.4,
    "benchmark_exposure": 0.02,
    "active_exposure": 0.38,
}
TOTALS = {
    "portfolio": "mine",
    "model": "short",
    "trade_date": "2024-06-28",
    "horizon_days": 1,
    "n_holdings": 40,
    "n_covered": 39,
    "covered_weight": 0.98,
    "uncovered_weight": 0.02,
    "uncovered": ["NEWCO"],
    "total_volatility": 0.0121,
    "factor_volatility": 0.0115,
    "specific_volatility": 0.0038,
    "benchmark_volatility": 0.0102,
    "benchmark_uncovered_weight": 0.0,
    "active_volatility": 0.0045,
    "active_factor_volatility": 0.0026,
    "active_specific_volatility": 0.0037,
    "beta": 1.1,
    "value_at_risk_95": 0.0199,
    "value_at_risk_99": 0.0281,
    "expected_shortfall_95": 0.025,
    "expected_shortfall_99": 0.0322,
}
FACTOR = {
    "factor_id": "value",
    "factor_kind": "style",
    "exposure": 0.4,
    "factor_volatility": 0.002,
    "marginal": 0.0005,
    "contribution": 0.0002,
    "share": 0.017,
}
ASSET = {
    "security_id": 17,
    "ticker": "AAPL",
    "weight": 0.07,
    "active_weight": 0.01,
    "beta": 1.2,
    "volatility": 0.018,
    "marginal": 0.0125,
    "factor_contribution": 0.0008,
    "specific_contribution": 0.0001,
    "contribution": 0.0009,
    "share": 0.074,
}
HISTORICAL = {
    "portfolio": "mine",
    "trade_date": "2024-06-28",
    "confidence": 0.95,
    "horizon_days": 1,
    "n_days": 504,
    "first_date": "2022-06-28",
    "value_at_risk": 0.021,
    "expected_shortfall": 0.029,
    "worst_date": "2022-09-13",
    "worst_return": -0.046,
}
REPLAYED = {
    "factor_id": "market",
    "exposure": 1.0,
    "factor_return": -0.21,
    "contribution": -0.21,
}
STRESSED = {
    "factor_id": "market",
    "exposure": 1.0,
    "shock": -0.1,
    "shocked_return": -0.1,
    "contribution": -0.1,
}
CONTRIBUTION = {
    "trade_date": "2024-06-28",
    "factor_id": "value",
    "family": "style",
    "exposure": 0.4,
    "factor_return": 0.001,
    "contribution": 0.0004,
}


@router.get("", **documented(Listing[Portfolio], {"data": [PORTFOLIO], "next": None}))
async def portfolios(read: ReadRegistry, page: Few) -> Response:
    """The portfolios that were uploaded."""
    table = await read.fetch("api_risk_portfolios", **page.after(portfolio=str))
    return await read.answer(table, page)


@router.post("", **created(Portfolio, PORTFOLIO))
async def upload_portfolio(read: Posted, wanted: NewPortfolio) -> Response:
    """Upload weights at the close of a session, in force until the next upload.

    The same portfolio and date again replaces those weights as a whole.
    """
    await read.write(
        "api_risk_upload_portfolio",
        portfolio=wanted.name,
        valid_from=wanted.valid_from,
        tickers=[holding.ticker for holding in wanted.holdings],
        weights=[holding.weight for holding in wanted.holdings],
        description=wanted.description,
        total=wanted.total,
    )
    made = await read.fetch("api_risk_portfolio", portfolio=wanted.name)
    return await read.answer_created(made, f"/v1/risk/portfolios/{wanted.name}")


@router.delete("/{portfolio}", **deleted())
async def delete_portfolio(read: Posted, portfolio: PortfolioId) -> Response:
    """Delete a portfolio with all its uploads."""
    await read.write("api_risk_delete_portfolio", portfolio=portfolio)
    return Response(status_code=204)


@router.get(
    "/{portfolio}",
    **documented(
        Weights,
        {"portfolio": "mine", "trade_date": "2024-06-28", "data": [WEIGHT], "next": None},
    ),
)
async def portfolio_weights(
    read: ReadRegistry, page: Many, *, portfolio: PortfolioId, date: OnDate = None
) -> Response:
    """Weights at the close of a day, drifted by total returns since their upload."""
    about = {"portfolio": portfolio, "trade_date": await day_of_exposures(read, date)}
    table = await read.fetch("api_risk_weights", **about, **page.after(security_id=int))
    return await read.answer(table, page, about)


@router.get(
    "/{portfolio}/exposures",
    **documented(
        PortfolioExposures,
        {
            "portfolio": "mine",
            "trade_date": "2024-06-28",
            "benchmark": "market",
            "data": [EXPOSURE],
            "next": None,
        },
    ),
)
async def portfolio_exposures(
    read: ReadRegistry,
    *,
    portfolio: PortfolioId,
    date: OnDate = None,
    benchmark: Benchmark = None,
) -> Response:
    """Exposures to the factors at the close of a day, and those of a benchmark."""
    about = {
        "portfolio": portfolio,
        "trade_date": await day_of_exposures(read, date),
        "benchmark": benchmark,
    }
    return await read.answer(await read.fetch("api_risk_portfolio_exposures", **about), None, about)


@router.get(
    "/{portfolio}/risk",
    **documented(PortfolioRisk, {**TOTALS, "factors": [FACTOR], "assets": [ASSET]}),
)
async def portfolio_risk(
    read: ReadRegistry,
    *,
    portfolio: PortfolioId,
    date: OnDate = None,
    model: OfRiskModel = "short",
    benchmark: Benchmark = "market",
    horizon_days: HorizonDays = 1,
    include: Include = None,
    active: IsActive = False,
) -> Response:
    """Forecast risk at the close of a day, and what contributes to it.

    JSON holds all parts; the tabular formats hold the totals, or the one part that
    `include` names.
    """
    parts = split(include) or []
    if len(parts) > 1 and read.media_type != "application/json":
        raise BadRequest("A table has one kind of rows: include factors or assets, or take JSON.")
    asked: dict[str, Any] = {
        "portfolio": portfolio,
        "trade_date": date,
        "model": model,
        "benchmark": benchmark,
        "horizon_days": horizon_days,
    }
    totals = await read.fetch("api_risk_totals", **asked)
    if not parts:
        return await read.answer_one(totals)
    (found,) = totals.records()
    # On the day of the totals, also when a build adds another meanwhile.
    asked |= {"trade_date": found["trade_date"], "active": active}
    tables = await asyncio.gather(*(read.fetch(PARTS[part], **asked) for part in parts))
    if read.media_type == "application/json":
        listed = {part: table.records() for part, table in zip(parts, tables, strict=True)}
        return read.answer_document({**found, **listed})
    about = {name: found[name] for name in ("portfolio", "model", "trade_date", "horizon_days")}
    return await read.answer(tables[0], None, about)


@router.get("/{portfolio}/historical", **documented(HistoricalRisk, HISTORICAL))
async def portfolio_historical(
    read: ReadRegistry,
    *,
    portfolio: PortfolioId,
    date: OnDate = None,
    days: Days = 504,
    confidence: Confidence = 0.95,
    horizon_days: HorizonDays = 1,
) -> Response:
    """Value at risk by historical simulation: present weights over past returns."""
    about = {
        "portfolio": portfolio,
        "trade_date": await day_of_exposures(read, date),
        "confidence": confidence,
        "horizon_days": horizon_days,
    }
    table = await read.fetch("api_risk_historical", **about, days=days)
    return await read.answer_one(table, about)


@router.get(
    "/{portfolio}/replay",
    **documented(
        Replay,
        {
            "portfolio": "mine",
            "trade_date": "2024-06-28",
            "first_date": "2020-02-20",
            "last_date": "2020-03-23",
            "data": [REPLAYED],
            "next": None,
        },
    ),
)
async def portfolio_replay(
    read: ReadRegistry,
    *,
    portfolio: PortfolioId,
    first: WindowStart,
    last: WindowEnd,
    date: OnDate = None,
) -> Response:
    """Present exposures through the factor returns of another time."""
    start, end, _ = await range_of_returns(read, first, last)
    day = await day_of_exposures(read, date)
    table = await read.fetch(
        "api_risk_replay", portfolio=portfolio, trade_date=day, from_date=start, to_date=end
    )
    about = {"portfolio": portfolio, "trade_date": day, "first_date": start, "last_date": end}
    return await read.answer(table, None, about)


@router.post(
    "/{portfolio}/stress",
    **computed(
        Stress,
        {
            "portfolio": "mine",
            "model": "short",
            "trade_date": "2024-06-28",
            "data": [STRESSED],
            "next": None,
        },
    ),
)
async def portfolio_stress(
    read: Posted,
    wanted: Shocks,
    *,
    portfolio: PortfolioId,
    date: OnDate = None,
    model: OfRiskModel = "short",
) -> Response:
    """What the portfolio would return if some factors did; nothing is kept."""
    about = {
        "portfolio": portfolio,
        "model": model,
        "trade_date": await day_of_model(read, model, date),
    }
    table = await read.fetch(
        "api_risk_stress",
        **about,
        shocks=orjson.dumps(wanted.shocks).decode(),
        propagate=wanted.propagate,
    )
    return await read.answer(table, None, about)


@router.post(
    "/{portfolio}/what-if",
    **computed(
        Listing[ScenarioRisk],
        {"data": [{"scenario": "before", **TOTALS}, {"scenario": "after", **TOTALS}], "next": None},
    ),
)
async def portfolio_what_if(
    read: Posted,
    wanted: Changes,
    *,
    portfolio: PortfolioId,
    date: OnDate = None,
    model: OfRiskModel = "short",
    benchmark: Benchmark = "market",
    horizon_days: HorizonDays = 1,
) -> Response:
    """Risk as it is and with some weights changed; nothing is kept."""
    table = await read.fetch(
        "api_risk_what_if",
        portfolio=portfolio,
        trade_date=await day_of_model(read, model, date),
        model=model,
        tickers=[one.ticker for one in wanted.changes],
        changes=[one.change for one in wanted.changes],
        benchmark=benchmark,
        horizon_days=horizon_days,
    )
    return await read.answer(table)


@router.get(
    "/{portfolio}/attribution",
    **documented(
        Attribution,
        {
            "portfolio": "mine",
            "benchmark": "market",
            "first_date": "2024-06-28",
            "last_date": "2024-06-28",
            "data": [CONTRIBUTION],
            "next": None,
        },
    ),
)
async def portfolio_attribution(
    read: ReadRegistry,
    page: Many,
    *,
    portfolio: PortfolioId,
    first: FromDate = None,
    last: ToDate = None,
    benchmark: Benchmark = None,
    linked: IsLinked = False,
) -> Response:
    """What factors contributed to realized returns; with a benchmark to those in excess.

    A day's contributions sum to its return, linked ones to the compounded return.
    """
    start, end, _ = await range_of_returns(read, first, last)
    asked: dict[str, Any] = {
        "portfolio": portfolio,
        "benchmark": benchmark,
        "from_date": start,
        "to_date": end,
    }
    if linked:
        table = await read.fetch("api_risk_attribution_linked", **asked)
    else:
        after = page.after(trade_date=Date, factor_id=str)
        table = await read.fetch("api_risk_attribution", **asked, **after)
    if not table.rows and page.is_first:
        raise NotFound(f"{portfolio} holds nothing from {start} to {end}, or nothing is built.")
    about = {
        "portfolio": portfolio,
        "benchmark": benchmark,
        "first_date": start,
        "last_date": end,
    }
    return await read.answer(table, None if linked else page, about)
