"""Fundamentals panels that users bring, into `raw.panel_item`.

Two layouts: long (ticker, filed, item, value: one row per item) and wide (ticker,
period_end, filed and a column per item: one row per filing). Items land under
the names that the mapping gives them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Literal

import polars as pl
import psycopg

from ingest.errors import IngestError, UnexpectedPayload
from ingest.files import File, files
from ingest.frames import (
    LINE,
    PARQUET,
    Columns,
    cast_cells,
    match_columns,
    read_bytes,
    read_cells,
)
from ingest.landing import Batch, Landed, Reject, land_many
from ingest.sources import data_source_id

DATASET = "panel"
Span = Literal["instant", "quarter", "year"]
SPANS = ("instant", "quarter", "year")
KEYS: dict[str, pl.DataType] = {
    "ticker": pl.String(),
    "filed": pl.Date(),
    "period_end": pl.Date(),
}
VALUES: dict[str, pl.DataType] = {"item": pl.String(), "value": pl.Float64()}
# What vendors call the keys when no mapping says it.
USUAL_NAMES: Columns = {
    "ticker": ("ticker", "symbol"),
    "filed": ("filed", "available_date", "filing_date"),
    "period_end": ("period_end", "report_date", "fiscal_period_end"),
}


def run(
    conn: psycopg.Connection,
    path: Path,
    *,
    source: str,
    spans: Mapping[str, Span],
    items: Mapping[str, str] | None = None,
    columns: Columns | None = None,
    priority: int | None = None,
    reject_threshold: float = 0.05,
) -> Iterator[Landed]:
    """Land panels from a file, folder or zip of Parquet or CSV; one load per file.

    source: name of the data source; priority: lower wins between sources.
    items: the vendor's item → the standard item; without it the vendor's names
        stand. Of a long file every item not named is a reject, of a wide one
        every column not named is left alone.
    spans: item, the vendor's or the standard one → what its values span:
        `instant` (a balance), `quarter` or `year` (a flow); "*" stands for all
        items not named.
    columns: target → the vendor's column. Targets are ticker, filed and, if
        there is one, period_end; item and value make the file a long one.
    """
    if unknown := sorted(span for span in spans.values() if span not in SPANS):
        raise IngestError(f"spans: {unknown}: expected one of {', '.join(SPANS)}")
    source_id = data_source_id(conn, source, priority=priority)
    names = {**USUAL_NAMES, **(columns or {})}
    read = partial(_parse, source_id=source_id, items=items, spans=spans, columns=names)
    yield from land_many(
        conn,
        (file.item(read) for file in files(path, "*.parquet", "*.csv")),
        source=source,
        dataset=DATASET,
        options={"source": source, "items": items, "spans": dict(spans), "columns": columns},
        reject_threshold=reject_threshold,
    )


def _parse(
    file: File,
    payload: bytes,
    *,
    source_id: int,
    items: Mapping[str, str] | None,
    spans: Mapping[str, Span],
    columns: Columns,
) -> Iterator[Batch]:
    rows, rejects = parse(payload, file.uri, items=items, spans=spans, columns=columns)
    yield Batch("panel_item", rows.select(pl.lit(source_id).alias("source_id"), pl.all()), rejects)


def parse(
    payload: bytes,
    name: str,
    *,
    spans: Mapping[str, Span],
    items: Mapping[str, str] | None = None,
    columns: Columns = USUAL_NAMES,
) -> tuple[pl.DataFrame, list[Reject]]:
    """The columns of `raw.panel_item` without source_id, and the rejects."""
    content = read_bytes(payload, name)
    cells, ragged = read_cells(content, name)
    text = None if content[:4] == PARQUET else content
    is_long = all(
        match_columns(cells.columns, {key: VALUES[key]}, columns, [key], name)[key]
        for key in VALUES
    )
    shape = partial(_long, items=items) if is_long else partial(_wide, items=items)
    rows, rejects = shape(cells, columns, name, text)
    return _spanned(rows, spans, items or {}, name), ragged + rejects


def _long(
    cells: pl.DataFrame,
    columns: Columns,
    name: str,
    text: bytes | None,
    *,
    items: Mapping[str, str] | None,
) -> tuple[pl.DataFrame, list[Reject]]:
    checks = {} if items is None else {
        "an item that the mapping does not name": ~pl.col("item").is_in(list(items))
    }  # fmt: skip
    rows, rejects = cast_cells(
        cells,
        schema={**KEYS, **VALUES},
        columns=columns,
        name=name,
        required=["ticker", "filed", "item", "value"],
        optional=["period_end"],
        checks=checks,
        content=text,
    )
    return rows.with_columns(pl.col("item").replace(items or {})), rejects


def _wide(
    cells: pl.DataFrame,
    columns: Columns,
    name: str,
    text: bytes | None,
    *,
    items: Mapping[str, str] | None,
) -> tuple[pl.DataFrame, list[Reject]]:
    keys = match_columns(cells.columns, KEYS, columns, ["period_end"], name)
    others = [column for column in cells.columns if column not in (LINE, *keys.values())]
    wanted = items if items is not None else {column: column for column in others}
    schema = {**KEYS, **dict.fromkeys(wanted.values(), pl.Float64())}
    vendor = {standard: vendor_item for vendor_item, standard in wanted.items()}
    if len(vendor) < len(wanted):
        raise IngestError(f"items: two of the vendor's items become one: {dict(wanted)}")
    rows, rejects = cast_cells(
        cells,
        schema=schema,
        columns={**columns, **vendor},
        name=name,
        required=["ticker", "filed"],
        optional=["period_end"],
        content=text,
    )
    long = rows.unpivot(
        list(wanted.values()), index=list(KEYS), variable_name="item", value_name="value"
    )
    return long.drop_nulls("value"), rejects


def _spanned(
    rows: pl.DataFrame, spans: Mapping[str, Span], items: Mapping[str, str], name: str
) -> pl.DataFrame:
    known = {items.get(item, item): span for item, span in spans.items()}
    found = rows.get_column("item").unique().to_list()
    span = {item: known.get(item, known.get("*")) for item in found}
    if missing := sorted(item for item, kind in span.items() if kind is None):
        raise UnexpectedPayload(f"{name}: spans does not say what {', '.join(missing)} spans")
    return rows.select(
        "ticker",
        "item",
        pl.col("item").replace_strict(span, return_dtype=pl.String).alias("span"),
        "period_end",
        "filed",
        "value",
    )
