"""Macro factors, by date."""

from __future__ import annotations

from datetime import date

from fastapi import APIRouter
from starlette.responses import Response

from api.days import chosen_range, no_rows
from api.documentation import documented
from api.models import Listing, MacroValue
from api.paging import Many
from api.parameters import FactorList, FromDate, ToDate, split
from api.reading import Read
from api.registry import check_factors

router = APIRouter(prefix="/macro", tags=["macro"])
MACRO = {
    "trade_date": "2024-06-28",
    "factor_id": "term_spread",
    "value": -0.35,
    "zscore": -1.7,
    "pit_grade": "point_in_time",
}


@router.get("", **documented(Listing[MacroValue], {"data": [MACRO], "next": None}))
async def macro(
    read: Read,
    page: Many,
    first: FromDate = None,
    last: ToDate = None,
    factors: FactorList = None,
) -> Response:
    """Macro factors as known on each day, on the latest or from one day to another."""
    wanted = split(factors)
    await check_factors(read, wanted, is_macro=True)
    days = await read.fetch_one("api_macro_days", trade_date=first or last)
    assert days is not None
    start, end = chosen_range(first, last, days, "The macro history")
    table = await read.fetch(
        "api_macro",
        from_date=start,
        to_date=end,
        factors=wanted,
        **page.after(trade_date=date, factor_id=str),
    )
    if not table.rows and page.is_first:
        raise no_rows(start, end, days, "The macro history")
    return await read.answer(table, page)
