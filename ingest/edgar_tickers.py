"""The SEC's list of tickers and CIKs, into `raw.company_ticker`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import orjson
import polars as pl
import psycopg

from ingest.edgar_client import WWW, file_items, known_documents, live_item
from ingest.errors import UnexpectedPayload
from ingest.files import base_name, parsed_json
from ingest.landing import Batch, Landed, Reject, land_many

SOURCE = "edgar-tickers"
DATASET = "edgar_tickers"
URL = f"{WWW}/files/company_tickers_exchange.json"
PATTERN = "company_tickers*.json"
COLUMNS = {
    "cik": pl.Int64,
    "ticker": pl.String,
    "title": pl.String,
    "exchange": pl.String,
    "as_of": pl.Date,
}
# What the files of the years call the same thing.
KEYS: dict[str, str] = {"cik_str": "cik", "name": "title"}


def run(
    conn: psycopg.Connection,
    path: Path,
    *,
    as_of: date | str | None = None,
    reject_threshold: float = 0.05,
) -> Iterator[Landed]:
    """Land a list, or a folder or zip of lists.

    `as_of` is the day the list was published; without it the date or year in
    the file's name, or null.
    """
    day = date.fromisoformat(as_of) if isinstance(as_of, str) else as_of
    yield from land_many(
        conn,
        file_items(path, partial(parse, as_of=day), PATTERN),
        source=SOURCE,
        dataset=DATASET,
        options={"as_of": str(day)} if day else None,
        reject_threshold=reject_threshold,
    )


def run_live(
    conn: psycopg.Connection, client: httpx.Client, *, reject_threshold: float = 0.05
) -> Iterator[Landed]:
    """Land today's list, with exchanges, if it changed since it was last landed."""
    today = datetime.now(UTC).date()
    item = live_item(client, URL, known_documents(conn, DATASET), partial(parse, as_of=today))
    yield from land_many(
        conn, [item], source=SOURCE, dataset=DATASET, reject_threshold=reject_threshold
    )


def parse(uri: str, payload: bytes, as_of: date | None = None) -> list[Batch]:
    """One row per listed ticker, in either of the two layouts. Errors: UnexpectedPayload."""
    records = _records(uri, parsed_json(uri, payload))
    day = as_of or date_of(base_name(uri))
    rows: list[tuple[Any, ...]] = []
    rejects = []
    for number, record in enumerate(records):
        if reason := _reason(record):
            text = f"[{number}] {orjson.dumps(record).decode()}"
            rejects.append(Reject(uri, None, text, reason))
        else:
            title, exchange = record.get("title"), record.get("exchange")
            rows.append((int(record["cik"]), record["ticker"], title, exchange, day))
    frame = pl.DataFrame(rows, COLUMNS, orient="row")
    return [Batch("company_ticker", frame.unique(maintain_order=True), rejects)]


def date_of(name: str) -> date | None:
    """The day in a file's name (2026-01-30, 20260130), or its year's first; else None."""
    found = re.search(r"(?<!\d)(20\d\d)(?:-?([01]\d)-?([0-3]\d))?(?!\d)", name)
    if found is None:
        return None
    try:
        return date(int(found[1]), int(found[2] or 1), int(found[3] or 1))
    except ValueError:
        return None


def _records(uri: str, document: Any) -> list[dict[str, Any]]:
    """The list's records, whether {"0": {…}, …} or {"fields": […], "data": [[…], …]}."""
    if not isinstance(document, dict):
        raise UnexpectedPayload(f"{uri}: line 1: a JSON {type(document).__name__}, not an object")
    records: list[dict[str, Any]]
    if "fields" in document and "data" in document:
        records = [dict(zip(document["fields"], row, strict=False)) for row in document["data"]]
    else:
        records = [r if isinstance(r, dict) else {"": r} for r in document.values()]
    renamed: list[dict[str, Any]] = [
        {KEYS.get(key, key): value for key, value in r.items()} for r in records
    ]
    if renamed and not any("cik" in r and "ticker" in r for r in renamed):
        found = sorted(renamed[0])
        raise UnexpectedPayload(f"{uri}: line 1: no columns cik and ticker; found {found}")
    return renamed


def _reason(record: dict[str, Any]) -> str | None:
    if not str(record.get("cik", "")).strip().isdigit():
        return "cik is not a number"
    ticker = record.get("ticker")
    if not isinstance(ticker, str) or not ticker.strip():
        return "no ticker"
    return None
