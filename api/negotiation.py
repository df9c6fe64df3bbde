"""Which media type to answer in, from the Accept header (RFC 9110, 12.5.1)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

from api.encoding import MediaType
from api.errors import NotAcceptable

OFFERED: tuple[str, ...] = get_args(MediaType)


def negotiate(accept: str | None, offers: Sequence[str] = OFFERED) -> str:
    """The offered type the client likes best, the first among equals. Errors: NotAcceptable."""
    if accept is None or not accept.strip():
        return offers[0]
    ranges = [_parse(part) for part in accept.split(",") if part.strip()]
    quality = {offered: _quality(offered, ranges) for offered in offers}
    best = max(offers, key=lambda offered: quality[offered])
    if quality[best] <= 0:
        raise NotAcceptable(
            f"Cannot answer as {accept!r}; offered are {', '.join(offers)}.",
            offered=list(offers),
        )
    return best


def _parse(part: str) -> tuple[str, float]:
    media_range, *parameters = (piece.strip().lower() for piece in part.split(";"))
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            return media_range, _number(value)
    return media_range, 1.0


def _number(text: str) -> float:
    """A weight between 0 and 1; what is not one counts as "not acceptable"."""
    try:
        value = float(text)
    except ValueError:
        return 0.0
    return value if 0 <= value <= 1 else 0.0


def _quality(offered: str, ranges: list[tuple[str, float]]) -> float:
    """Weight of the most specific range that matches, 0 if none does."""
    family = offered.split("/", maxsplit=1)[0]
    for pattern in (offered, f"{family}/*", "*/*"):
        weights = [weight for media_range, weight in ranges if media_range == pattern]
        if weights:
            return max(weights)
    return 0.0
