"""Which session a request means; one that is not built is an error, not an empty answer."""

from __future__ import annotations

from datetime import date
from typing import Any

from api.errors import BadRequest, NotFound


def chosen_day(asked: date | None, days: dict[str, Any], what: str) -> date:
    """The day asked for, or the latest. Errors: NotFound, naming the nearest built days.

    `days` has latest_date, date_before (the last built one up to the day asked
    for) and date_after (the first one from there on).
    """
    if days["latest_date"] is None:
        raise NotFound(f"No values of {what} are built yet.")
    if asked is None:
        return _day(days["latest_date"])
    if days["date_before"] != asked:
        raise _not_built(f"{what} has no values on {asked}", days)
    return asked


def chosen_range(
    first: date | None, last: date | None, days: dict[str, Any], what: str
) -> tuple[date, date]:
    """First and last day asked for. Errors: BadRequest, NotFound.

    A range may end after the latest built day, but not begin before the first:
    that part of the answer would be missing without a word.
    """
    if days["latest_date"] is None:
        raise NotFound(f"No values of {what} are built yet.")
    end = last or _day(days["latest_date"])
    start = first or end
    if start > end:
        raise BadRequest(f"The range ends before it begins: from {start} to {end}.")
    if start < days["first_date"]:
        raise NotFound(
            f"{what} begins on {days['first_date']}: {start} is before that.",
            nearest=[days["first_date"]],
        )
    return start, end


def no_rows(first: date, last: date, days: dict[str, Any], what: str) -> NotFound:
    """The error for a range within which nothing is built."""
    span = f"on {first}" if first == last else f"from {first} to {last}"
    return _not_built(f"{what} has no values {span}", days)


def _not_built(message: str, days: dict[str, Any]) -> NotFound:
    around = (days["date_before"], days["date_after"])
    nearest = list(dict.fromkeys(day for day in around if day is not None))
    if not nearest:
        return NotFound(f"{message}.", nearest=nearest)
    listed = " and ".join(map(str, nearest))
    dates = "date is" if len(nearest) == 1 else "dates are"
    return NotFound(f"{message}; the nearest built {dates} {listed}.", nearest=nearest)


def _day(value: Any) -> date:
    assert isinstance(value, date)
    return value
