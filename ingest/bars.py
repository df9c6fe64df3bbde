"""Daily and minute bars that users bring, Parquet or CSV, into `raw.daily_bar`
and `raw.minute_bar`.

Bars land as delivered. What their prices are adjusted for is said once, by the
data source; SQL adjusts. A minute bar is stamped with the start of its minute.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl
import psycopg

from ingest.errors import IngestError, UnexpectedPayload
from ingest.files import File, files
from ingest.frames import FAILED, read_table
from ingest.landing import Batch, Content, Item, Landed, Reject, land_many
from ingest.sources import Basis, data_source_id

PRICES = ("open", "high", "low", "close", "adj_close")
NUMBERS = (*PRICES, "volume")
DAILY: dict[str, pl.DataType] = {
    "ticker": pl.String(),
    "trade_date": pl.Date(),
    **dict.fromkeys(NUMBERS, pl.Float64()),
}
MINUTE: dict[str, pl.DataType] = {
    "ticker": pl.String(),
    "bar_at": pl.Datetime("us", "UTC"),
    **{name: pl.Float64() for name in NUMBERS if name != "adj_close"},
}
# What vendors call a column when no mapping says it.
USUAL_NAMES: dict[str, Sequence[str]] = {
    "ticker": ("ticker", "symbol"),
    "trade_date": ("trade_date", "date"),
    "bar_at": ("bar_at", "timestamp", "datetime", "date"),
    "adj_close": ("adj_close", "adj close", "adjusted_close"),
}
FILE_NAME = "{file}"
NO_PRICE = "no price in the row"
PATTERNS = ("*.csv", "*.tsv", "*.txt", "*.parquet")
FIRST_DAY = date(1800, 1, 1)


def run(
    conn: psycopg.Connection,
    path: Path,
    *,
    source: str,
    split_basis: Basis = "unadjusted",
    dividend_basis: Basis = "unadjusted",
    retrieved_on: date | str | None = None,
    priority: int | None = None,
    columns: Mapping[str, str | Sequence[str]] | None = None,
    ticker: str | None = None,
    reject_threshold: float = 0.05,
) -> Iterator[Landed]:
    """Land daily bars from a file, a folder or a zip of files; one load per file.

    source … priority: see `ingest.sources.data_source_id`.
    columns: target column → the vendor's name of it, or several to choose from.
        Targets are ticker, trade_date, open, high, low, close, adj_close and
        volume; only the first two and one price must be there.
    ticker: the ticker of all rows, for files without such a column; "{file}"
        takes each file's name (AAPL.csv.gz is AAPL).
    reject_threshold: share of bad rows past which a file does not land.
    """
    source_id = data_source_id(
        conn,
        source,
        split_basis=split_basis,
        dividend_basis=dividend_basis,
        retrieved_on=retrieved_on,
        priority=priority,
    )
    options = {"source": source, "columns": dict(columns or {}), "ticker": ticker}
    yield from _run(
        conn,
        path,
        table="daily_bar",
        source_id=source_id,
        options=options,
        reject_threshold=reject_threshold,
    )


def run_minute(
    conn: psycopg.Connection,
    path: Path,
    *,
    source: str,
    time_zone: str | None = None,
    split_basis: Basis = "unadjusted",
    dividend_basis: Basis = "unadjusted",
    retrieved_on: date | str | None = None,
    priority: int | None = None,
    columns: Mapping[str, str | Sequence[str]] | None = None,
    ticker: str | None = None,
    reject_threshold: float = 0.05,
) -> Iterator[Landed]:
    """Land minute bars; as `run`, with bar_at for trade_date and no adj_close.

    time_zone: the zone of time stamps that carry none, such as
        "America/New_York"; without it such rows are rejected.
    """
    source_id = data_source_id(
        conn,
        source,
        split_basis=split_basis,
        dividend_basis=dividend_basis,
        retrieved_on=retrieved_on,
        priority=priority,
    )
    options = {
        "source": source,
        "columns": dict(columns or {}),
        "ticker": ticker,
        "time_zone": time_zone,
    }
    yield from _run(
        conn,
        path,
        table="minute_bar",
        source_id=source_id,
        options=options,
        reject_threshold=reject_threshold,
    )


def parse(
    payload: Path | bytes,
    *,
    table: str,
    source_id: int,
    name: str,
    columns: Mapping[str, str | Sequence[str]] | None = None,
    ticker: str | None = None,
    time_zone: str | None = None,
) -> Batch:
    """Read bars into the columns of `raw.<table>` (daily_bar or minute_bar), in order.

    Raises UnexpectedPayload when the file cannot be read or lacks a column.
    """
    schema = _schema(table, ticker, columns or {}, name)
    bars, rejects = read_table(
        payload,
        schema=schema,
        columns={key: USUAL_NAMES[key] for key in schema if key in USUAL_NAMES}
        | dict(columns or {}),
        name=name,
        required=[key for key in schema if key not in NUMBERS],
        optional=[key for key in schema if key in NUMBERS and key not in (columns or {})],
        checks=row_checks(list(schema)),
        time_zone=time_zone,
    )
    if rejects and bars.is_empty() and {reject.reason for reject in rejects} == {NO_PRICE}:
        raise UnexpectedPayload(
            f"{name}: no price in any row; looked for the columns {', '.join(_prices(schema))}"
        )
    return to_batch(table, bars, rejects, source_id, ticker)


def to_batch(
    table: str,
    bars: pl.DataFrame,
    rejects: list[Reject],
    source_id: int,
    ticker: str | None = None,
) -> Batch:
    """Rows of `raw.<table>` from bars; `ticker` fills the column they lack."""
    names = DAILY if table == "daily_bar" else MINUTE
    if ticker is not None:
        bars = bars.with_columns(pl.lit(ticker).alias("ticker"))
    return Batch(table, bars.select(pl.lit(source_id).alias("source_id"), *names), rejects)


def row_checks(columns: Sequence[str]) -> dict[str, pl.Expr]:
    """Reason → true for the rows that are no bar; the last one finds repeated keys."""
    prices, time = _prices(columns), "bar_at" if "bar_at" in columns else "trade_date"
    checks = {f"{price} is not above zero": pl.col(price) <= 0 for price in prices}
    checks[NO_PRICE] = pl.all_horizontal(pl.col(price).is_null() for price in prices)
    if {"high", "low"} <= set(columns):
        checks["high is below low"] = pl.col("high") < pl.col("low")
    if "volume" in columns:
        checks["volume is negative"] = pl.col("volume") < 0
    checks[f"{time} is in the future"] = pl.col(time) > _latest(time)
    checks[f"{time} is before {FIRST_DAY.year}"] = pl.col(time) < _first(time)
    key = [name for name in ("ticker", time) if name in columns]
    checks[f"another row of this file has the same {' and '.join(key)}"] = _repeated(
        key, columns, checks
    )
    return checks


def _repeated(key: list[str], columns: Sequence[str], checks: Mapping[str, pl.Expr]) -> pl.Expr:
    """True for a good row after the first good one of its key: a bad row shadows none."""
    failed = [pl.col(FAILED + column) for column in columns]
    is_bad = pl.any_horizontal(pl.coalesce(bad, False) for bad in (*checks.values(), *failed))
    return ~pl.struct(*key, is_bad.alias("__is_bad")).is_first_distinct() & ~is_bad


def _prices(columns: Mapping[str, Any] | Sequence[str]) -> list[str]:
    return [price for price in PRICES if price in columns]


def _latest(time: str) -> date | datetime:
    """The last time a bar can carry; a day's bar may come from where it is tomorrow already."""
    now = datetime.now(UTC)
    return now if time == "bar_at" else now.date() + timedelta(days=1)


def _first(time: str) -> date | datetime:
    first = datetime.combine(FIRST_DAY, datetime.min.time(), UTC)
    return first if time == "bar_at" else FIRST_DAY


def _schema(
    table: str, ticker: str | None, columns: Mapping[str, Any], name: str
) -> dict[str, pl.DataType]:
    schema = DAILY if table == "daily_bar" else MINUTE
    if unknown := [key for key in columns if key not in schema]:
        raise IngestError(
            f"{name}: the mapping names {', '.join(unknown)}; "
            f"the columns of raw.{table} are {', '.join(schema)}"
        )
    if ticker is None:
        return schema
    return {key: dtype for key, dtype in schema.items() if key != "ticker"}


def _run(
    conn: psycopg.Connection,
    path: Path,
    *,
    table: str,
    source_id: int,
    options: dict[str, Any],
    reject_threshold: float,
) -> Iterator[Landed]:
    # A wrong mapping is the user's fault and no file's: said before any is read.
    _schema(table, options["ticker"], options["columns"], str(path))

    def parse_file(file: File, payload: bytes) -> Iterator[Batch]:
        reading = {key: value for key, value in options.items() if key != "source"}
        if options["ticker"] == FILE_NAME:
            reading["ticker"], payload = unlabelled(payload)
        yield parse(payload, table=table, source_id=source_id, name=file.uri, **reading)

    by_name = options["ticker"] == FILE_NAME
    yield from land_many(
        conn,
        (
            labelled(file, stem(file.name), parse_file) if by_name else file.item(parse_file)
            for file in files(path, *PATTERNS)
        ),
        source=options["source"],
        dataset=f"{table}s",
        options=options,
        reject_threshold=reject_threshold,
    )


def stem(name: str) -> str:
    """A file's name without the suffix of its format: BRK.B.csv is BRK.B."""
    return re.sub(r"\.(csv|tsv|txt|parquet|zip)$", "", name, flags=re.IGNORECASE)


def labelled(file: File, label: str, parse_file: Callable[[File, bytes], Iterable[Batch]]) -> Item:
    """An item whose content begins with a line that says what only its path says.

    Landing knows files by their bytes. Two names may trade alike for a minute,
    so what is not in the bytes (the ticker, the day) has to be put there.
    """
    return Item(
        file.uri,
        lambda: Content(label.encode() + b"\n" + file.read()),
        partial(parse_file, file),
        file.member,
    )


def unlabelled(payload: bytes) -> tuple[str, bytes]:
    """The label that `labelled` put in front, and the file's own content."""
    label, _, content = payload.partition(b"\n")
    return label.decode(), content
