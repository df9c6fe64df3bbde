"""Universes, and their factors on one day, long or wide."""

from __future__ import annotations

from datetime import date as Date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from starlette.responses import Response

from api.database import Table
from api.days import chosen_day
from api.documentation import documented
from api.errors import NotFound
from api.models import Listing, Universe, UniverseFactors
from api.paging import Many, Page
from api.parameters import FactorList, OnDate, UniverseId, split
from api.reading import Read, Reading
from api.registry import check_factors, scored

router = APIRouter(prefix="/universes", tags=["universes"])
Measure = Annotated[
    Literal["value", "zscore", "score", "sector_score"],
    Query(description="What the wide layout holds; the long one has all four."),
]
Layout = Annotated[
    Literal["long", "wide"],
    Query(description="long: a row per factor and security. wide: per security, columns factors."),
]
FLOAT8 = 701
UNIVERSE = {
    "universe": "top_1000",
    "description": "The 1,000 largest by company market cap at each June's last session.",
    "size": 1000,
    "n_members": 987,
    "last_valid_from": "2024-07-01",
}


@router.get("", **documented(Listing[Universe], {"data": [UNIVERSE], "next": None}))
async def universes(read: Read) -> Response:
    """The universes."""
    return await read.answer(await read.fetch("api_universes"))


@router.get(
    "/{universe}/factors",
    **documented(
        UniverseFactors,
        {
            "universe": "top_1000",
            "trade_date": "2024-06-28",
            "measure": "score",
            "data": [{"security_id": 17, "ticker": "AAPL", "book_to_market": 6.4}],
            "next": None,
        },
    ),
)
async def universe_factors(
    read: Read,
    page: Many,
    *,
    universe: UniverseId,
    date: OnDate = None,
    factors: FactorList = None,
    layout: Layout = "long",
    measure: Measure = "value",
) -> Response:
    """Factors of the members on one day, scored within the universe."""
    if await read.fetch_one("api_universe", universe=universe) is None:
        raise NotFound(f"There is no universe {universe}; /v1/universes lists them.")
    wanted = split(factors)
    await check_factors(read, wanted, is_macro=False)
    days = await read.fetch_one("api_market_days", trade_date=date)
    assert days is not None
    day = chosen_day(date, days, "The market")
    about: dict[str, Any] = {"universe": universe, "trade_date": day}
    if layout == "long":
        table = await _long(read, page, universe, day, wanted)
    else:
        table = await _wide(read, page, universe, day, wanted, measure=measure)
        about["measure"] = measure
    if not table.rows and page.is_first:
        raise NotFound(f"The universe {universe} has no members with these factors on {day}.")
    return await read.answer(table, page, about)


async def _long(
    read: Reading, page: Page, universe: str, day: Date, factors: list[str] | None
) -> Table:
    return await read.fetch(
        scored("api_universe_factors", universe),
        universe=universe,
        trade_date=day,
        factors=factors,
        one_factor=_only(factors),
        **page.after(factor_id=str, security_id=int),
    )


async def _wide(
    read: Reading,
    page: Page,
    universe: str,
    day: Date,
    factors: list[str] | None,
    *,
    measure: str,
) -> Table:
    if factors is None:
        every = await read.fetch("api_security_grain_factors")
        factors = [name for (name,) in every.rows]
    table = await read.fetch(
        scored("api_universe_factors_wide", universe),
        universe=universe,
        trade_date=day,
        factors=factors,
        one_factor=_only(factors),
        measure=measure,
        **page.after(security_id=int),
    )
    return _widened(table, factors)


def _only(factors: list[str] | None) -> str | None:
    """The factor if it is a single one: only it is scored then."""
    return factors[0] if factors and len(factors) == 1 else None


def _widened(table: Table, factors: list[str]) -> Table:
    """The arrays of each row as columns, one per factor, null where it has none."""
    names = (*table.names[:2], *factors)
    types = (*table.types[:2], *([FLOAT8] * len(factors)))
    return Table(names, types, [_widened_row(row, len(factors)) for row in table.rows])


def _widened_row(row: tuple[Any, ...], width: int) -> tuple[Any, ...]:
    security_id, ticker, positions, measures = row
    if len(positions) == width:
        return (security_id, ticker, *measures)
    cells: list[float | None] = [None] * width
    for position, measure in zip(positions, measures, strict=True):
        cells[position - 1] = measure
    return (security_id, ticker, *cells)
