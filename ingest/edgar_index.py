"""EDGAR's daily and quarterly indexes of filings, into `raw.filing_index`.

The same list comes in three orders: `master` (separated by |), `company` and
`form` (fixed columns, named in the header).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import httpx
import polars as pl
import psycopg

from ingest.edgar_client import WWW, file_items, known_documents, live_item
from ingest.edgar_rules import latest_date
from ingest.errors import UnexpectedPayload
from ingest.files import parsed_json, refuse_html
from ingest.http import fetch
from ingest.landing import Batch, Landed, Reject, land_many

SOURCE = "edgar-index"
DATASET = "edgar_index"
DAILY = f"{WWW}/Archives/edgar/daily-index"
PATTERNS = ("*.idx",)
COLUMNS = {
    "cik": pl.Int64,
    "company_name": pl.String,
    "form": pl.String,
    "filed": pl.Date,
    "accession": pl.String,
    "url": pl.String,
    "updated_at": pl.String,
}
PATH_ACCESSION = re.compile(r"(\d{10}-\d{2}-\d{6})")
TAIL = re.compile(r"\s(\d{1,10})\s+(\S+)\s+(\S+)\s*$")

Row = tuple[int, str | None, str, date, str, str, None]


def run(
    conn: psycopg.Connection, path: Path, *, reject_threshold: float = 0.05
) -> Iterator[Landed]:
    """Land an index file (`.idx`, gzip or not), a folder or a zip of them."""
    yield from land_many(
        conn,
        file_items(path, parse, *PATTERNS),
        source=SOURCE,
        dataset=DATASET,
        reject_threshold=reject_threshold,
    )


def run_live(
    conn: psycopg.Connection,
    client: httpx.Client,
    *,
    since: date,
    until: date,
    reject_threshold: float = 0.05,
) -> Iterator[Landed]:
    """Land the daily indexes of a range of days, both ends included.

    The SEC's own listings say which days have one, so that weekends and
    holidays are not asked for.
    """
    known = known_documents(conn, DATASET)
    urls = daily_urls(client, since, until)
    yield from land_many(
        conn,
        (live_item(client, url, known, parse) for url in urls),
        source=SOURCE,
        dataset=DATASET,
        reject_threshold=reject_threshold,
    )


def daily_urls(client: httpx.Client, since: date, until: date) -> Iterator[str]:
    """Where the master indexes of these days are, oldest first."""
    for year, quarter in _quarters(since, until):
        folder = f"{DAILY}/{year}/QTR{quarter}"
        content = fetch(client, f"{folder}/index.json")
        listing = parsed_json(f"{folder}/index.json", content.payload if content else b"")
        names = sorted(item["name"] for item in listing["directory"]["item"])
        for name in names:
            found = re.fullmatch(r"master\.(\d{8})\.idx(\.gz)?", name)
            if found and since <= date.fromisoformat(found[1]) <= until:
                yield f"{folder}/{name}"


def parse(uri: str, payload: bytes) -> list[Batch]:
    """One row per filing and filer. Errors: UnexpectedPayload without the header line."""
    refuse_html(uri, payload, "an EDGAR index")
    lines = payload.split(b"\n")
    header = next((i for i, line in enumerate(lines) if line.startswith(b"-----")), None)
    if header is None:
        raise UnexpectedPayload(f"{uri}: no line of dashes under a header: not an EDGAR index")
    # The header may be broken into two lines; its names of columns stand in the first.
    names = next((line for line in reversed(lines[:header]) if b"CIK" in line), b"")
    layout = _layout(uri, names)
    latest = latest_date()
    rows: list[Row] = []
    rejects = []
    for number, line in enumerate(lines[header + 1 :], header + 2):
        if not line.strip():
            continue
        row = layout.read(line, latest)
        if isinstance(row, str):
            rejects.append(Reject(uri, number, _decoded(line), row))
        else:
            rows.append(row)
    return [Batch("filing_index", pl.DataFrame(rows, COLUMNS, orient="row"), rejects)]


@dataclass(frozen=True)
class _Layout:
    """Where a line has its form and company; both None when | separates the fields."""

    form: slice | None
    company: slice | None

    def read(self, line: bytes, latest: date) -> Row | str:
        """A row, or why the line is none."""
        fields = self._fields(line)
        if fields is None:
            return "not the fields of an index line"
        cik, company, form, filed, path = fields
        day, accession = _day(filed), PATH_ACCESSION.search(path)
        if not cik.isdigit():
            return f"CIK {cik!r} is not a number"
        if not form or accession is None:
            return "no accession number in the path" if form else "no form"
        if day is None or day > latest:
            return "impossible date" if day is None else f"filed in the future, {latest} at most"
        return int(cik), company, form, day, accession[1], f"{WWW}/Archives/{path}", None

    def _fields(self, line: bytes) -> tuple[str, str, str, str, str] | None:
        """CIK, company, form, date filed, path."""
        if self.form is None or self.company is None:
            parts = [part.strip() for part in _decoded(line).split("|")]
            return (parts[0], parts[1], parts[2], parts[3], parts[4]) if len(parts) == 5 else None
        tail = TAIL.search(_decoded(line))
        if tail is None:
            return None
        return tail[1], _decoded(line[self.company]), _decoded(line[self.form]), tail[2], tail[3]


def _layout(uri: str, header: bytes) -> _Layout:
    if b"CIK|" in header:
        return _Layout(None, None)
    company, form, cik = (header.find(name) for name in (b"Company Name", b"Form Type", b"CIK"))
    if min(company, form, cik) < 0:
        raise UnexpectedPayload(
            f"{uri}: the header names no Company Name, Form Type and CIK: {_decoded(header)!r}"
        )
    if company < form:
        return _Layout(slice(form, cik), slice(0, form))
    return _Layout(slice(0, company), slice(company, cik))


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _decoded(line: bytes) -> str:
    """Columns are counted in bytes, which old files have in Latin-1 and new ones in UTF-8."""
    try:
        return line.decode().strip()
    except UnicodeDecodeError:
        return line.decode("latin-1").strip()


def _quarters(since: date, until: date) -> Iterator[tuple[int, int]]:
    first = since.year * 4 + (since.month - 1) // 3
    last = until.year * 4 + (until.month - 1) // 3
    return ((number // 4, number % 4 + 1) for number in range(first, last + 1))
