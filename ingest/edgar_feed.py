"""EDGAR's Atom feed of current filings, into `raw.filing_index`.

The watermark, kept in the load ledger, is the time of the newest entry landed.
Pages land oldest first, so that after an interruption nothing older than the
watermark is missing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from xml.etree import ElementTree

import httpx
import polars as pl
import psycopg

from ingest.edgar_client import WWW
from ingest.edgar_index import COLUMNS, PATH_ACCESSION
from ingest.edgar_rules import latest_date
from ingest.errors import IngestError, UnexpectedPayload
from ingest.files import files, refuse_html
from ingest.http import fetch
from ingest.landing import Batch, Content, Item, Landed, Reject, land_many
from sql import query

SOURCE = "edgar-feed"
DATASET = "edgar_feed"
URL = f"{WWW}/cgi-bin/browse-edgar"
PATTERNS = ("*.atom", "*.xml")
PAGE_SIZE = 100
ATOM = {"atom": "http://www.w3.org/2005/Atom"}
# "8-K - Flux Power Holdings, Inc. (0001083743) (Filer)"
TITLE = re.compile(r"^.*? - (?P<company>.*) \((?P<cik>\d{1,10})\) \([^()]*\)$", re.S)
FILED = re.compile(r"Filed:\s*(?:<[^>]*>)?\s*(\d{4}-\d{2}-\d{2})")


class FeedGap(IngestError):
    """The feed does not reach back to the watermark; the message says what to land instead."""


@dataclass(frozen=True)
class NewFiling:
    """A filing that the feed brought since the watermark."""

    cik: int
    accession: str
    form: str
    company_name: str | None
    filed: date
    url: str | None
    updated_at: datetime | None


@dataclass(frozen=True)
class _Page:
    uri: str
    payload: bytes
    batch: Batch
    oldest: str | None
    newest: str | None

    def batches(self, payload: bytes) -> list[Batch]:
        """What `payload`, which is this page's own, was parsed into."""
        return [self.batch]

    def item(self) -> Item:
        return Item(self.uri, partial(Content, self.payload, self.newest), self.batches)


def run(
    conn: psycopg.Connection, path: Path, *, reject_threshold: float = 0.05
) -> Iterator[Landed]:
    """Land recorded pages: one, a folder or a zip of them."""
    pages, errors = [], []
    for file in files(path, *PATTERNS):
        try:
            pages.append(_page(file.uri, file.read()))
        except UnexpectedPayload as error:
            errors.append(Item(file.uri, partial(_raise, error), partial(parse, file.uri)))
    yield from _land(conn, pages, errors, reject_threshold)


def run_live(
    conn: psycopg.Connection,
    client: httpx.Client,
    *,
    max_pages: int = 20,
    reject_threshold: float = 0.05,
) -> Iterator[Landed]:
    """Land what is new since the watermark; the first time, `max_pages` pages.

    Errors: FeedGap, after landing, when that many pages do not reach back to
    the watermark.
    """
    mark = watermark(conn)
    pages: list[_Page] = []
    reached = mark is None
    for number in range(max_pages):
        page = _fetch_page(client, number * PAGE_SIZE)
        if page.oldest is None:
            reached = True
            break
        pages.append(page)
        # Entries of the watermark's own second may have come after it.
        if mark is not None and page.oldest < mark:
            reached = True
            break
    yield from _land(conn, pages, [], reject_threshold)
    if not reached:
        raise FeedGap(_gap(mark, pages))


def watermark(conn: psycopg.Connection) -> str | None:
    """Time of the newest entry landed, as ISO 8601 in UTC; None before the first."""
    row = conn.execute(
        "select max(watermark) from raw.load where dataset = %s and status = 'done'", [DATASET]
    ).fetchone()
    conn.commit()
    return None if row is None else row[0]


def new_filings(
    conn: psycopg.Connection, since: str | None, *, forms: Iterable[str] = ()
) -> list[NewFiling]:
    """What the feed brought after it stood at the watermark `since`; all of it for None.

    With `forms`, only these. A filing that an index or the feed had brought
    before is not new. In order of arrival.
    """
    rows = conn.execute(
        query("new_filings"), {"since": since, "dataset": DATASET, "forms": list(forms)}
    ).fetchall()
    conn.commit()
    return [NewFiling(*row) for row in rows]


def parse(uri: str, payload: bytes) -> list[Batch]:
    """One row per entry of a page: a filing and one of its filers. Errors: UnexpectedPayload."""
    latest = latest_date()
    rows, rejects = [], []
    for number, entry in enumerate(_entries(uri, payload)):
        row = _row(entry, latest)
        if isinstance(row, str):
            text = " ".join(ElementTree.tostring(entry, encoding="unicode").split())
            rejects.append(Reject(uri, None, f"entry[{number}] {text}", row))
        else:
            rows.append(row)
    return [Batch("filing_index", pl.DataFrame(rows, COLUMNS, orient="row"), rejects)]


def _land(
    conn: psycopg.Connection, pages: list[_Page], errors: list[Item], reject_threshold: float
) -> Iterator[Landed]:
    ordered = sorted(pages, key=lambda page: page.newest or "")
    items = [page.item() for page in ordered]
    return land_many(
        conn, items + errors, source=SOURCE, dataset=DATASET, reject_threshold=reject_threshold
    )


def _fetch_page(client: httpx.Client, start: int) -> _Page:
    params = {
        "action": "getcurrent",
        "owner": "include",
        "count": PAGE_SIZE,
        "start": start,
        "output": "atom",
    }
    content = fetch(client, URL, params=params)
    return _page(f"{URL}?action=getcurrent&start={start}", content.payload if content else b"")


def _page(uri: str, payload: bytes) -> _Page:
    (batch,) = parse(uri, payload)
    times = batch.rows.get_column("updated_at")
    oldest, newest = (str(times.min()), str(times.max())) if len(times) else (None, None)
    return _Page(uri, payload, batch, oldest, newest)


def _entries(uri: str, payload: bytes) -> list[ElementTree.Element]:
    refuse_html(uri, payload, "an Atom feed")
    try:
        feed = ElementTree.fromstring(payload)
    except ElementTree.ParseError as error:
        raise UnexpectedPayload(f"{uri}: broken XML: {error}") from error
    if feed.tag != f"{{{ATOM['atom']}}}feed":
        raise UnexpectedPayload(f"{uri}: line 1: <{feed.tag}> instead of an Atom feed")
    return feed.findall("atom:entry", ATOM)


def _row(entry: ElementTree.Element, latest: date) -> tuple[object, ...] | str:
    """A row of the index, or why the entry is none."""
    title = TITLE.match(_text(entry, "title"))
    if title is None:
        return "the title names no company and CIK"
    category = entry.find("atom:category", ATOM)
    form = "" if category is None else category.get("term", "")
    if not form:
        return "no form"
    filed = FILED.search(_text(entry, "summary"))
    accession = PATH_ACCESSION.search(_text(entry, "id"))
    if filed is None or accession is None:
        return "no filing date" if filed is None else "no accession number"
    try:
        day = date.fromisoformat(filed[1])
        updated = datetime.fromisoformat(_text(entry, "updated")).astimezone(UTC)
    except ValueError as error:
        return f"impossible date: {error}"
    if day > latest:
        return f"filed in the future, {latest} at most"
    link = entry.find("atom:link", ATOM)
    url = None if link is None else link.get("href")
    at = updated.strftime("%Y-%m-%dT%H:%M:%SZ")
    return int(title["cik"]), title["company"], form, day, accession[1], url, at


def _text(entry: ElementTree.Element, name: str) -> str:
    return (entry.findtext(f"atom:{name}", "", ATOM)).strip()


def _gap(mark: str | None, pages: list[_Page]) -> str:
    oldest = pages[-1].oldest if pages else None
    return (
        f"{URL}: the feed's last {len(pages)} pages reach back to {oldest} only, the last "
        f"filing landed before is of {mark}. For the filings between, land the daily indexes: "
        f"edgar-index --since {str(mark)[:10]} --until {str(oldest)[:10]}"
    )


def _raise(error: UnexpectedPayload) -> Content:
    raise error
