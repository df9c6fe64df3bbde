"""Least privilege: what each role may do, and above all what it may not."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

ROLES = ["factorium_owner", "factorium_ingest", "factorium_transform", "factorium_reader"]
DBT_SCHEMAS = ["staging", "intermediate", "factors", "ranks", "risk", "marts"]
OWNED_SCHEMAS = ["raw", "ref", "ops", "ts", "fac", "linalg", "stats"]

ALLOWED = {
    "factorium_ingest": [
        "insert into raw.daily_bar (load_id, source_id, ticker, trade_date) "
        "values (1, 1, 'A', '2024-01-02')",
        "insert into raw.daily_bar_current (security_id, trade_date, source_id, load_id) "
        "values (1, '2024-01-02', 1, 1)",
        "update raw.daily_bar_current set close = 1",
        "delete from raw.minute_bar_current",
        "update raw.load set status = 'failed'",
        "insert into ref.company (cik) values (1)",
        "select * from ts.status()",
        "select ts.horizon('raw.daily_bar_current')",
    ],
    "factorium_transform": [
        "select * from raw.daily_bar",
        "select * from raw.daily_bar_current",
        "select * from ref.security",
        "create table staging.another as select 1 as one",
        "insert into ops.build (is_full_refresh) values (false)",
        "call ts.refresh()",
        "call ts.run_policies()",
        "select * from ts.bar_weekly",
        "select * from ts.status()",
    ],
    "factorium_reader": [
        "select * from marts.answer",
        "select marts.answers()",
    ],
}

DENIED = {
    "factorium_ingest": [
        "update raw.daily_bar set close = 1",
        "delete from raw.daily_bar",
        "truncate raw.daily_bar",
        "delete from raw.load",
        "update raw.company_fact set value = 0",
        "delete from raw.reject",
        "truncate raw.daily_bar_current",
        "alter table raw.daily_bar add column mine integer",
        "drop table raw.daily_bar",
        "select * from marts.answer",
        "select * from staging.answer",
        "create table marts.mine (i integer)",
        "create table raw.mine (i integer)",
        "call ts.refresh()",
        "call ts.run_policies()",
        "insert into ts.dirty_bucket values ('bar_weekly', '2024-01-01')",
        "delete from ts.dirty_bucket",
        "insert into ts.policy (relation, kind, every) "
        "values ('raw.load', 'retention', interval '1 day')",
        "select ts.set_retention('raw.daily_bar', interval '1 day')",
        "select ts.apply_retention('raw.daily_bar')",
        "select ts.drop_rollup('bar_weekly')",
    ],
    "factorium_transform": [
        "insert into raw.daily_bar (load_id, source_id, ticker, trade_date) "
        "values (1, 1, 'A', '2024-01-02')",
        "update raw.load set status = 'done'",
        "delete from raw.daily_bar_current",
        "update raw.daily_bar_current set close = 1",
        "insert into ref.company (cik) values (1)",
        "update ref.security set name = 'mine'",
        "create table raw.mine (i integer)",
        "create table ref.mine (i integer)",
        "create table ts.mine (i integer)",
        "create function fac.mine() returns int language sql return 1",
        "update ts.policy set span = interval '1 day'",
        "insert into ts.policy (relation, kind, span, every) "
        "values ('raw.load', 'retention', interval '1 day', interval '1 day')",
        "update ts.time_table set lost_before = null",
        "select ts.set_retention('raw.daily_bar', interval '1 day')",
        "select ts.set_compression('raw.daily_bar', null)",
        "select ts.make_hypertable('raw.load', 'started_at', interval '1 day')",
    ],
    "factorium_reader": [
        "select * from raw.daily_bar",
        "select * from raw.load",
        "select * from ref.security",
        "select * from ops.build",
        "select * from ts.bar_weekly",
        "select * from staging.answer",
        "select * from intermediate.answer",
        "select * from factors.answer",
        "select * from ranks.answer",
        "select * from risk.answer",
        "select staging.answers()",
        "insert into marts.answer values (1)",
        "update marts.answer set one = 2",
        "delete from marts.answer",
        "truncate marts.answer",
        "create table marts.mine (i integer)",
        "create function marts.mine() returns int language sql return 1",
        "drop table marts.answer",
        "call ts.refresh()",
    ],
}


def cases(statements: dict[str, list[str]]) -> list[tuple[str, str]]:
    return [(role, statement) for role, several in statements.items() for statement in several]


@pytest.fixture(scope="module")
def warehouse(new_database: Callable[[], str]) -> str:
    """A migrated database with a relation and a function of dbt in each of its schemas."""
    info = new_database()
    with as_role(info, "factorium_transform") as conn:
        for schema in map(sql.Identifier, DBT_SCHEMAS):
            conn.execute(sql.SQL("create table {}.answer as select 1 as one").format(schema))
            conn.execute(
                sql.SQL(
                    "create function {}.answers() returns integer language sql stable return 1"
                ).format(schema)
            )
    return info


def as_role(info: str, role: str) -> psycopg.Connection:
    return psycopg.connect(make_conninfo(info, options=f"-c role={role}"), autocommit=True)


@pytest.mark.parametrize(("role", "statement"), cases(ALLOWED))
def test_role_may(warehouse: str, role: str, statement: str) -> None:
    with as_role(warehouse, role) as conn:
        conn.execute(statement)


@pytest.mark.parametrize(("role", "statement"), cases(DENIED))
def test_role_may_not(warehouse: str, role: str, statement: str) -> None:
    with as_role(warehouse, role) as conn, pytest.raises(psycopg.errors.InsufficientPrivilege):
        conn.execute(statement)


@pytest.mark.parametrize("role", ROLES)
def test_nobody_creates_in_public(warehouse: str, role: str) -> None:
    with as_role(warehouse, role) as conn, pytest.raises(psycopg.errors.InsufficientPrivilege):
        conn.execute("create table public.mine (i integer)")


def test_no_schema_and_no_function_of_ours_is_open_to_public(warehouse: str) -> None:
    with psycopg.connect(warehouse) as conn:
        schemas = conn.execute(
            "select nspname from pg_namespace, aclexplode(nspacl) "
            "where nspname = any(%s) and grantee = 0",
            [OWNED_SCHEMAS + DBT_SCHEMAS],
        ).fetchall()
        functions = conn.execute(
            "select p.oid::regprocedure::text from pg_proc as p "
            "join pg_namespace as n on n.oid = p.pronamespace, "
            "aclexplode(coalesce(proacl, acldefault('f', proowner))) "
            "where nspname = any(%s) and grantee = 0",
            [OWNED_SCHEMAS + DBT_SCHEMAS],
        ).fetchall()
    assert schemas == functions == []


def test_functions_that_run_as_their_owner_fix_their_search_path(warehouse: str) -> None:
    with psycopg.connect(warehouse) as conn:
        loose = conn.execute(
            "select p.oid::regprocedure::text from pg_proc as p "
            "join pg_namespace as n on n.oid = p.pronamespace "
            "where nspname = any(%s) and prosecdef "
            "and not exists (select from unnest(proconfig) as c where c like 'search_path=%%')",
            [OWNED_SCHEMAS + DBT_SCHEMAS],
        ).fetchall()
    assert loose == []


def test_no_role_is_another_but_the_owner(warehouse: str) -> None:
    """The owner of rollups' schema is a member of the role that owns the rollups."""
    with psycopg.connect(warehouse) as conn:
        found = conn.execute(
            "select m.member::regrole::text, m.roleid::regrole::text from pg_auth_members as m "
            "where m.member::regrole::text = any(%s)",
            [ROLES],
        ).fetchall()
    assert found == [("factorium_owner", "factorium_transform")]


def test_no_role_has_more_than_its_grants(warehouse: str) -> None:
    with psycopg.connect(warehouse) as conn:
        found = conn.execute(
            "select rolname from pg_roles where rolname = any(%s) "
            "and (rolsuper or rolcreaterole or rolcreatedb or rolreplication or rolbypassrls)",
            [ROLES],
        ).fetchall()
    assert found == []


@pytest.mark.parametrize("role", ROLES)
def test_nobody_logs_in_as_a_role(warehouse: str, role: str) -> None:
    """Not even where TimescaleDB's jobs need the right to: none has a password."""
    info = conninfo_to_dict(warehouse) | {"user": role}
    for password in ("", "guess"):
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(make_conninfo(**info | {"password": password})).close()


def test_a_login_that_only_reads_becomes_nothing_else(warehouse: str) -> None:
    login = "factorium_test_bi"
    with psycopg.connect(warehouse, autocommit=True) as conn:
        conn.execute(f"drop role if exists {login}")
        conn.execute(f"create role {login} login password 'analyst' in role factorium_reader")
    info = conninfo_to_dict(warehouse) | {"user": login, "password": "analyst"}
    try:
        with psycopg.connect(make_conninfo(**info), autocommit=True) as conn:
            assert conn.execute("select one from marts.answer").fetchone() == (1,)
            for role in set(ROLES) - {"factorium_reader"}:
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    conn.execute(sql.SQL("set role {}").format(sql.Identifier(role)))
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                conn.execute("select * from raw.daily_bar")
    finally:
        with psycopg.connect(warehouse, autocommit=True) as conn:
            conn.execute(f"drop role {login}")
