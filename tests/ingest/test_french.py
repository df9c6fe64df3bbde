"""Ken French's files: sections, dates, missing values, against an independent reading."""

from __future__ import annotations

import gzip
import re
from datetime import date
from pathlib import Path

import psycopg
import pytest

from ingest import french
from ingest.errors import UnexpectedPayload
from ingest.files import File, files

SMALL = """This file was created by hand.
Missing data are indicated by -99.99 or -999.

  Average Value Weighted Returns -- Monthly
,Food ,Soda
202001,   1.45, -99.99
202002,   1.00,  n/k

 Annual Factors: January-December
,Food ,Soda
  2020,  12.00,  -3.00
  2021,  12.00

Copyright 2020 Kenneth R. French
"""


def parse(text: str, name: str = "Test.CSV") -> list:
    return list(french.parse(File(name, name, text.encode), text.encode("latin-1")))


def test_sections_frequencies_and_missing_values() -> None:
    monthly, annual = parse(SMALL)
    assert monthly.rows.rows() == [
        ("Test", "Average Value Weighted Returns -- Monthly", "monthly", date(2020, 1, 31), p, v)
        for p, v in (("Food", 1.45), ("Soda", None))
    ]
    assert annual.rows.rows() == [
        ("Test", "Annual Factors: January-December", "annual", date(2020, 12, 31), p, v)
        for p, v in (("Food", 12.0), ("Soda", -3.0))
    ]


def test_bad_rows_are_rejected_with_their_line() -> None:
    monthly, annual = parse(SMALL)
    assert [(r.line, r.reason) for r in monthly.rejects] == [
        (7, "column Soda: not a finite number")
    ]
    assert [(r.line, r.reason) for r in annual.rejects] == [(12, "2 fields where the header has 3")]


@pytest.mark.parametrize("day", ["20200131", "2020-01-31"])
def test_days_in_both_layouts(day: str) -> None:
    (table,) = parse(f"About.\n\n,Mkt-RF,RF\n{day},0.1,0.0\n")
    assert table.rows["period_date"].unique().to_list() == [date(2020, 1, 31)]
    assert table.rows["frequency"].unique().to_list() == ["daily"]
    assert table.rows["section"].unique().to_list() == ["Factors"]


def test_impossible_date_is_rejected() -> None:
    (table,) = parse("About.\n\n,Mkt-RF,RF\n20200231,0.1,0.0\n20200228,0.1,0.0\n")
    assert [(r.line, r.reason) for r in table.rejects] == [(4, "no such date")]


def test_file_without_a_table_is_refused() -> None:
    with pytest.raises(UnexpectedPayload, match=r"^Test.CSV: no table"):
        parse("Nothing here.\n")


def read_naively(path: Path) -> tuple[int, float]:
    """Count and sum of all cells that are not missing, without looking at structure."""
    content = path.read_bytes()
    text = gzip.decompress(content) if path.suffix == ".gz" else content
    n, total = 0, 0.0
    for line in text.decode("latin-1").splitlines():
        if re.match(r"^\s*\d{4}(\d{2}(\d{2})?)?\s*,|^\d{4}-\d{2}-\d{2},", line):
            values = [float(cell) for cell in line.split(",")[1:]]
            kept = [value for value in values if value not in (-99.99, -999.0)]
            n, total = n + len(kept), total + sum(kept)
    return n, total


@pytest.mark.data
def test_every_recorded_file_agrees_with_an_independent_reading(data: Path) -> None:
    found = list(files(data / "fama_french", "*.csv", "*.CSV"))
    assert len(found) == 18
    for file in found:
        batches = list(french.parse(file, file.read()))
        values = [batch.rows["value_pct"] for batch in batches]
        n = sum(column.len() - column.null_count() for column in values)
        total = sum(column.sum() for column in values)
        expected_n, expected = read_naively(Path(file.uri))
        assert n == expected_n, file.name
        assert total == pytest.approx(expected, rel=1e-12), file.name
        assert not any(batch.rejects for batch in batches), file.name


@pytest.mark.data
def test_recorded_sections_and_known_returns(conn: psycopg.Connection, data: Path) -> None:
    folder = data / "fama_french"
    landed = [
        *french.run(conn, folder / "10_Industry_Portfolios.CSV.gz"),
        *french.run(conn, folder / "F-F_Research_Data_Factors_daily.csv.gz"),
    ]
    assert [load.rows_rejected for load in landed] == [0, 0]
    sections = conn.execute(
        "select section, frequency, count(*) from raw.french_return "
        "where dataset = '10_Industry_Portfolios' group by 1, 2 order by 1, 2"
    ).fetchall()
    assert [row[:2] for row in sections] == [
        ("Average Equal Weighted Returns -- Annual", "annual"),
        ("Average Equal Weighted Returns -- Monthly", "monthly"),
        ("Average Firm Size", "monthly"),
        ("Average Value Weighted Returns -- Annual", "annual"),
        ("Average Value Weighted Returns -- Monthly", "monthly"),
        ("Number of Firms in Portfolios", "monthly"),
        ("Sum of BE / Sum of ME", "annual"),
        ("Value-Weighted Average of BE/ME", "annual"),
    ]
    # The worst day of the market: 19 October 1987.
    worst = conn.execute(
        "select period_date, value_pct from raw.french_return "
        "where dataset = 'F-F_Research_Data_Factors_daily' and portfolio = 'Mkt-RF' "
        "order by value_pct limit 1"
    ).fetchone()
    assert worst is not None
    assert worst[0] == date(1987, 10, 19)
    assert worst[1] == pytest.approx(-17.4, abs=0.1)
