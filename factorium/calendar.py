"""The trading calendar, from `exchange_calendars`, in `ref.session`."""

from __future__ import annotations

from datetime import date, timedelta

import psycopg

EXCHANGE = "XNYS"
FIRST_SESSION = "1990-01-02"


def fill(conn: psycopg.Connection) -> int:
    """Write the sessions up to a year ahead, where `ref.session` ends sooner; how many there are.

    Nothing is done, and the calendar's library not even imported (it takes a
    second), while the table reaches ten months ahead.
    """
    row = conn.execute("select max(session_date) from ref.session").fetchone()
    if row is not None and row[0] is not None and row[0] > date.today() + timedelta(days=300):
        return 0
    import exchange_calendars  # noqa: PLC0415

    calendar = exchange_calendars.get_calendar(EXCHANGE, start=FIRST_SESSION)
    schedule = calendar.schedule
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
