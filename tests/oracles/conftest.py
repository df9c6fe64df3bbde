"""The core set's warehouse: recorded data of some 500 names, built once for all its tests."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from factorium import datasets
from factorium.build import build
from factorium.database import connect
from factorium.paths import ROOT
from ingest.registry import land_kind


@pytest.fixture(scope="session")
def core(
    request: pytest.FixtureRequest, data: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[psycopg.Connection]:
    """A connection to it: `FACTORIUM_TEST_CORE` names one that is built, or minutes go by."""
    info = os.environ.get("FACTORIUM_TEST_CORE")
    if info is None:
        new_database: Callable[[], str] = request.getfixturevalue("new_database")
        info = _built(new_database(), data, tmp_path_factory.mktemp("dbt"))
    with psycopg.connect(info, autocommit=True) as conn:
        yield conn


def _built(info: str, data: Path, target: Path) -> str:
    dataset = datasets.read(ROOT / "datasets" / "core.toml", data)
    with connect("factorium_ingest", info=info) as conn:
        for item in dataset.items:
            for _ in land_kind(conn, item.kind, item.path, **item.options):
                pass
    build(info, target_path=target)
    return info
