"""Universe spells, sectors and ticker maps."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import psycopg
import pytest

from ingest import universe
from ingest.errors import TooManyRejects, UnexpectedPayload


def rows(conn: psycopg.Connection, statement: str) -> list[tuple]:
    return conn.execute(statement).fetchall()  # type: ignore[arg-type]


def test_spells_keep_their_ends(conn: psycopg.Connection, tmp_path: Path) -> None:
    path = tmp_path / "spells.csv"
    path.write_text("ticker,start_date,end_date\nA,2000-06-05,\nAAL,1996-01-02,1997-01-15\n")
    list(universe.run_universe(conn, path, universe="sp500"))
    assert rows(conn, "select universe, ticker, valid_from, valid_to from raw.universe_member") == [
        ("sp500", "A", date(2000, 6, 5), None),
        ("sp500", "AAL", date(1996, 1, 2), date(1997, 1, 15)),
    ]


def test_inclusive_end_is_the_last_day_within(conn: psycopg.Connection, tmp_path: Path) -> None:
    path = tmp_path / "spells.csv"
    path.write_text("ticker,start,end\nA,2000-06-05,2000-06-05\n")
    list(universe.run_universe(conn, path, universe="u", is_end_inclusive=True))
    assert rows(conn, "select valid_to from raw.universe_member") == [(date(2000, 6, 6),)]


def test_backward_spell_is_rejected(conn: psycopg.Connection, tmp_path: Path) -> None:
    path = tmp_path / "spells.csv"
    path.write_text("ticker,start,end\nA,2000-06-05,1999-01-01\n")
    with pytest.raises(TooManyRejects, match="line 2: valid_to is not after valid_from"):
        list(universe.run_universe(conn, path, universe="u"))


def test_missing_column_is_refused(conn: psycopg.Connection, tmp_path: Path) -> None:
    path = tmp_path / "spells.csv"
    path.write_text("name,start\nA,2000-06-05\n")
    with pytest.raises(UnexpectedPayload, match=r"for ticker; found \['name', 'start'\]"):
        list(universe.run_universe(conn, path, universe="u"))


def test_ticker_map_with_renames(conn: psycopg.Connection, tmp_path: Path) -> None:
    path = tmp_path / "map.csv"
    path.write_text(
        "permanent_ticker,ticker,valid_from,valid_to\n"
        "META,FB,2012-05-18,2022-06-09\nMETA,META,2022-06-09,\n"
    )
    list(universe.run_ticker_map(conn, path, source="map"))
    assert rows(conn, "select permanent_ticker, ticker, valid_to from raw.ticker_map") == [
        ("META", "FB", date(2022, 6, 9)),
        ("META", "META", None),
    ]


def test_ticker_map_of_ciks_in_json(conn: psycopg.Connection, tmp_path: Path) -> None:
    path = tmp_path / "map.json"
    path.write_text('{"AAPL": 320193, "BRK-B": "1067983"}')
    list(universe.run_ticker_map(conn, path, source="map"))
    assert rows(conn, "select permanent_ticker, valid_from, cik from raw.ticker_map") == [
        ("AAPL", date(1900, 1, 1), 320193),
        ("BRK-B", date(1900, 1, 1), 1067983),
    ]


@pytest.mark.data
def test_recorded_constituents_and_spells(conn: psycopg.Connection, data: Path) -> None:
    folder = data / "universe"
    (sectors,) = universe.run_sectors(
        conn, folder / "sp500_constituents_cik_gics.csv", as_of="2026-04-30"
    )
    assert (sectors.rows_landed, sectors.rows_rejected) == (503, 0)
    assert rows(
        conn, "select cik, sector, industry, as_of from raw.sector where ticker = 'MMM'"
    ) == [(66740, "Industrials", "Industrial Conglomerates", date(2026, 4, 30))]
    assert rows(conn, "select count(distinct sector) from raw.sector") == [(11,)]
    (spells,) = universe.run_universe(
        conn, folder / "fja_sp500_ticker_start_end.csv", universe="sp500"
    )
    assert (spells.rows_landed, spells.rows_rejected) == (1230, 0)
    members = rows(
        conn,
        "select count(*) from raw.universe_member where '2015-06-30' >= valid_from "
        "and ('2015-06-30' < valid_to or valid_to is null)",
    )
    assert 495 <= members[0][0] <= 510
