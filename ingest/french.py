"""Ken French's data library: factor and portfolio returns, into `raw.french_return`.

A file is prose and tables. A table has a title (which may take several lines, or
be missing), a header that names the portfolios, and rows that start with a day
(20200131 or 2020-01-31), a month (202001) or a year.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
import psycopg

from ingest.errors import UnexpectedPayload
from ingest.files import File, files
from ingest.frames import LINE, cast_cells, read_bytes
from ingest.landing import Batch, Landed, Reject, land_many

DATASET = "french"
ROW = re.compile(r"^\s*(\d{4}-\d{2}-\d{2}|\d{8}|\d{6}|\d{4})\s*,")
HEADER = re.compile(r"^\s*(date)?\s*,", re.IGNORECASE)
FREQUENCIES = {10: "daily", 8: "daily", 6: "monthly", 4: "annual"}
MISSING = (-99.99, -999.0)
# The title of a table that has none: the factors themselves.
UNTITLED = "Factors"


@dataclass
class Section:
    """One table of a file, its rows as text with the lines they stand on."""

    title: str
    portfolios: list[str]
    rows: list[tuple[int, str]] = field(default_factory=list)


def run(
    conn: psycopg.Connection, path: Path, *, reject_threshold: float = 0.05
) -> Iterator[Landed]:
    """Land a file, folder or zip of the library's text files; one load per file.

    The dataset of a row is its file's name without the ending.
    """
    items = (file.item(parse) for file in files(path, "*.csv", "*.CSV", "*.txt"))
    yield from land_many(
        conn, items, source="french", dataset=DATASET, reject_threshold=reject_threshold
    )


def parse(file: File, payload: bytes) -> Iterator[Batch]:
    """One batch per table: values in percent (counts and sizes in the file's own unit)."""
    text = read_bytes(payload, file.uri).decode("latin-1")
    dataset = file.name.partition(".")[0]
    tables = sections(text)
    if not any(table.rows for table in tables):
        raise UnexpectedPayload(f"{file.uri}: no table: no line of dates under a line of names")
    for table in tables:
        yield from _batches(table, dataset, file.uri)


def sections(text: str) -> list[Section]:
    """The tables of a file, in order."""
    found: list[Section] = []
    title: list[str] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if ROW.match(line) and found:
            found[-1].rows.append((number, line))
        elif HEADER.match(line):
            names = [name.strip() for name in line.split(",")[1:]]
            found.append(Section(" ".join(title) or UNTITLED, names))
            title = []
        elif line.strip():
            title.append(" ".join(line.split()))
        else:
            title = []
    return found


def _batches(table: Section, dataset: str, uri: str) -> Iterator[Batch]:
    width = len(table.portfolios) + 1
    split = [(number, line.split(",")) for number, line in table.rows]
    ragged = [
        Reject(uri, number, ",".join(cells), f"{len(cells)} fields where the header has {width}")
        for number, cells in split
        if len(cells) != width
    ]
    rows = [[str(number), *cells] for number, cells in split if len(cells) == width]
    cells = pl.DataFrame(
        rows, schema=dict.fromkeys([LINE, "period", *table.portfolios], pl.String), orient="row"
    ).with_columns(pl.col(LINE).cast(pl.UInt32), pl.col("period").str.strip_chars())
    values, rejects = cast_cells(
        cells.with_columns(_period_date().alias("period_date")),
        schema={
            "period": pl.String(),
            "period_date": pl.Date(),
            **dict.fromkeys(table.portfolios, pl.Float64()),
        },
        name=uri,
        checks={"no such date": pl.col("period_date").is_null()},
    )
    yield Batch("french_return", _long(values, table, dataset), ragged + rejects)


def _period_date() -> pl.Expr:
    """The last day of the period; null for a date that does not exist."""
    period = pl.col("period").str.replace_all("-", "")
    size = period.str.len_chars()
    day = pl.when(size == 8).then(period).when(size == 6).then(period + "01").otherwise(
        period + "1231"
    ).str.to_date("%Y%m%d", strict=False)  # fmt: skip
    return pl.when(size == 6).then(day.dt.month_end()).otherwise(day)


def _long(values: pl.DataFrame, table: Section, dataset: str) -> pl.DataFrame:
    size = pl.col("period").str.len_chars()
    value = pl.col("value_pct")
    return values.unpivot(
        index=["period", "period_date"], variable_name="portfolio", value_name="value_pct"
    ).select(
        pl.lit(dataset).alias("dataset"),
        pl.lit(table.title).alias("section"),
        size.replace_strict(FREQUENCIES, return_dtype=pl.String).alias("frequency"),
        "period_date",
        "portfolio",
        pl.when(~value.is_in(MISSING)).then(value).alias("value_pct"),
    )
