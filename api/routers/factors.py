"""Factors: the registry, a factor's cross-section, its record."""

from __future__ import annotations

from datetime import date as Date
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from starlette.responses import Response

from api.days import chosen_day
from api.documentation import documented
from api.errors import BadRequest, NotFound
from api.models import Factor, FactorValues, Listing, Performances
from api.paging import Few, Many
from api.parameters import AsOf, FactorId, InUniverse, OnDate, is_future
from api.reading import Read
from api.registry import scored

router = APIRouter(prefix="/factors", tags=["factors"])
Kind = Literal["fundamental", "macro", "technical", "cross_source"]
Family = Annotated[
    str | None,
    Query(
        pattern=r"^[a-z][a-z0-9_]{0,62}$", description="A family of factors.", examples=["value"]
    ),
]
FACTOR = {
    "factor_id": "book_to_market",
    "family": "value",
    "kind": "fundamental",
    "sign": 1,
    "unit": "ratio",
    "description": "Book equity over market equity.",
    "formula": "book_equity / market_equity",
    "source": "Rosenberg, Reid and Lanstein (1985)",
    "inputs": ["book_equity", "market_equity"],
    "horizon": "months",
    "pit_grade": "point_in_time",
    "is_ranked": True,
}
VALUE = {
    "security_id": 17,
    "ticker": "AAPL",
    "value": 0.021,
    "zscore": -1.1,
    "score": 6.4,
    "sector_score": 11.2,
}
PERFORMANCE = {
    "universe": "all",
    "horizon_days": 21,
    "n_periods": 118,
    "mean_ic": 0.021,
    "ic_std": 0.09,
    "ic_tstat_nw": 2.3,
    "decile_spread": 0.004,
    "turnover": 0.12,
}


@router.get("", **documented(Listing[Factor], {"data": [FACTOR], "next": None}))
async def factors(
    read: Read, page: Few, family: Family = None, kind: Kind | None = None
) -> Response:
    """The registry of factors, with formula, source and sign of each."""
    table = await read.fetch("api_factors", family=family, kind=kind, **page.after(factor_id=str))
    if family and not table.rows and family not in (known := await _families(read)):
        raise NotFound(f"There is no family {family}; there are {', '.join(known)}.")
    return await read.answer(table, page)


@router.get("/{factor_id}", **documented(Factor, FACTOR))
async def factor(read: Read, factor_id: FactorId) -> Response:
    """One factor of the registry."""
    table = await read.fetch("api_factor", factor_id=factor_id)
    if not table.rows:
        raise no_such_factor(factor_id)
    return await read.answer_one(table)


@router.get(
    "/{factor_id}/values",
    **documented(
        FactorValues,
        {
            "factor_id": "book_to_market",
            "trade_date": "2024-06-28",
            "universe": "all",
            "data": [VALUE],
            "next": None,
        },
    ),
)
async def factor_values(
    read: Read,
    page: Many,
    *,
    factor_id: FactorId,
    date: OnDate = None,
    universe: InUniverse = "all",
    as_of: AsOf = None,
) -> Response:
    """Every security's value and scores of one factor on one day, best score first.

    Securities without a value are left out. With `as_of` values only, by security.
    """
    if as_of is not None:
        _check_as_of(as_of, date, universe)
    days = await read.fetch_one(
        "api_factor_day", factor_id=factor_id, universe=universe, trade_date=date
    )
    _check(factor_id, universe, days)
    assert days is not None
    day = chosen_day(date, days, factor_id)
    about = {"factor_id": factor_id, "trade_date": day, "universe": universe}
    if as_of is None:
        table = await read.fetch(
            scored("api_factor_values", universe),
            **about,
            **page.after(score=float, security_id=int),
        )
        nothing = f"The universe {universe} has no members with {factor_id} on {day}."
    else:
        table = await read.fetch(
            "api_factor_values_as_of",
            factor_id=factor_id,
            trade_date=day,
            as_of=as_of,
            **page.after(security_id=int),
        )
        nothing = f"{factor_id} on {day} was first published after {as_of.isoformat()}."
        about["as_of"] = as_of
    if not table.rows and page.is_first:
        raise NotFound(nothing)
    return await read.answer(table, page, about)


@router.get(
    "/{factor_id}/performance",
    **documented(
        Performances, {"factor_id": "book_to_market", "data": [PERFORMANCE], "next": None}
    ),
)
async def factor_performance(read: Read, factor_id: FactorId) -> Response:
    """How well the factor ranked later returns, per universe and horizon."""
    table = await read.fetch("api_factor_performance", factor_id=factor_id)
    if not table.rows:
        if await read.fetch_one("api_factor", factor_id=factor_id) is None:
            raise no_such_factor(factor_id)
        raise NotFound(f"The performance of {factor_id} has not been computed.")
    return await read.answer(table, about={"factor_id": factor_id})


def no_such_factor(factor_id: str) -> NotFound:
    """The error for a factor that is not in the registry."""
    return NotFound(f"There is no factor {factor_id}; /v1/factors lists them.")


async def _families(read: Read) -> list[str]:
    return [family for (family,) in (await read.fetch("api_families")).rows]


def _check(factor_id: str, universe: str, found: dict[str, Any] | None) -> None:
    if found is None:
        raise no_such_factor(factor_id)
    if found["kind"] == "macro":
        raise NotFound(
            f"{factor_id} is a macro factor, without securities: /v1/macro?factors={factor_id}."
        )
    if not found["has_universe"]:
        raise NotFound(f"There is no universe {universe}; /v1/universes lists them.")


def _check_as_of(as_of: datetime, day: Date | None, universe: str) -> None:
    if day is None:
        raise BadRequest("as_of needs a date: the latest one was another then.")
    if is_future(as_of):
        raise BadRequest(f"as_of={as_of.isoformat()} has not come yet.")
    if universe != "all":
        raise BadRequest("as_of answers the universe `all` only.")
