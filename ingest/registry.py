"""Which module lands which kind of source. The names are those of the CLI and of descriptors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
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


@dataclass(frozen=True)
class Request:
    """What a live run asks for, and who asks. `wanted`: tickers, CIKs or series ids."""

    wanted: Sequence[str] = ()
    since: date | None = None
    until: date | None = None
    sec_user_agent: str = ""
    fred_api_key: str = ""
    ibkr_host: str = "127.0.0.1"
    ibkr_port: int = 7497


LIVE_KINDS = (
    "edgar-tickers",
    "edgar-submissions",
    "edgar-facts",
    "edgar-index",
    "edgar-feed",
    "fred",
    "ibkr",
)


def land_live_kind(conn: psycopg.Connection, kind: str, request: Request) -> Iterator[Landed]:
    """Land what a vendor publishes now. Errors: IngestError for a kind without a live side."""
    if kind not in LIVE_KINDS:
        raise IngestError(f"{kind} lands files only: give --from")
    yield from import_module("ingest.live").LIVE[kind](conn, request)
