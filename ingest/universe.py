"""Who belongs where: universe spells, sectors and ticker maps that users bring.

`raw.universe_member` and `raw.ticker_map` hold validity ranges, end exclusive;
`raw.sector` holds ranges or a snapshot with the day it was taken.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import polars as pl
import psycopg

from ingest.errors import UnexpectedPayload
from ingest.files import File, files, parsed_json
from ingest.frames import LINE, PARQUET, Columns, Schema, cast_cells, read_bytes, read_cells
from ingest.landing import Batch, Landed, Reject, land_many
from ingest.sources import data_source_id

BACKWARDS = {"valid_to is not after valid_from": pl.col("valid_to") <= pl.col("valid_from")}
TICKER = ("ticker", "symbol", "ticker symbol")
MEMBER: dict[str, pl.DataType] = {
    "ticker": pl.String(),
    "valid_from": pl.Date(),
    "valid_to": pl.Date(),
}
MEMBER_NAMES: Columns = {
    "ticker": TICKER,
    "valid_from": ("valid_from", "start_date", "start"),
    "valid_to": ("valid_to", "end_date", "end"),
}
SECTOR: dict[str, pl.DataType] = {
    "ticker": pl.String(),
    "cik": pl.Int64(),
    "name": pl.String(),
    "sector": pl.String(),
    "industry": pl.String(),
    "valid_from": pl.Date(),
    "valid_to": pl.Date(),
}
SECTOR_NAMES: Columns = {
    "ticker": TICKER,
    "name": ("name", "security", "company"),
    "sector": ("sector", "gics sector", "gics_sector"),
    "industry": ("industry", "gics sub-industry", "gics sub industry", "gics_industry"),
}
TICKER_MAP: dict[str, pl.DataType] = {
    "permanent_ticker": pl.String(),
    "ticker": pl.String(),
    "valid_from": pl.Date(),
    "valid_to": pl.Date(),
    "exchange": pl.String(),
    "cik": pl.Int64(),
}
FIRST_DAY = date(1900, 1, 1)


def run_universe(
    conn: psycopg.Connection,
    path: Path,
    *,
    universe: str,
    columns: Columns | None = None,
    is_end_inclusive: bool = False,
    reject_threshold: float = 0.05,
) -> Iterator[Landed]:
    """Land membership spells of a universe: ticker, valid_from and valid_to.

    columns: target → the vendor's column; start_date and end_date are known.
    is_end_inclusive: whether the file's end is the last day within; without it
        the first day outside. An empty end means "until further notice".
    """
    read = partial(_members, universe=universe, columns=columns, inclusive=is_end_inclusive)
    yield from land_many(
        conn,
        (file.item(read) for file in files(path, "*.csv", "*.parquet")),
        source="universe",
        dataset="universe",
        options={"universe": universe, "columns": columns, "is_end_inclusive": is_end_inclusive},
        reject_threshold=reject_threshold,
    )


def run_sectors(
    conn: psycopg.Connection,
    path: Path,
    *,
    scheme: str = "gics",
    columns: Columns | None = None,
    as_of: date | str | None = None,
    reject_threshold: float = 0.05,
) -> Iterator[Landed]:
    """Land sectors: ticker and sector, and if there cik, name, industry and a validity.

    scheme: the classification. as_of: for a file without validity, the day the
    snapshot was taken; it is extended backwards, and marked so, when settled.
    """
    day = date.fromisoformat(as_of) if isinstance(as_of, str) else as_of
    yield from land_many(
        conn,
        (
            file.item(partial(_sectors, scheme=scheme, columns=columns, as_of=day))
            for file in files(path, "*.csv", "*.parquet")
        ),
        source="sectors",
        dataset="sectors",
        options={"scheme": scheme, "columns": columns, "as_of": day},
        reject_threshold=reject_threshold,
    )


def run_ticker_map(
    conn: psycopg.Connection,
    path: Path,
    *,
    source: str,
    columns: Columns | None = None,
    priority: int | None = None,
    reject_threshold: float = 0.05,
) -> Iterator[Landed]:
    """Land which ticker a security carried, and when, or which CIK it belongs to.

    CSV or Parquet: ticker; if there permanent_ticker (the same for all names of
    a security; else the ticker itself), valid_from, valid_to, exchange and cik.
    JSON: an object of ticker → CIK. Without valid_from a row holds for all time.
    """
    source_id = data_source_id(conn, source, priority=priority)
    yield from land_many(
        conn,
        (
            file.item(partial(_ticker_map, source_id=source_id, columns=columns))
            for file in files(path, "*.csv", "*.parquet", "*.json")
        ),
        source=source,
        dataset="ticker_map",
        options={"source": source, "columns": columns},
        reject_threshold=reject_threshold,
    )


def _members(
    file: File, payload: bytes, *, universe: str, columns: Columns | None, inclusive: bool
) -> Iterator[Batch]:
    rows, rejects = _read(
        file, payload, MEMBER, {**MEMBER_NAMES, **(columns or {})},
        required=["ticker", "valid_from"], optional=["valid_to"], inclusive=inclusive,
    )  # fmt: skip
    yield Batch(
        "universe_member", rows.select(pl.lit(universe).alias("universe"), pl.all()), rejects
    )


def _sectors(
    file: File, payload: bytes, *, scheme: str, columns: Columns | None, as_of: date | None
) -> Iterator[Batch]:
    rows, rejects = _read(
        file, payload, SECTOR, {**SECTOR_NAMES, **(columns or {})},
        required=["ticker", "sector"],
        optional=["cik", "name", "industry", "valid_from", "valid_to"],
    )  # fmt: skip
    yield Batch(
        "sector",
        rows.select(
            pl.lit(scheme).alias("scheme"), pl.all(), pl.lit(as_of, pl.Date).alias("as_of")
        ),
        rejects,
    )


def _ticker_map(
    file: File, payload: bytes, *, source_id: int, columns: Columns | None
) -> Iterator[Batch]:
    rows, rejects = _read(
        file, payload, TICKER_MAP, {"ticker": TICKER, **(columns or {})},
        required=["ticker"],
        optional=[name for name in TICKER_MAP if name != "ticker"],
    )  # fmt: skip
    rows = rows.with_columns(
        pl.coalesce("permanent_ticker", "ticker").alias("permanent_ticker"),
        pl.coalesce("valid_from", pl.lit(FIRST_DAY)).alias("valid_from"),
    )
    yield Batch("ticker_map", rows.select(pl.lit(source_id).alias("source_id"), pl.all()), rejects)


def _read(
    file: File,
    payload: bytes,
    schema: Schema,
    columns: Columns,
    *,
    required: Collection[str],
    optional: Collection[str],
    inclusive: bool = False,
) -> tuple[pl.DataFrame, list[Reject]]:
    content = read_bytes(payload, file.uri)
    if content.lstrip()[:1] == b"{":
        cells, ragged = _pairs(content, file.uri)
    else:
        cells, ragged = read_cells(content, file.uri)
    is_text = content[:4] != PARQUET and content.lstrip()[:1] != b"{"
    rows, rejects = cast_cells(
        cells,
        schema=schema,
        columns=columns,
        name=file.uri,
        required=required,
        optional=optional,
        checks={} if inclusive else BACKWARDS,
        content=content if is_text else None,
    )
    if inclusive:
        rows = rows.with_columns(pl.col("valid_to") + timedelta(days=1))
    return rows, ragged + rejects


def _pairs(content: bytes, uri: str) -> tuple[pl.DataFrame, list[Reject]]:
    """A JSON object of ticker → CIK as a table of text."""
    pairs = parsed_json(uri, content)
    if not isinstance(pairs, dict) or not pairs:
        raise UnexpectedPayload(f"{uri}: not an object of ticker → CIK")
    cells = {"ticker": list(pairs), "cik": [_text(value) for value in pairs.values()]}
    table = pl.DataFrame(cells, schema=dict.fromkeys(cells, pl.String))
    return table.with_row_index(LINE, offset=1), []


def _text(value: object) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value)
