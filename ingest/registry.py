"""Which module lands which kind of source. The names are those of the CLI and of descriptors."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import psycopg

from ingest.errors import IngestError
from ingest.landing import Landed

KINDS: dict[str, tuple[str, str]] = {
    "edgar-tickers": ("ingest.edgar_tickers", "run"),
    "edgar-submissions": ("ingest.edgar_submissions", "run"),
    "edgar-facts": ("ingest.edgar_facts", "run"),
    "edgar-fsds": ("ingest.edgar_fsds", "run"),
    "edgar-index": ("ingest.edgar_index", "run"),
    "edgar-feed": ("ingest.edgar_feed", "run"),
    "fred": ("ingest.fred", "run"),
    "fred-md": ("ingest.fred_md", "run"),
    "bars": ("ingest.bars", "run"),
    "minute-bars": ("ingest.bars", "run_minute"),
    "actions": ("ingest.actions", "run"),
    "lean": ("ingest.lean", "run"),
    "ibkr": ("ingest.ibkr", "run"),
    "panel": ("ingest.panel", "run"),
    "french": ("ingest.french", "run"),
    "universe": ("ingest.universe", "run_universe"),
    "sectors": ("ingest.universe", "run_sectors"),
    "ticker-map": ("ingest.universe", "run_ticker_map"),
}


def land_kind(conn: psycopg.Connection, kind: str, path: Path, **options: Any) -> Iterator[Landed]:
    """Land files of a kind. Errors: IngestError for an unknown kind, name the known ones."""
    if kind not in KINDS:
        raise IngestError(f"unknown kind {kind!r}; known are: {', '.join(KINDS)}")
    module, function = KINDS[kind]
    yield from getattr(import_module(module), function)(conn, path, **options)
