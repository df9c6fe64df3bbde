"""FRED-MD, the monthly macro panel of McCracken and Ng, into `raw.fred_md`.

One column per series; the row under the header holds each one's transformation
code, 1 to 7 (`tcode`).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import psycopg

from ingest.errors import UnexpectedPayload
from ingest.files import File, files
from ingest.frames import LINE, cast_cells, read_bytes, read_cells
from ingest.landing import Batch, Landed, land_many

DATASET = "fred_md"
DATED = "sasdate"


def run(
    conn: psycopg.Connection, path: Path, *, reject_threshold: float = 0.05
) -> Iterator[Landed]:
    """Land a vintage of the panel (a CSV), or a folder or zip of them; one load per file."""
    items = (file.item(parse) for file in files(path, "*.csv"))
    yield from land_many(
        conn, items, source="fred-md", dataset=DATASET, reject_threshold=reject_threshold
    )


def parse(file: File, payload: bytes) -> Iterator[Batch]:
    """One row per series and month, with the series' transformation code."""
    content = read_bytes(payload, file.uri)
    cells, ragged = read_cells(content, file.uri)
    if DATED not in cells.columns:
        raise UnexpectedPayload(
            f"{file.uri}: line 1: no column {DATED}; found {cells.columns[1:6]} …"
        )
    series = [column for column in cells.columns if column not in (LINE, DATED)]
    tcodes = _tcodes(cells, series, file.uri)
    # The file ends in rows of commas.
    months = cells.slice(1).filter(pl.col(DATED).fill_null("").str.strip_chars() != "")
    rows, rejects = cast_cells(
        months,
        schema={"observed_on": pl.Date(), **dict.fromkeys(series, pl.Float64())},
        columns={"observed_on": DATED},
        name=file.uri,
        required=["observed_on"],
        content=content,
    )
    long = rows.unpivot(series, index="observed_on", variable_name="series_id").select(
        "series_id",
        "observed_on",
        "value",
        pl.col("series_id").replace_strict(tcodes, return_dtype=pl.Int32).alias("tcode"),
    )
    yield Batch("fred_md", long, ragged + rejects)


def _tcodes(cells: pl.DataFrame, series: list[str], uri: str) -> dict[str, int]:
    first = cells.row(0, named=True) if cells.height else {DATED: None}
    if not str(first[DATED]).lower().startswith("transform"):
        raise UnexpectedPayload(f"{uri}: line 2: not the row of transformation codes")
    codes = {name: str(first[name]).strip().removesuffix(".0") for name in series}
    if bad := {name: code for name, code in codes.items() if code not in set("1234567")}:
        raise UnexpectedPayload(f"{uri}: line 2: transformation codes that are none: {bad}")
    return {name: int(code) for name, code in codes.items()}
