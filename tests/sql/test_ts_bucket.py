"""`ts.bucket` against polars, and against TimescaleDB's own buckets where it is."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

import polars as pl
import psycopg
import pytest

WIDTHS = {
    "5 minutes": "5m",
    "1 hour": "1h",
    "1 day": "1d",
    "7 days": "1w",
    "1 month": "1mo",
    "3 months": "3mo",
    "1 year": "1y",
}


def moments() -> list[datetime]:
    """Moments around every kind of edge, before and after the origin."""
    random = Random(7)
    edges = [datetime(1970, 1, 1), datetime(1999, 12, 31), datetime(2000, 1, 3)]
    edges += [datetime(2024, 2, 29), datetime(2024, 12, 30), datetime(2038, 1, 19)]
    near = [edge + timedelta(microseconds=step) for edge in edges for step in (-1, 0, 1)]
    start = datetime(1962, 1, 1)
    return near + [
        start + timedelta(seconds=random.randrange(70 * 365 * 86400)) for _ in range(300)
    ]


@pytest.mark.parametrize(("width", "every"), WIDTHS.items())
def test_bucket_equals_polars(conn: psycopg.Connection, width: str, every: str) -> None:
    asked = moments()
    rows = conn.execute(
        "select ts.bucket(%s::interval, m) from unnest(%s::timestamp[]) "
        "with ordinality as u (m, n) order by n",
        [width, asked],
    ).fetchall()
    expected = pl.Series(asked).dt.truncate(every).to_list()
    assert [row[0] for row in rows] == expected


@pytest.mark.timescaledb
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("zone", ["UTC", "America/New_York"])
def test_bucket_equals_time_bucket(conn: psycopg.Connection, width: str, zone: str) -> None:
    differing = conn.execute(
        """
        select m
        from unnest(%(moments)s::timestamptz[]) as m
        where ts.bucket(%(width)s::interval, m at time zone %(zone)s) at time zone %(zone)s
            is distinct from time_bucket(%(width)s::interval, m, %(zone)s)
        """,
        {"moments": moments(), "width": width, "zone": zone},
    ).fetchall()
    assert differing == []


def test_bucket_of_null_is_null(conn: psycopg.Connection) -> None:
    assert conn.execute("select ts.bucket('1 month', null)").fetchone() == (None,)
    assert conn.execute("select ts.bucket('7 days', null)").fetchone() == (None,)


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        (
            datetime(2024, 1, 15),
            datetime(2024, 3, 31),
            (datetime(2024, 2, 1), datetime(2024, 3, 1)),
        ),
        (datetime(2024, 2, 1), datetime(2024, 3, 1), (datetime(2024, 2, 1), datetime(2024, 3, 1))),
        (None, datetime(2024, 3, 31), (None, datetime(2024, 3, 1))),
        (datetime(2024, 1, 15), None, (datetime(2024, 2, 1), None)),
        (None, None, (None, None)),
    ],
)
def test_whole_buckets_of_months(
    conn: psycopg.Connection,
    since: datetime | None,
    until: datetime | None,
    expected: tuple[datetime | None, datetime | None],
) -> None:
    found = conn.execute(
        "select lower(r), upper(r) from ts.whole_buckets('1 month', %s, %s) as r", [since, until]
    ).fetchone()
    assert found == expected


def test_whole_buckets_may_be_none(conn: psycopg.Connection) -> None:
    found = conn.execute(
        "select isempty(ts.whole_buckets('7 days', timestamp '2024-01-02', '2024-01-14'))"
    ).fetchone()
    assert found == (True,)
