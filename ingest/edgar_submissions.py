"""Filing histories of companies (`submissions`), into `raw.filer` and `raw.filing`.

A history is a main file and further pages; each is a load of its own, because
its times of acceptance are in UTC or, under the same Z, in New York time, file
by file. They land as written; SQL decides per load.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import orjson
import polars as pl
import psycopg

from ingest.edgar_client import (
    DATA,
    WWW,
    as_ciks,
    download_bulk,
    file_items,
    known_documents,
    padded,
)
from ingest.edgar_rules import ACCESSION, cik_of, first_reason, impossible, latest_date
from ingest.errors import IngestError, UnexpectedPayload, VendorUnavailable
from ingest.files import base_name, parsed_json
from ingest.http import fetch
from ingest.landing import Batch, Content, Item, Landed, Reject, land_many

SOURCE = "edgar-submissions"
DATASET = "edgar_submissions"
BULK = f"{WWW}/Archives/edgar/daily-index/bulkdata/submissions.zip"
# Our column → the vendor's, and its type there.
FILING = {
    "accession": ("accessionNumber", pl.String),
    "form": ("form", pl.String),
    "filing_date": ("filingDate", pl.String),
    "report_date": ("reportDate", pl.String),
    "acceptance": ("acceptanceDateTime", pl.String),
    "items": ("items", pl.String),
    "is_xbrl": ("isXBRL", pl.Int64),
    "size_bytes": ("size", pl.Int64),
    "primary_document": ("primaryDocument", pl.String),
}
REQUIRED = ("accessionNumber", "form", "filingDate")

Page = dict[str, list[Any]]


def run(
    conn: psycopg.Connection, path: Path, *, reject_threshold: float = 0.05
) -> Iterator[Landed]:
    """Land a history's main file or page, a folder of them, or the bulk zip."""
    yield from land_many(
        conn,
        file_items(path, parse, "CIK*.json"),
        source=SOURCE,
        dataset=DATASET,
        reject_threshold=reject_threshold,
    )


def run_live(
    conn: psycopg.Connection,
    client: httpx.Client,
    *,
    ciks: Iterable[int | str] = (),
    bulk_folder: Path | None = None,
    reject_threshold: float = 0.05,
) -> Iterator[Landed]:
    """Land the histories of these companies, all pages; with `bulk_folder`, of everyone."""
    if bulk_folder is not None:
        bulk = download_bulk(client, BULK, bulk_folder)
        yield from run(conn, bulk, reject_threshold=reject_threshold)
    numbers, known = as_ciks(ciks), known_documents(conn, DATASET)
    yield from land_many(
        conn,
        (item for cik in numbers for item in _History(client, known, cik).items()),
        source=SOURCE,
        dataset=DATASET,
        reject_threshold=reject_threshold,
    )


def parse(uri: str, payload: bytes) -> Iterator[Batch]:
    """The filer (main file only) and its filings. Errors: UnexpectedPayload."""
    document = parsed_json(uri, payload)
    if not isinstance(document, dict):
        raise UnexpectedPayload(f"{uri}: line 1: a JSON {type(document).__name__}, not an object")
    cik = _cik(uri, document)
    if "filings" in document:
        yield Batch("filer", _filer(cik, document))
        filings = document["filings"]
        page, where = filings.get("recent") if isinstance(filings, dict) else None, "filings.recent"
    else:
        page, where = document, ""
    yield _filings(uri, cik, page if isinstance(page, dict) else {}, where)


def pages(uri: str, payload: bytes) -> list[str]:
    """Names of the further pages that a main file lists."""
    document = parsed_json(uri, payload)
    try:
        return [page["name"] for page in document["filings"]["files"]]
    except (KeyError, TypeError) as error:
        raise UnexpectedPayload(f"{uri}: line 1: no list filings.files in it") from error


@dataclass
class _History:
    """One company's history at the SEC, further pages first.

    The main file lands last, and without its validators if a page failed: so
    after an interruption it is asked for again, and its pages with it.
    """

    client: httpx.Client
    known: dict[str, str]
    cik: int
    is_whole: bool = True

    def items(self) -> Iterator[Item]:
        url = f"{DATA}/submissions/CIK{padded(self.cik)}.json"
        try:
            main = fetch(self.client, url, known=self.known.get(url))
            names = [] if main is None else pages(url, main.payload)
        except (VendorUnavailable, UnexpectedPayload) as error:
            yield Item(url, partial(_raise, error), partial(parse, url))
            return
        for name in names:
            page = f"{DATA}/submissions/{name}"
            yield Item(page, partial(self._read_page, page), partial(parse, page))
        yield Item(url, partial(self._describe, main), partial(parse, url))

    def _read_page(self, url: str) -> Content | None:
        try:
            return fetch(self.client, url, known=self.known.get(url))
        except (VendorUnavailable, UnexpectedPayload):
            self.is_whole = False
            raise

    def _describe(self, main: Content | None) -> Content | None:
        return main if main is None or self.is_whole else Content(main.payload)


def _raise(error: IngestError) -> Content | None:
    raise error


def _filer(cik: int, document: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "cik": [cik],
            "name": [document.get("name")],
            "sic": [document.get("sic") or None],
            "sic_description": [document.get("sicDescription") or None],
            "entity_type": [document.get("entityType") or None],
            "fiscal_year_end": [document.get("fiscalYearEnd") or None],
            "state_of_incorporation": [document.get("stateOfIncorporation") or None],
            "tickers": [_array(document.get("tickers") or [])],
            "exchanges": [_array(document.get("exchanges") or [])],
            "former_names": [orjson.dumps(document.get("formerNames") or []).decode()],
        }
    )


def _array(texts: list[str | None]) -> str:
    """A PostgreSQL array of text, as COPY reads it."""
    return "{" + ",".join("null" if t is None else orjson.dumps(t).decode() for t in texts) + "}"


def _filings(uri: str, cik: int, page: Page, where: str) -> Batch:
    texts = _columns(uri, page, where)
    rows = texts.select(
        pl.lit(cik).alias("cik"),
        "accession",
        "form",
        pl.col("filing_date").str.to_date("%Y-%m-%d", strict=False),
        pl.col("report_date").str.to_date("%Y-%m-%d", strict=False),
        "acceptance",
        "items",
        pl.col("is_xbrl") == 1,
        "size_bytes",
        "primary_document",
    )
    given = texts.get_column("report_date").is_not_null()
    reasons = rows.select(_reason(given, latest_date())).to_series()
    bad = reasons.is_not_null()
    rejects = [
        Reject(uri, None, f"{where}[{i}] {_record(page, i)}", str(reasons[i]))
        for i in bad.arg_true()
    ]
    return Batch("filing", rows.filter(~bad).unique(maintain_order=True), rejects)


def _columns(uri: str, page: Page, where: str) -> pl.DataFrame:
    """The page's columns under our names, empty text as null."""
    missing = [name for name in REQUIRED if not isinstance(page.get(name), list)]
    if missing:
        raise UnexpectedPayload(f"{uri}: line 1: no columns {missing} in {where or 'the page'}")
    n_rows = len(page["accessionNumber"])
    lengths = {vendor: len(page[vendor]) for vendor, _ in FILING.values() if vendor in page}
    if set(lengths.values()) != {n_rows}:
        raise UnexpectedPayload(f"{uri}: line 1: columns of unequal length: {lengths}")
    columns = {
        ours: pl.Series(page.get(vendor, [None] * n_rows), dtype=dtype, strict=False)
        for ours, (vendor, dtype) in FILING.items()
    }
    frame = pl.DataFrame(columns)
    return frame.with_columns(pl.when(pl.col(pl.String) != "").then(pl.col(pl.String)))


def _reason(report_given: pl.Series, latest: date) -> pl.Expr:
    filed, report = pl.col("filing_date"), pl.col("report_date")
    return first_reason(
        {
            "no valid accession number": ~pl.col("accession").str.contains(ACCESSION)
            | pl.col("accession").is_null(),
            "no form": pl.col("form").is_null(),
            "impossible date in filingDate": filed.is_null() | impossible(filed),
            f"filed in the future, {latest} at most": filed > latest,
            "impossible date in reportDate": (pl.lit(report_given) & report.is_null())
            | impossible(report),
        }
    )


def _record(page: Page, index: int) -> str:
    record = {vendor: page[vendor][index] for vendor, _ in FILING.values() if vendor in page}
    return orjson.dumps(record).decode()


def _cik(uri: str, document: dict[str, Any]) -> int:
    """The company's number; pages do not state it, they are named after it."""
    stated = str(document.get("cik", "")).strip()
    if stated.isdigit():
        return int(stated)
    cik = cik_of(base_name(uri))
    if cik is None:
        raise UnexpectedPayload(f"{uri}: line 1: no CIK in the file nor in its name")
    return cik
