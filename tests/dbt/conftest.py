"""The fundamentals models built once a session from every recorded EDGAR company."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from factorium.build import settle
from factorium.warehouse import run_dbt
from ingest import edgar_facts, edgar_submissions

MODELS = ["+int_fundamentals__as_known", "+int_shares__rejected", "+int_shares__as_known"]


def land_edgar(info: str, folder: Path, companies: str = "*") -> None:
    """Land recorded companyfacts and submissions through the real ingestors."""
    with psycopg.connect(make_conninfo(info, options="-c role=factorium_ingest")) as conn:
        for path in sorted((folder / "companyfacts").glob(f"{companies}.json.gz")):
            list(edgar_facts.run(conn, path))
            for page in sorted((folder / "submissions").glob(f"{path.name[:13]}*.json.gz")):
                list(edgar_submissions.run(conn, page))
    settle(info)


def build_fundamentals(info: str, target: Path) -> None:
    """Seed and build the fundamentals models, and nothing else."""
    run_dbt(
        info,
        ["seed", "--select", "standard_items", "concept_map", "share_classes"],
        target_path=target,
    )
    run_dbt(info, ["run", "--select", *MODELS], target_path=target)


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
