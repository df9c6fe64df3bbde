"""Databases on both engines, for tests of the schema `ts`."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from itertools import count

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from factorium.migrate import migrate

NATIVE_TEMPLATE = "factorium_template_native"
NUMBERS = count(1)


@pytest.fixture(
    params=["native", pytest.param("timescaledb", marks=pytest.mark.timescaledb)],
)
def engine(request: pytest.FixtureRequest) -> str:
    """Each engine in turn; TimescaleDB where the server has it."""
    return str(request.param)


@pytest.fixture
def series(
    engine: str,
    cluster: str,
    new_database: Callable[[], str],
    native_template: Callable[[], str],
) -> Iterator[str]:
    """Conninfo of a fresh migrated database on the engine."""
    if engine == "timescaledb":
        yield new_database()
        return
    name = f"factorium_native_{next(NUMBERS)}"
    _create(cluster, name, native_template())
    yield make_conninfo(cluster, dbname=name)
    if "FACTORIUM_TEST_SERVER" in os.environ:
        _execute(cluster, "drop database {} (force)", name)


@pytest.fixture(scope="session")
def native_template(cluster: str) -> Callable[[], str]:
    """Makes, at its first call, a migrated database that declined TimescaleDB."""
    made: list[str] = []

    def make() -> str:
        if not made:
            _execute(cluster, "drop database if exists {} (force)", NATIVE_TEMPLATE)
            _create(cluster, NATIVE_TEMPLATE, "template1")
            info = make_conninfo(cluster, dbname=NATIVE_TEMPLATE)
            migrate(make_conninfo(info, options="-c factorium.engine=native"))
            made.append(NATIVE_TEMPLATE)
        return made[0]

    return make


def _create(cluster: str, name: str, template: str) -> None:
    _execute(cluster, "create database {} template {}", name, template)


def _execute(cluster: str, statement: str, *names: str) -> None:
    with psycopg.connect(cluster, autocommit=True) as conn:
        conn.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


@pytest.fixture
def owner(series: str) -> Iterator[psycopg.Connection]:
    """A connection as the owner of the tables, in autocommit."""
    yield from _connection(series, "factorium_owner")


@pytest.fixture
def ingest(series: str) -> Iterator[psycopg.Connection]:
    """A connection as the role that writes bars, in autocommit."""
    yield from _connection(series, "factorium_ingest")


@pytest.fixture
def transform(series: str) -> Iterator[psycopg.Connection]:
    """A connection as the role that refreshes rollups, in autocommit."""
    yield from _connection(series, "factorium_transform")


def _connection(info: str, role: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(
        make_conninfo(info, options=f"-c role={role}"), autocommit=True
    ) as connection:
        yield connection
