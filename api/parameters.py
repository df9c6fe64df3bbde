"""Parameters that several routes share, and the rule for those that none has."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Annotated, Any

from fastapi import Path, Query, Request, params
from fastapi.dependencies.utils import get_flat_params
from fastapi.exceptions import RequestValidationError
from pydantic import AwareDatetime, BeforeValidator

ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
ISO_INSTANT = re.compile(
    r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})", re.IGNORECASE
)


def _only_date(value: Any) -> Any:
    """Refuse what pydantic would read as seconds since 1970."""
    if isinstance(value, str) and not ISO_DATE.fullmatch(value):
        raise ValueError("a date is written YYYY-MM-DD")
    return value


def _only_instant(value: Any) -> Any:
    if isinstance(value, str) and not ISO_INSTANT.fullmatch(value):
        raise ValueError("an instant is written 2024-01-31T22:00:00Z; a plus in a URL is %2B")
    return value


Day = Annotated[date, BeforeValidator(_only_date)]
Instant = Annotated[AwareDatetime, BeforeValidator(_only_instant)]

FactorId = Annotated[
    str,
    Path(
        pattern=r"^[a-z][a-z0-9_]{0,62}$",
        description="A factor of `/v1/factors`.",
        examples=["book_to_market"],
    ),
]
Ticker = Annotated[
    str,
    Path(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$",
        description="A ticker, in any vendor's spelling of a share class.",
        examples=["AAPL", "BRK.B"],
    ),
]
UniverseId = Annotated[
    str,
    Path(
        pattern=r"^[a-z][a-z0-9_]{0,62}$",
        description="A universe of `/v1/universes`.",
        examples=["sp500"],
    ),
]
InUniverse = Annotated[
    str,
    Query(
        pattern=r"^[a-z][a-z0-9_]{0,62}$",
        description="Score within this universe; `all` is every listed security.",
        examples=["all", "top_1000"],
    ),
]
OnDate = Annotated[
    Day | None,
    Query(description="A session of the exchange; the latest built one if absent."),
]
FromDate = Annotated[
    Day | None, Query(alias="from", description="First date; the same as `to` if absent.")
]
ToDate = Annotated[
    Day | None, Query(alias="to", description="Last date; the latest built one if absent.")
]
AsOf = Annotated[
    Instant | None,
    Query(
        description="Answer what this warehouse would have answered at this instant: "
        "values before later revisions, without scores.",
        examples=["2024-07-02T00:00:00Z"],
    ),
]
FactorList = Annotated[
    str | None,
    Query(
        pattern=r"^[a-z][a-z0-9_]{0,62}(,[a-z][a-z0-9_]{0,62}){0,255}$",
        description="Factors, separated by commas; every one if absent.",
        examples=["book_to_market,momentum_12m_1m"],
    ),
]

RiskModelId = Annotated[
    str,
    Path(
        pattern=r"^[a-z][a-z0-9_]{0,62}$",
        description="A risk model of `/v1/risk/models`.",
        examples=["short"],
    ),
]
OfRiskModel = Annotated[
    str,
    Query(
        alias="model",
        pattern=r"^[a-z][a-z0-9_]{0,62}$",
        description="A risk model of `/v1/risk/models`.",
        examples=["short", "long"],
    ),
]
HorizonDays = Annotated[
    int,
    Query(ge=1, le=2_520, description="Sessions: variances are those of a day times these."),
]
PORTFOLIO = r"^(universe:[a-z][a-z0-9_]{0,62}|[A-Za-z0-9][A-Za-z0-9_.-]{0,62})$"
PortfolioId = Annotated[
    str,
    Path(
        pattern=PORTFOLIO,
        description="A portfolio of `/v1/risk/portfolios`; `market` is the cap-weighted "
        "estimation universe, `universe:sp500` that of a universe.",
        examples=["mine", "market"],
    ),
]
Benchmark = Annotated[
    str | None,
    Query(
        pattern=PORTFOLIO,
        description="What active weights are against: named as a portfolio in the path.",
        examples=["market"],
    ),
]


def split(factors: str | None) -> list[str] | None:
    """The factors of a comma-separated list, each once, in the order given."""
    return None if factors is None else list(dict.fromkeys(factors.split(",")))


async def refuse_unknown(request: Request) -> None:
    """A misspelt parameter is an error: ignoring it would answer another question."""
    route = request.scope["route"]
    known = {
        field.alias
        for field in get_flat_params(route.dependant)
        if isinstance(field.field_info, params.Query)
    }
    seen: set[str] = set()
    errors = []
    for name, _ in request.query_params.multi_items():
        if name not in known:
            errors.append(_error(name, "no such parameter here"))
        elif name in seen:
            errors.append(_error(name, "given more than once"))
        seen.add(name)
    if errors:
        raise RequestValidationError(errors)


def _error(name: str, message: str) -> dict[str, Any]:
    return {"loc": ("query", name), "msg": message, "type": "value_error"}


def is_future(instant: datetime) -> bool:
    """Whether the instant has not come yet."""
    return instant > datetime.now(instant.tzinfo)
