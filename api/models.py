"""What the JSON answers look like, for the OpenAPI document.

Answers are written from query rows without passing through these models; the
tests hold both to the same shape.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

Row = TypeVar("Row", bound=BaseModel)
Unit = Field(description="In the factor's unit; null where missing.")
ZSCORE = Field(description="Standard deviations, winsorized at 1/99 %, unsigned.")
SCORE = Field(description="0 to 100; 100 is the side the literature buys.")
SECTOR_SCORE = Field(description="The same within the sector.")


class Problem(BaseModel):
    """An RFC 9457 problem document."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "examples": [
                {
                    "type": "urn:factorium:problem:not-found",
                    "title": "Not Found",
                    "status": 404,
                    "detail": "book_to_market has no values on 2024-01-06; "
                    "the nearest built dates are 2024-01-05 and 2024-01-08.",
                    "nearest": ["2024-01-05", "2024-01-08"],
                }
            ]
        },
    )

    type: str
    title: str
    status: int
    detail: str


class Listing(BaseModel, Generic[Row]):
    """One page of rows."""

    data: list[Row]
    next: str | None = Field(description="Cursor of the next page; null on the last one.")


class Health(BaseModel):
    """Whether the warehouse can be read, and what it holds. From `fct_builds`."""

    status: Literal["ok", "empty"] = Field(description="empty: nothing has been built yet.")
    version: str
    build_id: int | None
    built_at: datetime | None
    latest_date: date | None


class Factor(BaseModel):
    """A factor of the registry, `dim_factor`."""

    factor_id: str
    family: str
    kind: str
    sign: int = Field(description="+1 or -1: the side the literature buys; 0: descriptive.")
    unit: str | None
    description: str | None
    formula: str | None
    source: str | None
    inputs: list[str] | None
    horizon: str | None
    pit_grade: str | None
    is_ranked: bool


class FactorValue(BaseModel):
    """A security's value and scores of one factor on one day, `fct_factor_values`."""

    security_id: int
    ticker: str | None
    value: float | None = Unit
    zscore: float | None = Field(None, description="Absent with `as_of`.")
    score: float | None = Field(None, description=f"{SCORE.description} Absent with `as_of`.")
    sector_score: float | None = Field(None, description="Within the sector. Absent with `as_of`.")


class FactorValues(Listing[FactorValue]):
    """A cross-section, best score first."""

    factor_id: str
    trade_date: date
    universe: str
    as_of: datetime | None = None


class Performance(BaseModel):
    """How well a factor ranked later returns, `fct_factor_performance`."""

    universe: str
    horizon_days: int = Field(description="Sessions, entered at t+1.")
    n_periods: int | None
    mean_ic: float | None = Field(description="Mean rank correlation with later returns.")
    ic_std: float | None
    ic_tstat_nw: float | None = Field(description="Newey-West t-statistic of the mean.")
    decile_spread: float | None = Field(description="Top less bottom decile, per period.")
    turnover: float | None = Field(description="Share of the extreme deciles replaced per period.")


class Performances(Listing[Performance]):
    """A factor's record per universe and horizon."""

    factor_id: str


class Security(BaseModel):
    """A security, `dim_security`."""

    security_id: int
    ticker: str | None
    name: str | None
    cik: int | None
    company_id: int | None
    share_class: str | None
    sector: str | None
    industry: str | None
    listed_on: date | None
    delisted_on: date | None
    is_active: bool | None


class SecurityFactor(BaseModel):
    """One factor of one security on one day."""

    trade_date: date
    factor_id: str
    value: float | None = Unit
    zscore: float | None = ZSCORE
    score: float | None = SCORE
    sector_score: float | None = SECTOR_SCORE


class SecurityFactors(Listing[SecurityFactor]):
    """All factors of one security, by day and factor."""

    security_id: int
    ticker: str


class Universe(BaseModel):
    """A universe, `dim_universe`."""

    universe: str
    description: str | None
    size: int | None = Field(description="Names it should have; null where that is open.")
    n_members: int | None = Field(description="Names it has now.")
    last_valid_from: date | None


class UniverseFactor(BaseModel):
    """In the long layout a factor of a security; in the wide one a security."""

    model_config = ConfigDict(extra="allow")

    security_id: int
    ticker: str | None


class UniverseFactors(Listing[UniverseFactor]):
    """The factors of a universe on one day."""

    universe: str
    trade_date: date
    measure: str | None = Field(None, description="What the wide layout holds.")


class MacroValue(BaseModel):
    """A macro factor on one day, `fct_macro_factors`."""

    trade_date: date
    factor_id: str
    value: float | None = Unit
    zscore: float | None = Field(description="Against its own trailing ten years as known then.")
    pit_grade: str | None = Field(description="lagged_latest: no vintages, lagged by rule.")


class Coverage(BaseModel):
    """How many eligible names have a value, `fct_coverage`."""

    trade_date: date
    factor_id: str
    n_eligible: int | None
    n_values: int | None
    coverage: float | None = Field(description="n_values / n_eligible.")


class Freshness(BaseModel):
    """When a dataset last landed, `fct_freshness`."""

    source: str
    dataset: str
    last_finished_at: datetime | None
    n_loads: int | None
    rows_landed: int | None
    rows_rejected: int | None
