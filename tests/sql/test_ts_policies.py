"""Hypertables, compression, retention and refresh: the same promises on both engines."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
import pytest
from psycopg import sql

BARS = "raw.daily_bar_current"
TODAY = datetime.now(UTC).date()


def insert(conn: psycopg.Connection, *dates: date) -> None:
    for day in dates:
        conn.execute(
            "insert into raw.daily_bar_current "
            "(security_id, trade_date, close, source_id, load_id) values (1, %s, 10, 1, 1)",
            [day],
        )


def status(conn: psycopg.Connection, relation: str = BARS) -> dict[str, Any]:
    cursor = conn.execute("select * from ts.status() where relation = %s", [relation])
    row = cursor.fetchone()
    assert row is not None
    assert cursor.description is not None
    return dict(zip([column.name for column in cursor.description], row, strict=True))


def dates(conn: psycopg.Connection) -> list[date]:
    found = conn.execute("select trade_date from raw.daily_bar_current order by trade_date")
    return [row[0] for row in found]


def work_off(engine: str, owner: psycopg.Connection, transform: psycopg.Connection) -> None:
    """What the scheduler does on its day: our call, or every job of TimescaleDB."""
    if engine == "native":
        transform.execute("update ts.policy set last_run_at = last_run_at - interval '2 days'")
        transform.execute("call ts.run_policies()")
        return
    jobs = owner.execute(
        "select job_id from timescaledb_information.jobs "
        "where proc_name in ('policy_retention', 'policy_refresh_continuous_aggregate') "
        "order by proc_name desc"
    ).fetchall()
    for (job,) in jobs:
        owner.execute(sql.SQL("call run_job({})").format(job))


def test_engine_is_the_one_asked_for(engine: str, owner: psycopg.Connection) -> None:
    assert owner.execute("select ts.engine()").fetchone() == (engine,)


def test_status_names_every_bar_table_and_rollup(
    engine: str, transform: psycopg.Connection
) -> None:
    rows = transform.execute("select relation, engine, compress_after, keep from ts.status()")
    found = {relation: rest for relation, *rest in rows}
    raw = {"daily_bar", "daily_bar_current", "minute_bar", "minute_bar_current"}
    rollups = {"weekly", "monthly", "5min", "hourly", "daily_from_minute"}
    assert set(found) == {f"raw.{name}" for name in raw} | {f"ts.bar_{name}" for name in rollups}
    assert all(rest[0] == engine for rest in found.values())
    assert all(found[f"raw.{name}"][1] == timedelta(days=90) for name in raw)
    assert all(rest[2] is None for rest in found.values()), "retention is off by default"


def test_status_counts_chunks_and_dirty_buckets(
    engine: str, ingest: psycopg.Connection, transform: psycopg.Connection
) -> None:
    insert(ingest, date(2020, 1, 6), date(2022, 1, 3), date(2022, 1, 4))
    row = status(transform)
    assert row["rollups"] == ["bar_monthly", "bar_weekly"]
    assert (row["chunks"], row["compressed_chunks"]) == {
        "timescaledb": (2, 0),
        "native": (None, None),
    }[engine]
    assert row["dirty_buckets"] == {"timescaledb": None, "native": 4}[engine]
    assert row["size_bytes"] > 0
    transform.execute("call ts.refresh()")
    assert status(transform)["dirty_buckets"] == {"timescaledb": None, "native": 0}[engine]


def test_make_hypertable_twice_changes_nothing(
    ingest: psycopg.Connection, owner: psycopg.Connection
) -> None:
    insert(ingest, date(2024, 1, 2))
    before = status(owner)
    owner.execute("select ts.make_hypertable(%s, 'trade_date', interval '7 days')", [BARS])
    assert status(owner) == before


def test_make_hypertable_keeps_the_rows_that_are_there(owner: psycopg.Connection) -> None:
    owner.execute("create table raw.tick (at timestamptz not null, price float8)")
    owner.execute("insert into raw.tick values ('2024-01-02', 1), ('2024-03-02', 2)")
    owner.execute("select ts.make_hypertable('raw.tick', 'at', interval '7 days')")
    assert owner.execute("select sum(price) from raw.tick").fetchone() == (3.0,)
    assert status(owner, "raw.tick")["relation"] == "raw.tick"


@pytest.mark.timescaledb
@pytest.mark.parametrize("engine", ["timescaledb"])
def test_compressed_bars_stay_writable_and_readable(
    ingest: psycopg.Connection, owner: psycopg.Connection, transform: psycopg.Connection
) -> None:
    insert(ingest, *(date(2020, 1, 6) + timedelta(days=n) for n in range(14)))
    owner.execute(
        "do $$ declare job int; begin for job in select job_id from timescaledb_information.jobs "
        "where proc_name = 'policy_compression' loop call run_job(job); end loop; end $$"
    )
    assert status(transform)["compressed_chunks"] == 1
    ingest.execute("delete from raw.daily_bar_current where trade_date = '2020-01-06'")
    insert(ingest, date(2020, 1, 6), date(2020, 2, 3))
    ingest.execute(
        "insert into raw.daily_bar_current (security_id, trade_date, close, source_id, load_id) "
        "values (1, '2020-01-07', 12, 1, 2) "
        "on conflict (security_id, trade_date) do update set close = excluded.close"
    )
    transform.execute("call ts.refresh()")
    months = transform.execute("select close, bars from ts.bar_monthly order by bucket_start")
    assert months.fetchall() == [(10.0, 14), (10.0, 1)]


def test_compression_withdrawn(owner: psycopg.Connection) -> None:
    owner.execute("select ts.set_compression(%s, null)", [BARS])
    assert status(owner)["compress_after"] is None
    owner.execute(
        "select ts.set_compression(%s, interval '30 days', 'security_id', 'trade_date')", [BARS]
    )
    assert status(owner)["compress_after"] == timedelta(days=30)


def test_native_says_that_nothing_is_compressed(engine: str, transform: psycopg.Connection) -> None:
    said: list[str] = []
    transform.add_notice_handler(lambda notice: said.append(notice.message_primary or ""))
    transform.execute("call ts.run_policies()")
    assert (
        said
        == {
            "native": ["compression needs TimescaleDB: nothing is compressed"],
            "timescaledb": [],
        }[engine]
    )


def test_retention_deletes_what_is_older_and_rollups_keep_it(
    engine: str,
    ingest: psycopg.Connection,
    owner: psycopg.Connection,
    transform: psycopg.Connection,
) -> None:
    old, new = TODAY - timedelta(days=4000), TODAY - timedelta(days=10)
    insert(ingest, old, old + timedelta(days=1), new)
    transform.execute("call ts.refresh()")
    weeks = transform.execute("select * from ts.bar_weekly order by bucket_start").fetchall()
    owner.execute("select ts.set_retention(%s, interval '2000 days')", [BARS])
    work_off(engine, owner, transform)
    assert dates(ingest) == [new]
    transform.execute("call ts.refresh()")
    assert (
        transform.execute("select * from ts.bar_weekly order by bucket_start").fetchall() == weeks
    )


def test_retention_spares_what_is_within_it(
    engine: str,
    ingest: psycopg.Connection,
    owner: psycopg.Connection,
    transform: psycopg.Connection,
) -> None:
    kept = [TODAY - timedelta(days=n) for n in (2000, 1999, 1)]
    insert(ingest, *kept)
    owner.execute("select ts.set_retention(%s, interval '2000 days')", [BARS])
    work_off(engine, owner, transform)
    assert dates(ingest) == kept


def test_retention_of_minute_bars(
    engine: str,
    ingest: psycopg.Connection,
    owner: psycopg.Connection,
    transform: psycopg.Connection,
) -> None:
    moments = [
        datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(days=n) for n in (90, 1)
    ]
    for moment in moments:
        ingest.execute(
            "insert into raw.minute_bar_current (security_id, bar_at, source_id, load_id) "
            "values (1, %s, 1, 1)",
            [moment],
        )
    owner.execute("select ts.set_retention('raw.minute_bar_current', interval '30 days')")
    work_off(engine, owner, transform)
    assert ingest.execute("select bar_at from raw.minute_bar_current").fetchall() == [(moments[1],)]


def test_bucket_that_begins_before_the_horizon_stays(
    ingest: psycopg.Connection, owner: psycopg.Connection, transform: psycopg.Connection
) -> None:
    late = TODAY - timedelta(days=500)
    owner.execute("select ts.set_retention(%s, interval '100 days')", [BARS])
    insert(ingest, late, TODAY)
    transform.execute("call ts.refresh('bar_weekly')")
    found = transform.execute("select bucket_start from ts.bar_weekly").fetchall()
    assert found == [(TODAY - timedelta(days=TODAY.weekday()),)]


def test_asking_before_the_horizon_is_an_error(
    owner: psycopg.Connection, transform: psycopg.Connection
) -> None:
    transform.execute("select ts.check_horizon(%s, '1990-01-01')", [BARS])
    owner.execute("select ts.set_retention(%s, interval '100 days')", [BARS])
    transform.execute("select ts.check_horizon(%s, %s)", [BARS, TODAY - timedelta(days=100)])
    with pytest.raises(psycopg.errors.DatetimeFieldOverflow, match=f"{BARS} is kept from"):
        transform.execute("select ts.check_horizon(%s, %s)", [BARS, TODAY - timedelta(days=101)])


def test_retention_withdrawn_before_it_ran_leaves_no_horizon(owner: psycopg.Connection) -> None:
    owner.execute("select ts.set_retention(%s, interval '100 days')", [BARS])
    owner.execute("select ts.set_retention(%s, null)", [BARS])
    assert status(owner)["horizon"] is None


def test_retention_withdrawn_after_it_ran_keeps_its_horizon(
    engine: str, owner: psycopg.Connection, transform: psycopg.Connection
) -> None:
    owner.execute("select ts.set_retention(%s, interval '100 days')", [BARS])
    horizon = status(owner)["horizon"]
    if engine == "timescaledb":
        # Its scheduler, switched off in tests, would have run the job by then.
        owner.execute("update ts.policy set set_at = now() - interval '25 hours'")
    else:
        transform.execute("call ts.run_policies()")
    owner.execute("select ts.set_retention(%s, null)", [BARS])
    row = status(owner)
    assert (row["keep"], row["horizon"]) == (None, horizon)


def test_refresh_policy_follows_new_bars(
    engine: str,
    ingest: psycopg.Connection,
    owner: psycopg.Connection,
    transform: psycopg.Connection,
) -> None:
    insert(ingest, TODAY - timedelta(days=40), TODAY - timedelta(days=39))
    work_off(engine, owner, transform)
    assert transform.execute("select sum(bars) from ts.bar_monthly").fetchone() == (2,)


def test_policy_runs_only_when_it_is_due(
    engine: str, ingest: psycopg.Connection, transform: psycopg.Connection
) -> None:
    if engine == "timescaledb":
        pytest.skip("TimescaleDB's own scheduler decides")
    transform.execute("call ts.run_policies()")
    insert(ingest, date(2024, 1, 2))
    transform.execute("call ts.run_policies()")
    assert transform.execute("select count(*) from ts.bar_weekly").fetchone() == (0,)
    transform.execute("update ts.policy set last_run_at = last_run_at - interval '1 day'")
    transform.execute("call ts.run_policies()")
    assert transform.execute("select count(*) from ts.bar_weekly").fetchone() == (1,)


def test_refresh_policy_withdrawn(owner: psycopg.Connection) -> None:
    owner.execute("select ts.set_refresh_policy('bar_weekly', null)")
    found = owner.execute(
        "select relation::text from ts.policy where kind = 'refresh' order by 1"
    ).fetchall()
    assert ("ts.bar_weekly",) not in found
    assert len(found) == 4


@pytest.mark.timescaledb
@pytest.mark.parametrize("engine", ["timescaledb"])
def test_jobs_start_tomorrow(owner: psycopg.Connection) -> None:
    """A policy must not start in the middle of the first load."""
    jobs = owner.execute(
        "select proc_name, initial_start > now() + interval '20 hours' "
        "from timescaledb_information.jobs where owner in "
        "('factorium_owner'::regrole, 'factorium_transform'::regrole)"
    ).fetchall()
    assert len(jobs) == 9
    assert all(tomorrow for _, tomorrow in jobs), jobs


@pytest.mark.timescaledb
@pytest.mark.parametrize("engine", ["timescaledb"])
def test_retention_narrows_the_refresh_policy(owner: psycopg.Connection) -> None:
    owner.execute("select ts.set_retention(%s, interval '100 days')", [BARS])
    found = owner.execute(
        "select hypertable_name, config ->> 'start_offset' from timescaledb_information.jobs "
        "where proc_name = 'policy_refresh_continuous_aggregate' "
        "and config ->> 'start_offset' is not null order by 1"
    ).fetchall()
    assert found == [("bar_monthly", "100 days"), ("bar_weekly", "100 days")]
