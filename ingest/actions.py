"""Corporate actions that users bring, CSV or Parquet, into `raw.corporate_action`.

One row is one action of one ticker on one ex-date:

split      ratio: new shares per old one (2 for 2:1, 0.1 for a 1:10 reverse split)
dividend   amount_usd: cash per share held at the close before the ex-date
spinoff    ratio: shares of the new company per share held; amount_usd: their
           value at the close before the ex-date; at least one of them
delisting  delisting_reason: performance, merger or other; delisting_return: what
           holders got after the last close, as a fraction, when it is known
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path

import polars as pl
import psycopg

from ingest.files import File, files
from ingest.frames import FAILED, read_table
from ingest.landing import Batch, Landed, Reject, land_many
from ingest.sources import data_source_id

KINDS = ("split", "dividend", "spinoff", "delisting")
REASONS = ("performance", "merger", "other")
SCHEMA: dict[str, pl.DataType] = {
    "ticker": pl.String(),
    "ex_date": pl.Date(),
    "kind": pl.String(),
    "ratio": pl.Float64(),
    "amount_usd": pl.Float64(),
    "delisting_return": pl.Float64(),
    "delisting_reason": pl.String(),
}
USUAL_NAMES: dict[str, Sequence[str]] = {
    "ticker": ("ticker", "symbol"),
    "ex_date": ("ex_date", "date"),
    "kind": ("kind", "action", "type"),
    "amount_usd": ("amount_usd", "amount"),
}
OPTIONAL = ("ratio", "amount_usd", "delisting_return", "delisting_reason")
FIRST_DAY = date(1800, 1, 1)
# Splits are announced weeks, dividends up to a year ahead.
HORIZON = timedelta(days=366)


def run(
    conn: psycopg.Connection,
    path: Path,
    *,
    source: str,
    retrieved_on: date | str | None = None,
    priority: int | None = None,
    columns: Mapping[str, str | Sequence[str]] | None = None,
    reject_threshold: float = 0.05,
) -> Iterator[Landed]:
    """Land actions from a file, a folder or a zip of files; one load per file.

    columns: target column → the vendor's name of it, or several to choose from.
    reject_threshold: share of bad rows past which a file does not land.
    """
    source_id = data_source_id(conn, source, retrieved_on=retrieved_on, priority=priority)
    columns = dict(columns or {})
    yield from land_many(
        conn,
        (
            file.item(partial(_parse_file, source_id=source_id, columns=columns))
            for file in files(path, "*.csv", "*.tsv", "*.txt", "*.parquet")
        ),
        source=source,
        dataset="corporate_actions",
        options={"source": source, "columns": columns},
        reject_threshold=reject_threshold,
    )


def parse(
    payload: Path | bytes,
    *,
    source_id: int,
    name: str,
    columns: Mapping[str, str | Sequence[str]] | None = None,
) -> Batch:
    """Read actions into the columns of `raw.corporate_action`, in order.

    Raises UnexpectedPayload when the file cannot be read or lacks a column.
    """
    actions, rejects = read_table(
        payload,
        schema=SCHEMA,
        columns=USUAL_NAMES | dict(columns or {}),
        name=name,
        required=("ticker", "ex_date", "kind"),
        optional=[column for column in OPTIONAL if column not in (columns or {})],
        checks=row_checks(),
    )
    folded = actions.with_columns(_folded("kind"), _folded("delisting_reason"))
    return to_batch(folded, rejects, source_id)


def to_batch(actions: pl.DataFrame, rejects: list[Reject], source_id: int) -> Batch:
    """Rows of `raw.corporate_action` from actions in the columns of SCHEMA."""
    rows = actions.select(pl.lit(source_id).alias("source_id"), *SCHEMA)
    return Batch("corporate_action", rows, rejects)


def row_checks() -> dict[str, pl.Expr]:
    """Reason → true for the rows that are no action; the last one finds repeated keys."""
    kind, reason = _folded("kind"), _folded("delisting_reason")
    ratio, amount, final = pl.col("ratio"), pl.col("amount_usd"), pl.col("delisting_return")
    checks = {
        f"kind is none of {', '.join(KINDS)}": ~kind.is_in(KINDS),
        "a split needs a ratio": (kind == "split") & ratio.is_null(),
        "ratio is not above zero": ratio <= 0,
        "a dividend needs an amount_usd": (kind == "dividend") & amount.is_null(),
        "amount_usd is negative": amount < 0,
        "a spinoff needs a ratio or an amount_usd": (kind == "spinoff")
        & ratio.is_null()
        & amount.is_null(),
        "a delisting needs a delisting_reason": (kind == "delisting") & reason.is_null(),
        f"delisting_reason is none of {', '.join(REASONS)}": ~reason.is_in(REASONS),
        "delisting_return is below -1": final < -1,
        "ex_date is more than a year ahead": pl.col("ex_date") > datetime.now(UTC).date() + HORIZON,
        f"ex_date is before {FIRST_DAY.year}": pl.col("ex_date") < FIRST_DAY,
    }
    return checks | {"another row of this file has the same action": _repeated(checks)}


def _repeated(checks: Mapping[str, pl.Expr]) -> pl.Expr:
    """True for a good row after the first good one of its key.

    A company may pay two dividends on one day (an ordinary and a special one),
    so those repeat only when the amount is the same too.
    """
    failed = [pl.col(FAILED + column) for column in SCHEMA]
    is_bad = pl.any_horizontal(pl.coalesce(bad, False) for bad in (*checks.values(), *failed))
    amount = pl.when(_folded("kind") == "dividend").then("amount_usd")
    key = pl.struct(
        "ticker", "ex_date", _folded("kind"), amount.alias("__amount"), is_bad.alias("__is_bad")
    )
    return ~key.is_first_distinct() & ~is_bad


def _folded(column: str) -> pl.Expr:
    return pl.col(column).str.to_lowercase()


def _parse_file(
    file: File, payload: bytes, *, source_id: int, columns: dict[str, str | Sequence[str]]
) -> Iterator[Batch]:
    yield parse(payload, source_id=source_id, name=file.uri, columns=columns)
