"""The pool of connections, read-only but for one method, and the named queries run on it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import errors as pg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg_pool import AsyncConnectionPool, PoolTimeout, TooManyRequests

from api.errors import NotBuilt, NotFound, Refused, TimedOut, Unavailable
from factorium.database import conninfo as find_warehouse
from sql import query

READER = (
    "-c role=factorium_reader -c default_transaction_read_only=on -c statement_timeout={timeout}"
)
WAIT_FOR_CONNECTION = 3.0
MISSING = (
    pg.UndefinedTable,
    pg.UndefinedColumn,
    pg.UndefinedFunction,
    pg.InvalidSchemaName,
    pg.InsufficientPrivilege,
    pg.ObjectNotInPrerequisiteState,
)
# What functions raise for a value they do not take; their messages are for the user.
REFUSED = (pg.InvalidParameterValue, pg.NumericValueOutOfRange)
AWAY = (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout, TooManyRequests)
Pool = AsyncConnectionPool[psycopg.AsyncConnection[tuple[Any, ...]]]
LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Table:
    """Rows of one query: column names, their PostgreSQL type oids, tuples of values."""

    names: tuple[str, ...]
    types: tuple[int, ...]
    rows: list[tuple[Any, ...]]

    def records(self) -> list[dict[str, Any]]:
        """The rows as dictionaries."""
        # Not strict: the keyword makes it half as slow again, on every row.
        return [dict(zip(self.names, row)) for row in self.rows]  # noqa: B905

    def without(self, name: str) -> Table:
        """The table without one of its columns."""
        place = self.names.index(name)

        def cut(row: tuple[Any, ...]) -> tuple[Any, ...]:
            return row[:place] + row[place + 1 :]

        return Table(cut(self.names), cut(self.types), [cut(row) for row in self.rows])


class Warehouse:
    """A pool of connections that only read, but for `write`, as role `factorium_reader`."""

    def __init__(self, conninfo: str | None, pool_size: int, statement_timeout_ms: int) -> None:
        self.conninfo = conninfo
        self.pool_size = pool_size
        self.statement_timeout_ms = statement_timeout_ms
        self.pool: Pool | None = None

    async def open(self) -> None:
        """Start connecting; an absent server is reported by requests, not here."""
        info = self.conninfo
        if info is None:
            info = await asyncio.to_thread(find_warehouse)
        self.pool = AsyncConnectionPool(
            reader_conninfo(info, self.statement_timeout_ms),
            # A generic plan over the long view stalled for 0.3-0.6 s: never prepare.
            kwargs={"autocommit": True, "prepare_threshold": None},
            min_size=self.pool_size,
            max_size=self.pool_size,
            max_waiting=self.pool_size * 32,
            timeout=WAIT_FOR_CONNECTION,
            open=False,
            name="factorium-api",
        )
        await self.pool.open()

    async def close(self) -> None:
        """Close the pool."""
        if self.pool is not None:
            await self.pool.close()

    async def fetch(self, name: str, parameters: dict[str, Any]) -> Table:
        """All rows of `sql/queries/<name>.sql`.

        Errors: NotFound, Refused, Unavailable, NotBuilt, TimedOut.
        """
        with self._told(name):
            return await self._fetch_again_if_lost(query(name).encode(), parameters)

    async def write(self, name: str, parameters: dict[str, Any]) -> Table:
        """The rows of a query that writes, in one transaction; never tried again.

        The role may write nothing itself: such a query calls a function that
        runs with its owner's rights. Errors: as fetch.
        """
        assert self.pool is not None, "the pool is opened by the application's lifespan"
        with self._told(name):
            async with self.pool.connection() as conn, conn.transaction():
                await conn.execute("set transaction read write")
                return await self._rows(conn, query(name).encode(), parameters)

    @contextmanager
    def _told(self, name: str) -> Iterator[None]:
        """Errors of the database become those of the API."""
        try:
            yield
        except pg.NoDataFound as error:
            raise NotFound(_said(error)) from error
        except REFUSED as error:
            raise Refused(_said(error)) from error
        except pg.QueryCanceled as error:
            raise TimedOut(
                f"The query took longer than {self.statement_timeout_ms / 1000:g} s: "
                "ask for fewer dates or factors, or a smaller limit."
            ) from error
        except MISSING as error:
            LOG.warning("%s: %s", name, error)
            raise NotBuilt(
                "The warehouse is not built yet: run `factorium migrate`, then `factorium build`."
            ) from error
        except AWAY as error:
            LOG.warning("%s: %s", name, error)
            raise Unavailable("The database does not answer; try again shortly.") from error

    async def _fetch_again_if_lost(self, statement: bytes, parameters: dict[str, Any]) -> Table:
        """Read; once more if the connection had died since it was last used.

        Cheaper than asking the server before each query whether it is still
        there, and safe, because every statement only reads.
        """
        assert self.pool is not None, "the pool is opened by the application's lifespan"
        try:
            return await self._fetch(self.pool, statement, parameters)
        except psycopg.OperationalError as error:
            if not _is_lost(error):
                raise
        await self.pool.check()
        return await self._fetch(self.pool, statement, parameters)

    async def _fetch(self, pool: Pool, statement: bytes, parameters: dict[str, Any]) -> Table:
        async with pool.connection() as conn:
            return await self._rows(conn, statement, parameters)

    @staticmethod
    async def _rows(
        conn: psycopg.AsyncConnection[tuple[Any, ...]],
        statement: bytes,
        parameters: dict[str, Any],
    ) -> Table:
        async with conn.cursor(binary=True) as cursor:
            await cursor.execute(statement, parameters)
            rows = await cursor.fetchall()
            columns = cursor.description or []
        return Table(tuple(c.name for c in columns), tuple(c.type_code for c in columns), rows)


def _said(error: psycopg.Error) -> str:
    """What the function said, without where in it."""
    return error.diag.message_primary or str(error)


def _is_lost(error: psycopg.OperationalError) -> bool:
    """Whether the connection is gone, as opposed to refused by the pool or cancelled."""
    if isinstance(error, PoolTimeout | TooManyRequests):
        return False
    return error.sqlstate is None or error.sqlstate.startswith("57P")


def reader_conninfo(info: str, statement_timeout_ms: int) -> str:
    """The same server, as a session that can only read."""
    before = conninfo_to_dict(info)
    options = f"{before.get('options') or ''} {READER.format(timeout=statement_timeout_ms)}"
    timeout = before.get("connect_timeout") or 5
    return make_conninfo(
        info, options=options.strip(), connect_timeout=timeout, application_name="factorium-api"
    )
