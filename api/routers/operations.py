"""How the warehouse is: health, coverage, freshness."""

from __future__ import annotations

from datetime import date

import orjson
from fastapi import APIRouter, Request
from starlette.responses import Response

from api.database import Warehouse
from api.days import chosen_range, no_rows
from api.documentation import documented, problems
from api.errors import NotBuilt
from api.models import Coverage, Freshness, Health, Listing
from api.paging import Many
from api.parameters import FactorList, FromDate, ToDate, split
from api.reading import Read
from api.registry import check_factors
from factorium import __version__

router = APIRouter(tags=["operations"])
COVERAGE = {
    "trade_date": "2024-06-28",
    "factor_id": "book_to_market",
    "n_eligible": 2950,
    "n_values": 2801,
    "coverage": 0.9495,
}
FRESHNESS = {
    "source": "edgar",
    "dataset": "company_fact",
    "last_finished_at": "2024-07-01T12:00:00Z",
    "n_loads": 12,
    "rows_landed": 4_321_000,
    "rows_rejected": 3,
}


@router.get("/health", response_model=Health, responses=problems(422, 503, 504))
async def health(request: Request) -> Response:
    """Whether the warehouse can be read; 503 if not. JSON only, never cached."""
    warehouse: Warehouse = request.app.state.warehouse
    try:
        (build_id, built_at, latest_date), *_ = (await warehouse.fetch("api_health", {})).rows
    except NotBuilt:
        build_id = built_at = latest_date = None
    found = {
        "status": "empty" if latest_date is None else "ok",
        "version": __version__,
        "build_id": build_id,
        "built_at": built_at,
        "latest_date": latest_date,
    }
    return Response(
        orjson.dumps(found),
        media_type="application/json",
        headers={"Cache-Control": "no-store"},
    )


@router.get("/coverage", **documented(Listing[Coverage], {"data": [COVERAGE], "next": None}))
async def coverage(
    read: Read,
    page: Many,
    first: FromDate = None,
    last: ToDate = None,
    factors: FactorList = None,
) -> Response:
    """How many eligible names have a value, on the latest day or from one day to another."""
    wanted = split(factors)
    await check_factors(read, wanted, is_macro=False)
    days = await read.fetch_one("api_market_days", trade_date=first or last)
    assert days is not None
    start, end = chosen_range(first, last, days, "The market")
    table = await read.fetch(
        "api_coverage",
        from_date=start,
        to_date=end,
        factors=wanted,
        **page.after(trade_date=date, factor_id=str),
    )
    if not table.rows and page.is_first:
        raise no_rows(start, end, days, "The market")
    return await read.answer(table, page)


@router.get("/freshness", **documented(Listing[Freshness], {"data": [FRESHNESS], "next": None}))
async def freshness(read: Read) -> Response:
    """When each dataset last landed, and how many rows were rejected."""
    return await read.answer(await read.fetch("api_freshness"))
