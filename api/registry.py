"""Factors named in a request, and which query scores them."""

from __future__ import annotations

from api.errors import NotFound
from api.reading import Reading


async def check_factors(read: Reading, factors: list[str] | None, *, is_macro: bool) -> None:
    """Errors: NotFound, naming those that are not there, or not of this grain."""
    if factors is None:
        return
    table = await read.fetch("api_unknown_factors", factors=factors, is_macro=is_macro)
    if table.rows:
        names = ", ".join(name for (name,) in table.rows)
        grain = "macro factor" if is_macro else "factor of securities"
        raise NotFound(f"There is no {grain} {names}; /v1/factors lists them.")


def scored(name: str, universe: str) -> str:
    """The query that reads stored scores, or the one that scores within a universe now."""
    return name if universe == "all" else f"{name}_in"
