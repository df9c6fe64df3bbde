"""What an EDGAR record must satisfy to land; the rest is rejected, with the reason."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

import polars as pl

FIRST_YEAR = 1900
LAST_YEAR = 2100
CIK = re.compile(r"CIK(\d{1,10})")
ACCESSION = r"^\d{10}-\d{2}-\d{6}$"


def latest_date() -> date:
    """The last day a filing can be dated: EDGAR dates by the next business day at most.

    Two days beyond UTC today leave room for the date line and for clocks.
    """
    return (datetime.now(UTC) + timedelta(days=2)).date()


def cik_of(name: str) -> int | None:
    """The CIK that a file is named after, if it is."""
    found = CIK.search(name)
    return int(found[1]) if found else None


def is_page(name: str) -> bool:
    """Whether a file is a further page of a company's filing history."""
    return "-submissions-" in name


def impossible(day: pl.Expr) -> pl.Expr:
    """Whether a date is outside the years that a statement can be about."""
    return ~day.dt.year().is_between(FIRST_YEAR, LAST_YEAR)


def first_reason(reasons: dict[str, pl.Expr]) -> pl.Expr:
    """The first reason whose condition holds; null for a good row."""
    return pl.coalesce(
        *(pl.when(condition).then(pl.lit(reason)) for reason, condition in reasons.items()),
        pl.lit(None, pl.String),
    ).alias("reason")
