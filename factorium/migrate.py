"""Bring a database to the current schema: alembic, then SQL objects, then the calendar.

SQL objects are the files of `sql/functions` and `sql/aggregates`, applied in
dependency order; a file whose checksum is already in `ops.sql_object` is
skipped, so migrating again does nothing.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import psycopg

from factorium import calendar
from factorium.checksums import checksum_of
from factorium.errors import MigrationError
from factorium.paths import DBT, MIGRATIONS, SQL

CREATES = re.compile(
    r"create\s+(?:or\s+replace\s+)?(?:function|procedure|aggregate|view|type)\s+([a-z_]+\.[a-z0-9_]+)",
    re.IGNORECASE,
)

EXPECTED_CHECKSUM = """\
{{# Written by `factorium migrate`; a test compares it with the files of sql/. #}}
{{% macro expected_sql_checksum() %}}{{{{ return('{checksum}') }}}}{{% endmacro %}}
"""


def migrate(info: str, revision: str = "head") -> list[str]:
    """Migrate up to `revision`; returns the names of the SQL objects (re)applied.

    One process at a time migrates a database; another one waits for it.
    """
    with _alone(info):
        if revision != "head" or _revision(info) != _newest_revision():
            _move(info, "upgrade", revision)
        if revision != "head":
            return []
        with psycopg.connect(info) as conn:
            applied = apply_sql_objects(conn)
            write_expected_checksum()
            calendar.fill(conn)
        return applied


def downgrade(info: str, revision: str = "base") -> None:
    """Migrate down to `revision`; what the later migrations made is dropped."""
    with _alone(info):
        _move(info, "downgrade", revision)


def _revision(info: str) -> str | None:
    """The database's schema revision; None where there is none yet."""
    with psycopg.connect(info) as conn:
        row = conn.execute("select to_regclass('public.schema_version') is not null").fetchone()
        if row is None or not row[0]:
            return None
        row = conn.execute("select version_num from public.schema_version").fetchone()
        return None if row is None else str(row[0])


def _newest_revision() -> str:
    """The revision of the last file in migrations/versions; their names begin with it."""
    return max(path.name.split("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def _move(info: str, verb: str, revision: str) -> None:
    from factorium import revisions  # noqa: PLC0415

    revisions.move(info, verb, revision)


@contextmanager
def _alone(info: str) -> Iterator[None]:
    """Exclude other migrations of the database; the lock dies with its connection."""
    with psycopg.connect(info, autocommit=True) as guard:
        guard.execute("select pg_advisory_lock(hashtext('factorium.migrate'))")
        yield


def apply_sql_objects(conn: psycopg.Connection) -> list[str]:
    """Apply every SQL file whose checksum changed, those it builds on first."""
    known: dict[str, str] = dict(conn.execute("select name, sha256 from ops.sql_object").fetchall())
    applied = []
    for path in sql_files():
        text = path.read_text()
        name, sha256 = path.name, hashlib.sha256(text.encode()).hexdigest()
        if known.get(name) == sha256:
            continue
        try:
            with conn.transaction():
                conn.execute("set local role factorium_owner")
                conn.execute("set local check_function_bodies = off")
                conn.execute(text)
        except psycopg.Error as error:
            raise MigrationError(f"{path.relative_to(SQL.parent)}: {error}") from error
        conn.execute(
            "insert into ops.sql_object (name, sha256) values (%s, %s) "
            "on conflict (name) do update set sha256 = excluded.sha256, applied_at = now()",
            [name, sha256],
        )
        applied.append(name)
    conn.execute(
        "insert into ops.sql_object (name, sha256) values ('all', %s) "
        "on conflict (name) do update set sha256 = excluded.sha256, applied_at = now()",
        [sql_checksum()],
    )
    conn.commit()
    return applied


def sql_files() -> list[Path]:
    """Files of functions, then aggregates, each after the files it uses."""
    return [
        path
        for folder in ("functions", "aggregates")
        for path in _in_dependency_order(sorted((SQL / folder).glob("*.sql")))
    ]


def write_expected_checksum() -> bool:
    """Write the checksum that plain `dbt run` expects into its macro; true if it changed."""
    path = DBT / "macros" / "checks" / "expected_sql_checksum.sql"
    text = EXPECTED_CHECKSUM.format(checksum=sql_checksum())
    if path.read_text() == text:
        return False
    path.write_text(text)
    return True


def sql_checksum() -> str:
    """One checksum over all SQL objects as they stand on disk."""
    return checksum_of(sql_files(), SQL)


def _in_dependency_order(paths: list[Path]) -> list[Path]:
    maker = {name.lower(): path for path in paths for name in CREATES.findall(path.read_text())}
    code = {path: _code(path) for path in paths}
    # Lists, not sets: the order, and with it the log of a migration, is the same every time.
    graph = {
        path: [
            other
            for name, other in maker.items()
            if other != path and re.search(rf"\b{re.escape(name)}\b", code[path])
        ]
        for path in paths
    }
    try:
        return list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        names = " → ".join(path.name for path in error.args[1])
        raise MigrationError(f"SQL files use each other in a circle: {names}") from error


def _code(path: Path) -> str:
    """The text of a file without comments and string literals."""
    return re.sub(r"--.*|'[^']*'", "", path.read_text()).lower()
