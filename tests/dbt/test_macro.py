"""What was known of macro series, and when, against hand-read and looped-over vintages."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from factorium.warehouse import run_dbt
from ingest import fred

pytestmark = pytest.mark.data

CSV = ["UNRATE.csv", "DGS10.csv.gz", "DGS2.csv.gz", "DGS3MO.csv.gz", "DCOILWTICO.csv.gz"]
OTHER_CSV = ["VIXCLS.csv.gz", "CPIAUCSL.csv", "TEDRATE.csv.gz"]
FAMILIES = ["fac_rates", "fac_cycle", "fac_inflation", "fac_credit"]
MODELS = ["stg_calendar__days", "stg_fred__observations", "int_macro__spells"]
DATED = ["int_macro__as_known", *FAMILIES]
FIRST, LAST = date(2005, 1, 3), date(2025, 6, 30)
CUT = date(2010, 6, 30)
VINTAGES = (
    "fred_series_observations_realtime_end=9999-12-31_realtime_start=1776-07-04_series_id=GDP"
    ".json.gz"
)


def land(info: str, data: Path) -> None:
    """Land the recorded answers of the API and a few CSV, as the ingestors do."""
    macro = data / "macro"
    paths = [
        macro / "fred_api_json",
        *(macro / "fred_csv" / name for name in CSV),
        *(macro / "fred_csv_other" / name for name in OTHER_CSV),
    ]
    with psycopg.connect(make_conninfo(info, options="-c role=factorium_ingest")) as conn:
        for path in paths:
            list(fred.run(conn, path))


def until(info: str, last: date) -> None:
    """Let the calendar of the build end at a session."""
    with psycopg.connect(info) as conn:
        conn.execute("delete from ops.bar_span")
        conn.execute(
            "insert into ops.bar_span (first_date, last_date) values (%s, %s)", [FIRST, last]
        )


def build(info: str, target: Path, models: list[str]) -> None:
    run_dbt(info, ["run", "--select", *models], target_path=target)


@pytest.fixture(scope="module")
def built(new_database: Callable[[], str], data: Path, dbt_target: Path) -> str:
    """A warehouse built in two steps, the second from mid-2012 on."""
    info = new_database()
    land(info, data)
    run_dbt(info, ["seed", "--select", "fred_series"], target_path=dbt_target)
    until(info, date(2012, 6, 29))
    build(info, dbt_target, MODELS + DATED)
    until(info, LAST)
    build(info, dbt_target, DATED)
    return info


@pytest.fixture(scope="module")
def truncated(new_database: Callable[[], str], data: Path, dbt_target: Path) -> str:
    """A warehouse that never saw anything published after the cut."""
    info = new_database()
    land(info, data)
    run_dbt(info, ["seed", "--select", "fred_series"], target_path=dbt_target)
    build(info, dbt_target, MODELS[:2])
    with psycopg.connect(info) as conn:
        conn.execute(
            "create temporary table kept as select series_id, observed_on "
            "from staging.stg_fred__observations where known_at <= (%s::date + time '16:00') "
            "at time zone 'America/New_York'",
            [CUT],
        )
        conn.execute(
            "delete from raw.fred_observation as o where "
            "(series_id = 'GDP' and realtime_start > %s) or not exists (select from kept "
            "where kept.series_id = o.series_id and kept.observed_on = o.observed_on)",
            [CUT],
        )
    until(info, CUT)
    build(info, dbt_target, MODELS + DATED)
    return info


@pytest.fixture
def warehouse(built: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(built) as conn:
        yield conn


@pytest.fixture(scope="module")
def vintages(data: Path) -> list[tuple[date, date, float]]:
    """Published on, observed on, value: as the vendor has them."""
    content = gzip.decompress((data / "macro" / "fred_api_json" / VINTAGES).read_bytes())
    return sorted(
        (date.fromisoformat(o["realtime_start"]), date.fromisoformat(o["date"]), float(o["value"]))
        for o in json.loads(content)["observations"]
        if o["value"] != "."
    )


def known(
    conn: psycopg.Connection, series_id: str, day: str, column: str = "observed_on"
) -> object:
    statement = sql.SQL(
        "select {} from intermediate.int_macro__as_known where series_id = %s and trade_date = %s"
    ).format(sql.Identifier(column))
    row = conn.execute(statement, [series_id, day]).fetchone()
    return None if row is None else row[0]


@pytest.mark.parametrize(
    ("day", "quarter", "value"),
    [
        ("2009-01-29", date(2008, 7, 1), 14412.8),  # the eve of the advance estimate
        ("2009-01-30", date(2008, 10, 1), 14264.6),  # advance, at 8:30 of this day
        ("2009-02-26", date(2008, 10, 1), 14264.6),
        ("2009-02-27", date(2008, 10, 1), 14200.3),  # second estimate
        ("2009-04-28", date(2008, 10, 1), 14200.3),
        ("2009-04-29", date(2009, 1, 1), 14075.5),  # advance of the next quarter
    ],
)
def test_gdp_of_the_crisis_as_it_was_known(
    warehouse: psycopg.Connection, day: str, quarter: date, value: float
) -> None:
    assert known(warehouse, "GDP", day) == quarter
    assert known(warehouse, "GDP", day, "value") == value
    assert known(warehouse, "GDP", day, "pit_grade") == "vintage"


def test_gdp_agrees_with_a_loop_over_its_vintages(
    warehouse: psycopg.Connection, vintages: list[tuple[date, date, float]]
) -> None:
    rows = warehouse.execute(
        "select trade_date, observed_on, value, value_1_period_earlier, value_1_year_earlier "
        "from intermediate.int_macro__as_known where series_id = 'GDP' order by 1"
    ).fetchall()
    assert len(rows) > 7_000
    for day, observed_on, *values in rows[::25]:
        current = {o: value for published, o, value in vintages if published <= day}
        latest = max(current)
        quarter = latest.replace(month=(latest.month - 4) % 12 + 1)
        before = quarter.replace(year=quarter.year - (latest.month == 1))
        year = latest.replace(year=latest.year - 1)
        assert observed_on == latest, day
        assert values == [current[latest], current[before], current[year]], day


def test_growth_compares_values_of_one_vintage(warehouse: psycopg.Connection) -> None:
    row = warehouse.execute(
        "select gdp_growth_1y from factors.fac_cycle where trade_date = '2009-01-30'"
    ).fetchone()
    # 2007Q4 stood at 14031.2 on that day; today's books say 14715.
    assert row is not None
    assert row[0] == pytest.approx(14264.6 / 14031.2 - 1, rel=1e-12)


def test_lag_counts_from_the_end_of_the_month(warehouse: psycopg.Connection) -> None:
    assert known(warehouse, "UNRATE", "2015-07-09") == date(2015, 5, 1)
    assert known(warehouse, "UNRATE", "2015-07-10") == date(2015, 6, 1)
    assert known(warehouse, "UNRATE", "2015-07-10", "pit_grade") == "lagged_latest"


@pytest.mark.parametrize(
    ("day", "observed"),
    [
        ("2015-10-09", date(2015, 10, 7)),  # Thursday's yield comes after Friday's close
        ("2015-10-12", date(2015, 10, 8)),
        ("2015-10-13", date(2015, 10, 8)),  # Columbus Day: Friday's is published on Tuesday
        ("2015-10-14", date(2015, 10, 9)),
    ],
)
def test_yields_are_known_the_session_after_next(
    warehouse: psycopg.Connection, day: str, observed: date
) -> None:
    assert known(warehouse, "DGS10", day) == observed


def test_volatility_index_is_known_the_next_session(warehouse: psycopg.Connection) -> None:
    assert known(warehouse, "VIXCLS", "2015-08-24") == date(2015, 8, 21)
    assert known(warehouse, "VIXCLS", "2015-08-25") == date(2015, 8, 24)


def test_answer_of_one_day_is_no_vintage_history(warehouse: psycopg.Connection) -> None:
    assert known(warehouse, "CPILFESL", "2015-07-20") == date(2015, 6, 1)
    assert known(warehouse, "CPILFESL", "2015-07-20", "pit_grade") == "lagged_latest"


def test_series_that_stopped_ends_after_its_age(warehouse: psycopg.Connection) -> None:
    # 2024Q3 was expected on 2024-10-30; 200 days on it is too old.
    assert known(warehouse, "GDP", "2025-05-16") == date(2024, 7, 1)
    assert known(warehouse, "GDP", "2025-05-19") is None
    # 21 January 2022 came out on the 24th and holds for 7 days.
    assert known(warehouse, "TEDRATE", "2022-01-31") == date(2022, 1, 21)
    assert known(warehouse, "TEDRATE", "2022-02-01") is None


def test_observations_missing_in_between_leave_no_false_period(
    warehouse: psycopg.Connection,
) -> None:
    earlier = warehouse.execute(
        "select count(*) from intermediate.int_macro__spells "
        "where series_id in ('UNRATE', 'CPIAUCSL') and observed_1 is not null "
        "and observed_1 <> (observed_on - interval '1 month')::date"
    ).fetchone()
    assert earlier == (0,)


def test_every_factor_that_has_inputs_has_values(warehouse: psycopg.Connection) -> None:
    row = warehouse.execute(
        "select r.term_spread_10y_2y, r.term_spread_change_3m, r.yield_change_10y_1y, "
        "i.inflation_1y, i.oil_change_3m, c.unemployment_change_1y, v.implied_volatility "
        "from factors.fac_rates as r "
        "inner join factors.fac_inflation as i on r.trade_date = i.trade_date "
        "inner join factors.fac_cycle as c on r.trade_date = c.trade_date "
        "inner join factors.fac_credit as v on r.trade_date = v.trade_date "
        "where r.trade_date = '2015-08-26'"
    ).fetchone()
    assert row is not None
    assert all(value is not None for value in row)
    # 2.08 and 0.62 on Monday the 24th... published on Tuesday after the close.
    assert row[0] == pytest.approx(known_value(warehouse, "DGS10") - known_value(warehouse, "DGS2"))


def known_value(conn: psycopg.Connection, series_id: str) -> float:
    """The raw observation of 24 August 2015."""
    row = conn.execute(
        "select value from raw.fred_observation "
        "where series_id = %s and observed_on = '2015-08-24'",
        [series_id],
    ).fetchone()
    assert row is not None
    return row[0]


def test_nothing_dated_before_the_cut_knows_what_came_after(built: str, truncated: str) -> None:
    relations = [("intermediate", "int_macro__as_known"), *(("factors", f) for f in FAMILIES)]
    with psycopg.connect(built) as full, psycopg.connect(truncated) as cut:
        for relation in relations:
            statement = sql.SQL("select * from {} as t where trade_date <= %s order by t").format(
                sql.Identifier(*relation)
            )
            expected = cut.execute(statement, [CUT]).fetchall()
            found = full.execute(statement, [CUT]).fetchall()
            assert len(found) > 3_000
            assert found == expected
