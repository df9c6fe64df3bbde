"""The one landing path of all ingestors.

A load is one file or response. `land` takes its bytes' fingerprint and the
parsed batches and, in one transaction, copies the good rows into the raw
tables and the bad ones into `raw.reject`. The same bytes land once. A killed
load leaves nothing half-landed: its rows roll back with their transaction and
its ledger row is closed as failed by the next writer of the dataset, who can
only hold the dataset's advisory lock when the killed one is gone.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
import psycopg
from psycopg import sql

from ingest.errors import DatasetBusy, IngestError, ServerGone, StorageFull, TooManyRejects

SCHEMA_VERSION = 1

# Rows with the same content key are the same row: a newer file of the same
# company lands only what is new. Null keys compare as equal.
CONTENT_KEYS: dict[str, tuple[str, ...]] = {
    "company_fact": (
        "cik", "taxonomy", "tag", "unit", "period_start", "period_end", "accession", "value",
    ),
    "fred_observation": ("series_id", "observed_on", "realtime_start", "realtime_end", "value"),
    "fred_vintage_date": ("series_id", "vintage_date"),
    "fred_release_date": ("release_id", "release_date"),
    "filing_index": ("cik", "accession", "form"),
}  # fmt: skip
# The column that bounds what can be a duplicate, so that the anti-join reads an index.
KEY_PARTITION = {
    "company_fact": "cik",
    "fred_observation": "series_id",
    "fred_vintage_date": "series_id",
    "fred_release_date": "release_id",
    "filing_index": "accession",
}


@dataclass(frozen=True)
class Reject:
    """One record that could not be read: where it stood, its text, and why."""

    file: str
    line: int | None
    record: str | None
    reason: str


@dataclass
class Batch:
    """Rows for one raw table (its columns without `load_id`) and the rejected ones."""

    table: str
    rows: pl.DataFrame
    rejects: list[Reject] = field(default_factory=list)


@dataclass(frozen=True)
class Landed:
    """What became of one load. `is_new` is false when these bytes had landed before."""

    dataset: str
    uri: str
    load_id: int | None
    is_new: bool
    rows_read: int = 0
    rows_landed: int = 0
    rows_rejected: int = 0


def fingerprint(payload: bytes | Path) -> str:
    """The sha256 of bytes, or of a file's bytes, as hex."""
    if isinstance(payload, bytes):
        return hashlib.sha256(payload).hexdigest()
    with payload.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def land(
    conn: psycopg.Connection,
    *,
    source: str,
    dataset: str,
    uri: str,
    payload: bytes | Path,
    parse: Callable[[], Iterable[Batch]],
    options: dict[str, Any] | None = None,
    watermark: str | None = None,
    reject_threshold: float = 0.05,
) -> Landed:
    """Land one file or response.

    `dataset` names what is locked and what the bytes are compared with, e.g.
    "edgar_facts". `options` (a column mapping, say) are part of the identity:
    the same bytes read another way are another load. `parse` is called only
    when the bytes are new. Errors: TooManyRejects (nothing but the rejects is
    kept) when rejected/read exceeds `reject_threshold`; DatasetBusy;
    StorageFull; ServerGone; whatever `parse` raises, recorded in the ledger.
    """
    options = options or {}
    sha256 = _identity(payload, options)
    with _server_errors(uri), _lock(conn, dataset):
        if _landed_before(conn, dataset, sha256):
            return Landed(dataset, uri, None, is_new=False)
        load_id = _open_load(conn, source, dataset, uri, sha256, options, watermark)
        try:
            return _land_batches(conn, load_id, dataset, uri, parse, reject_threshold)
        except psycopg.OperationalError:
            raise
        except Exception as error:
            conn.rollback()
            _close_failed(conn, load_id, error)
            raise


def _land_batches(
    conn: psycopg.Connection,
    load_id: int,
    dataset: str,
    uri: str,
    parse: Callable[[], Iterable[Batch]],
    reject_threshold: float,
) -> Landed:
    read = landed = rejected = 0
    rejects: list[Reject] = []
    with conn.transaction():
        for batch in parse():
            landed += _copy_new(conn, load_id, batch)
            read += batch.rows.height + len(batch.rejects)
            rejects += batch.rejects
            rejected += len(batch.rejects)
        _write_rejects(conn, load_id, rejects)
        if read and rejected / read > reject_threshold:
            raise psycopg.Rollback
        conn.execute(
            "update raw.load set status = 'done', finished_at = clock_timestamp(), "
            "rows_read = %s, rows_landed = %s, rows_rejected = %s where load_id = %s",
            [read, landed, rejected, load_id],
        )
    if read and rejected / read > reject_threshold:
        _write_rejects(conn, load_id, rejects)
        conn.execute(
            "update raw.load set rows_read = %s, rows_rejected = %s where load_id = %s",
            [read, rejected, load_id],
        )
        conn.commit()
        raise TooManyRejects(
            f"{uri}: {rejected} of {read} records rejected, more than "
            f"{reject_threshold:.0%}; first: {_first(rejects)}. Nothing landed; "
            "see them with: factorium status --rejects"
        )
    conn.commit()
    return Landed(dataset, uri, load_id, True, read, landed, rejected)


def _copy_new(conn: psycopg.Connection, load_id: int, batch: Batch) -> int:
    """COPY a batch into its raw table, without what is there already by content."""
    rows = batch.rows.select(pl.lit(load_id, pl.Int64).alias("load_id"), pl.all())
    if rows.is_empty():
        return 0
    key = CONTENT_KEYS.get(batch.table)
    target = sql.Identifier("raw", batch.table)
    if key is None:
        return _copy(conn, target, rows)
    rows = rows.unique(subset=list(key), keep="first", maintain_order=True)
    partition = KEY_PARTITION[batch.table]
    values = rows.get_column(partition).unique().to_list()
    seen = conn.execute(
        sql.SQL("select exists (select from {} where {} = any(%s))").format(
            target, sql.Identifier(partition)
        ),
        [values],
    ).fetchone()
    if seen is None or not seen[0]:
        return _copy(conn, target, rows)
    return _copy_unseen(conn, target, rows, key)


def _copy_unseen(
    conn: psycopg.Connection, target: sql.Identifier, rows: pl.DataFrame, key: tuple[str, ...]
) -> int:
    work = sql.Identifier("landing_work")
    conn.execute(
        sql.SQL("create temporary table {} (like {}) on commit drop").format(work, target)
    )
    _copy(conn, work, rows)
    conn.execute(sql.SQL("analyze {}").format(work))
    same = sql.SQL(" and ").join(
        sql.SQL("old.{0} is not distinct from new.{0}").format(sql.Identifier(name))
        if name in ("period_start", "realtime_start", "realtime_end", "value")
        else sql.SQL("old.{0} = new.{0}").format(sql.Identifier(name))
        for name in key
    )
    done = conn.execute(
        sql.SQL(
            "insert into {target} ({names}) select {names} from {work} as new "
            "where not exists (select from {target} as old where {same})"
        ).format(
            target=target,
            work=work,
            names=sql.SQL(", ").join(map(sql.Identifier, rows.columns)),
            same=same,
        )
    )
    conn.execute(sql.SQL("drop table {}").format(work))
    return done.rowcount


def _copy(conn: psycopg.Connection, target: sql.Identifier, rows: pl.DataFrame) -> int:
    statement = sql.SQL("copy {} ({}) from stdin (format csv)").format(
        target, sql.SQL(", ").join(map(sql.Identifier, rows.columns))
    )
    with conn.cursor().copy(statement) as copy:
        for part in rows.iter_slices(200_000):
            copy.write(part.write_csv(include_header=False).encode())
    return rows.height


def _write_rejects(conn: psycopg.Connection, load_id: int, rejects: list[Reject]) -> None:
    with conn.cursor().copy(
        "copy raw.reject (load_id, file, line, record, reason) from stdin"
    ) as copy:
        for reject in rejects:
            record = None if reject.record is None else reject.record.replace("\x00", "\\0")
            copy.write_row((load_id, reject.file, reject.line, record, reject.reason))


def _first(rejects: list[Reject]) -> str:
    reject = rejects[0]
    line = "" if reject.line is None else f" line {reject.line}"
    return f"{reject.file}{line}: {reject.reason}"


def _identity(payload: bytes | Path, options: dict[str, Any]) -> str:
    content = fingerprint(payload)
    if not options:
        return content
    return fingerprint((content + json.dumps(options, sort_keys=True, default=str)).encode())


def _landed_before(conn: psycopg.Connection, dataset: str, sha256: str) -> bool:
    row = conn.execute(
        "select 1 from raw.load where dataset = %s and sha256 = %s and status = 'done'",
        [dataset, sha256],
    ).fetchone()
    conn.commit()
    return row is not None


def _open_load(
    conn: psycopg.Connection,
    source: str,
    dataset: str,
    uri: str,
    sha256: str,
    options: dict[str, Any],
    watermark: str | None,
) -> int:
    conn.execute(
        "update raw.load set status = 'failed', finished_at = clock_timestamp(), "
        "error = 'interrupted: the process ended before the load did' "
        "where dataset = %s and status = 'running'",
        [dataset],
    )
    row = conn.execute(
        "insert into raw.load (source, dataset, uri, sha256, options, watermark, schema_version) "
        "values (%s, %s, %s, %s, %s, %s, %s) returning load_id",
        [source, dataset, uri, sha256, json.dumps(options, default=str), watermark, SCHEMA_VERSION],
    ).fetchone()
    conn.commit()
    assert row is not None
    return int(row[0])


def _close_failed(conn: psycopg.Connection, load_id: int, error: Exception) -> None:
    conn.execute(
        "update raw.load set status = 'failed', finished_at = clock_timestamp(), error = %s "
        "where load_id = %s",
        [f"{type(error).__name__}: {error}"[:2000], load_id],
    )
    conn.commit()


@contextmanager
def _lock(conn: psycopg.Connection, dataset: str) -> Iterator[None]:
    """Exclude other writers of the dataset; the lock dies with the connection."""
    row = conn.execute(
        "select pg_try_advisory_lock(hashtext('factorium.landing'), hashtext(%s))", [dataset]
    ).fetchone()
    conn.commit()
    if row is None or not row[0]:
        raise DatasetBusy(f"another process is landing {dataset}; try again when it is done")
    try:
        yield
    finally:
        if not conn.closed and not conn.broken:
            conn.rollback()
            conn.execute(
                "select pg_advisory_unlock(hashtext('factorium.landing'), hashtext(%s))", [dataset]
            )
            conn.commit()


@contextmanager
def _server_errors(uri: str) -> Iterator[None]:
    try:
        yield
    except psycopg.errors.DiskFull as error:
        raise StorageFull(f"{uri}: the server has no room left ({error}); nothing landed") from error
    except psycopg.OperationalError as error:
        raise ServerGone(f"{uri}: the server went away ({error}); nothing landed") from error
    except psycopg.DataError as error:
        raise IngestError(f"{uri}: the server refused a row: {error}") from error
