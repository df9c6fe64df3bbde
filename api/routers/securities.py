"""Securities: search, and all factors of one."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import Response

from api.days import chosen_range, no_rows
from api.documentation import documented
from api.errors import NotFound
from api.models import Listing, Security, SecurityFactors
from api.paging import Few, Many
from api.parameters import FactorList, FromDate, Ticker, ToDate, split
from api.reading import Read
from api.registry import check_factors

router = APIRouter(prefix="/securities", tags=["securities"])
PRINTABLE = r"^[^\x00-\x1f\x7f]{1,100}$"
Search = Annotated[
    str | None,
    Query(
        pattern=PRINTABLE,
        description="Beginning of the ticker, or part of the name.",
        examples=["AAPL", "apple"],
    ),
]
Sector = Annotated[
    str | None, Query(pattern=PRINTABLE, description="Exact sector.", examples=["Energy"])
]
IsActive = Annotated[bool | None, Query(description="Listed now; delisted ones are kept for ever.")]
SECURITY = {
    "security_id": 17,
    "ticker": "AAPL",
    "name": "Apple Inc.",
    "cik": 320193,
    "company_id": 12,
    "share_class": None,
    "sector": "Information Technology",
    "industry": None,
    "listed_on": "1980-12-12",
    "delisted_on": None,
    "is_active": True,
}
SECURITY_FACTOR = {
    "trade_date": "2024-06-28",
    "factor_id": "book_to_market",
    "value": 0.021,
    "zscore": -1.1,
    "score": 6.4,
    "sector_score": 11.2,
}


@router.get("", **documented(Listing[Security], {"data": [SECURITY], "next": None}))
async def securities(
    read: Read,
    page: Few,
    search: Search = None,
    sector: Sector = None,
    is_active: IsActive = None,
) -> Response:
    """Securities by ticker; all of them without a search."""
    table = await read.fetch(
        "api_securities",
        search=search,
        sector=sector,
        is_active=is_active,
        **page.after(ticker=str, security_id=int),
    )
    return await read.answer(table, page)


@router.get(
    "/{ticker}/factors",
    **documented(
        SecurityFactors,
        {"security_id": 17, "ticker": "AAPL", "data": [SECURITY_FACTOR], "next": None},
    ),
)
async def security_factors(
    read: Read,
    page: Many,
    *,
    ticker: Ticker,
    first: FromDate = None,
    last: ToDate = None,
    factors: FactorList = None,
) -> Response:
    """All factors of one security, on the latest day or from one day to another.

    Factors without a value are left out.
    """
    security = await read.fetch_one("api_security_day", ticker=ticker, trade_date=first or last)
    if security is None:
        raise NotFound(f"There is no security with ticker {ticker}; see /v1/securities?search=.")
    wanted = split(factors)
    await check_factors(read, wanted, is_macro=False)
    start, end = chosen_range(first, last or _last_day(first, security), security, "The market")
    table = await read.fetch(
        "api_security_factors",
        security_id=security["security_id"],
        from_date=start,
        to_date=end,
        factors=wanted,
        **page.after(trade_date=date, factor_id=str),
    )
    if not table.rows and page.is_first:
        raise _nothing(security, start, end)
    about = {"security_id": security["security_id"], "ticker": security["ticker"]}
    return await read.answer(table, page, about)


def _last_day(first: date | None, security: dict[str, Any]) -> date | None:
    """Without dates, a delisted security's last built day; None means the latest."""
    if first is not None or security["delisted_on"] is None:
        return None
    last: date | None = security["date_before"]
    return last


def _nothing(security: dict[str, Any], start: date, end: date) -> NotFound:
    """Why a range is empty: no session in it, or the security was not listed."""
    ticker, listed, gone = (security[k] for k in ("ticker", "listed_on", "delisted_on"))
    if (listed and end < listed) or (gone and start > gone):
        until = f"until {gone}" if gone else "on"
        return NotFound(f"{ticker} was listed from {listed} {until}: not from {start} to {end}.")
    return no_rows(start, end, security, ticker)
