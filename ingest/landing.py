"""The one landing path of all ingestors.

A load is one file or response. `land` takes its bytes' fingerprint and the
parsed batches and, in one transaction, copies the good rows into the raw
tables and the bad ones into `raw.reject`. The same bytes land once. A killed
load leaves nothing half-landed: its rows roll back with their transaction and
its ledger row is closed as failed by the next writer of the dataset, who can
only hold the dataset's advisory lock when the killed one is gone.

`land_many` does the same for the files of a folder, the members of a zip or a
series of responses, each a load of its own, under one lock. While one lands,
the next is read and parsed. One that cannot be read does not stop the others;
it is raised when they are done.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl
import polars.selectors as cs
import psycopg
from psycopg import sql

from ingest.errors import (
    DatasetBusy,
    IngestError,
    ServerGone,
    StorageFull,
    TooManyRejects,
    UnexpectedPayload,
    VendorUnavailable,
)

SCHEMA_VERSION = 1
# Contents up to this many bytes are parsed whole while the item before them lands.
PARSED_AHEAD = 64 * 2**20

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

# Key columns that may be null; there, null equals null.
NULLABLE_KEYS = {"period_start", "realtime_start", "realtime_end", "value"}


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


@dataclass(frozen=True)
class Content:
    """What a file or response holds, unpacked, and how far it takes us."""

    payload: bytes
    watermark: str | None = None


@dataclass(frozen=True)
class Item:
    """One of many things to land.

    `read` returns its content, or None when the vendor says it has not changed;
    it may raise UnexpectedPayload or VendorUnavailable. `member` identifies the
    content without reading it (a zip member's name, CRC and size): a member
    that has landed is passed over unread.
    """

    uri: str
    read: Callable[[], Content | None]
    parse: Callable[[bytes], Iterable[Batch]]
    member: str | None = None


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
    feed = _Feed(conn, source, dataset, options or {}, reject_threshold)
    sha256 = _identity(payload, feed.options)
    with _server_errors(conn, uri), _lock(conn, dataset):
        if _landed_before(feed, sha256):
            return Landed(dataset, uri, None, is_new=False)
        _close_interrupted(feed)
        load_id = _open_load(feed, uri, sha256, watermark)
        return _land_open(feed, load_id, uri, parse)


def land_many(
    conn: psycopg.Connection,
    items: Iterable[Item],
    *,
    source: str,
    dataset: str,
    options: dict[str, Any] | None = None,
    reject_threshold: float = 0.05,
) -> Iterator[Landed]:
    """Land each item as a load of its own, under one lock.

    Killed in the middle and run again, it lands the items not yet landed. An
    item that cannot be read, or with too many rejects, is recorded as a failed
    load and the others go on; at the end the first such error is raised, or, if
    there are several, one that lists them.
    """
    feed = _Feed(conn, source, dataset, options or {}, reject_threshold)
    failures: list[IngestError] = []
    with _server_errors(conn, dataset), _lock(conn, dataset):
        seen = _Seen.of(feed)
        _close_interrupted(feed)
        for reading in _read_ahead(items, partial(_read, feed, seen)):
            try:
                yield _land_reading(feed, seen, reading)
            except (UnexpectedPayload, VendorUnavailable, TooManyRejects) as error:
                failures.append(error)
    if failures:
        raise _summary(failures)


@dataclass(frozen=True)
class _Feed:
    """What the loads of one call have in common."""

    conn: psycopg.Connection
    source: str
    dataset: str
    options: dict[str, Any]
    reject_threshold: float


@dataclass
class _Seen:
    """What of a dataset has landed: fingerprints of contents and names of zip members."""

    contents: set[str]
    members: set[str]

    @classmethod
    def of(cls, feed: _Feed) -> _Seen:
        rows = feed.conn.execute(
            "select sha256, case when options - 'member' = %s::jsonb then options ->> 'member' end "
            "from raw.load where dataset = %s and status = 'done'",
            [json.dumps(feed.options, default=str), feed.dataset],
        ).fetchall()
        feed.conn.commit()
        return cls({row[0] for row in rows}, {row[1] for row in rows if row[1]})


@dataclass(frozen=True)
class _Reading:
    """An item as it was read: what identifies its content, and how to get its batches."""

    item: Item
    sha256: str | None = None
    watermark: str | None = None
    parse: Callable[[], Iterable[Batch]] = list
    error: IngestError | None = None


def _read_ahead(items: Iterable[Item], read: Callable[[Item], _Reading]) -> Iterator[_Reading]:
    """Read every item while the one before it is landing, and before the next is asked for."""
    previous = None
    with ThreadPoolExecutor(1) as reader:
        for item in items:
            reading = reader.submit(read, item)
            if previous is not None:
                yield previous
            previous = reading.result()
    if previous is not None:
        yield previous


def _read(feed: _Feed, seen: _Seen, item: Item) -> _Reading:
    """Read an item that may be new, and parse it if that fits into memory beside another."""
    if item.member in seen.members:
        return _Reading(item)
    try:
        content = item.read()
    except (UnexpectedPayload, VendorUnavailable) as error:
        return _Reading(item, error=error)
    if content is None:
        return _Reading(item)
    sha256 = _identity(content.payload, feed.options)
    parse: Callable[[], Iterable[Batch]] = partial(item.parse, content.payload)
    if len(content.payload) <= PARSED_AHEAD and sha256 not in seen.contents:
        parse = partial(_same, *_tried(parse))
    return _Reading(item, sha256, content.watermark, parse)


def _tried(parse: Callable[[], Iterable[Batch]]) -> tuple[list[Batch], Exception | None]:
    """All batches, or those before an error and the error."""
    batches: list[Batch] = []
    try:
        batches.extend(parse())
    except Exception as error:  # raised again where the load is open, by _same
        return batches, error
    return batches, None


def _same(batches: list[Batch], error: Exception | None) -> Iterator[Batch]:
    yield from batches
    if error is not None:
        raise error


def _land_reading(feed: _Feed, seen: _Seen, reading: _Reading) -> Landed:
    """Land what was read. What could not be read is a failed load in the ledger."""
    uri, sha256 = reading.item.uri, reading.sha256
    with _server_errors(feed.conn, uri):
        if reading.error is not None:
            load_id = _open_load(feed, uri, "unread", None)
            _close_failed(feed.conn, load_id, reading.error)
            raise reading.error
        if sha256 is None or sha256 in seen.contents:
            _note_member(feed, sha256, reading.item.member)
            return Landed(feed.dataset, uri, None, is_new=False)
        load_id = _open_load(feed, uri, sha256, reading.watermark, reading.item.member)
        landed = _land_open(feed, load_id, uri, reading.parse)
    seen.contents.add(sha256)
    return landed


def _note_member(feed: _Feed, sha256: str | None, member: str | None) -> None:
    """Remember that a zip member is content that has landed, so that it is not read again."""
    if sha256 is not None and member is not None:
        feed.conn.execute(
            "update raw.load set options = options || jsonb_build_object('member', %s::text) "
            "where dataset = %s and sha256 = %s and status = 'done'",
            [member, feed.dataset, sha256],
        )
        feed.conn.commit()


def _summary(failures: list[IngestError]) -> IngestError:
    """One error for all: itself if alone, else a list of the kind they share."""
    if len(failures) == 1:
        return failures[0]
    kinds = {type(failure) for failure in failures}
    kind = kinds.pop() if len(kinds) == 1 else UnexpectedPayload
    listed = "".join(f"\n- {failure}" for failure in failures[:20])
    more = f"\n- and {len(failures) - 20} more" if len(failures) > 20 else ""
    return kind(f"{len(failures)} could not be landed, the others have:{listed}{more}")


def _land_open(feed: _Feed, load_id: int, uri: str, parse: Callable[[], Iterable[Batch]]) -> Landed:
    """Land the batches of an open load; close it as failed when that cannot be done."""
    try:
        read, rejects, landed = _land_batches(feed, load_id, uri, parse)
        if _too_many(feed, read, rejects):
            raise TooManyRejects(
                f"{uri}: {len(rejects)} of {read} records rejected, more than "
                f"{feed.reject_threshold:.0%}; first: {_first(rejects)}. Nothing landed; "
                "see them with: factorium status --rejects"
            )
        return Landed(feed.dataset, uri, load_id, True, read, landed, len(rejects))
    except Exception as error:
        if not (feed.conn.broken or feed.conn.closed):
            feed.conn.rollback()
            _close_failed(feed.conn, load_id, error)
        raise


def _land_batches(
    feed: _Feed, load_id: int, uri: str, parse: Callable[[], Iterable[Batch]]
) -> tuple[int, list[Reject], int]:
    """Records read, the rejected ones and rows landed, in one transaction.

    With too many rejects nothing but they and the counts are kept.
    """
    conn, read, landed = feed.conn, 0, 0
    rejects: list[Reject] = []
    with conn.transaction():
        for parsed in parse():
            batch = _without_nul(parsed, uri)
            landed += _copy_new(conn, load_id, batch)
            read += batch.rows.height + len(batch.rejects)
            rejects += batch.rejects
        if _too_many(feed, read, rejects):
            raise psycopg.Rollback
        _write_rejects(conn, load_id, rejects)
        conn.execute(
            "update raw.load set status = 'done', finished_at = clock_timestamp(), "
            "rows_read = %s, rows_landed = %s, rows_rejected = %s where load_id = %s",
            [read, landed, len(rejects), load_id],
        )
    if _too_many(feed, read, rejects):
        _write_rejects(conn, load_id, rejects)
        conn.execute(
            "update raw.load set rows_read = %s, rows_rejected = %s where load_id = %s",
            [read, len(rejects), load_id],
        )
    conn.commit()
    return read, rejects, landed


def _too_many(feed: _Feed, read: int, rejects: list[Reject]) -> bool:
    return read > 0 and len(rejects) / read > feed.reject_threshold


def _without_nul(batch: Batch, uri: str) -> Batch:
    """Reject rows with a NUL character: JSON may hold one, PostgreSQL's text may not."""
    texts = batch.rows.select(cs.string())
    has_nul = texts.select(
        pl.any_horizontal(pl.lit(False), pl.all().str.contains("\x00", literal=True))
    ).to_series()
    if not has_nul.any():
        return batch
    reason = "text with a NUL character"
    bad = [Reject(uri, None, repr(row), reason) for row in batch.rows.filter(has_nul).rows()]
    good = batch.rows.filter(~has_nul.fill_null(False))
    return Batch(batch.table, good, batch.rejects + bad)


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
    return _copy_unseen(conn, batch.table, rows, values)


def _copy_unseen(
    conn: psycopg.Connection, table: str, rows: pl.DataFrame, values: list[Any]
) -> int:
    """COPY into a work table, then insert what the target lacks: one anti-join, by sets.

    The partition's values, which bound what can be there, are said twice: so
    the old rows come from its index whatever the planner thinks of the join.
    """
    target, work = sql.Identifier("raw", table), sql.Identifier("landing_work")
    conn.execute(sql.SQL("create temporary table {} (like {}) on commit drop").format(work, target))
    _copy(conn, work, rows)
    conn.execute(sql.SQL("analyze {}").format(work))
    same = sql.SQL(" and ").join(
        sql.SQL("old.{0} is not distinct from new.{0}").format(sql.Identifier(name))
        if name in NULLABLE_KEYS
        else sql.SQL("old.{0} = new.{0}").format(sql.Identifier(name))
        for name in CONTENT_KEYS[table]
    )
    done = conn.execute(
        sql.SQL(
            "insert into {target} ({names}) select {names} from {work} as new "
            "where not exists (select from {target} as old "
            "where old.{partition} = any(%s) and {same})"
        ).format(
            target=target,
            work=work,
            names=sql.SQL(", ").join(map(sql.Identifier, rows.columns)),
            partition=sql.Identifier(KEY_PARTITION[table]),
            same=same,
        ),
        [values],
    )
    conn.execute(sql.SQL("drop table {}").format(work))
    return done.rowcount


def _copy(conn: psycopg.Connection, target: sql.Identifier, rows: pl.DataFrame) -> int:
    statement = sql.SQL("copy {} ({}) from stdin (format csv)").format(
        target, sql.SQL(", ").join(map(sql.Identifier, rows.columns))
    )
    with conn.cursor().copy(statement) as copy:
        for part in rows.iter_slices(200_000):
            buffer = io.BytesIO()
            part.write_csv(buffer, include_header=False)
            copy.write(buffer.getbuffer())
    return rows.height


def _write_rejects(conn: psycopg.Connection, load_id: int, rejects: list[Reject]) -> None:
    if not rejects:
        return
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


def _landed_before(feed: _Feed, sha256: str) -> bool:
    row = feed.conn.execute(
        "select 1 from raw.load where dataset = %s and sha256 = %s and status = 'done'",
        [feed.dataset, sha256],
    ).fetchone()
    feed.conn.commit()
    return row is not None


def _close_interrupted(feed: _Feed) -> None:
    """Close what a killed process left open. We hold the lock, so it is gone."""
    feed.conn.execute(
        "update raw.load set status = 'failed', finished_at = clock_timestamp(), "
        "error = 'interrupted: the process ended before the load did' "
        "where dataset = %s and status = 'running'",
        [feed.dataset],
    )
    feed.conn.commit()


def _open_load(
    feed: _Feed, uri: str, sha256: str, watermark: str | None, member: str | None = None
) -> int:
    """Write a running load into the ledger, at once, so that it is seen."""
    noted = feed.options if member is None else {**feed.options, "member": member}
    options = json.dumps(noted, default=str)
    row = feed.conn.execute(
        "insert into raw.load (source, dataset, uri, sha256, options, watermark, schema_version) "
        "values (%s, %s, %s, %s, %s, %s, %s) returning load_id",
        [feed.source, feed.dataset, uri, sha256, options, watermark, SCHEMA_VERSION],
    ).fetchone()
    feed.conn.commit()
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
def _server_errors(conn: psycopg.Connection, uri: str) -> Iterator[None]:
    try:
        yield
    except psycopg.errors.DiskFull as error:
        raise StorageFull(
            f"{uri}: the server has no room left ({error}); nothing landed"
        ) from error
    except psycopg.Error as error:
        if conn.broken or conn.closed:
            message = f"{uri}: the server went away ({error}); nothing landed"
            raise ServerGone(message) from error
        raise IngestError(f"{uri}: the server refused it ({error}); nothing landed") from error
