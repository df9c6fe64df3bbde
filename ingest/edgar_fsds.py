"""The SEC's Financial Statement Data Sets (sub, num, tag, pre), into `raw.fsds_*`.

A quarter is a zip of four tab-separated files without quoting; each lands as a
load of its own. The same tables as Parquet (`2010q1.num.parquet`) land too.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import polars as pl
import psycopg

from ingest.edgar_client import file_items
from ingest.edgar_rules import ACCESSION, first_reason, impossible, latest_date
from ingest.errors import UnexpectedPayload
from ingest.files import base_name, refuse_html
from ingest.landing import Batch, Landed, Reject, land_many

SOURCE = "edgar-fsds"
DATASET = "edgar_fsds"
PATTERNS = [
    pattern
    for table in ("sub", "num", "tag", "pre")
    for pattern in (f"{table}.txt", f"*.{table}.txt", f"{table}*.parquet", f"*.{table}*.parquet")
]
# Text files are read this many bytes at a time: num of a recent quarter has 500 MB.
CHUNK_BYTES = 64 * 2**20
# Working columns.
LINE = "__line"
TEXT = "__text"


@dataclass(frozen=True)
class Table:
    """One of the four: its columns with their types, and those that no row may lack."""

    columns: dict[str, type[pl.DataType]]
    required: tuple[str, ...]
    optional: tuple[str, ...] = field(default=())


TABLES = {
    "sub": Table(
        {
            "adsh": pl.String, "cik": pl.Int32, "name": pl.String, "sic": pl.String,
            "fye": pl.String, "form": pl.String, "period": pl.Date, "fy": pl.Int32,
            "fp": pl.String, "filed": pl.Date, "accepted": pl.Datetime, "prevrpt": pl.Boolean,
            "detail": pl.Boolean, "instance": pl.String, "nciks": pl.Int32, "aciks": pl.String,
        },
        required=("adsh", "cik", "filed"),
        optional=("fye", "fy", "fp", "accepted", "prevrpt", "detail", "instance", "nciks",
                  "aciks", "sic"),
    ),
    "num": Table(
        {
            "adsh": pl.String, "tag": pl.String, "version": pl.String, "ddate": pl.Date,
            "qtrs": pl.Int32, "uom": pl.String, "segments": pl.String, "coreg": pl.String,
            "value": pl.Float64, "footnote": pl.String,
        },
        required=("adsh", "tag", "version", "ddate", "qtrs", "uom"),
        optional=("segments", "coreg", "footnote"),
    ),
    "tag": Table(
        {
            "tag": pl.String, "version": pl.String, "custom": pl.Boolean,
            "abstract": pl.Boolean, "datatype": pl.String, "iord": pl.String,
            "crdr": pl.String, "tlabel": pl.String, "doc": pl.String,
        },
        required=("tag", "version"),
        optional=("datatype", "iord", "crdr", "tlabel", "doc"),
    ),
    "pre": Table(
        {
            "adsh": pl.String, "report": pl.Int32, "line": pl.Int32, "stmt": pl.String,
            "inpth": pl.Boolean, "rfile": pl.String, "tag": pl.String, "version": pl.String,
            "plabel": pl.String, "negating": pl.Boolean,
        },
        required=("adsh", "report", "line", "tag", "version"),
        optional=("inpth", "rfile", "negating", "plabel", "stmt"),
    ),
}  # fmt: skip


def run(
    conn: psycopg.Connection, path: Path, *, reject_threshold: float = 0.05
) -> Iterator[Landed]:
    """Land a quarter's zip, one of its files (text or Parquet), or a folder of either."""
    yield from land_many(
        conn,
        file_items(path, parse, *PATTERNS),
        source=SOURCE,
        dataset=DATASET,
        reject_threshold=reject_threshold,
    )


def parse(uri: str, payload: bytes) -> Iterator[Batch]:
    """The rows of one of the four files, in batches. Errors: UnexpectedPayload."""
    kind = _kind(uri)
    frames = _parquet(uri, payload) if payload.startswith(b"PAR1") else _text(uri, payload)
    for frame, ragged in frames:
        missing = set(TABLES[kind].columns) - set(TABLES[kind].optional) - set(frame.columns)
        if missing:
            found = [c for c in frame.columns if c not in (LINE, TEXT)]
            raise UnexpectedPayload(f"{uri}: line 1: no columns {sorted(missing)}; found {found}")
        yield _batch(uri, kind, frame, ragged)


def _kind(uri: str) -> str:
    parts = base_name(uri).lower().split(".")
    for kind in TABLES:
        if kind in parts:
            return kind
    raise UnexpectedPayload(f"{uri}: named like none of sub.txt, num.txt, tag.txt, pre.txt")


def _parquet(uri: str, payload: bytes) -> Iterator[tuple[pl.DataFrame, list[Reject]]]:
    """The table as text, but for its numbers with a fraction. Its lines are its rows."""
    try:
        table = pl.read_parquet(io.BytesIO(payload))
    except (pl.exceptions.PolarsError, OSError) as error:
        raise UnexpectedPayload(f"{uri}: truncated or damaged Parquet: {error}") from error
    # pandas wrote whole numbers with gaps as floats: 3221.0 is the SIC code 3221.
    whole = [n for n, dtype in table.schema.items() if dtype.is_float() and n != "value"]
    table = table.with_columns(pl.col(whole).cast(pl.Int64, strict=False))
    keep = [pl.col(n) if n == "value" else pl.col(n).cast(pl.String) for n in table.columns]
    yield table.select(keep).with_row_index(LINE, offset=1), []


def _text(uri: str, payload: bytes) -> Iterator[tuple[pl.DataFrame, list[Reject]]]:
    """The file's rows as text, some at a time, with their lines; and rows of another width."""
    refuse_html(uri, payload, "a tab-separated table")
    start = payload.find(b"\n") + 1 or len(payload)
    header = payload[:start].decode("utf-8-sig", "replace").strip("\r\n").split("\t")
    line = 2
    for chunk in _chunks(payload, start):
        lines = _lines(chunk, line)
        yield _split(uri, lines, header)
        line += lines.height


def _chunks(payload: bytes, start: int) -> Iterator[bytes]:
    """What follows `start`, cut at ends of lines; one empty piece if nothing does."""
    while True:
        end = payload.find(b"\n", start + CHUNK_BYTES) + 1 or len(payload)
        yield payload[start:end]
        if end >= len(payload):
            return
        start = end


def _lines(chunk: bytes, first_line: int) -> pl.DataFrame:
    texts = chunk.decode("utf-8", "replace").removesuffix("\n").split("\n") if chunk else []
    lines = pl.DataFrame({TEXT: pl.Series(texts, dtype=pl.String).str.strip_suffix("\r")})
    return lines.with_row_index(LINE, offset=first_line)


def _split(uri: str, lines: pl.DataFrame, header: list[str]) -> tuple[pl.DataFrame, list[Reject]]:
    """Lines into the header's columns; empty cells are null."""
    n_fields = pl.col(TEXT).str.count_matches("\t", literal=True) + 1
    bad = lines.filter((n_fields != len(header)) & (pl.col(TEXT) != ""))
    ragged = [
        Reject(uri, line, text, f"{text.count(chr(9)) + 1} fields where there should be "
               f"{len(header)}")
        for line, text in bad.rows()
    ]  # fmt: skip
    good = lines.filter(n_fields == len(header))
    fields = (
        good.get_column(TEXT).str.split_exact("\t", len(header) - 1).struct.rename_fields(header)
    )
    cells = fields.struct.unnest()
    cells = cells.with_columns(pl.when(pl.col(pl.String) != "").then(pl.col(pl.String)))
    return cells.with_columns(good.get_column(LINE), good.get_column(TEXT)), ragged


def _batch(uri: str, kind: str, frame: pl.DataFrame, ragged: list[Reject]) -> Batch:
    table = TABLES[kind]
    rows = frame.select(
        _cast(name, dtype) if name in frame.columns else pl.lit(None, dtype).alias(name)
        for name, dtype in table.columns.items()
    )
    given = frame.select(
        pl.col(name).is_not_null() if name in frame.columns else pl.lit(False).alias(name)
        for name in table.columns
    )
    cells = [TEXT] if TEXT in frame.columns else [c for c in frame.columns if c != LINE]
    repeated = ~frame.select(pl.struct(cells).is_first_distinct()).to_series()
    reasons = rows.select(_reason(table, given, repeated)).to_series()
    bad = reasons.is_not_null()
    if not bad.any():
        return Batch(f"fsds_{kind}", rows, ragged)
    texts = _originals(frame.filter(bad))
    where = frame.filter(bad).get_column(LINE)
    rejects = [
        Reject(uri, line, text, reason)
        for line, text, reason in zip(where, texts, reasons.filter(bad), strict=True)
    ]
    return Batch(f"fsds_{kind}", rows.filter(~bad), ragged + rejects)


def _originals(frame: pl.DataFrame) -> list[str]:
    if TEXT in frame.columns:
        return frame.get_column(TEXT).to_list()
    return ["\t".join("" if v is None else str(v) for v in row) for row in frame.drop(LINE).rows()]


def _cast(name: str, dtype: type[pl.DataType]) -> pl.Expr:
    cell = pl.col(name)
    if dtype is pl.Date:
        return cell.str.to_date("%Y%m%d", strict=False)
    if dtype is pl.Datetime:
        return cell.str.to_datetime("%Y-%m-%d %H:%M:%S%.f", strict=False, time_unit="us")
    if dtype is pl.Boolean:
        return pl.when(cell.is_in(["0", "1"])).then(cell == "1").alias(name)
    if dtype is pl.Float64:
        value = cell.cast(pl.Float64, strict=False)
        return pl.when(value.is_finite()).then(value).alias(name)
    return cell.cast(dtype, strict=False)


def _reason(table: Table, given: pl.DataFrame, repeated: pl.Series) -> pl.Expr:
    """Why a row cannot land: a cell that does not cast or is missing, a date that cannot be."""
    words = {pl.Date: "a possible date", pl.Datetime: "a time", pl.Boolean: "0 or 1"}
    reasons: dict[str, pl.Expr] = {}
    for name, dtype in table.columns.items():
        cell = pl.col(name)
        unread = pl.lit(given.get_column(name)) & cell.is_null()
        bad = unread | impossible(cell) if dtype is pl.Date else unread
        reasons[f"column {name}: not {words.get(dtype, 'a number')}"] = bad
        if name in table.required:
            reasons[f"column {name}: empty"] = cell.is_null()
    if "adsh" in table.columns:
        reasons["column adsh: no accession number"] = ~pl.col("adsh").str.contains(ACCESSION)
    if "filed" in table.columns:
        latest: date = latest_date()
        message = f"column filed: in the future, {latest} at most"
        reasons[message] = pl.col("filed") > latest
    reasons["exact duplicate of an earlier row"] = pl.lit(repeated)
    return first_reason(reasons)
