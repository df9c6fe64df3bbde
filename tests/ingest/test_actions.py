"""Corporate actions from users' files, good and bad."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import psycopg
import pytest

from ingest import actions
from ingest.errors import UnexpectedPayload

HEADER = "ticker,ex_date,kind,ratio,amount_usd,delisting_return,delisting_reason\n"
GOOD = """\
AAPL,2014-06-09,split,7,,,
AAPL,2014-08-07,Dividend,,0.47,,
AAPL,2014-08-07,dividend,,1.00,,
PFE,2020-11-17,spinoff,0.124079,,,
SIVB,2023-03-28,delisting,,,-0.99,performance
TWX,2018-06-15,delisting,,,,merger
"""


def _land(conn: psycopg.Connection, folder: Path, text: str, **options):
    path = folder / "actions.csv"
    path.write_text(text)
    (landed,) = actions.run(conn, path, source="vendor", **options)
    return landed


def test_run_lands_every_kind(conn, tmp_path):
    landed = _land(conn, tmp_path, HEADER + GOOD)
    assert (landed.rows_landed, landed.rows_rejected) == (6, 0)
    rows = conn.execute(
        "select ticker, ex_date, kind, ratio, amount_usd, delisting_return, delisting_reason "
        "from raw.corporate_action order by ex_date, amount_usd"
    ).fetchall()
    assert rows == [
        ("AAPL", date(2014, 6, 9), "split", 7.0, None, None, None),
        ("AAPL", date(2014, 8, 7), "dividend", None, 0.47, None, None),
        ("AAPL", date(2014, 8, 7), "dividend", None, 1.0, None, None),
        ("TWX", date(2018, 6, 15), "delisting", None, None, None, "merger"),
        ("PFE", date(2020, 11, 17), "spinoff", 0.124079, None, None, None),
        ("SIVB", date(2023, 3, 28), "delisting", None, None, -0.99, "performance"),
    ]


def test_run_reads_a_mapped_file_of_splits_only(conn, tmp_path):
    text = "Symbol,Date,Action,Factor\nNVDA,6/10/2024,SPLIT,10\n"
    landed = _land(conn, tmp_path, text, columns={"ratio": "Factor"})
    assert landed.rows_landed == 1


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("A,2020-01-02,merge,1,,,", "kind is none of split, dividend, spinoff, delisting"),
        ("A,2020-01-02,,1,,,", "column kind: no value, and kind needs one"),
        ("A,2020-01-02,split,,,,", "a split needs a ratio"),
        ("A,2020-01-02,split,0,,,", "ratio is not above zero"),
        ("A,2020-01-02,split,-2,,,", "ratio is not above zero"),
        ("A,2020-01-02,split,2:1,,,", "column ratio: not a finite number"),
        ("A,2020-01-02,dividend,,,,", "a dividend needs an amount_usd"),
        ("A,2020-01-02,dividend,,-1,,", "amount_usd is negative"),
        ("A,2020-01-02,spinoff,,,,", "a spinoff needs a ratio or an amount_usd"),
        ("A,2020-01-02,delisting,,,0,", "a delisting needs a delisting_reason"),
        (
            "A,2020-01-02,delisting,,,0,bored",
            "delisting_reason is none of performance, merger, other",
        ),
        ("A,2020-01-02,delisting,,,-1.5,other", "delisting_return is below -1"),
        ("A,2020-13-02,split,2,,,", "column ex_date: not a date"),
        ("A,2950-01-02,split,2,,,", "ex_date is more than a year ahead"),
        ("A,0202-01-02,split,2,,,", "ex_date is before 1800"),
        ("AAPL,2014-06-09,split,7.5,,,", "another row of this file has the same action"),
        ("AAPL,2014-08-07,dividend,,0.47,,", "another row of this file has the same action"),
    ],
)
def test_run_rejects_a_bad_row_and_lands_the_good_ones(conn, tmp_path, row, reason):
    landed = _land(conn, tmp_path, HEADER + GOOD + row + "\n", reject_threshold=0.5)
    assert (landed.rows_landed, landed.rows_rejected) == (6, 1)
    reject = conn.execute("select line, record, reason from raw.reject").fetchone()
    assert reject == (8, row, reason)


def test_run_names_the_column_that_is_missing(conn, tmp_path):
    with pytest.raises(UnexpectedPayload, match=r"actions\.csv: line 1: no column 'ex_date'"):
        _land(conn, tmp_path, "ticker,kind,ratio\nA,split,2\n")
