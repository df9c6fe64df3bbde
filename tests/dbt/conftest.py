"""The fundamentals models built once a session from every recorded EDGAR company."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from fundamentals_warehouse import build_fundamentals, land_edgar
from psycopg.conninfo import make_conninfo


@pytest.fixture(scope="session")
def dbt_target(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One target folder a session, so that the project is parsed once."""
    return tmp_path_factory.mktemp("dbt")


@pytest.fixture(scope="session")
def recorded(new_database: Callable[[], str], data: Path, dbt_target: Path) -> str:
    """Conninfo of a warehouse with fundamentals of all recorded companies."""
    info = new_database()
    land_edgar(info, data / "sec")
    build_fundamentals(info, dbt_target)
    return info


@pytest.fixture
def warehouse(recorded: str) -> Iterator[psycopg.Connection]:
    """A connection to it, as the role that transforms."""
    with psycopg.connect(
        make_conninfo(recorded, options="-c role=factorium_transform")
    ) as connection:
        yield connection
