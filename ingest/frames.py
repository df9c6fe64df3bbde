"""Tables that users bring, CSV or Parquet, into typed frames with row-level rejects.

Every CSV cell is read as text and then cast strictly; a cell that does not cast
rejects its row, the other rows go on. All of it is columnar: only rejected rows
are ever looked at one by one.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import polars as pl

from ingest.errors import UnexpectedPayload
from ingest.landing import Reject

Columns = Mapping[str, str | Sequence[str]]
Type = pl.DataType | type[pl.DataType]
Schema = Mapping[str, Type]

# Text that means "no value" in a column of numbers or dates; in a text column
# only the empty cell does (NA and NAN are tickers).
MISSING = ["", ".", "-", "na", "n/a", "nan", "null", "none", "#n/a"]
DATE_FORMATS = ("%Y-%m-%d", "%Y%m%d", "%m/%d/%Y")
TIME_FORMATS = ("%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M", "%Y%m%d %H:%M:%S", "%Y%m%d %H:%M")
MIDNIGHT = r"^(\d{4}-\d{2}-\d{2})[T ]00:00:00.*$"
PARQUET = b"PAR1"
# Working columns, beside the vendor's and the targets.
LINE = "__line"
FAILED = "__failed_"
REASON = "__reason"


def read_table(
    payload: Path | bytes,
    *,
    schema: Schema,
    columns: Columns | None = None,
    name: str | None = None,
    required: Collection[str] = (),
    optional: Collection[str] = (),
    checks: Mapping[str, pl.Expr] | None = None,
    time_zone: str | None = None,
) -> tuple[pl.DataFrame, list[Reject]]:
    """Read Parquet, CSV or CSV.gz into the columns of `schema`, in its order.

    schema:    target column → polars type.
    columns:   target column → the vendor's name for it, or several to choose
               from; a column not named here is looked up by its own name. Case
               and surrounding blanks matter only between columns that would
               otherwise be the same.
    required:  columns in which a missing cell rejects the row.
    optional:  columns that the file may lack; they come back null.
    checks:    reason → expression over target columns, true for rows to reject.
    time_zone: zone of timestamps that carry none; without it they are rejected.

    Returns the good rows and the rejects: file, 1-based line (of a Parquet file:
    row), original text and a reason that names the column. An exact duplicate
    of an earlier row is a reject. Dates may be ISO, YYYYMMDD or M/D/YYYY; NaN is
    missing, infinity is rejected. Raises UnexpectedPayload when the file cannot
    be read at all or lacks a column.
    """
    name = name or (payload.name if isinstance(payload, Path) else "<bytes>")
    content = read_bytes(payload, name)
    cells, ragged = read_cells(content, name)
    frame, rejects = cast_cells(
        cells,
        schema=schema,
        columns=columns,
        name=name,
        required=required,
        optional=optional,
        checks=checks,
        time_zone=time_zone,
        content=None if content[:4] == PARQUET else content,
    )
    return frame, ragged + rejects


def cast_cells(
    cells: pl.DataFrame,
    *,
    schema: Schema,
    name: str,
    columns: Columns | None = None,
    required: Collection[str] = (),
    optional: Collection[str] = (),
    checks: Mapping[str, pl.Expr] | None = None,
    time_zone: str | None = None,
    content: bytes | None = None,
) -> tuple[pl.DataFrame, list[Reject]]:
    """The same for cells already at hand, with their line (or record) numbers in `LINE`.

    content: the CSV text that the lines are of; without it a reject's record is
    its cells as JSON.
    """
    vendor = match_columns(cells.columns, schema, columns or {}, optional, name)
    cast = cells.select(LINE)
    for target, dtype in schema.items():
        found = _cells(cells, vendor[target], dtype)
        values = _cast(found, dtype, time_zone)
        failed = found.is_not_null() & values.is_null()
        cast = cast.with_columns(values.alias(target), failed.alias(FAILED + target))
    reason = _reason(vendor, schema, required, checks or {})
    judged = _mark_duplicates(cast.with_columns(reason.alias(REASON)), list(schema))
    bad = judged.filter(pl.col(REASON).is_not_null())
    good = judged.filter(pl.col(REASON).is_null()) if bad.height else cast
    return good.select(list(schema)), _rejects(bad, cells, content, name)


def read_bytes(payload: Path | bytes, name: str) -> bytes:
    """A file's content, unzipped when it is gzip. Nothing and HTML are UnexpectedPayload."""
    content = payload.read_bytes() if isinstance(payload, Path) else payload
    if content[:2] == b"\x1f\x8b":
        try:
            content = gzip.decompress(content)
        except (EOFError, OSError, zlib.error) as error:
            raise UnexpectedPayload(f"{name}: truncated or damaged gzip ({error})") from error
    if not content.strip():
        raise UnexpectedPayload(f"{name}: the file is empty")
    if content[:256].lstrip().lower().startswith((b"<!doctype", b"<html", b"<?xml")):
        raise UnexpectedPayload(f"{name}: line 1: HTML or XML instead of a table")
    return content


def match_columns(
    found: Sequence[str],
    schema: Schema,
    columns: Columns,
    optional: Collection[str],
    name: str,
) -> dict[str, str | None]:
    """Target → the file's own column name; None for an optional one that is not there."""
    folded: dict[str, str] = {}
    for column in found:
        folded.setdefault(column.strip().casefold(), column)
    matched: dict[str, str | None] = {}
    for target in schema:
        wanted = columns.get(target, target)
        candidates = [wanted] if isinstance(wanted, str) else list(wanted)
        exact = [c for c in candidates if c in found]
        alike = [folded[c.strip().casefold()] for c in candidates if c.strip().casefold() in folded]
        matched[target] = next(iter(exact + alike), None)
        if matched[target] is None and target not in optional:
            raise UnexpectedPayload(
                f"{name}: line 1: no column {' or '.join(map(repr, candidates))} for {target}; "
                f"found {[c for c in found if c != LINE]}"
            )
    return matched


def read_cells(content: bytes, name: str) -> tuple[pl.DataFrame, list[Reject]]:
    """The table as it is in the file, CSV cells as text, with a column of line numbers."""
    if content[:4] == PARQUET:
        try:
            table = pl.read_parquet(io.BytesIO(content))
        except (pl.exceptions.PolarsError, OSError) as error:
            raise UnexpectedPayload(f"{name}: damaged Parquet ({error})") from error
        return table.with_row_index(LINE, offset=1), []
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnexpectedPayload(f"{name}: not UTF-8 at byte {error.start}") from error
    return _read_csv(content, text, name)


def _read_csv(content: bytes, text: str, name: str) -> tuple[pl.DataFrame, list[Reject]]:
    separator = _separator(text)
    header = next(csv.reader(io.StringIO(text), delimiter=separator))
    if _is_regular(content, separator, len(header)):
        # Two ragged lines can hide from the count; the slower reader names them.
        with suppress(pl.exceptions.PolarsError):
            table = pl.read_csv(content, separator=separator, infer_schema=False, quote_char=None)
            return table.with_row_index(LINE, offset=2), []
    return _read_lines(text, separator, name)


def _separator(text: str) -> str:
    header = text.lstrip("\n").split("\n", 1)[0]
    return max(",;\t|", key=header.count)


def _is_regular(content: bytes, separator: str, width: int) -> bool:
    """No quotes, and as many separators as rows of this width have: safe to read in bulk."""
    lines = content.count(b"\n") + (not content.endswith(b"\n"))
    commas = content.count(separator.encode())
    return width > 1 and b'"' not in content and commas == lines * (width - 1)


def _read_lines(text: str, separator: str, name: str) -> tuple[pl.DataFrame, list[Reject]]:
    """Read line by line, for files with quotes, blank lines or ragged rows."""
    reader = csv.reader(io.StringIO(text), delimiter=separator)
    lines: list[int] = []
    rows: list[list[str]] = []
    rejects: list[Reject] = []
    header: list[str] = []
    for line, row in _numbered(reader, name):
        if not header:
            header = row
        elif len(row) == len(header):
            lines.append(line)
            rows.append(row)
        else:
            reason = f"{len(row)} fields where the header has {len(header)}"
            rejects.append(Reject(name, line, separator.join(row), reason))
    names = [column if header.index(column) == i else f"{column}_{i + 1}"
             for i, column in enumerate(header)]  # fmt: skip
    table = pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row")
    return table.select(pl.Series(LINE, lines, pl.UInt32), pl.all()), rejects


def _numbered(reader: Iterator[list[str]], name: str) -> Iterator[tuple[int, list[str]]]:
    """Non-blank records with the 1-based line each starts on."""
    line = 1
    try:
        for row in reader:
            if row:
                yield line, row
            line = reader.line_num + 1  # type: ignore[attr-defined]
    except csv.Error as error:
        raise UnexpectedPayload(f"{name}: line {line}: {error}") from error


def _cells(table: pl.DataFrame, column: str | None, dtype: Type) -> pl.Series:
    """The vendor's cells, null where they say that there is no value."""
    if column is None:
        return pl.Series(values=[None], dtype=dtype).new_from_index(0, table.height)
    cells = table.get_column(column)
    if cells.dtype == pl.Categorical:
        cells = cells.cast(pl.String)
    if cells.dtype.is_float():
        return cells.fill_nan(None)
    if cells.dtype != pl.String:
        return cells
    cells = cells.str.strip_chars()
    if dtype == pl.String:
        return cells.set(cells == "", None)
    # A clean column, the common one, is not searched for words.
    if cells.cast(pl.Float64, strict=False).is_finite().sum() == cells.len():
        return cells
    return cells.set(cells.str.to_lowercase().is_in(MISSING), None)


def _cast(cells: pl.Series, dtype: Type, time_zone: str | None) -> pl.Series:
    """The cells as `dtype`; null where they are missing or do not cast."""
    if cells.dtype == pl.String and dtype == pl.Date:
        return _first_cast(cells.str.replace(MIDNIGHT, "${1}"), DATE_FORMATS, pl.Date())
    if cells.dtype == pl.String and dtype == pl.Datetime:
        return _time_from_text(cells, time_zone).cast(dtype)
    if cells.dtype == pl.String and dtype == pl.Boolean:
        words = cells.str.to_lowercase()
        yes = words.is_in(["true", "t", "yes", "1"])
        return yes.set(~yes & ~words.is_in(["false", "f", "no", "0"]), None)
    if cells.dtype == pl.String and dtype.is_integer():
        # 320193.0 is how pandas writes an integer column that has gaps.
        cells = cells.str.replace(r"\.0+$", "")
    if dtype == pl.Datetime and cells.dtype == pl.Datetime and cells.dtype.time_zone is None:  # type: ignore[attr-defined]
        return _zoned(cells, time_zone).cast(dtype)
    values = cells.cast(dtype, strict=False)
    return values.set(~values.is_finite(), None) if _is_float(dtype) else values


def _first_cast(text: pl.Series, formats: Sequence[str], dtype: pl.Date | pl.Datetime) -> pl.Series:
    """Each cell by the first format that fits it; later ones are tried only where needed."""
    values = pl.Series(values=[None], dtype=dtype).new_from_index(0, text.len())
    for form in formats:
        left = text.set(values.is_not_null(), None)
        if left.null_count() == left.len():
            break
        parsed = left.str.strptime(dtype, form, strict=False)
        values = values.zip_with(values.is_not_null(), parsed)
    return values


def _time_from_text(text: pl.Series, time_zone: str | None) -> pl.Series:
    text = text.str.replace("T", " ").str.replace("Z$", "+00:00")
    stated = text.str.to_datetime(
        "%Y-%m-%d %H:%M:%S%.f%z", time_unit="us", time_zone="UTC", strict=False
    )
    naive = _first_cast(text.set(stated.is_not_null(), None), TIME_FORMATS, pl.Datetime("us"))
    return stated.zip_with(stated.is_not_null(), _zoned(naive, time_zone))


def _zoned(naive: pl.Series, time_zone: str | None) -> pl.Series:
    """Local times as UTC; null without a zone and in the hour that spring skips."""
    if time_zone is None:
        return pl.Series(values=[None], dtype=pl.Datetime("us", "UTC")).new_from_index(
            0, naive.len()
        )
    local = naive.dt.replace_time_zone(time_zone, ambiguous="earliest", non_existent="null")
    return local.dt.convert_time_zone("UTC").dt.cast_time_unit("us")


def _is_float(dtype: Type) -> bool:
    return dtype in (pl.Float64, pl.Float32)


def _reason(
    vendor: Mapping[str, str | None],
    schema: Schema,
    required: Collection[str],
    checks: Mapping[str, pl.Expr],
) -> pl.Expr:
    """Why a row is rejected, the first reason in column order; null for a good row."""
    reasons = [pl.lit(None, pl.String)]
    for target, dtype in schema.items():
        is_null = pl.col(target).is_null()
        not_cast = pl.lit(f"column {vendor[target]}: not a {_word(dtype)}")
        reasons.append(pl.when(pl.col(FAILED + target)).then(not_cast))
        if target in required:
            missing = pl.lit(f"column {vendor[target]}: no value, and {target} needs one")
            reasons.append(pl.when(is_null).then(missing))
    reasons += [pl.when(bad).then(pl.lit(reason)) for reason, bad in checks.items()]
    return pl.coalesce(reasons)


def _word(dtype: Type) -> str:
    if _is_float(dtype):
        return "finite number"
    words = {pl.Date: "date", pl.Datetime: "time with a zone", pl.Boolean: "true or false"}
    return next((word for type_, word in words.items() if dtype == type_), "whole number")


def _mark_duplicates(judged: pl.DataFrame, targets: list[str]) -> pl.DataFrame:
    """Give every good row that repeats an earlier one a reason."""
    if judged.select(targets).hash_rows().n_unique() == judged.height:
        return judged
    repeated = ~pl.struct(targets).is_first_distinct() & pl.col(REASON).is_null()
    reason = pl.when(repeated).then(pl.lit("exact duplicate of an earlier row"))
    return judged.with_columns(pl.coalesce(pl.col(REASON), reason).alias(REASON))


def _rejects(
    bad: pl.DataFrame, cells: pl.DataFrame, content: bytes | None, name: str
) -> list[Reject]:
    if bad.is_empty():
        return []
    if content is None:
        rows = cells.join(bad.select(LINE), on=LINE, how="semi").drop(LINE)
        records = [json.dumps(row, default=str) for row in rows.iter_rows(named=True)]
    else:
        lines = content.decode("utf-8-sig").split("\n")
        records = [lines[line - 1].rstrip("\r") for line in bad.get_column(LINE)]
    return [
        Reject(name, line, record, reason)
        for line, record, reason in zip(bad[LINE], records, bad[REASON], strict=True)
    ]
