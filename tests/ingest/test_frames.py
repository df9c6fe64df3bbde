"""Reading users' tables: casts, rejects with line and reason, unreadable files."""

from __future__ import annotations

import gzip
import io
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.errors import UnexpectedPayload
from ingest.frames import read_table

BARS = {"ticker": pl.String, "trade_date": pl.Date, "close": pl.Float64, "volume": pl.Int64}
NAMES = {"ticker": "Symbol", "trade_date": ["Date", "day"]}


def read(text: str, **options: object) -> tuple[pl.DataFrame, list]:
    options = {"schema": BARS, "columns": NAMES, "name": "bars.csv"} | options
    return read_table(text.encode(), **options)  # type: ignore[arg-type]


def test_columns_are_mapped_and_cast() -> None:
    frame, rejects = read("Symbol,Date,close,volume\nAAPL,2020-01-02,75.1,100\n")
    assert frame.rows() == [("AAPL", date(2020, 1, 2), 75.1, 100)]
    assert frame.schema == BARS
    assert rejects == []


@pytest.mark.parametrize(
    "text", ["2014-01-02", "20140102", "1/2/2014", "2014-01-02 00:00:00-05:00"]
)
def test_dates_in_every_layout(text: str) -> None:
    frame, _ = read(f"Symbol,day,close,volume\nA,{text},1,1\n")
    assert frame["trade_date"].to_list() == [date(2014, 1, 2)]


def test_text_in_a_number_rejects_its_row_only() -> None:
    frame, rejects = read("Symbol,Date,close,volume\nA,2020-01-02,1,1\nA,2020-01-03,n/k,1\n")
    assert frame.height == 1
    (reject,) = rejects
    assert (reject.file, reject.line) == ("bars.csv", 3)
    assert reject.record == "A,2020-01-03,n/k,1"
    assert reject.reason == "column close: not a finite number"


@pytest.mark.parametrize("cell", ["inf", "1e400", "1,5", "0x10", "12.5.1"])
def test_numbers_that_are_none(cell: str) -> None:
    _, rejects = read(f'Symbol,Date,close,volume\nA,2020-01-02,"{cell}",1\n')
    assert [r.reason for r in rejects] == ["column close: not a finite number"]


@pytest.mark.parametrize("cell", ["2020-02-30", "20201301", "13/13/2020", "2020-01-02 09:30:00"])
def test_dates_that_are_none(cell: str) -> None:
    _, rejects = read(f"Symbol,Date,close,volume\nA,{cell},1,1\n")
    assert [r.reason for r in rejects] == ["column Date: not a date"]


@pytest.mark.parametrize("cell", ["", ".", "NaN", "NA", "null"])
def test_missing_numbers_are_null(cell: str) -> None:
    frame, rejects = read(f"Symbol,Date,close,volume\nNA,2020-01-02,{cell},1\n")
    assert frame.row(0) == ("NA", date(2020, 1, 2), None, 1)
    assert rejects == []


def test_missing_required_cell_is_rejected() -> None:
    _, rejects = read("Symbol,Date,close,volume\n ,2020-01-02,1,1\n", required=["ticker"])
    assert [r.reason for r in rejects] == ["column Symbol: no value, and ticker needs one"]


def test_integers_written_as_floats() -> None:
    frame, rejects = read("Symbol,Date,close,volume\nA,2020-01-02,1,320193.0\nB,,1,1.5\n")
    assert frame["volume"].to_list() == [320193]
    assert [r.reason for r in rejects] == ["column volume: not a whole number"]


def test_exact_duplicates_are_rejected_once() -> None:
    row = "A,2020-01-02,1,1\n"
    frame, rejects = read("Symbol,Date,close,volume\n" + row + "A,2020-01-03,1,1\n" + row)
    assert frame.height == 2
    assert [(r.line, r.reason) for r in rejects] == [(4, "exact duplicate of an earlier row")]


def test_checks_reject_with_their_reason() -> None:
    _, rejects = read(
        "Symbol,Date,close,volume\nA,2020-01-02,-1,1\n",
        checks={"negative price": pl.col("close") <= 0},
    )
    assert [r.reason for r in rejects] == ["negative price"]


def test_ragged_rows_are_rejected_with_their_line() -> None:
    frame, rejects = read(
        "Symbol,Date,close,volume\nA,2020-01-02,1\n\nA,2020-01-03,1,1,9\nB,2020-01-02,1,1\n"
    )
    assert frame["ticker"].to_list() == ["B"]
    assert [(r.line, r.reason) for r in rejects] == [
        (2, "3 fields where the header has 4"),
        (4, "5 fields where the header has 4"),
    ]


def test_quoted_cells_keep_separators_and_lines() -> None:
    frame, rejects = read('Symbol,Date,close,volume\n"A,\nB",2020-01-02,1,1\nC,x,1,1\n')
    assert frame["ticker"].to_list() == ["A,\nB"]
    assert [(r.line, r.record) for r in rejects] == [(4, "C,x,1,1")]


def test_semicolons_byte_order_mark_and_case() -> None:
    frame, _ = read("\ufeffSYMBOL;date ;Close;Volume\r\nA;2020-01-02;1;1\r\n")
    assert frame.row(0) == ("A", date(2020, 1, 2), 1.0, 1)


def test_missing_column_lists_expected_and_found() -> None:
    with pytest.raises(UnexpectedPayload, match=r"bars.csv: line 1: no column 'Date' or 'day' for"):
        read("Symbol,close,volume\nA,1,1\n")


def test_optional_column_comes_back_null() -> None:
    frame, _ = read("Symbol,Date,close\nA,2020-01-02,1\n", optional=["volume"])
    assert frame["volume"].to_list() == [None]


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        (gzip.compress(b"a,b\n1,2\n" * 1000)[:-20], "gzip"),
        (b"", "empty"),
        (b"<!DOCTYPE html><html>blocked</html>", "HTML"),
        (b"PAR1 but not really", "Parquet"),
        (b"Symbol,Date\n\xff\xfe,1\n", "not UTF-8 at byte 12"),
    ],
)
def test_unreadable_files_say_why(payload: bytes, message: str) -> None:
    with pytest.raises(UnexpectedPayload, match=f"^bars.csv: .*{message}"):
        read_table(payload, schema=BARS, columns=NAMES, name="bars.csv")


def test_parquet_rows_are_rejected_by_row_number() -> None:
    table = pl.DataFrame(
        {
            "Symbol": ["A", "B", "C"],
            "Date": ["2020-01-02", "never", "2020-01-02"],
            "close": [float("nan"), 1.0, float("inf")],
            "volume": [1, 2, 3],
        }
    )
    file = io.BytesIO()
    table.write_parquet(file)
    frame, rejects = read_table(file.getvalue(), schema=BARS, columns=NAMES, name="p.parquet")
    assert frame.rows() == [("A", date(2020, 1, 2), None, 1)]
    assert [(r.line, r.reason) for r in rejects] == [
        (2, "column Date: not a date"),
        (3, "column close: not a finite number"),
    ]
    assert rejects[0].record is not None
    assert '"never"' in rejects[0].record


def test_times_need_a_zone() -> None:
    schema = {"bar_at": pl.Datetime("us", "UTC")}
    text = b"bar_at\n2024-07-01 09:30:00\n2024-07-01T13:31:00Z\n"
    frame, rejects = read_table(text, schema=schema, name="m.csv")
    assert frame["bar_at"].to_list() == [datetime(2024, 7, 1, 13, 31, tzinfo=UTC)]
    assert [r.reason for r in rejects] == ["column bar_at: not a time with a zone"]
    frame, rejects = read_table(text, schema=schema, name="m.csv", time_zone="America/New_York")
    assert frame["bar_at"].to_list()[0] == datetime(2024, 7, 1, 13, 30, tzinfo=UTC)
    assert rejects == []


def test_gzip_file_is_read_by_its_content(tmp_path: Path) -> None:
    path = tmp_path / "bars.csv.gz"
    path.write_bytes(gzip.compress(b"Symbol,Date,close,volume\nA,2020-01-02,1,1\n"))
    frame, _ = read_table(path, schema=BARS, columns=NAMES)
    assert frame.height == 1


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, unique=True))
def test_numbers_survive_the_round_trip(values: list[float]) -> None:
    text = "value\n" + "".join(f"{value!r}\n" for value in values)
    frame, rejects = read_table(text.encode(), schema={"value": pl.Float64}, name="v.csv")
    assert rejects == []
    assert frame["value"].to_list() == values
