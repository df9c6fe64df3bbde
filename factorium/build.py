"""A build: settle what landed, refresh rollups, run the models, refresh the readers."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import psycopg

from factorium import database
from factorium.checksums import dbt_checksum
from factorium.errors import BuildError, NotReady
from factorium.warehouse import run_dbt

BUILD_LOCK = "select pg_try_advisory_lock(hashtext('factorium.build'))"


@dataclass(frozen=True)
class Built:
    """What a build did."""

    build_id: int | None
    loads_settled: int
    dates_built: int
    is_new: bool


def build(
    info: str,
    *,
    since: date | None = None,
    until: date | None = None,
    full_refresh: bool = False,
    target_path: Path | None = None,
    on_node: Callable[[str, str, float], None] | None = None,
) -> Built:
    """Bring every model up to the data that has landed.

    `since` and `until` narrow the dates of models that do not accumulate; a build with
    `since` leaves out the risk models, which rest on every session before.
    Errors: BuildError (the build's row in ops.build says so too), NotReady when
    another build runs.
    """
    settled = settle(info)
    with database.connect("factorium_transform", info=info, autocommit=True) as conn:
        if not _scalar(conn, BUILD_LOCK):
            raise NotReady("another build is running; see: factorium status")
        if not (full_refresh or settled or _is_pending(conn)):
            return Built(None, 0, 0, is_new=False)
        _close_interrupted(conn)
        build_id = int(
            _scalar(
                conn,
                "insert into ops.build (since, until, is_full_refresh, max_load_id) "
                "values (%s, %s, %s, (select max(load_id) from raw.load where status = 'done')) "
                "returning build_id",
                [since, until, full_refresh],
            )
        )
        refresh_rollups(info)
        try:
            _run_models(info, conn, since, until, full_refresh, target_path, on_node)
        except BuildError as error:
            conn.execute(
                "update ops.build set status = 'failed', finished_at = clock_timestamp(), "
                "error = %s where build_id = %s",
                [str(error)[:4000], build_id],
            )
            raise
        dates = int(
            _scalar(
                conn,
                "select count(distinct trade_date) from ops.interval where build_id = %s",
                [build_id],
            )
        )
        conn.execute(
            "update ops.build set status = 'done', finished_at = clock_timestamp(), "
            "dates_built = %s where build_id = %s",
            [dates, build_id],
        )
    return Built(build_id, settled, dates, is_new=True)


def settle(info: str) -> int:
    """Resolve newly landed rows to securities and current bars; the number of loads."""
    with database.connect("factorium_ingest", info=info) as conn:
        settled = int(_scalar(conn, "select ops.settle()"))
        conn.commit()
    return settled


def refresh_rollups(info: str) -> None:
    """Refresh the time rollups; a procedure of its own transactions."""
    with database.connect("factorium_transform", info=info, autocommit=True) as conn:
        conn.execute("call ts.refresh()")


def _run_models(
    info: str,
    conn: psycopg.Connection,
    since: date | None,
    until: date | None,
    full_refresh: bool,
    target_path: Path | None,
    on_node: Callable[[str, str, float], None] | None,
) -> None:
    checksum = dbt_checksum("seeds")
    if _scalar(conn, "select max(version) from ops.model_cursor where model = 'seeds'") != checksum:
        run_dbt(info, ["seed"], target_path=target_path, on_node=on_node)
        conn.execute(
            "insert into ops.model_cursor (model, version) values ('seeds', %s) "
            "on conflict (model) do update set version = excluded.version",
            [checksum],
        )
        conn.execute(
            "insert into ops.change (input, from_date) "
            "values ('facts', '1990-01-01'), ('macro', '1990-01-01')"
        )
    dates = {"since": since, "until": until}
    variables = {name: day.isoformat() for name, day in dates.items() if day is not None}
    arguments = ["run"]
    if variables:
        arguments += ["--vars", json.dumps(variables)]
    if since is not None:
        # What the risk models accumulate needs every session before.
        arguments += ["--exclude", "rsk_exposures+"]
    if full_refresh:
        arguments.append("--full-refresh")
    run_dbt(info, arguments, target_path=target_path, on_node=on_node)


def _is_pending(conn: psycopg.Connection) -> bool:
    """Whether the last build did not end well, or code or a user's map changed since."""
    row = conn.execute(
        "select status, (select sha256 from ops.sql_object where name = 'models'), "
        "(select coalesce(max(change_id), 0) from ops.change) "
        "> (select coalesce(max(change_id), 0) from ops.model_cursor), "
        "since is not null or until is not null "
        "from ops.build order by build_id desc limit 1"
    ).fetchone()
    return (
        row is None
        or row[0] != "done"
        or row[1] != models_checksum()
        or bool(row[2])
        # A narrowed build leaves dates, and the risk models, to the next one.
        or bool(row[3])
    )


def models_checksum() -> str:
    """One checksum over dbt's models, macros and seeds as they stand on disk."""
    return dbt_checksum("models", "macros", "seeds")


def _close_interrupted(conn: psycopg.Connection) -> None:
    conn.execute(
        "update ops.build set status = 'failed', finished_at = clock_timestamp(), "
        "error = 'interrupted: the process ended before the build did' where status = 'running'"
    )
    conn.execute(
        "insert into ops.sql_object (name, sha256) values ('models', %s) "
        "on conflict (name) do update set sha256 = excluded.sha256, applied_at = now()",
        [models_checksum()],
    )


def _scalar(conn: psycopg.Connection, statement: str, parameters: list[Any] | None = None) -> Any:
    row = conn.execute(statement, parameters).fetchone()
    assert row is not None
    return row[0]
