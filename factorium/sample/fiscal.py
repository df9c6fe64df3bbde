"""Fiscal calendars: which days a company's quarters cover.

Five kinds exist: calendar quarters ending in December, quarters of another
fiscal year end, 52/53-week years (last Saturday of the month), years of
12/12/12/16 weeks (Sunday nearest the end of August), and one change of the
fiscal year end with a transition period.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

# Fiscal years that exist before the first filed one, for its comparatives.
COMPARATIVE_YEARS = 2
# Years of filings before the first bar.
FILED_YEARS = 3

MONTH_END, WEEKS_52_53, WEEKS_12_16, TRANSITION = range(4)


@dataclass(frozen=True)
class Quarters:
    """A company's fiscal quarters, oldest first, one array element each.

    number: 1-4 within its fiscal year; first_of_year: position of the first
    quarter of its fiscal (or transition) year; fiscal_year: the year in which
    it ends; ends_year: reported in a 10-K or 10-KT; is_transition: in the
    transition period.
    """

    start: np.ndarray
    end: np.ndarray
    number: np.ndarray
    first_of_year: np.ndarray
    fiscal_year: np.ndarray
    ends_year: np.ndarray
    is_transition: np.ndarray


def quarter_count(years: int) -> int:
    """Quarters of history of every company in a market of `years` years."""
    return 4 * (years + FILED_YEARS + COMPARATIVE_YEARS + 2)


def quarters(kind: int, end_month: int, first_bar: date, years: int) -> Quarters:
    """All quarters of a company in a market of `years` years from `first_bar`.

    The first fiscal year ends in the sixth calendar year before `first_bar`,
    the last one in or after the market's last year.
    """
    count = quarter_count(years)
    origin = first_bar.year - FILED_YEARS - COMPARATIVE_YEARS - 1
    periods = [_year_ends(kind, end_month, origin + step) for step in range(count // 4 + 2)]
    if kind == TRANSITION:
        # Early enough that the 10-KT is filed while the market is open.
        periods = _with_transition(periods, first_bar.year - (years == 1))
    return _flatten(periods, count)


def _year_ends(kind: int, month: int, year: int) -> tuple[date, list[date]]:
    """The first day and the quarter ends of the fiscal year that ends in `year`."""
    if kind == WEEKS_52_53:
        last, before = _last_saturday(year, month), _last_saturday(year - 1, month)
        return before + timedelta(1), [*_after(before, 13, 26, 39), last]
    if kind == WEEKS_12_16:
        last, before = _nearest_sunday(year), _nearest_sunday(year - 1)
        return before + timedelta(1), [*_after(before, 12, 24, 36), last]
    before = _month_end(year - 1, month)
    return before + timedelta(1), [_month_end(year - 1, month + step) for step in (3, 6, 9, 12)]


def _with_transition(
    years: list[tuple[date, list[date]]], changed: int
) -> list[tuple[date, list[date]]]:
    """Fiscal years to June up to `changed`, a transition to December, calendar years."""
    kept = [year for year in years if year[1][-1].year <= changed]
    ends = [_month_end(changed, 9), _month_end(changed, 12)]
    transition = (date(changed, 7, 1), ends)
    later = [_year_ends(MONTH_END, 12, changed + step) for step in range(1, len(years))]
    return [*kept, transition, *later]


def _flatten(years: list[tuple[date, list[date]]], count: int) -> Quarters:
    starts: list[date] = []
    rows: list[tuple[date, int, int, int, bool, bool]] = []
    for first, ends in years:
        opening = len(rows)
        starts += [first, *(end + timedelta(1) for end in ends[:-1])]
        rows += [
            (end, number, opening, ends[-1].year, number == len(ends), len(ends) < 4)
            for number, end in enumerate(ends, start=1)
        ]
    end, number, opening_, fiscal_year, ends_year, transition = zip(*rows[:count], strict=True)
    return Quarters(
        start=np.array(starts[:count], "datetime64[D]"),
        end=np.array(end, "datetime64[D]"),
        number=np.array(number),
        first_of_year=np.array(opening_),
        fiscal_year=np.array(fiscal_year),
        ends_year=np.array(ends_year),
        is_transition=np.array(transition),
    )


def _month_end(year: int, month: int) -> date:
    later = year * 12 + month  # months are counted from 0, so this is the next one
    return date(later // 12, later % 12 + 1, 1) - timedelta(1)


def _last_saturday(year: int, month: int) -> date:
    end = _month_end(year, month)
    return end - timedelta((end.weekday() - 5) % 7)


def _nearest_sunday(year: int) -> date:
    end = date(year, 8, 31)
    back = (end.weekday() - 6) % 7
    return end - timedelta(back) if back <= 3 else end + timedelta(7 - back)


def _after(day: date, *weeks: int) -> list[date]:
    return [day + timedelta(weeks=number) for number in weeks]
