"""Migrations: up, down and up again; safe to repeat; SQL objects by checksum."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from factorium import migrate as migration
from factorium import server
from factorium.errors import MigrationError
from factorium.migrate import apply_sql_objects, downgrade, migrate, sql_checksum, sql_files
from factorium.paths import MIGRATIONS, SQL

NUMBERS = count(1)
REVISIONS = sorted(path.name[:4] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))

OURS = (
    "nspname in ('raw', 'ref', 'ops', 'ts', 'fac', 'linalg', 'stats', 'staging', 'intermediate', "
    "'factors', 'ranks', 'risk', 'marts', 'public')"
)
# What a database is, as text and without oids: one row per thing.
CATALOG = {
    "schemas": "select nspname, nspowner::regrole, array(select unnest(nspacl)::text order by 1), "
    "obj_description(oid, 'pg_namespace') from pg_namespace",
    "relations": "select nspname, relname, relkind, relowner::regrole, "
    "array(select unnest(relacl)::text order by 1), obj_description(c.oid, 'pg_class') "
    "from pg_class as c join pg_namespace as n on n.oid = c.relnamespace",
    "columns": "select nspname, relname, attnum, attname, format_type(atttypid, atttypmod), "
    "attnotnull, pg_get_expr(adbin, adrelid), col_description(c.oid, attnum), attidentity "
    "from pg_attribute as a join pg_class as c on c.oid = a.attrelid "
    "join pg_namespace as n on n.oid = c.relnamespace "
    "left join pg_attrdef as d on d.adrelid = a.attrelid and d.adnum = a.attnum",
    "constraints": "select nspname, conrelid::regclass::text, conname, pg_get_constraintdef(c.oid) "
    "from pg_constraint as c join pg_namespace as n on n.oid = c.connamespace",
    "indexes": "select schemaname as nspname, indexdef from pg_indexes",
    # TimescaleDB numbers the tables behind its rollups.
    "views": "select schemaname as nspname, viewname, "
    "regexp_replace(definition, 'hypertable_\\d+', 'hypertable') from pg_views",
    "routines": "select nspname, proname, pg_get_functiondef(p.oid), proowner::regrole, "
    "array(select unnest(proacl)::text order by 1), obj_description(p.oid, 'pg_proc') "
    "from pg_proc as p join pg_namespace as n on n.oid = p.pronamespace "
    "where prokind in ('f', 'p')",
    "aggregates": "select nspname, p.oid::regprocedure::text, aggtransfn::text, proowner::regrole, "
    "array(select unnest(proacl)::text order by 1) from pg_aggregate as a "
    "join pg_proc as p on p.oid = a.aggfnoid join pg_namespace as n on n.oid = p.pronamespace",
    "triggers": "select nspname, pg_get_triggerdef(t.oid) from pg_trigger as t "
    "join pg_class as c on c.oid = t.tgrelid join pg_namespace as n on n.oid = c.relnamespace "
    "where not tgisinternal",
    "default privileges": "select coalesce(nspname, 'public') as nspname, defaclrole::regrole, "
    "defaclobjtype, array(select unnest(defaclacl)::text order by 1) "
    "from pg_default_acl as d left join pg_namespace as n on n.oid = d.defaclnamespace",
}
TIMESCALEDB = {
    "hypertables": "select hypertable_schema, hypertable_name, column_name, time_interval "
    "from timescaledb_information.dimensions where hypertable_schema !~ '^_'",
    "jobs": "select proc_name, owner::regrole::text, hypertable_schema, hypertable_name, "
    "schedule_interval::text, (config - 'hypertable_id' - 'mat_hypertable_id')::text "
    "from timescaledb_information.jobs where owner::text like 'factorium\\_%'",
    "rollups": "select view_name, view_owner, hypertable_name, materialized_only "
    "from timescaledb_information.continuous_aggregates",
    "compression": "select hypertable::text, segmentby, orderby "
    "from timescaledb_information.hypertable_compression_settings "
    "where hypertable::text like 'raw.%'",
}
ROWS = {
    "time series": "select relation::text, time_column, chunk_interval from ts.time_table",
    "policies": "select relation::text, kind, span, every from ts.policy",
    "rollups": "select name, source::text, bucket, aggregates from ts.rollup",
    "checksums": "select name, sha256 from ops.sql_object",
}


@pytest.fixture(params=["native", pytest.param("timescaledb", marks=pytest.mark.timescaledb)])
def empty(request: pytest.FixtureRequest, cluster: str) -> str:
    """Conninfo of an empty database that will be migrated to an engine."""
    name = f"factorium_migration_{next(NUMBERS)}"
    with psycopg.connect(cluster, autocommit=True) as conn:
        conn.execute(sql.SQL("drop database if exists {} (force)").format(sql.Identifier(name)))
        conn.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    return make_conninfo(cluster, dbname=name, options=f"-c factorium.engine={request.param}")


def catalog(info: str) -> dict[str, list[tuple[object, ...]]]:
    """Everything the migrations define, by kind, sorted."""
    with psycopg.connect(info) as conn:
        found = {
            kind: conn.execute(f"select * from ({query}) as q where {OURS}").fetchall()  # noqa: S608
            for kind, query in CATALOG.items()
        }
        if conn.execute("select ts.engine()").fetchone() == ("timescaledb",):
            found |= {
                "timescaledb " + kind: conn.execute(query).fetchall()
                for kind, query in TIMESCALEDB.items()
            }
        found |= {"rows " + kind: conn.execute(query).fetchall() for kind, query in ROWS.items()}
    return {kind: sorted(rows, key=repr) for kind, rows in found.items()}


def assert_same(before: dict[str, list[tuple[object, ...]]], info: str) -> None:
    after = catalog(info)
    for kind, rows in before.items():
        assert after[kind] == rows, kind


def test_up_down_and_up_again_gives_the_same_catalog(empty: str) -> None:
    migrate(empty)
    before = catalog(empty)
    downgrade(empty)
    with psycopg.connect(empty) as conn:
        left = conn.execute(
            f"select nspname from pg_namespace where {OURS} and nspname <> 'public'"  # noqa: S608
        ).fetchall()
        assert left == []
    migrate(empty)
    assert_same(before, empty)


@pytest.mark.parametrize("revision", REVISIONS[:-1])
def test_down_to_any_revision_and_up_again_gives_the_same_catalog(
    empty: str, revision: str
) -> None:
    migrate(empty)
    before = catalog(empty)
    downgrade(empty, revision)
    migrate(empty)
    assert_same(before, empty)


def test_two_migrations_at_once_wait_for_each_other(empty: str) -> None:
    with ThreadPoolExecutor(2) as pool:
        applied = sorted(len(names) for names in pool.map(migrate, [empty, empty]))
    assert applied == [0, len(sql_files())]


def test_a_login_that_is_no_superuser_migrates(tmp_path: Path) -> None:
    """As on a managed server; on one of its own, for roles belong to the cluster."""
    home = server.start(tmp_path / "home")
    try:
        with psycopg.connect(home.conninfo_for("postgres"), autocommit=True) as conn:
            conn.execute("create role admin login createrole password 'managed'")
            conn.execute("create database managed owner admin")
        info = make_conninfo(home.conninfo_for("managed"), user="admin", password="managed")
        migrate(info)
        downgrade(info)
        migrate(info)
        role = "-c role=factorium_transform"
        with psycopg.connect(make_conninfo(info, options=role), autocommit=True) as conn:
            conn.execute("call ts.refresh()")
    finally:
        server.stop(home.home)


def test_bars_survive_down_and_up(empty: str) -> None:
    migrate(empty)
    insert = "insert into raw.daily_bar (load_id, source_id, ticker, trade_date, close) "
    with psycopg.connect(empty) as conn:
        conn.execute(insert + "values (1, 1, 'A', '2020-01-02', 1), (1, 1, 'A', '2024-01-02', 2)")
    downgrade(empty, "0004")
    migrate(empty)
    with psycopg.connect(empty) as conn:
        assert conn.execute("select sum(close) from raw.daily_bar").fetchone() == (3.0,)


def test_second_migrate_applies_nothing(empty: str) -> None:
    assert len(migrate(empty)) == len(sql_files())
    before = catalog(empty)
    assert migrate(empty) == []
    assert_same(before, empty)


def test_every_function_is_documented(database: str) -> None:
    with psycopg.connect(database) as conn:
        silent = conn.execute(
            "select p.oid::regprocedure::text from pg_proc as p "
            "join pg_namespace as n on n.oid = p.pronamespace "
            "where nspname in ('ts', 'ops', 'fac', 'ref', 'linalg', 'stats') "
            "and obj_description(p.oid, 'pg_proc') is null"
        ).fetchall()
    assert silent == []


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of sql/ that a test may edit, read instead of the project's."""
    copy = tmp_path / "sql"
    shutil.copytree(SQL, copy)
    monkeypatch.setattr(migration, "SQL", copy)
    return copy


def test_changed_file_is_applied_again_and_only_that(database: str, sources: Path) -> None:
    before = sql_checksum()
    path = sources / "functions" / "ts.first_run.sql"
    path.write_text(path.read_text().replace("interval '1 day'", "interval '2 days'"))
    assert sql_checksum() != before
    with psycopg.connect(database) as conn:
        assert apply_sql_objects(conn) == ["ts.first_run.sql"]
        later = conn.execute("select ts.first_run() = now() + interval '2 days'").fetchone()
        assert later == (True,)
        assert apply_sql_objects(conn) == []


def test_file_that_uses_another_comes_after_it(sources: Path) -> None:
    functions = sources / "functions"
    (functions / "ops.a_user.sql").write_text(
        "create function ops.a_user() returns int language sql return ops.z_used();"
    )
    (functions / "ops.z_used.sql").write_text(
        "create function ops.z_used() returns int language sql return 1;"
    )
    names = [path.name for path in sql_files()]
    assert names.index("ops.z_used.sql") < names.index("ops.a_user.sql")
    assert names == [path.name for path in sql_files()]


def test_files_that_use_each_other_are_named(sources: Path) -> None:
    functions = sources / "functions"
    (functions / "ops.a.sql").write_text("create function ops.a() … return ops.b();")
    (functions / "ops.b.sql").write_text("create function ops.b() … return ops.a();")
    with pytest.raises(MigrationError, match=r"ops\.a\.sql → ops\.b\.sql"):
        sql_files()


def test_broken_file_is_named_and_leaves_what_was(database: str, sources: Path) -> None:
    path = sources / "functions" / "ts.first_run.sql"
    path.write_text(path.read_text().replace("now()", "no_such_function()"))
    with psycopg.connect(database) as conn:
        with pytest.raises(MigrationError, match=r"ts\.first_run\.sql: .*no_such_function"):
            apply_sql_objects(conn)
        conn.rollback()
        assert conn.execute("select ts.first_run() > now()").fetchone() == (True,)


def test_broken_migration_says_what_the_server_said(cluster: str, empty: str) -> None:
    with psycopg.connect(empty) as conn:
        conn.execute("create schema raw")
        conn.execute("create table raw.load ()")
    with pytest.raises(MigrationError) as caught:
        migrate(empty)
    assert len(str(caught.value).splitlines()) < 5
