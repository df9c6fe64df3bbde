"""Settling: raw rows become securities and one current bar per security and session."""

from __future__ import annotations

from datetime import date
from itertools import permutations

import psycopg
import pytest

DAYS = [date(2024, 1, 2), date(2024, 1, 3), date(2024, 1, 4), date(2024, 1, 5)]


def source(conn, name, priority=100, retrieved_on=None):
    return conn.execute(
        "insert into ref.data_source (name, priority, retrieved_on) values (%s, %s, %s) "
        "returning source_id",
        [name, priority, retrieved_on],
    ).fetchone()[0]


def load(conn, dataset="daily_bars"):
    return conn.execute(
        "insert into raw.load (source, dataset, uri, sha256, status, finished_at) "
        "values (%s, %s, 'x', gen_random_uuid()::text, 'done', now()) returning load_id",
        [dataset, dataset],
    ).fetchone()[0]


def bars(conn, source_id, rows, ticker="AAA"):
    """One load of (day, close, adj_close) rows."""
    load_id = load(conn)
    for day, close, adj_close in rows:
        conn.execute(
            "insert into raw.daily_bar (load_id, source_id, ticker, trade_date, close, adj_close) "
            "values (%s, %s, %s, %s, %s, %s)",
            [load_id, source_id, ticker, day, close, adj_close],
        )
    return load_id


def settle(conn: psycopg.Connection) -> int:
    settled = conn.execute("select ops.settle()").fetchone()[0]
    conn.commit()
    return settled


def current(conn):
    return conn.execute(
        "select trade_date, close, prev_date, round(vendor_return::numeric, 6)::float8 "
        "from raw.daily_bar_current order by security_id, trade_date"
    ).fetchall()


def test_settling_twice_does_nothing(conn):
    bars(conn, source(conn, "s"), [(DAYS[0], 10.0, None)])
    assert settle(conn) == 1
    assert settle(conn) == 0


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_better_source_wins_in_whatever_order_files_land(conn, order):
    sources = [source(conn, "best", 10), source(conn, "second", 20), source(conn, "third", 30)]
    closes = [11.0, 22.0, None]
    for i in order:
        bars(conn, sources[i], [(DAYS[0], closes[i], 5.0)])
        settle(conn)
    assert [row[1] for row in current(conn)] == [11.0]


def test_a_source_without_a_close_never_wins_over_one_with(conn):
    bars(conn, source(conn, "adjusted only", 1), [(DAYS[0], None, 5.0)])
    bars(conn, source(conn, "with close", 99), [(DAYS[0], 10.0, None)])
    settle(conn)
    assert [row[1] for row in current(conn)] == [10.0]


def test_vendor_returns_stay_within_one_snapshot(conn):
    same = source(conn, "s")
    bars(conn, same, [(DAYS[0], 10.0, 5.0), (DAYS[1], 11.0, 5.5)])
    bars(conn, same, [(DAYS[2], 12.0, 12.0)])
    settle(conn)
    assert current(conn) == [
        (DAYS[0], 10.0, None, None),
        (DAYS[1], 11.0, DAYS[0], 0.1),
        (DAYS[2], 12.0, DAYS[1], None),
    ]


def test_a_late_bar_links_its_neighbours_anew(conn):
    same = source(conn, "s")
    bars(conn, same, [(DAYS[0], 10.0, None), (DAYS[2], 12.0, None)])
    settle(conn)
    bars(conn, same, [(DAYS[1], 11.0, None)])
    settle(conn)
    assert [(row[0], row[2]) for row in current(conn)] == [
        (DAYS[0], None),
        (DAYS[1], DAYS[0]),
        (DAYS[2], DAYS[1]),
    ]


def test_a_day_that_is_no_session_stays_in_raw(conn):
    bars(conn, source(conn, "s"), [(date(2024, 1, 6), 10.0, None)])
    settle(conn)
    assert current(conn) == []


def test_one_ticker_in_two_spellings_is_one_security(conn):
    same = source(conn, "s")
    bars(conn, same, [(DAYS[0], 10.0, None)], ticker="brk.b")
    bars(conn, same, [(DAYS[1], 11.0, None)], ticker="BRK/B")
    settle(conn)
    assert (
        len({row[0] for row in conn.execute("select security_id from raw.daily_bar_current")}) == 1
    )


def test_bars_follow_a_security_through_a_rename(conn):
    load_id = load(conn, "ticker_map")
    same = source(conn, "s")
    conn.cursor().executemany(
        "insert into raw.ticker_map "
        "(load_id, source_id, permanent_ticker, ticker, valid_from, valid_to) "
        "values (%s, %s, 'NEW', %s, %s, %s)",
        [
            (load_id, same, "OLD", date(2000, 1, 1), DAYS[1]),
            (load_id, same, "NEW", DAYS[1], None),
        ],
    )
    bars(conn, same, [(DAYS[0], 10.0, None)], ticker="OLD")
    bars(conn, same, [(DAYS[1], 11.0, None)], ticker="NEW")
    settle(conn)
    assert [(row[0], row[2]) for row in current(conn)] == [(DAYS[0], None), (DAYS[1], DAYS[0])]


def test_a_ticker_that_the_sec_replaced_is_the_same_security(conn):
    for ticker in ("FB", "META"):
        load_id = load(conn, "edgar_tickers")
        conn.execute(
            "insert into raw.company_ticker (load_id, cik, ticker, title) "
            "values (%s, 1326801, %s, 'Meta Platforms')",
            [load_id, ticker],
        )
    same = source(conn, "s")
    bars(conn, same, [(DAYS[0], 10.0, None)], ticker="FB")
    bars(conn, same, [(DAYS[1], 11.0, None)], ticker="META")
    settle(conn)
    assert conn.execute("select permanent_ticker from ref.security").fetchall() == [("META",)]
    assert len(current(conn)) == 2


def test_a_snapshot_of_sectors_is_marked_as_backfilled(conn):
    load_id = load(conn, "sectors")
    conn.execute(
        "insert into raw.sector (load_id, scheme, ticker, cik, name, sector) "
        "values (%s, 'gics', 'AAA', 7, 'A Inc', 'Energy')",
        [load_id],
    )
    settle(conn)
    row = conn.execute("select sector, is_backfilled from ref.sector_history").fetchone()
    assert row == ("Energy", True)


def test_overlapping_spells_of_a_universe_become_one(conn):
    load_id = load(conn, "universe")
    conn.cursor().executemany(
        "insert into raw.universe_member (load_id, universe, ticker, valid_from, valid_to) "
        "values (%s, 'sp500', 'AAA', %s, %s)",
        [
            (load_id, date(2010, 1, 1), date(2015, 1, 1)),
            (load_id, date(2014, 1, 1), date(2016, 1, 1)),
            (load_id, date(2020, 1, 1), None),
        ],
    )
    settle(conn)
    spells = conn.execute(
        "select valid_from, valid_to from ref.universe_member order by 1"
    ).fetchall()
    assert spells == [(date(2010, 1, 1), date(2016, 1, 1)), (date(2020, 1, 1), None)]


def test_new_bars_are_noted_as_a_change(conn):
    bars(conn, source(conn, "s"), [(DAYS[1], 10.0, None), (DAYS[2], 10.0, None)])
    settle(conn)
    row = conn.execute("select input, from_date, to_date from ops.change").fetchone()
    assert row == ("bars", DAYS[1], DAYS[2])


def test_a_killed_settler_leaves_the_loads_to_the_next(conn):
    bars(conn, source(conn, "s"), [(DAYS[0], 10.0, None)])
    conn.commit()
    conn.execute("select ops.settle()")
    conn.rollback()
    assert current(conn) == []
    assert settle(conn) == 1
    assert len(current(conn)) == 1


def sectors(conn, rows):
    load_id = load(conn, "sectors")
    for ticker, sector, valid_from in rows:
        conn.execute(
            "insert into raw.sector (load_id, ticker, scheme, sector, valid_from) "
            "values (%s, %s, 'gics', %s, %s)",
            [load_id, ticker, sector, valid_from],
        )


def map_changes(conn):
    return conn.execute(
        "select c.from_date, array_agg(s.permanent_ticker order by s.permanent_ticker) "
        "from ops.change as c inner join ref.security as s on s.company_id = any(c.companies) "
        "where c.input = 'maps' group by c.change_id, c.from_date order by c.change_id"
    ).fetchall()


def test_maps_that_say_what_is_known_change_nothing(conn):
    one = source(conn, "s")
    bars(conn, one, [(DAYS[1], 10.0, None)], "AAA")
    bars(conn, one, [(DAYS[2], 10.0, None)], "BBB")
    sectors(conn, [("AAA", "Energy", None), ("BBB", "Energy", None)])
    settle(conn)
    assert map_changes(conn) == [(DAYS[1], ["AAA", "BBB"])]
    sectors(conn, [("AAA", "Energy", None), ("BBB", "Energy", None)])
    settle(conn)
    bars(conn, one, [(DAYS[3], 10.0, None)], "AAA")
    settle(conn)
    assert len(map_changes(conn)) == 1


def test_a_changed_map_counts_for_its_companies_from_their_first_bar(conn):
    one = source(conn, "s")
    bars(conn, one, [(DAYS[0], 10.0, None)], "AAA")
    bars(conn, one, [(DAYS[2], 10.0, None)], "BBB")
    sectors(conn, [("AAA", "Energy", None), ("BBB", "Energy", None)])
    settle(conn)
    sectors(conn, [("AAA", "Energy", None), ("BBB", "Utilities", None)])
    settle(conn)
    assert map_changes(conn)[1:] == [(DAYS[2], ["BBB"])]
    sectors(conn, [("AAA", "Utilities", DAYS[1]), ("BBB", "Utilities", None)])
    settle(conn)
    assert map_changes(conn)[2:] == [(DAYS[0], ["AAA"])]


def test_a_named_company_without_bars_touches_no_date(conn):
    bars(conn, source(conn, "s"), [(DAYS[0], 10.0, None)], "AAA")
    settle(conn)
    conn.execute(
        "insert into raw.company_ticker (load_id, cik, ticker, title) values (%s, 7, 'ZZZ', 'Z')",
        [load(conn, "edgar_tickers")],
    )
    settle(conn)
    last = conn.execute("select from_date from ops.change order by change_id desc limit 1")
    assert last.fetchone() == (date(9999, 12, 31),)


def test_maps_have_statistics_when_they_are_read(conn):
    bars(conn, source(conn, "s"), [(DAYS[0], 10.0, None)])
    settle(conn)
    known = conn.execute(
        "select relname from pg_class where reltuples >= 0 and relkind = 'r' "
        "and relname in ('ticker_history', 'security', 'daily_bar') order by 1"
    ).fetchall()
    assert [name for (name,) in known] == ["daily_bar", "security", "ticker_history"]
