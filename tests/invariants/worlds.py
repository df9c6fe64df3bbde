"""Worlds: databases that know only part of what a built warehouse knows.

A world starts as a fresh migrated database. Raw rows are copied into it from
another one by when the world could know them: all that was known by some moment,
or, as further loads, what became known between two. When filings became known is
read from the truth of the sample market, not from the warehouse's own clocks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import LiteralString

import polars as pl
import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

BEGINNING = datetime.fromisoformat("0001-01-02T00:00:00+00:00")
OF_A_SESSION = "time '09:30') at time zone 'America/New_York'"

# When a raw row became known; tables that are not named here are snapshots without a
# time of their own and are known from the beginning.
KNOWN_AT: dict[str, LiteralString] = {
    "daily_bar": "(trade_date + time '09:30') at time zone 'America/New_York'",
    "minute_bar": "bar_at",
    # A vendor's adjusted snapshot is undone with the splits up to its retrieval.
    "corporate_action": """
        case
            when kind = 'split' and ex_date <= (
                select max(retrieved_on) from ref.data_source where split_basis = 'adjusted'
            ) then '-infinity'
            else (ex_date + time '09:30') at time zone 'America/New_York'
        end
    """,
    "company_fact": "(select f.known_at from filing_known as f where f.accession = t.accession)",
    "filing": "(select f.known_at from filing_known as f where f.accession = t.accession)",
    "fred_observation": """
        coalesce((
            realtime_start + (
                select s.release_time_new_york from staging.fred_series as s
                where s.series_id = t.series_id
            )
        ) at time zone 'America/New_York', '-infinity')
    """,
    "fred_vintage_date": "(vintage_date + time '09:30') at time zone 'America/New_York'",
    "fred_release_date": "(release_date + time '09:30') at time zone 'America/New_York'",
    "panel_item": "(filed + time '16:30') at time zone 'America/New_York'",
    "universe_member": "(valid_from + time '09:30') at time zone 'America/New_York'",
}

# Ends that lie after the moment were not known either.
AS_KNOWN: dict[tuple[str, str], LiteralString] = {
    ("universe_member", "valid_to"): "case when valid_to <= %(day)s then valid_to end",
    ("fred_observation", "realtime_end"): (
        "case when realtime_end <= %(day)s then realtime_end else date '9999-12-31' end"
    ),
}

Transform = dict[tuple[str, str], LiteralString]

# Four shares for one before the first bar, in every file, and a vendor who multiplies
# his whole adjusted history by a constant.
SPLIT_BEFORE_HISTORY: Transform = {
    ("daily_bar", "open"): "open / 4",
    ("daily_bar", "high"): "high / 4",
    ("daily_bar", "low"): "low / 4",
    ("daily_bar", "close"): "close / 4",
    ("daily_bar", "volume"): "volume * 4",
    ("daily_bar", "adj_close"): "adj_close / 4 * 1.7",
    ("minute_bar", "open"): "open / 4",
    ("minute_bar", "high"): "high / 4",
    ("minute_bar", "low"): "low / 4",
    ("minute_bar", "close"): "close / 4",
    ("minute_bar", "volume"): "volume * 4",
    ("corporate_action", "amount_usd"): "amount_usd / 4",
    ("company_fact", "value"): (
        "case unit when 'shares' then value * 4 when 'USD/shares' then value / 4 else value end"
    ),
}


@dataclass(frozen=True)
class Slice:
    """What became known after one moment and by another, as one delivery.

    `condition` of a table narrows it further. `changed` are columns that arrive other
    than they are. Both may name `parameters`.
    """

    since: datetime
    until: datetime
    condition: dict[str, LiteralString] = field(default_factory=dict)
    changed: Transform = field(default_factory=dict)
    parameters: dict[str, object] = field(default_factory=dict)


@contextmanager
def source_of(info: str, truth: Path) -> Iterator[psycopg.Connection]:
    """A connection to the database to copy from, that knows when filings became known."""
    filings = pl.read_parquet(truth / "filings.parquet").select("accession", "accepted_at")
    with psycopg.connect(info) as conn:
        conn.execute(
            "create temporary table filing_known (accession text primary key, known_at timestamptz)"
        )
        with conn.cursor().copy("copy filing_known from stdin") as copy:
            for row in filings.iter_rows():
                copy.write_row(row)
        conn.execute("analyze filing_known")
        yield conn


def close_of(info: str, day: date) -> datetime:
    """When a session closed."""
    with psycopg.connect(info) as conn:
        row = conn.execute(
            "select close_at from ref.session where session_date = %s", [day]
        ).fetchone()
    assert row is not None
    return row[0]


def sessions(info: str) -> list[date]:
    """The sessions between the first and the last bar."""
    with psycopg.connect(info) as conn:
        rows = conn.execute(
            "select session_date from ref.session, ops.bar_span "
            "where session_date between first_date and last_date order by 1"
        )
        return [row[0] for row in rows]


def known_by(source: psycopg.Connection, info: str, moment: datetime) -> str:
    """Copy into an empty world all that was known by a moment; unsettled, not built."""
    return copied(source, info, Slice(BEGINNING, moment))


def copied(source: psycopg.Connection, info: str, part: Slice) -> str:
    """Copy rows with the loads that brought them, and the sources they name."""
    with psycopg.connect(info) as target:
        _copy(source, target, "ref", "data_source", sql.SQL("true"), {}, {})
        _copy(
            source, target, "raw", "load", sql.SQL("status = 'done'"),
            {"settled_at": sql.SQL("null::timestamptz")}, {},
        )  # fmt: skip
        for table in raw_tables(source):
            _copy_raw(source, target, table, part, {})
        for name, key in (("ref.data_source", "source_id"), ("raw.load", "load_id")):
            target.execute(
                sql.SQL(
                    "select setval(pg_get_serial_sequence({}, {}), (select max({}) from {}))"
                ).format(name, key, sql.Identifier(key), sql.Identifier(*name.split(".")))
            )
    return info


def delivered(
    source: psycopg.Connection, info: str, part: Slice, tables: Sequence[str] = tuple(KNOWN_AT)
) -> int:
    """Land a slice as new loads, one for each table that it has rows of; how many.

    A company's filings arrive as EDGAR sends them: the whole history, here whenever
    there is a new report of facts.
    """
    loads = 0
    with psycopg.connect(info) as target:
        for table in tables:
            load_id = _new_load(target, table)
            landed = _copy_raw(source, target, table, part, {"load_id": sql.Literal(load_id)})
            if landed:
                loads += 1
            else:
                target.execute("delete from raw.load where load_id = %s", [load_id])
    return loads


def raw_tables(conn: psycopg.Connection) -> list[str]:
    """Tables of what vendors published: not the ledger, nor what is derived from them."""
    rows = conn.execute(
        "select tablename from pg_tables where schemaname = 'raw' "
        "and tablename <> all(%s) order by 1",
        [["load", "reject", "daily_bar_current", "minute_bar_current"]],
    )
    return [row[0] for row in rows]


def _copy_raw(
    source: psycopg.Connection,
    target: psycopg.Connection,
    table: str,
    part: Slice,
    columns: dict[str, sql.Composable],
) -> int:
    known_at = sql.SQL(KNOWN_AT.get(table, "'-infinity'::timestamptz"))
    condition = sql.SQL("{} <= %(until)s and ({})").format(
        known_at, sql.SQL(part.condition.get(table, "true"))
    )
    if part.since > BEGINNING:
        newer = sql.SQL("{} > %(since)s").format(known_at)
        if table == "filing":
            newer = sql.SQL(
                "cik in (select t.cik from raw.filing as t where {} > %(since)s "
                "and {} <= %(until)s and accession in (select accession from raw.company_fact))"
            ).format(known_at, known_at)
        condition = sql.SQL("{} and {}").format(condition, newer)
    expressions = dict(columns)
    for (of, name), expression in {**AS_KNOWN, **part.changed}.items():
        if of == table:
            expressions[name] = sql.SQL(expression)
    moments = {"since": part.since, "until": part.until, "day": part.until.date()}
    parameters = moments | part.parameters
    return _copy(source, target, "raw", table, condition, expressions, parameters)


def _copy(
    source: psycopg.Connection,
    target: psycopg.Connection,
    schema: str,
    table: str,
    condition: sql.Composable,
    expressions: dict[str, sql.Composable],
    parameters: dict[str, object],
) -> int:
    """Copy a table's rows that meet a condition, some columns by another expression."""
    names = _columns(source, schema, table)
    relation = sql.Identifier(schema, table)
    selected = sql.SQL(", ").join(expressions.get(name, sql.Identifier(name)) for name in names)
    read = sql.SQL("copy (select {} from {} as t where {}) to stdout").format(
        selected, relation, condition
    )
    write = sql.SQL("copy {} ({}) from stdin").format(
        relation, sql.SQL(", ").join(map(sql.Identifier, names))
    )
    into = target.cursor()
    with source.cursor().copy(read, parameters) as rows, into.copy(write) as copy:
        for block in rows:
            copy.write(block)
    return into.rowcount


def _columns(conn: psycopg.Connection, schema: str, table: str) -> list[str]:
    rows = conn.execute(
        "select column_name from information_schema.columns "
        "where table_schema = %s and table_name = %s and is_generated = 'NEVER' "
        "order by ordinal_position",
        [schema, table],
    )
    return [row[0] for row in rows]


def _new_load(conn: psycopg.Connection, table: str) -> int:
    row = conn.execute(
        "insert into raw.load (source, dataset, uri, sha256, status, finished_at) "
        "values ((case %(table)s when 'daily_bar' then 'bars' when 'universe_member' "
        "then 'universe' else 'later' end), %(table)s, 'later', "
        "gen_random_uuid()::text, 'done', clock_timestamp()) returning load_id",
        {"table": table},
    ).fetchone()
    assert row is not None
    return int(row[0])


def copy_of(cluster: str, info: str, name: str) -> str:
    """A copy of a whole database, indexes and ledger included."""
    original = conninfo_to_dict(info)["dbname"]
    with psycopg.connect(cluster, autocommit=True) as conn:
        conn.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", [original]
        )
        conn.execute(sql.SQL("drop database if exists {} (force)").format(sql.Identifier(name)))
        conn.execute(
            sql.SQL("create database {} template {} strategy file_copy").format(
                sql.Identifier(name), sql.Identifier(str(original))
            )
        )
    return make_conninfo(cluster, dbname=name)
