"""A market in `marts`, and clients of the API that reads it."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from api.app import create_app

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
