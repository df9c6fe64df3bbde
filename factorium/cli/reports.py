"""What `doctor`, `status` and `show` report."""

from __future__ import annotations

import shutil
from datetime import date
from typing import Any

import psycopg

from factorium import database
from factorium.cli.console import console, print_rows
from factorium.errors import FactoriumError, NotReady
from factorium.migrate import sql_checksum
from factorium.settings import Settings
from sql import query

Finding = tuple[str, str, str]


def doctor(settings: Settings) -> list[Finding]:
    """(check, state, remedy) for the server, its engine, settings, disk and schema."""
    findings: list[Finding] = []
    external = settings.external_conninfo
    place = "embedded" if external is None else "external (DATABASE_URL or PG*)"
    try:
        info = database.conninfo(settings)
        with database.connect(info=info) as conn:
            findings.append(("server", f"{place}, {_one(conn, 'show server_version')}", ""))
            findings += _engine(conn) + _settings(conn) + _schema(conn)
    except FactoriumError as error:
        findings.append(("server", f"missing: {error}", "start it: factorium up"))
    if external is None:
        free = shutil.disk_usage(settings.home.parent.resolve()).free / 2**30
        state = f"{free:.1f} GiB free" if free > 5 else f"missing: only {free:.1f} GiB free"
        findings.append(("disk", state, "" if free > 5 else "free some room"))
    return findings


def _engine(conn: psycopg.Connection) -> list[Finding]:
    if not _one(conn, "select to_regprocedure('ts.engine()') is not null"):
        return [("engine", "missing: the schema is not there", "factorium migrate")]
    engine = str(_one(conn, "select ts.engine()"))
    extensions = _one(
        conn, "select string_agg(extname || ' ' || extversion, ', ' order by 1) from pg_extension"
    )
    remedy = (
        ""
        if engine == "timescaledb"
        else "compression is not done on plain PostgreSQL; use TimescaleDB for it (docker/)"
    )
    return [("engine", engine, remedy), ("extensions", str(extensions), "")]


def _settings(conn: psycopg.Connection) -> list[Finding]:
    rows = conn.execute(
        "select name, current_setting(name) from pg_settings where name = any(%s) order by name",
        [["shared_buffers", "work_mem", "max_wal_size", "jit", "random_page_cost"]],
    ).fetchall()
    return [("settings", ", ".join(f"{name} {value}" for name, value in rows), "")]


def _schema(conn: psycopg.Connection) -> list[Finding]:
    if not _one(conn, "select to_regclass('ops.sql_object') is not null"):
        return [("schema", "missing", "factorium migrate")]
    version = _one(conn, "select version_num from public.schema_version")
    applied = _one(conn, "select max(sha256) from ops.sql_object where name = 'all'")
    current = applied == sql_checksum()
    findings = [
        (
            "schema",
            f"revision {version}" + ("" if current else "; missing: SQL objects are out of date"),
            "" if current else "factorium migrate",
        )
    ]
    tables = conn.execute("select * from ts.status()")
    names = [column.name for column in tables.description or []]
    for row in tables.fetchall():
        said = dict(zip(names, row, strict=True))
        detail = ", ".join(f"{k} {v}" for k, v in list(said.items())[1:] if v is not None)
        findings.append(("table", f"{row[0]}: {detail}", ""))
    return findings


def status(info: str, rejects: bool, limit: int, as_json: bool) -> None:
    """Print loads and builds, or the newest rejected records."""
    with database.connect(info=info) as conn:
        if rejects:
            _print(conn, "rejected records", "status_rejects", as_json, max_rows=limit)
            return
        _print(conn, "loads", "status_loads", as_json, max_rows=limit)
        if not as_json:
            _print(conn, "builds", "status_builds", as_json, max_rows=limit)


def show(
    info: str, factor: str | None, universe: str, day: date | None, rows: int, as_json: bool
) -> None:
    """Print the top-ranked names of one factor, or of the factors of every kind."""
    with database.connect("factorium_reader", info=info) as conn:
        _require_marts(conn)
        if factor is not None and not _one(
            conn, "select exists (select from dim_factor where factor_id = %s)", [factor]
        ):
            raise NotReady(f"unknown factor {factor!r}; all of them stand in marts.dim_factor")
        if universe != "all" and not _one(
            conn, "select exists (select from dim_universe where universe = %s)", [universe]
        ):
            raise NotReady(f"there is no universe {universe!r}")
        day = day or _one(conn, "select max(trade_date) from fct_latest_values")
        name = "show_factor" if factor else "show_kinds"
        _print(
            conn,
            f"top-ranked names on {day}, universe {universe}",
            name,
            as_json,
            is_cut=True,
            factor_id=factor,
            universe=universe,
            trade_date=day,
            max_rows=rows,
        )


def print_next_commands(info: str) -> None:
    """What a new user may try next."""
    console.print(
        "\nnext:\n"
        "  factorium psql                  # select * from fct_latest_values limit 10;\n"
        "  factorium show --factor book_to_market\n"
        "  factorium serve                      # docs at http://127.0.0.1:8000/docs\n",
        highlight=False,
    )


def _require_marts(conn: psycopg.Connection) -> None:
    conn.execute("set search_path = marts")
    if not _one(conn, "select to_regclass('marts.fct_latest_values') is not null"):
        raise NotReady("nothing is built yet: factorium run, or factorium build")


def _print(
    conn: psycopg.Connection,
    title: str,
    name: str,
    as_json: bool,
    *,
    is_cut: bool = False,
    **parameters: Any,
) -> None:
    cursor = conn.execute(query(name), parameters)
    names = [column.name for column in cursor.description or []]
    print_rows(title, names, cursor.fetchall(), as_json, is_cut=is_cut)


def _one(conn: psycopg.Connection, statement: str, parameters: list[Any] | None = None) -> Any:
    row = conn.execute(statement, parameters).fetchone()
    return None if row is None else row[0]
