"""A market in `marts`, and clients of the API that reads it."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from api.app import create_app

if TYPE_CHECKING:
    from conftest import BuiltSample

with warnings.catch_warnings():
    # Starlette prefers httpx2; httpx is what this project has.
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

MARTS = Path(__file__).with_name("marts.sql")
NAMES = 120
DAYS = 6


@pytest.fixture(scope="session")
def new_market(new_database: Callable[[], str]) -> Callable[[int, int], str]:
    """Makes databases with a market of so many names over so many sessions."""

    def make(names: int, days: int) -> str:
        info = new_database()
        settings = f"-c market.names={names} -c market.days={days}"
        options = f"-c role=factorium_transform {settings}"
        with psycopg.connect(make_conninfo(info, options=options)) as conn:
            conn.execute(MARTS.read_bytes())
        return info

    return make


@pytest.fixture(scope="module")
def market(new_market: Callable[[int, int], str]) -> str:
    """Conninfo of a database with a market in it, shared by the tests of a module."""
    return new_market(NAMES, DAYS)


@pytest.fixture(scope="module")
def client(market: str) -> Iterator[TestClient]:
    """A client of the API over the market."""
    with TestClient(create_app(conninfo=market, pool_size=2)) as http:
        yield http


@pytest.fixture(scope="module")
def sessions(market: str) -> list[str]:
    """The market's sessions, oldest first."""
    with psycopg.connect(market) as conn:
        rows = conn.execute("select trade_date::text from ranks.market_day order by 1").fetchall()
    return [day for (day,) in rows]


@pytest.fixture(scope="module")
def risk_warehouse(cluster: str, built_sample: BuiltSample) -> Iterator[str]:
    """Conninfo of a copy of the built sample, into which the tests of a module may write."""
    original = str(conninfo_to_dict(built_sample.info)["dbname"])
    copy = f"{original}_api"
    with psycopg.connect(cluster, autocommit=True) as admin:
        admin.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", [original]
        )
        admin.execute(sql.SQL("drop database if exists {} (force)").format(sql.Identifier(copy)))
        admin.execute(
            sql.SQL("create database {} template {} strategy file_copy").format(
                sql.Identifier(copy), sql.Identifier(original)
            )
        )
    yield make_conninfo(cluster, dbname=copy)
    with psycopg.connect(cluster, autocommit=True) as admin:
        admin.execute(sql.SQL("drop database {} (force)").format(sql.Identifier(copy)))
