"""Registering a source of prices with the basis of its prices."""

from __future__ import annotations

import psycopg
import pytest

from ingest.errors import IngestError
from ingest.sources import data_source_id


def _row(conn: psycopg.Connection, name: str) -> tuple[object, ...] | None:
    return conn.execute(
        "select split_basis, dividend_basis, retrieved_on::text, priority "
        "from ref.data_source where name = %s",
        [name],
    ).fetchone()


def test_data_source_id_is_stable(conn):
    first = data_source_id(conn, "yahoo", split_basis="adjusted", retrieved_on="2020-01-10")
    assert data_source_id(conn, "yahoo", split_basis="adjusted") == first
    assert data_source_id(conn, "other") != first
    assert _row(conn, "yahoo") == ("adjusted", "unadjusted", "2020-01-10", 100)


def test_data_source_id_retrieval_date_only_moves_forward(conn):
    for day in ("2020-01-10", "2023-06-29", "2019-01-01"):
        data_source_id(conn, "yahoo", split_basis="adjusted", retrieved_on=day)
    assert _row(conn, "yahoo") == ("adjusted", "unadjusted", "2023-06-29", 100)


def test_data_source_id_keeps_a_priority_until_another_is_given(conn):
    data_source_id(conn, "yahoo", priority=50)
    data_source_id(conn, "yahoo")
    assert _row(conn, "yahoo") == ("unadjusted", "unadjusted", None, 50)


def test_data_source_id_refuses_another_basis_and_changes_nothing(conn):
    data_source_id(conn, "yahoo", split_basis="adjusted", retrieved_on="2020-01-10")
    before = _row(conn, "yahoo")
    with pytest.raises(IngestError, match=r"'yahoo' is registered with split_basis=adjusted"):
        data_source_id(conn, "yahoo", retrieved_on="2024-01-01", priority=1)
    assert _row(conn, "yahoo") == before


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"split_basis": "maybe"}, "split_basis is 'maybe', expected one of unadjusted, adjusted"),
        ({"retrieved_on": "June 2024"}, "not a date like 2024-06-30"),
    ],
)
def test_data_source_id_refuses_unreadable_options(conn, options, said):
    with pytest.raises(IngestError, match=said):
        data_source_id(conn, "yahoo", **options)
