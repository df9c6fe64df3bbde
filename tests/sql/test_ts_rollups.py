"""Rollups: the same as an independent computation, on both engines, after any change."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import polars as pl
import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

PRICES = ("open", "high", "low", "close", "volume")
FIRST_DAY, DAYS = date(2023, 11, 20), 110
# Both changes of the clocks of New York lie in these days.
MINUTE_DAYS = [date(2024, 3, 8), date(2024, 3, 10), date(2024, 3, 11), date(2024, 11, 3)]


@dataclass
class Bars:
    """Bars of one table as they should be: the model that the database is compared with."""

    table: str
    time: str
    random: Random
    rows: dict[tuple[int, Any], tuple[float | None, ...]] = field(default_factory=dict)

    def bar(self) -> tuple[float | None, ...]:
        low, high = sorted(self.random.uniform(1, 500) for _ in range(2))
        first, last = (self.random.uniform(low, high) for _ in range(2))
        bar = (first, high, low, last, float(self.random.randrange(1_000_000)))
        return tuple(None if self.random.random() < 0.05 else value for value in bar)

    def copy(self, conn: psycopg.Connection, keys: Iterable[tuple[int, Any]]) -> None:
        """COPY new bars."""
        new = {key: self.bar() for key in keys if key not in self.rows}
        names = sql.SQL(", ").join(map(sql.Identifier, ("security_id", self.time, *PRICES)))
        statement = sql.SQL("copy raw.{} ({}, source_id, load_id) from stdin").format(
            sql.Identifier(self.table), names
        )
        with conn.cursor().copy(statement) as copy:
            for key, bar in new.items():
                copy.write_row((*key, *bar, 1, 1))
        self.rows |= new

    def upsert(self, conn: psycopg.Connection, keys: Iterable[tuple[int, Any]]) -> None:
        """Insert bars, or correct those that are there."""
        for key in keys:
            self.rows[key] = self.bar()
            conn.execute(
                sql.SQL(
                    "insert into raw.{table} (security_id, {time}, open, high, low, close, volume, "
                    "source_id, load_id) values (%s, %s, %s, %s, %s, %s, %s, 1, 2) "
                    "on conflict (security_id, {time}) do update set open = excluded.open, "
                    "high = excluded.high, low = excluded.low, close = excluded.close, "
                    "volume = excluded.volume, load_id = excluded.load_id"
                ).format(table=sql.Identifier(self.table), time=sql.Identifier(self.time)),
                [*key, *self.rows[key]],
            )

    def delete(self, conn: psycopg.Connection, keys: Iterable[tuple[int, Any]]) -> None:
        """Delete single bars."""
        for key in keys:
            del self.rows[key]
            conn.execute(
                sql.SQL("delete from raw.{} where security_id = %s and {} = %s").format(
                    sql.Identifier(self.table), sql.Identifier(self.time)
                ),
                key,
            )

    def some(self, n: int) -> list[tuple[int, Any]]:
        return self.random.sample(sorted(self.rows), n)

    def expected(self, every: str, zone: str | None = None) -> list[tuple[Any, ...]]:
        """The rollup, computed by polars from the model."""
        frame = pl.DataFrame(
            [(*key, *bar) for key, bar in self.rows.items()],
            schema={
                "security_id": pl.Int64,
                "at": pl.Datetime("us", "UTC") if self.time == "bar_at" else pl.Date,
                **dict.fromkeys(PRICES, pl.Float64),
            },
            orient="row",
        )
        at = pl.col("at") if zone is None else pl.col("at").dt.convert_time_zone(zone)
        bucket = at.dt.truncate(every)
        if zone is not None:
            bucket = bucket.dt.convert_time_zone("UTC")
        return (
            frame.sort("at")
            .group_by("security_id", bucket.alias("bucket_start"))
            .agg(
                pl.first("open"),
                pl.max("high"),
                pl.min("low"),
                pl.last("close"),
                pl.when(pl.col("volume").count() > 0).then(pl.col("volume").sum()).alias("volume"),
                pl.len().cast(pl.Int64).alias("bars"),
            )
            .sort("security_id", "bucket_start")
            .rows()
        )


def rollup(conn: psycopg.Connection, name: str) -> list[tuple[Any, ...]]:
    return conn.execute(
        sql.SQL("select * from {} order by security_id, bucket_start").format(
            sql.Identifier("ts", name)
        )
    ).fetchall()


def daily(seed: int = 1) -> Bars:
    return Bars("daily_bar_current", "trade_date", Random(seed))


def days(securities: int, first: date = FIRST_DAY, n: int = DAYS) -> list[tuple[int, date]]:
    return [(s, first + timedelta(d)) for s in range(1, securities + 1) for d in range(n)]


def minutes(securities: int) -> list[tuple[int, datetime]]:
    """Every seventh minute of whole days, in UTC."""
    starts = [datetime(day.year, day.month, day.day, tzinfo=UTC) for day in MINUTE_DAYS]
    return [
        (s, start + timedelta(minutes=m))
        for s in range(1, securities + 1)
        for start in starts
        for m in range(0, 1440, 7)
    ]


def assert_daily(conn: psycopg.Connection, bars: Bars) -> None:
    assert rollup(conn, "bar_weekly") == bars.expected("1w")
    assert rollup(conn, "bar_monthly") == bars.expected("1mo")


def assert_minute(conn: psycopg.Connection, bars: Bars) -> None:
    assert rollup(conn, "bar_5min") == bars.expected("5m")
    assert rollup(conn, "bar_hourly") == bars.expected("1h")
    assert rollup(conn, "bar_daily_from_minute") == bars.expected("1d", "America/New_York")


@pytest.mark.parametrize("seed", [1, 2])
def test_daily_rollups_equal_polars_after_any_change(
    ingest: psycopg.Connection, transform: psycopg.Connection, seed: int
) -> None:
    bars = daily(seed)
    bars.copy(ingest, days(5))
    transform.execute("call ts.refresh()")
    assert_daily(transform, bars)

    bars.upsert(ingest, [*bars.some(10), (6, date(2024, 2, 1)), (2, date(2024, 4, 30))])
    transform.execute("call ts.refresh()")
    assert_daily(transform, bars)

    bars.delete(ingest, bars.some(20))
    bars.delete(
        ingest, [key for key in bars.rows if date(2024, 1, 1) <= key[1] <= date(2024, 1, 9)]
    )
    transform.execute("call ts.refresh()")
    assert_daily(transform, bars)

    bars.copy(ingest, [*days(2, date(1999, 12, 20), 20), *days(6, date(2024, 5, 1), 9)])
    transform.execute("call ts.refresh()")
    assert_daily(transform, bars)


@pytest.mark.parametrize("seed", [1, 2])
def test_minute_rollups_equal_polars_after_any_change(
    ingest: psycopg.Connection, transform: psycopg.Connection, seed: int
) -> None:
    bars = Bars("minute_bar_current", "bar_at", Random(seed))
    bars.copy(ingest, minutes(2))
    transform.execute("call ts.refresh()")
    assert_minute(transform, bars)

    late = datetime(2023, 7, 3, 23, 59, tzinfo=UTC)
    bars.upsert(ingest, [*bars.some(10), (1, late), (3, late + timedelta(minutes=2))])
    bars.delete(ingest, bars.some(15))
    transform.execute("call ts.refresh()")
    assert_minute(transform, bars)


def test_rollups_follow_the_bars_only_when_refreshed(
    ingest: psycopg.Connection, transform: psycopg.Connection
) -> None:
    bars = daily()
    bars.copy(ingest, days(1, n=30))
    transform.execute("call ts.refresh()")
    before = rollup(transform, "bar_weekly")
    bars.upsert(ingest, bars.some(3))
    assert rollup(transform, "bar_weekly") == before
    transform.execute("call ts.refresh('bar_weekly')")
    assert rollup(transform, "bar_weekly") == bars.expected("1w")
    assert rollup(transform, "bar_monthly") != bars.expected("1mo")


def test_weeks_begin_on_monday(ingest: psycopg.Connection, transform: psycopg.Connection) -> None:
    daily().copy(ingest, days(1))
    transform.execute("call ts.refresh('bar_weekly')")
    found = transform.execute(
        "select distinct extract(isodow from bucket_start) from ts.bar_weekly"
    ).fetchall()
    assert found == [(1,)]


def test_refresh_takes_only_whole_buckets_within_its_bounds(
    ingest: psycopg.Connection, transform: psycopg.Connection
) -> None:
    daily().copy(ingest, days(1, date(2024, 1, 1), 100))
    transform.execute("call ts.refresh('bar_monthly', '2024-01-15', '2024-03-31')")
    assert [row[1] for row in rollup(transform, "bar_monthly")] == [date(2024, 2, 1)]
    transform.execute("call ts.refresh('bar_monthly', since => '2024-02-01')")
    assert [row[1].month for row in rollup(transform, "bar_monthly")] == [2, 3, 4]
    transform.execute("call ts.refresh('bar_monthly', until => '2024-04-01')")
    assert [row[1].month for row in rollup(transform, "bar_monthly")] == [1, 2, 3, 4]


def test_refresh_of_less_than_a_bucket_does_nothing(
    ingest: psycopg.Connection, transform: psycopg.Connection
) -> None:
    daily().copy(ingest, days(1, date(2024, 1, 1), 100))
    transform.execute("call ts.refresh(since => '2024-01-02', until => '2024-01-08')")
    assert rollup(transform, "bar_weekly") == rollup(transform, "bar_monthly") == []


def test_refresh_counts_its_bounds_in_the_rollups_time_zone(
    ingest: psycopg.Connection, transform: psycopg.Connection
) -> None:
    Bars("minute_bar_current", "bar_at", Random(3)).copy(ingest, minutes(1))
    transform.execute(
        "call ts.refresh('bar_daily_from_minute', '2024-03-08 05:00Z', '2024-03-09 05:00Z')"
    )
    assert [row[1] for row in rollup(transform, "bar_daily_from_minute")] == [
        datetime(2024, 3, 8, 5, tzinfo=UTC)
    ]


def test_refresh_of_an_unknown_rollup_says_so(transform: psycopg.Connection) -> None:
    with pytest.raises(psycopg.errors.RaiseException, match="there is no rollup bar_yearly"):
        transform.execute("call ts.refresh('bar_yearly')")


def test_refresh_within_a_transaction_is_refused(
    ingest: psycopg.Connection, transform: psycopg.Connection
) -> None:
    daily().copy(ingest, days(1, n=10))
    with pytest.raises(psycopg.Error), transform.transaction():
        transform.execute("call ts.refresh()")


def test_truncated_bars_empty_the_rollups(
    ingest: psycopg.Connection, owner: psycopg.Connection, transform: psycopg.Connection
) -> None:
    bars = daily()
    bars.copy(ingest, days(2))
    transform.execute("call ts.refresh()")
    owner.execute("truncate raw.daily_bar_current")
    transform.execute("call ts.refresh()")
    assert rollup(transform, "bar_weekly") == rollup(transform, "bar_monthly") == []


def test_change_that_commits_during_a_refresh_is_not_lost(
    series: str, ingest: psycopg.Connection, transform: psycopg.Connection
) -> None:
    bars = daily()
    bars.copy(ingest, days(3))
    with psycopg.connect(make_conninfo(series, options="-c role=factorium_ingest")) as writer:
        bars.upsert(writer, bars.some(5))
        transform.execute("set statement_timeout = '20s'")
        transform.execute("call ts.refresh()")
        writer.commit()
    transform.execute("call ts.refresh()")
    assert_daily(transform, bars)


def test_two_refreshes_at_once_give_the_same(
    series: str, ingest: psycopg.Connection, transform: psycopg.Connection
) -> None:
    bars = daily()
    bars.copy(ingest, days(40))
    failures: list[Exception] = []

    def refresh() -> None:
        info = make_conninfo(series, options="-c role=factorium_transform")
        try:
            with psycopg.connect(info, autocommit=True) as conn:
                conn.execute("call ts.refresh()")
        except psycopg.Error as error:
            failures.append(error)

    threads = [threading.Thread(target=refresh) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    assert_daily(transform, bars)


def create_rollup(conn: psycopg.Connection, **changes: str) -> None:
    definition = {
        "name": "bar_quarterly",
        "source": "raw.daily_bar_current",
        "time": "trade_date",
        "bucket": "3 months",
        "groups": "security_id",
        "aggregates": "last(close) as close, count(volume) as traded",
        "description": "Daily bars by quarter.",
    } | changes
    conn.execute(
        "select ts.create_rollup(%(name)s, %(source)s::regclass, %(time)s, %(bucket)s::interval, "
        "%(groups)s, %(aggregates)s, %(description)s)",
        definition,
    )


def test_rollup_made_over_bars_that_are_there(
    ingest: psycopg.Connection, owner: psycopg.Connection, transform: psycopg.Connection
) -> None:
    bars = daily()
    bars.copy(ingest, days(2))
    create_rollup(owner)
    transform.execute("call ts.refresh('bar_quarterly')")
    expected = [(s, at, close) for s, at, _, _, _, close, _, _ in bars.expected("3mo")]
    assert [row[:3] for row in rollup(transform, "bar_quarterly")] == expected


def test_rollup_made_again_keeps_its_rows_unless_its_definition_changed(
    ingest: psycopg.Connection, owner: psycopg.Connection, transform: psycopg.Connection
) -> None:
    daily().copy(ingest, days(1))
    create_rollup(owner)
    transform.execute("call ts.refresh('bar_quarterly')")
    rows = rollup(transform, "bar_quarterly")
    create_rollup(owner)
    assert rollup(transform, "bar_quarterly") == rows
    create_rollup(owner, aggregates="first(open) as open")
    transform.execute("call ts.refresh('bar_quarterly')")
    assert [row[:2] for row in rollup(transform, "bar_quarterly")] == [row[:2] for row in rows]
    assert len(rollup(transform, "bar_quarterly")[0]) == 3


def test_dropped_rollup_leaves_nothing(
    ingest: psycopg.Connection, owner: psycopg.Connection, transform: psycopg.Connection
) -> None:
    create_rollup(owner)
    owner.execute("select ts.set_refresh_policy('bar_quarterly', interval '1 hour')")
    owner.execute("select ts.drop_rollup('bar_quarterly')")
    owner.execute("select ts.drop_rollup('bar_quarterly')")
    daily().copy(ingest, days(1))
    transform.execute("call ts.refresh()")
    left = owner.execute(
        "select to_regclass('ts.bar_quarterly'), "
        "(select count(*) from ts.rollup where name = 'bar_quarterly'), "
        "(select count(*) from ts.status() where relation like '%quarterly'), "
        "(select count(*) from ts.dirty_bucket where rollup = 'bar_quarterly')"
    ).fetchone()
    assert left == (None, 0, 0, 0)


def test_rollup_over_a_time_without_zone_is_refused(owner: psycopg.Connection) -> None:
    owner.execute("create table raw.odd (security_id int, at timestamp, close float8)")
    with pytest.raises(psycopg.Error):
        create_rollup(owner, source="raw.odd", time="at")


def test_rollup_says_what_it_is(owner: psycopg.Connection) -> None:
    found = owner.execute(
        "select name, obj_description(format('ts.%I', name)::regclass, 'pg_class') from ts.rollup"
    ).fetchall()
    assert len(found) == 5
    assert all(description for _, description in found)


def test_only_touched_buckets_are_recomputed(
    engine: str, ingest: psycopg.Connection, transform: psycopg.Connection
) -> None:
    """Rows put into other buckets by hand survive a refresh: it did not come by there."""
    if engine == "timescaledb":
        pytest.skip("a continuous aggregate cannot be written to")
    bars = daily()
    bars.copy(ingest, days(2))
    transform.execute("call ts.refresh()")
    transform.execute("update ts.bar_weekly set bars = -1")
    bars.upsert(ingest, [(1, date(2024, 1, 17)), (2, date(2024, 1, 31))])
    transform.execute("call ts.refresh()")
    anew = transform.execute("select distinct bucket_start from ts.bar_weekly where bars > 0")
    assert sorted(anew.fetchall()) == [(date(2024, 1, 15),), (date(2024, 1, 29),)]
