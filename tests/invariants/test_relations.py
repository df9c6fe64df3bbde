"""No run of dbt takes a relation or function from its readers, and every column is explained."""

from __future__ import annotations

from typing import TYPE_CHECKING

import compare
import psycopg
import pytest
import worlds

from factorium.warehouse import run_dbt

if TYPE_CHECKING:
    from conftest import BuiltSample

    from tests.invariants.conftest import Grown

RUNS = [
    ["--select", "fac_reversal", "rnk_reversal", "--full-refresh"],
    ["--select", "fac_rates", "fct_macro_factors", "--full-refresh"],
    ["--select", "int_bars__lagged", "int_fundamentals__daily"],
    ["--select", "path:models/staging"],
    ["--select", "path:models/marts"],
]
# What readers see: relations with their columns and kinds, and functions.
INTERFACE = """
    select 'column', n.nspname, c.relname, a.attname, format_type(a.atttypid, a.atttypmod)
    from pg_attribute as a
    inner join pg_class as c on a.attrelid = c.oid and c.relkind in ('r', 'v', 'm', 'p')
    inner join pg_namespace as n on c.relnamespace = n.oid
    where n.nspname = any(%(schemas)s) and a.attnum > 0 and not a.attisdropped
    union all
    select 'function', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid), ''
    from pg_proc as p
    inner join pg_namespace as n on p.pronamespace = n.oid
    where n.nspname = any(%(schemas)s)
"""
UNEXPLAINED = """
    select n.nspname || '.' || c.relname || '.' || a.attname
    from pg_attribute as a
    inner join pg_class as c on a.attrelid = c.oid and c.relkind in ('r', 'v', 'm', 'p')
    inner join pg_namespace as n on c.relnamespace = n.oid
    where n.nspname in ('marts', 'factors', 'ranks') and a.attnum > 0 and not a.attisdropped
    and col_description(a.attrelid, a.attnum) is null
    order by 1
"""
SCHEMAS = ["staging", "intermediate", "factors", "ranks", "marts"]


@pytest.fixture(scope="module")
def selected(cluster: str, grown: Grown) -> str:
    """A copy of the grown warehouse, for runs that select part of it."""
    return worlds.copy_of(cluster, grown.info, "factorium_test_selected")


def test_no_selection_takes_anything_from_readers(
    selected: str, built_sample: BuiltSample, grown: Grown
) -> None:
    before = _interface(selected)
    assert any(kind == "function" for kind, *_ in before)
    for arguments in RUNS:
        run_dbt(selected, ["run", *arguments], target_path=built_sample.target)
        assert before - _interface(selected) == set(), arguments
    dates = worlds.sessions(selected)[-5:]
    found = compare.differences(compare.values(grown.info, dates), compare.values(selected, dates))
    assert compare.told(found) == ""


def test_every_column_has_a_comment(built_sample: BuiltSample) -> None:
    with psycopg.connect(built_sample.info) as conn:
        assert [name for (name,) in conn.execute(UNEXPLAINED)] == []


def _interface(info: str) -> set[tuple[str, ...]]:
    with psycopg.connect(info) as conn:
        return set(conn.execute(INTERFACE, {"schemas": SCHEMAS}).fetchall())


@pytest.mark.parametrize("world", ["built at once", "grown"])
def test_data_tests_and_unit_tests_of_the_models_pass(
    built_sample: BuiltSample, grown: Grown, world: str
) -> None:
    info = built_sample.info if world == "built at once" else grown.info
    ran = run_dbt(info, ["test"], target_path=built_sample.target)
    assert len(ran.results) > 100
    # Hooks succeed, tests pass.
    assert {str(result.status) for result in ran.results} == {"pass", "success"}
