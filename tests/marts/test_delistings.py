"""A delisted name's last return is booked once, flagged when imputed, and held through."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

import polars as pl
import psycopg
import pytest

if TYPE_CHECKING:
    from conftest import BuiltSample

IMPUTED = {"performance": -0.3, "merger": 0.0}


@pytest.fixture(scope="module")
def warehouse(built_sample: BuiltSample) -> Iterator[psycopg.Connection]:
    with psycopg.connect(built_sample.info) as conn:
        yield conn


@pytest.fixture(scope="module")
def delistings(built_sample: BuiltSample) -> pl.DataFrame:
    """ticker, ex_date, delisting_return or null, delisting_reason, as the vendor says."""
    path = built_sample.folder / "prices" / "corporate_actions.csv"
    actions = pl.read_csv(path, try_parse_dates=True, infer_schema_length=None)
    return actions.filter(pl.col("kind") == "delisting")


def test_last_return_is_booked_once_and_flagged(
    warehouse: psycopg.Connection, delistings: pl.DataFrame
) -> None:
    rows = warehouse.execute(
        "select s.ticker, p.trade_date, p.total_return, p.is_imputed "
        "from intermediate.int_prices__daily as p "
        "inner join marts.dim_security as s on s.security_id = p.security_id "
        "where p.is_delisting order by s.ticker"
    ).fetchall()
    expected = [
        (
            row["ticker"],
            row["ex_date"],
            IMPUTED[row["delisting_reason"]]
            if row["delisting_return"] is None
            else pytest.approx(row["delisting_return"], rel=1e-12),
            row["delisting_return"] is None,
        )
        for row in delistings.sort("ticker").iter_rows(named=True)
    ]
    assert {(given is None, why) for *_, given, why in delistings.iter_rows()} == {
        (True, "performance"), (False, "performance"), (True, "merger"), (False, "merger"),
    }  # fmt: skip
    assert rows == expected


def test_no_bar_follows_a_delisting(warehouse: psycopg.Connection) -> None:
    after = warehouse.execute(
        "select count(*) from intermediate.int_prices__daily as gone "
        "inner join intermediate.int_prices__daily as later "
        "on later.security_id = gone.security_id and later.trade_date > gone.trade_date "
        "where gone.is_delisting"
    ).fetchone()
    assert after == (0,)


def test_holdings_go_through_delistings_and_earn_nothing_after(
    warehouse: psycopg.Connection, delistings: pl.DataFrame
) -> None:
    rows = warehouse.execute(
        "select s.ticker, f.entry_date, f.trade_date, f.forward_return "
        "from intermediate.int_forward_returns as f "
        "inner join marts.dim_security as s on s.security_id = f.security_id"
    ).fetchall()
    gone = dict(zip(delistings["ticker"], delistings["ex_date"], strict=True))
    through = [row for row in rows if row[1] < gone.get(row[0], date.min) <= row[2]]
    assert {ticker for ticker, *_ in through} == set(gone)
    for ticker, entry, _, forward in through:
        wealth = 1.0
        for (daily,) in warehouse.execute(
            "select p.total_return from intermediate.int_prices__daily as p "
            "inner join marts.dim_security as s on s.security_id = p.security_id "
            "where s.ticker = %s and p.trade_date > %s",
            [ticker, entry],
        ):
            wealth *= 1 + daily
        assert forward == pytest.approx(wealth - 1, rel=1e-9, abs=1e-12)
    assert not [row for row in rows if row[1] >= gone.get(row[0], date.max)]


def test_factors_and_caps_end_with_the_last_bar(warehouse: psycopg.Connection) -> None:
    ghosts = warehouse.execute(
        "select count(*) from marts.fct_factor_values as v "
        "inner join intermediate.int_prices__daily as p "
        "on p.security_id = v.security_id and p.trade_date = v.trade_date and p.is_delisting"
    ).fetchone()
    assert ghosts == (0,)
