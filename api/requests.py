"""What the routes that take a body are sent; NaN and infinity are no numbers in it."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from api.parameters import Day

Number = Annotated[float, Field(strict=True, allow_inf_nan=False, ge=-1e9, le=1e9)]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
PortfolioName = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$",
        description="Letters, digits, `_`, `.` and `-`; `market` is taken.",
    ),
]
Text = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]{1,500}$")]
HeldTicker = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,31}$")]
HOLDINGS = 10_000


class Sent(BaseModel):
    """A body; a misspelt member is an error."""

    model_config = ConfigDict(extra="forbid")


class NewRiskModel(Sent):
    """A risk model to register."""

    name: Name
    description: Text
    parameters: dict[Name, Number | Name] = Field(
        {}, description="`kind`, half-lives and windows in sessions, lags; see docs/risk.md."
    )


class Holding(Sent):
    """A position."""

    ticker: HeldTicker
    weight: Number = Field(description="Fraction of the portfolio's value; negative is short.")


class NewPortfolio(Sent):
    """Weights at the close of a session, in force until the next ones."""

    name: PortfolioName
    valid_from: Day
    holdings: list[Holding] = Field(min_length=1, max_length=HOLDINGS)
    description: Text | None = None
    total: Number | None = Field(1.0, description="What weights sum to; null: anything.")


class Shocks(Sent):
    """Returns of risk factors to suppose."""

    shocks: dict[Name, Number] = Field(
        min_length=1,
        max_length=64,
        description="Fractions by factor of `/v1/risk/factors`.",
        examples=[{"market": -0.1}],
    )
    propagate: Annotated[bool, Field(strict=True)] = Field(
        True, description="Other factors follow by their covariance with these; else they stay."
    )


class Change(Sent):
    """A change of a weight."""

    ticker: HeldTicker
    change: Number = Field(description="Added to the weight, as a fraction.")


class Changes(Sent):
    """A trade to suppose."""

    changes: list[Change] = Field(min_length=1, max_length=HOLDINGS)
