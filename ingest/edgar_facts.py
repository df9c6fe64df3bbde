"""XBRL facts of companies (`companyfacts`), into `raw.company_fact`.

All taxonomies, units and forms. One load per company file, also for the members
of the nightly bulk zip; a newer file of a company lands only the facts that are
new by content.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import accumulate
from operator import itemgetter
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
    live_item,
    padded,
)
from ingest.edgar_rules import cik_of, first_reason, impossible, is_page, latest_date
from ingest.errors import UnexpectedPayload
from ingest.files import base_name, parsed_json
from ingest.landing import Batch, Landed, Reject, land_many

SOURCE = "edgar-facts"
DATASET = "edgar_facts"
BULK = f"{WWW}/Archives/edgar/daily-index/xbrl/companyfacts.zip"

Fact = dict[str, Any]


def run(
    conn: psycopg.Connection, path: Path, *, reject_threshold: float = 0.05
) -> Iterator[Landed]:
    """Land a company's file (JSON or gzip), a folder of them, or the bulk zip."""
    items = (item for item in file_items(path, parse, "CIK*.json") if not is_page(item.uri))
    yield from land_many(
        conn, items, source=SOURCE, dataset=DATASET, reject_threshold=reject_threshold
    )


def run_live(
    conn: psycopg.Connection,
    client: httpx.Client,
    *,
    ciks: Iterable[int | str] = (),
    bulk_folder: Path | None = None,
    reject_threshold: float = 0.05,
) -> Iterator[Landed]:
    """Land what the SEC has of these companies; with `bulk_folder`, of all of them.

    The bulk zip (over 1 GB) is kept in that folder, so that a killed load goes
    on without a second download.
    """
    if bulk_folder is not None:
        bulk = download_bulk(client, BULK, bulk_folder)
        yield from run(conn, bulk, reject_threshold=reject_threshold)
    known = known_documents(conn, DATASET)
    items = (live_item(client, url_of(cik), known, parse) for cik in as_ciks(ciks))
    yield from land_many(
        conn, items, source=SOURCE, dataset=DATASET, reject_threshold=reject_threshold
    )


def url_of(cik: int) -> str:
    """Where the SEC publishes a company's facts."""
    return f"{DATA}/api/xbrl/companyfacts/CIK{padded(cik)}.json"


def parse(uri: str, payload: bytes) -> Iterator[Batch]:
    """The facts of one company, and its name. Errors: UnexpectedPayload."""
    document = parsed_json(uri, payload)
    if not isinstance(document, dict) or not isinstance(document.get("facts"), dict):
        raise UnexpectedPayload(f"{uri}: line 1: JSON without facts: is it companyfacts?")
    cik = _cik(uri, document)
    name = {"cik": [cik], "entity_name": [_text(document.get("entityName"))]}
    yield Batch("company_fact_entity", pl.DataFrame(name))
    listing = _Listing()
    listing.add_all(document["facts"])
    yield _batch(uri, cik, listing)


@dataclass
class _Listing:
    """Facts in file order, and the groups (taxonomy, tag, unit) they stand in."""

    facts: list[Fact] = field(default_factory=list)
    groups: list[tuple[str, str, str]] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    broken: list[tuple[str, Any]] = field(default_factory=list)

    def add_all(self, taxonomies: dict[str, Any]) -> None:
        for taxonomy, tags in taxonomies.items():
            for tag, concept in _pairs(tags):
                units = concept.get("units") if isinstance(concept, dict) else concept
                for unit, facts in _pairs(units):
                    self.add((taxonomy, tag, unit), facts)

    def add(self, group: tuple[str, str, str], facts: Any) -> None:
        if not isinstance(facts, list):
            self.broken.append(("/".join(group), facts))
            return
        # A thing that is not a fact keeps its place, so that locators stay true.
        if set(map(type, facts)) - {dict}:
            facts = [fact if isinstance(fact, dict) else {"": fact} for fact in facts]
        self.facts += facts
        self.groups.append(group)
        self.sizes.append(len(facts))

    def locate(self, index: int, ends: list[int]) -> str:
        """Where the fact with this index stands, as us-gaap/Assets/USD[3]."""
        group = bisect_right(ends, index)
        start = ends[group - 1] if group else 0
        return f"{'/'.join(self.groups[group])}[{index - start}]"


def _pairs(mapping: Any) -> Iterable[tuple[str, Any]]:
    """Items of a JSON object; anything else is one unnamed item, broken further down."""
    return mapping.items() if isinstance(mapping, dict) else [("?", mapping)]


def _batch(uri: str, cik: int, listing: _Listing) -> Batch:
    broken = [
        Reject(uri, None, f"{where} {_json(thing)}", "not a list of facts")
        for where, thing in listing.broken
    ]
    table = _table(cik, listing)
    reasons = table.select(_reason(latest_date())).to_series()
    rows = table.drop("has_start", "has_value")
    if reasons.null_count() == len(reasons):
        return Batch("company_fact", rows, broken)
    is_bad = reasons.is_not_null()
    ends = list(accumulate(listing.sizes))
    rejects = [
        Reject(uri, None, f"{listing.locate(i, ends)} {_json(listing.facts[i])}", str(reasons[i]))
        for i in is_bad.arg_true()
    ]
    return Batch("company_fact", rows.filter(~is_bad), broken + rejects)


def _table(cik: int, listing: _Listing) -> pl.DataFrame:
    """All facts as typed columns; what does not cast is null."""
    facts = listing.facts
    groups = pl.DataFrame(listing.groups, ["taxonomy", "tag", "unit"], orient="row")
    values = _column(facts, "val")
    starts = _texts([fact.get("start") for fact in facts])
    return pl.DataFrame(
        {
            "cik": pl.repeat(cik, len(facts), dtype=pl.Int64, eager=True),
            **_repeated(groups, pl.Series("size", listing.sizes, pl.Int64)),
            "period_start": _dates(starts),
            "period_end": _dates(_texts(_column(facts, "end"))),
            "accession": _texts(_column(facts, "accn")),
            "value": _numbers(values),
            "form": _texts(_column(facts, "form")),
            "filed": _dates(_texts(_column(facts, "filed"))),
            "fy": pl.Series(_column(facts, "fy"), dtype=pl.Int32, strict=False),
            "fp": _texts(_column(facts, "fp")),
            "frame": _texts([fact.get("frame") for fact in facts]),
            "has_start": starts.is_not_null(),
            "has_value": _present(values),
        }
    )


def _column(facts: list[Fact], key: str) -> list[Any]:
    """One key of all facts; null where a fact lacks it, which is rare: so not by `get`."""
    try:
        return list(map(itemgetter(key), facts))
    except KeyError:
        return [fact.get(key) for fact in facts]


def _present(values: list[Any]) -> pl.Series:
    if None in values:
        return pl.Series([value is not None for value in values], dtype=pl.Boolean)
    return pl.repeat(True, len(values), eager=True)


def _repeated(groups: pl.DataFrame, sizes: pl.Series) -> dict[str, pl.Series]:
    """Each group's names, once per fact in it."""
    rows = groups.select(pl.row_index("group").repeat_by(sizes).explode())
    at = rows.get_column("group").drop_nulls()
    return {name: groups.get_column(name).gather(at) for name in groups.columns}


def _reason(latest: date) -> pl.Expr:
    start, end, filed = pl.col("period_start"), pl.col("period_end"), pl.col("filed")
    return first_reason(
        {
            "impossible date in end": end.is_null() | impossible(end),
            "impossible date in start": (pl.col("has_start") & start.is_null()) | impossible(start),
            "the period ends before it starts": start > end,
            "impossible date in filed": filed.is_null() | impossible(filed),
            f"filed in the future, {latest} at most": filed > latest,
            "no val": ~pl.col("has_value"),
            "val is not a number": pl.col("value").is_null(),
            "no accession number": pl.col("accession").is_null(),
        }
    )


def _numbers(values: list[Any]) -> pl.Series:
    """JSON numbers as float8; null for anything else, also for text that looks like one."""
    if set(map(type, values)) <= {int, float}:
        return pl.Series(array("d", values), dtype=pl.Float64)
    numbers = [float(v) if type(v) in (int, float) else None for v in values]
    return pl.Series(numbers, dtype=pl.Float64)


def _dates(texts: pl.Series) -> pl.Series:
    return texts.str.to_date("%Y-%m-%d", strict=False)


def _texts(values: list[Any]) -> pl.Series:
    """Strings; anything else that is not null as its JSON, so that it is seen as wrong."""
    if set(map(type, values)) <= {str, type(None)}:
        return pl.Series(values, dtype=pl.String)
    return pl.Series([_text(value) for value in values], dtype=pl.String)


def _text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else _json(value)


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()


def _cik(uri: str, document: dict[str, Any]) -> int:
    """The company's number: in the file, as a number or as text, else in its name."""
    stated = str(document.get("cik", "")).strip()
    if stated.isdigit():
        return int(stated)
    cik = cik_of(base_name(uri))
    if cik is None:
        raise UnexpectedPayload(f"{uri}: line 1: no CIK in the file nor in its name")
    return cik
