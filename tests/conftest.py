"""One embedded server and one migrated template database per session, a copy per test."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from factorium import datasets, server
from factorium.build import build
from factorium.database import connect as database_connection
from factorium.migrate import migrate
from factorium.paths import ROOT
from factorium.sample import write_market
from ingest.registry import land_kind

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
SAMPLE_DESCRIPTOR = ROOT / "datasets" / "sample.toml"
TEMPLATE = "factorium_template"
NUMBERS = count(1)


@pytest.fixture(scope="session")
def cluster() -> Iterator[str]:
    """Conninfo of a server: `FACTORIUM_TEST_SERVER`, or an embedded one of our own."""
    if info := os.environ.get("FACTORIUM_TEST_SERVER"):
        yield info
        return
    home = Path(tempfile.mkdtemp(prefix="factorium-test-"))
    home.chmod(0o755)
    # Jobs would change tables under a test, and their schedulers hold the template database.
    (home / "postgresql.conf").write_text(
        "timescaledb.max_background_workers = 0\nfsync = off\nfull_page_writes = off\n"
    )
    try:
        yield server.start(home).conninfo_for("postgres")
    finally:
        server.stop(home)
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def template(cluster: str) -> str:
    """Name of a migrated database that nobody connects to."""
    _recreate(cluster, TEMPLATE)
    migrate(make_conninfo(cluster, dbname=TEMPLATE))
    return TEMPLATE


@pytest.fixture(scope="session")
def new_database(cluster: str, template: str) -> Iterator[Callable[[], str]]:
    """Makes migrated databases; each call returns the conninfo of a new one."""
    made: list[str] = []

    def make() -> str:
        name = f"factorium_test_{os.getpid()}_{next(NUMBERS)}"
        _recreate(cluster, name, template)
        made.append(name)
        return make_conninfo(cluster, dbname=name)

    yield make
    # Our own server is deleted as a whole, a second later.
    if "FACTORIUM_TEST_SERVER" in os.environ:
        for name in made:
            _drop(cluster, name)


@pytest.fixture
def database(new_database: Callable[[], str]) -> str:
    """Conninfo of a fresh migrated database."""
    return new_database()


@pytest.fixture
def conn(database: str) -> Iterator[psycopg.Connection]:
    """A connection to a fresh migrated database, as the role that ingests."""
    info = make_conninfo(database, options="-c role=factorium_ingest")
    with psycopg.connect(info) as connection:
        yield connection


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of recorded input; the test is skipped, with the reason, without it."""
    if not DATA.exists():
        pytest.skip(f"no recorded data at {DATA}")
    return DATA


@dataclass(frozen=True)
class BuiltSample:
    """A warehouse built at once from a sample market: read it, copy it, leave it as it is.

    `folder` holds the vendors' files and the truth, `target` dbt's parsed project.
    """

    info: str
    folder: Path
    target: Path


@pytest.fixture(scope="session")
def make_sample(
    new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[int, int], BuiltSample]:
    """Lands and builds sample markets of so many names and years: minutes each."""
    target = tmp_path_factory.mktemp("dbt")

    def make(names: int, years: int) -> BuiltSample:
        made = BuiltSample(new_database(), tmp_path_factory.mktemp("sample"), target)
        write_market(made.folder, names=names, years=years, seed=7)
        dataset = datasets.read(SAMPLE_DESCRIPTOR, made.folder)
        with database_connection("factorium_ingest", info=made.info) as connection:
            for item in dataset.items:
                for _ in land_kind(connection, item.kind, item.path, **item.options):
                    pass
        build(made.info, target_path=target)
        return made

    return make


@pytest.fixture(scope="session")
def built_sample(make_sample: Callable[[int, int], BuiltSample]) -> BuiltSample:
    """A sample market of 60 names over three years, landed and built at once."""
    return make_sample(60, 3)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if server.has_timescaledb() or os.environ.get("FACTORIUM_TEST_SERVER"):
        return
    skip = pytest.mark.skip(reason="the server's installation has no TimescaleDB")
    for item in items:
        if "timescaledb" in item.keywords:
            item.add_marker(skip)


def _recreate(cluster: str, name: str, template: str = "template1") -> None:
    _drop(cluster, name)
    with psycopg.connect(cluster, autocommit=True) as conn:
        conn.execute(
            sql.SQL("create database {} template {}").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )


def _drop(cluster: str, name: str) -> None:
    with suppress(psycopg.OperationalError), psycopg.connect(cluster, autocommit=True) as conn:
        conn.execute(sql.SQL("drop database if exists {} (force)").format(sql.Identifier(name)))
