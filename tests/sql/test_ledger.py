"""The interval ledger: what it asks to build, and what it does not."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import psycopg
import pytest

FIRST, LAST = date(2024, 1, 2), date(2024, 1, 31)


@pytest.fixture
def ledger(conn: psycopg.Connection) -> psycopg.Connection:
    conn.execute("insert into ops.bar_span (first_date, last_date) values (%s, %s)", [FIRST, LAST])
    return conn


def plan(conn, columns=("a", "b"), versions=("1", "1"), **more):
    return conn.execute(
        "select since, until, columns, is_revision from ops.plan_interval("
        "p_model => 'fac_x', p_inputs => array['bars'], p_columns => %s, p_versions => %s, "
        "p_chunk_sessions => %s)",
        [list(columns), list(versions), more.get("chunk")],
    ).fetchall()


def finish(conn, since, until, columns=("a", "b"), versions=("1", "1")):
    conn.execute(
        "select ops.finish_interval('fac_x', %s, %s, %s, %s)",
        [list(columns), list(versions), since, until],
    )


def change(conn, day, kind="bars"):
    conn.execute("insert into ops.change (input, from_date) values (%s, %s)", [kind, day])


def test_everything_is_asked_for_at_first(ledger):
    assert plan(ledger) == [(FIRST, LAST, None, False)]


def test_nothing_is_asked_for_when_all_is_built(ledger):
    finish(ledger, FIRST, LAST)
    assert plan(ledger) == []


def test_a_gap_is_found(ledger):
    finish(ledger, FIRST, date(2024, 1, 10))
    finish(ledger, date(2024, 1, 17), LAST)
    assert plan(ledger) == [(date(2024, 1, 11), date(2024, 1, 16), None, False)]


def test_a_new_day_is_asked_for_alone(ledger):
    finish(ledger, FIRST, LAST)
    ledger.execute("update ops.bar_span set last_date = '2024-02-01'")
    assert plan(ledger) == [(date(2024, 2, 1), date(2024, 2, 1), None, False)]


def test_a_change_makes_later_dates_dirty(ledger):
    plan(ledger)
    finish(ledger, FIRST, LAST)
    change(ledger, date(2024, 1, 22))
    assert plan(ledger) == [(date(2024, 1, 22), LAST, None, True)]


def test_a_change_of_another_input_is_none(ledger):
    plan(ledger)
    finish(ledger, FIRST, LAST)
    change(ledger, date(2024, 1, 22), "macro")
    assert plan(ledger) == []


def test_a_dirty_date_stays_dirty_until_it_is_built(ledger):
    plan(ledger)
    finish(ledger, FIRST, LAST)
    change(ledger, LAST)
    assert plan(ledger) == plan(ledger) == [(LAST, LAST, None, True)]
    finish(ledger, LAST, LAST)
    assert plan(ledger) == []


def test_a_new_column_alone_is_asked_for(ledger):
    finish(ledger, FIRST, LAST)
    asked = plan(ledger, ("a", "b", "c"), ("1", "1", "1"))
    assert asked == [(FIRST, LAST, ["c"], False)]


def test_a_changed_formula_rebuilds_its_column(ledger):
    finish(ledger, FIRST, LAST)
    assert plan(ledger, versions=("1", "2")) == [(FIRST, LAST, ["b"], False)]


def test_chunks_cover_the_same_sessions(ledger):
    chunks = plan(ledger, chunk=5)
    assert len(chunks) > 1
    assert (chunks[0][0], chunks[-1][1]) == (FIRST, LAST)
    assert all(before[1] < after[0] for before, after in pairwise(chunks))


def test_first_publication_survives_a_rebuild(ledger):
    finish(ledger, FIRST, FIRST)
    ledger.execute("update ops.interval set first_built_at = '2024-01-02', built_at = '2024-01-02'")
    finish(ledger, FIRST, FIRST)
    row = ledger.execute("select distinct first_built_at::date, built_at::date from ops.interval")
    first, last = row.fetchone()
    assert first == date(2024, 1, 2)
    assert last > first


def test_a_refill_runs_for_new_data_or_new_code_only(ledger):
    def stale(version="v1"):
        return ledger.execute(
            "select is_stale from ops.plan_refill('m', %s, array['facts'])", [version]
        ).fetchone()[0]

    assert stale()
    assert not stale()
    change(ledger, FIRST, "bars")
    assert not stale()
    change(ledger, FIRST, "facts")
    assert stale()
    assert not stale()
    assert stale("v2")


def test_a_refill_is_told_which_companies_new_data_are_about(ledger):
    def plan_refill():
        return ledger.execute(
            "select is_stale, companies from ops.plan_refill('m', 'v1', array['facts', 'maps'])"
        ).fetchone()

    def changed(kind, companies):
        ledger.execute(
            "insert into ops.change (input, from_date, companies) values (%s, %s, %s)",
            [kind, FIRST, companies],
        )

    assert plan_refill() == (True, None)
    changed("facts", [3, 1])
    changed("bars", [9])
    changed("maps", [3, 2])
    assert plan_refill() == (True, [1, 2, 3])
    assert plan_refill() == (False, None)
    changed("facts", [1])
    changed("maps", None)
    assert plan_refill() == (True, None)


def test_companies_come_in_slices_of_facts(conn):
    conn.execute(
        "with made as (insert into ref.company (cik) select n from generate_series(1, 40) as n "
        "returning company_id, cik) "
        "insert into ref.cik_history (company_id, cik, valid_from) "
        "select company_id, cik, '1900-01-01' from made"
    )
    conn.execute(
        "insert into raw.company_fact_entity (load_id, cik) select 1, 2 * n "
        "from generate_series(1, 10) as n"
    )
    conn.execute(
        "insert into raw.load (source, dataset, uri, sha256, status, rows_landed) "
        "values ('edgar', 'edgar_facts', 'x', 'x', 'done', 1000)"
    )
    slices = conn.execute(
        "select companies, ciks, securities from ops.company_slices(null, 250)"
    ).fetchall()
    every = [company for companies, _, _ in slices for company in companies]
    known = conn.execute("select array_agg(company_id order by company_id) from ref.company")
    assert every == known.fetchone()[0]
    reporting = [sum(cik % 2 == 0 and cik <= 20 for cik in ciks) for _, ciks, _ in slices]
    assert sum(reporting) == 10
    assert max(reporting) <= 3
    one = conn.execute("select ciks from ops.company_slices(%s)", [every[:2]]).fetchall()
    assert one == [([1, 2],)]


def test_an_override_of_the_concept_map_is_a_change_of_all_facts(conn):
    conn.execute(
        "insert into ref.concept_override (taxonomy, tag, item, priority, reason) "
        "values ('us-gaap', 'X', 'assets', 1, 'ours')"
    )
    assert conn.execute("select input, companies from ops.change").fetchall() == [("facts", None)]
