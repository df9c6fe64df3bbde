"""The trading calendar, from `exchange_calendars`, in `ref.session`."""

from __future__ import annotations

import exchange_calendars
import psycopg

EXCHANGE = "XNYS"
FIRST_SESSION = "1990-01-02"


def fill(conn: psycopg.Connection) -> int:
    """Write sessions that `ref.session` does not have yet; returns how many."""
    calendar = exchange_calendars.get_calendar(EXCHANGE, start=FIRST_SESSION)
    schedule = calendar.schedule
    row = conn.execute("select count(*), max(session_date) from ref.session").fetchone()
    if row is not None and row[0] == len(schedule):
        return 0
    dates = [stamp.date() for stamp in schedule.index]
    following = [*dates[1:], None]
    with conn.transaction():
        conn.execute("set local role factorium_owner")
        conn.execute("delete from ref.session")
        with conn.cursor().copy(
            "copy ref.session (session_date, session_no, open_at, close_at, "
            "is_month_end, is_week_end) from stdin"
        ) as copy:
            for number, (day, later, opens, closes) in enumerate(
                zip(dates, following, schedule["open"], schedule["close"], strict=True), start=1
            ):
                month_end = later is None or later.month != day.month
                week_end = later is None or later.isocalendar()[1] != day.isocalendar()[1]
                copy.write_row((day, number, opens, closes, month_end, week_end))
    conn.commit()
    return len(dates)
