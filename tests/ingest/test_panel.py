"""Fundamentals panels, long and wide."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import psycopg
import pytest

from ingest import panel
from ingest.errors import IngestError, UnexpectedPayload

LONG = b"ticker,filed,item,value\nA,2020-02-01,assets,5\nA,2020-02-01,revenue,7\n"
WIDE = (
    b"Symbol,period_end,available_date,net_income,total_assets\n"
    b"A,2019-12-31,2020-02-01,1.5,\nB,2019-12-31,2020-02-02,2.5,9\n"
)


def test_long_items_are_mapped_and_spanned() -> None:
    rows, rejects = panel.parse(
        LONG, "p.csv", items={"assets": "assets", "revenue": "sales"},
        spans={"assets": "instant", "revenue": "year"},
    )  # fmt: skip
    assert rejects == []
    assert rows.rows() == [
        ("A", "assets", "instant", None, date(2020, 2, 1), 5.0),
        ("A", "sales", "year", None, date(2020, 2, 1), 7.0),
    ]


def test_long_item_outside_the_mapping_is_rejected() -> None:
    rows, rejects = panel.parse(
        LONG, "p.csv", items={"assets": "assets"}, spans={"assets": "instant"}
    )
    assert rows.height == 1
    assert [(r.line, r.reason) for r in rejects] == [(3, "an item that the mapping does not name")]


def test_wide_columns_become_items_and_gaps_nothing() -> None:
    rows, rejects = panel.parse(
        WIDE, "p.csv", items={"net_income": "net_income", "total_assets": "assets"},
        spans={"net_income": "quarter", "assets": "instant"},
    )  # fmt: skip
    assert rejects == []
    assert sorted(rows.rows()) == [
        ("A", "net_income", "quarter", date(2019, 12, 31), date(2020, 2, 1), 1.5),
        ("B", "assets", "instant", date(2019, 12, 31), date(2020, 2, 2), 9.0),
        ("B", "net_income", "quarter", date(2019, 12, 31), date(2020, 2, 2), 2.5),
    ]


def test_one_span_for_all_items() -> None:
    rows, _ = panel.parse(WIDE, "p.csv", spans={"*": "quarter"})
    assert rows["span"].unique().to_list() == ["quarter"]


def test_item_without_a_span_is_refused() -> None:
    with pytest.raises(UnexpectedPayload, match="what total_assets spans"):
        panel.parse(WIDE, "p.csv", spans={"net_income": "quarter"})


def test_two_items_of_one_name_are_refused() -> None:
    with pytest.raises(IngestError, match="become one"):
        panel.parse(
            WIDE, "p.csv", items={"net_income": "x", "total_assets": "x"}, spans={"*": "year"}
        )


def test_unknown_span_is_refused(conn: psycopg.Connection, tmp_path: Path) -> None:
    with pytest.raises(IngestError, match=r"\['decade'\]: expected one of instant"):
        list(panel.run(conn, tmp_path, source="x", spans={"assets": "decade"}))  # type: ignore[dict-item]


def test_missing_key_names_what_was_found() -> None:
    with pytest.raises(UnexpectedPayload, match=r"no column 'filed' or .* for filed; found"):
        panel.parse(b"ticker,item,value\nA,assets,1\n", "p.csv", spans={"*": "year"})


def test_text_in_a_number_rejects_its_row() -> None:
    rows, rejects = panel.parse(LONG + b"B,2020-02-01,assets,many\n", "p.csv", spans={"*": "year"})
    assert rows.height == 2
    assert [(r.line, r.reason) for r in rejects] == [(4, "column value: not a finite number")]


@pytest.mark.data
def test_recorded_long_panel_lands_as_it_is(conn: psycopg.Connection, data: Path) -> None:
    path = data / "fundamentals" / "pit_edgar_1330_tickers.parquet"
    items = {
        "assets": "assets", "book_equity": "common_equity", "shares": "shares_outstanding",
        "revenue": "sales", "cogs": "cost_of_sales", "net_income": "net_income",
    }  # fmt: skip
    options = {"source": "edgar_panel", "items": items, "spans": {"*": "instant"}}
    (landed,) = panel.run(conn, path, **options)  # type: ignore[arg-type]
    truth = pl.read_parquet(path)
    assert (landed.rows_landed, landed.rows_rejected) == (truth.height, 0)
    found = dict(
        conn.execute("select item, sum(value) from raw.panel_item group by item").fetchall()
    )
    for item, value in truth.group_by("item").agg(pl.col("value").sum()).rows():
        assert found[items[item]] == pytest.approx(value, rel=1e-12)
    (again,) = panel.run(conn, path, **options)  # type: ignore[arg-type]
    assert not again.is_new


@pytest.mark.data
def test_recorded_wide_panel_lands_every_cell(conn: psycopg.Connection, data: Path) -> None:
    path = data / "fundamentals" / "sp500_quarterly_sec_2009_2026.parquet"
    items = {"net_income": "net_income", "operating_cf": "operating_cash_flow"}
    (landed,) = panel.run(conn, path, source="sec_quarterly", items=items, spans={"*": "quarter"})
    truth = pl.read_parquet(path).select(list(items))
    assert landed.rows_landed == truth.height * 2 - sum(truth.null_count().row(0))
