"""Keyset pages: a cursor is the sort key of the last row, bound to its request."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from datetime import date
from hashlib import sha256
from typing import Annotated, Any

import orjson
from fastapi import Depends, Query, Request

from api.database import Table
from api.errors import BadRequest

MAX_LIMIT = 10_000
INT4 = 2**31 - 1
CURSOR = Query(
    pattern=r"^[A-Za-z0-9_-]{1,512}$",
    description="Where the page begins: `next` of the page before, unchanged. Opaque.",
)
LIMIT = Query(ge=1, le=MAX_LIMIT, description="Most rows in the answer.")


class Page:
    """The page a request asks for; names its sort key with `after`, cut with `cut`."""

    def __init__(self, request: Request, limit: int, cursor: str | None) -> None:
        self.limit = limit
        self.cursor = cursor
        self.fingerprint = _fingerprint(request)
        self.key: tuple[str, ...] = ()

    @property
    def is_first(self) -> bool:
        """Whether the request begins at the first row."""
        return self.cursor is None

    def after(self, **key: type) -> dict[str, Any]:
        """Query parameters `after_<column>` and `max_rows`; null on the first page.

        `max_rows` is one more than the limit, so that a next page shows itself.
        Errors: BadRequest when the cursor is not one of this request's.
        """
        self.key = tuple(key)
        values: list[Any] = [None] * len(key)
        if self.cursor is not None:
            values = _decode(self.cursor, self.fingerprint, list(key.values()))
        after = {f"after_{name}": value for name, value in zip(key, values, strict=True)}
        return {**after, "max_rows": self.limit + 1}

    def cut(self, table: Table) -> tuple[Table, str | None]:
        """The rows of this page, and the cursor of the next one if there is one."""
        if len(table.rows) <= self.limit:
            return table, None
        rows = table.rows[: self.limit]
        last = dict(zip(table.names, rows[-1], strict=True))
        key = [last[name] for name in self.key]
        following = urlsafe_b64encode(orjson.dumps([self.fingerprint, *key])).decode()
        return Table(table.names, table.types, rows), following.rstrip("=")


# These are coroutines so that FastAPI does not give each a thread.
async def _few(
    request: Request,
    limit: Annotated[int, LIMIT] = 1_000,
    cursor: Annotated[str | None, CURSOR] = None,
) -> Page:
    return Page(request, limit, cursor)


async def _many(
    request: Request,
    limit: Annotated[int, LIMIT] = MAX_LIMIT,
    cursor: Annotated[str | None, CURSOR] = None,
) -> Page:
    return Page(request, limit, cursor)


Few = Annotated[Page, Depends(_few)]
Many = Annotated[Page, Depends(_many)]


def _fingerprint(request: Request) -> str:
    """What must not change between pages: path and query, but for limit and cursor."""
    asked = sorted(
        item for item in request.query_params.multi_items() if item[0] not in ("limit", "cursor")
    )
    return sha256(repr((request.url.path, asked)).encode()).hexdigest()[:12]


def _decode(cursor: str, fingerprint: str, types: list[type]) -> list[Any]:
    try:
        found = orjson.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        owner, *key = found
        if owner != fingerprint or len(key) != len(types):
            raise ValueError(owner)
        return [_typed(value, wanted) for value, wanted in zip(key, types, strict=True)]
    except (ValueError, TypeError, Base64Error) as error:
        raise BadRequest(
            "The cursor does not belong to this request: use `next` of the page before "
            "with the same parameters, or begin without a cursor."
        ) from error


def _typed(value: Any, wanted: type) -> Any:
    """The value if it can be a sort key of that type. Errors: ValueError."""
    if wanted is date:
        return date.fromisoformat(value)
    if wanted is float and (value is None or type(value) in (int, float)):
        return value
    if wanted is int and type(value) is int and abs(value) <= INT4:
        return value
    if wanted is str and type(value) is str and "\0" not in value:
        return value
    raise ValueError(value)
