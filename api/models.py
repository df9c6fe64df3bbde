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


class RiskModel(BaseModel):
    """A version of a risk model, `dim_risk_model`."""

    model: str
    version: int
    description: str
    parameters: dict[str, float | str] = Field(
        description="Half-lives and windows in sessions, lags, simulations."
    )
    created_at: datetime
    retired_at: datetime | None
    is_in_force: bool = Field(description="Builds estimate it; one version of a name is.")
    first_date: date | None = Field(description="Null until a build has estimated it.")
    last_date: date | None


class RiskModelInForce(RiskModel):
    """The version in force, and what its last matrix was made of, `fct_risk_model_days`."""

    n_factors: int | None
    n_days: int | None = Field(description="Sessions in the last covariance.")
    regime_multiplier: float | None = Field(description="Of factor volatilities; 1: calm.")
    distortion: float | None = Field(description="Repair to positive semi-definite, relative.")
    shrinkage: float | None = Field(description="Ledoit-Wolf intensity, 0 to 1.")


class RiskFactor(BaseModel):
    """A factor of the risk models, `dim_risk_factor`."""

    factor_id: str
    factor_kind: Literal["market", "sector", "style"]
    sector: str | None
    place: int = Field(description="From 1, in vectors and matrices.")


class FactorReturn(BaseModel):
    """A factor's return on one day, `fct_factor_returns`."""

    trade_date: date
    factor_id: str
    factor_kind: str
    factor_return: float | None = Field(description="Fraction per day.")
    standard_error: float | None = Field(description="Fraction per day.")
    t_stat: float | None
    vif: float | None = Field(description="Variance inflation of a style among the others.")


class Regression(BaseModel):
    """How well a day's regression explains returns, `fct_regressions`."""

    trade_date: date
    weighting: str | None
    n_names: int | None
    n_sectors: int | None
    r2: float | None = Field(description="Share of the weighted variance of returns, 0 to 1.")
    adjusted_r2: float | None
    sectors_r2: float | None = Field(description="That of the market and the sectors alone.")
    adjusted_sectors_r2: float | None
    reason: str | None = Field(description="Why there is no estimate; null where there is.")


class Covariance(BaseModel):
    """The K x K covariance of factor returns that a model forecasts at a close."""

    model: str
    trade_date: date
    horizon_days: int = Field(description="Sessions that the numbers are for.")
    factor_ids: list[str] = Field(description="Of rows and columns.")
    covariance: list[list[float]] = Field(description="Squared fractions over the horizon.")
    volatilities: list[float] = Field(description="Fractions over the horizon.")
    correlation: list[list[float | None]]


class SpecificRisk(BaseModel):
    """A name's specific risk as a model forecasts it, `fct_specific_risk`.

    Volatilities are fractions over the horizon.
    """

    security_id: int
    ticker: str | None
    specific_volatility: float = Field(description="The forecast.")
    series_volatility: float | None = Field(description="From the name's own history.")
    structural_volatility: float | None = Field(description="From names like it.")
    shrunk_volatility: float | None = Field(description="Before the regime multiplier.")
    series_share: float | None = Field(description="Weight of its own history, 0 to 1.")
    regime_multiplier: float | None
    n_days: int | None


class SpecificRisks(Listing[SpecificRisk]):
    """Specific risk by security."""

    model: str
    trade_date: date
    horizon_days: int


class Exposure(BaseModel):
    """A name's exposures at a close, `fct_exposures`: a column per style.

    Every name has an exposure of 1 to the market and to its sector.
    """

    model_config = ConfigDict(extra="allow")

    security_id: int
    ticker: str | None
    sector: str | None
    sector_factor_id: str | None
    cap_usd: float | None
    is_estimated: bool | None = Field(description="In the universe of the regressions.")
    imputed: list[str] | None = Field(description="Styles whose exposure was missing.")


class Exposures(Listing[Exposure]):
    """Exposures by security at one close."""

    trade_date: date
    universe: str


class Portfolio(BaseModel):
    """A portfolio that was uploaded."""

    portfolio: str
    description: str | None
    first_date: date = Field(description="Of the first upload.")
    last_date: date = Field(description="Of the last upload.")
    n_uploads: int
    n_holdings: int = Field(description="In the last upload.")
    created_at: datetime


class Weight(BaseModel):
    """A holding."""

    security_id: int
    ticker: str | None = Field(description="The present one.")
    weight: float = Field(description="Fraction of the portfolio's value; negative is short.")


class Weights(Listing[Weight]):
    """A portfolio at the close of a day, drifted since its upload by total returns."""

    portfolio: str
    trade_date: date


class PortfolioExposure(BaseModel):
    """A sum of weights times exposures."""

    factor_id: str
    factor_kind: str
    exposure: float | None
    benchmark_exposure: float | None = Field(description="Null without a benchmark.")
    active_exposure: float | None


class PortfolioExposures(Listing[PortfolioExposure]):
    """Exposures of a portfolio at the close of a day."""

    portfolio: str
    trade_date: date
    benchmark: str | None


class RiskNumbers(BaseModel):
    """Forecast risk at the close of a day, as fractions over the horizon.

    `total_volatility` squared is factor squared plus specific squared. Value at risk
    and expected shortfall are positive for a loss, of a normal distribution.
    """

    portfolio: str
    model: str
    trade_date: date
    horizon_days: int
    n_holdings: int
    n_covered: int
    covered_weight: float
    uncovered_weight: float = Field(description="Names that count as without risk.")
    uncovered: list[str | None] = Field(description="Their tickers.")
    total_volatility: float
    factor_volatility: float
    specific_volatility: float
    benchmark_volatility: float | None
    benchmark_uncovered_weight: float | None
    active_volatility: float | None = Field(description="Tracking error.")
    active_factor_volatility: float | None
    active_specific_volatility: float | None
    beta: float | None = Field(description="To the benchmark, under the model.")
    value_at_risk_95: float
    value_at_risk_99: float
    expected_shortfall_95: float
    expected_shortfall_99: float


class FactorContribution(BaseModel):
    """What a factor adds to volatility; the row `specific` is what is left."""

    factor_id: str
    factor_kind: str
    exposure: float | None
    factor_volatility: float | None
    marginal: float | None = Field(description="Volatility per unit of exposure.")
    contribution: float | None = Field(description="All of them sum to the volatility.")
    share: float | None = Field(description="Contribution over the volatility.")


class AssetContribution(BaseModel):
    """What a name adds to volatility."""

    security_id: int
    ticker: str | None
    weight: float | None
    active_weight: float | None
    beta: float | None
    volatility: float | None
    marginal: float | None = Field(description="Volatility per unit of weight.")
    factor_contribution: float | None
    specific_contribution: float | None
    contribution: float | None = Field(description="All of them sum to the volatility.")
    share: float | None = Field(description="Contribution over the volatility.")


class PortfolioRisk(RiskNumbers):
    """Risk of a portfolio; with `include` what factors and names contribute to it.

    Tabular formats hold one kind of rows: the totals, or what `include` names.
    """

    factors: list[FactorContribution] | None = Field(None, description="If included.")
    assets: list[AssetContribution] | None = Field(None, description="If included.")


class HistoricalRisk(BaseModel):
    """What a portfolio's present weights would have lost in the past, as fractions."""

    portfolio: str
    trade_date: date
    confidence: float
    horizon_days: int
    n_days: int = Field(description="Sessions, in whole periods of horizon_days.")
    first_date: date
    value_at_risk: float = Field(description="Positive for a loss.")
    expected_shortfall: float
    worst_date: date
    worst_return: float


class ReplayedFactor(BaseModel):
    """A present exposure through the factor's return of another time."""

    factor_id: str
    exposure: float | None
    factor_return: float | None = Field(description="Fraction over the window.")
    contribution: float | None


class Replay(Listing[ReplayedFactor]):
    """A portfolio's present exposures through another time."""

    portfolio: str
    trade_date: date = Field(description="Of the exposures.")
    first_date: date
    last_date: date


class StressedFactor(BaseModel):
    """What a factor does under the shocks, as fractions."""

    factor_id: str
    exposure: float | None
    shock: float | None = Field(description="As sent; null for the others.")
    shocked_return: float | None = Field(description="Expected given the shocks.")
    contribution: float | None


class Stress(Listing[StressedFactor]):
    """What a portfolio would return under shocks, factor by factor."""

    portfolio: str
    model: str
    trade_date: date


class ScenarioRisk(RiskNumbers):
    """Risk of a portfolio as it is, and with some weights changed."""

    scenario: Literal["before", "after"]


class Contribution(BaseModel):
    """What a factor contributed to a day's return, or linked to that of the range.

    Families: market, sector, style, specific, risk_free, and unexplained, which is
    what missing data leave.
    """

    factor_id: str
    family: str
    contribution: float | None = Field(description="Fraction.")
    trade_date: date | None = Field(None, description="Absent when linked.")
    exposure: float | None = Field(None, description="Absent when linked.")
    factor_return: float | None = Field(None, description="Absent when linked.")


class Attribution(Listing[Contribution]):
    """Where a portfolio's realized return came from; beside a benchmark, its excess."""

    portfolio: str
    benchmark: str | None
    first_date: date
    last_date: date
