"""The concept map: its size and keys, a user's overrides, sums of what is known."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl
import psycopg
import pytest

from factorium.paths import DBT
from factorium.warehouse import run_dbt

SEEDS = DBT / "seeds"


def test_map_covers_what_it_promises() -> None:
    items = pl.read_csv(SEEDS / "standard_items.csv")
    concepts = pl.read_csv(SEEDS / "concept_map.csv")
    assert items.height >= 60
    assert (
        concepts.filter(pl.col("taxonomy") != "panel").select("taxonomy", "tag").n_unique() >= 150
    )
    assert set(concepts["item"]) <= set(items["item"])
    assert concepts.select("taxonomy", "tag", "item").is_duplicated().sum() == 0
    assert set(concepts["sign"]) == {-1, 1}


def test_priorities_of_an_item_are_an_order() -> None:
    concepts = pl.read_csv(SEEDS / "concept_map.csv")
    ordered = concepts.group_by("taxonomy", "item").agg(pl.col("priority").sort())
    assert all(list(p) == list(range(1, len(p) + 1)) for p in ordered["priority"])


def test_a_users_mapping_wins_and_zero_unmaps(
    new_database: Callable[[], str], tmp_path: Path
) -> None:
    info = new_database()
    with psycopg.connect(info) as conn:
        conn.execute(
            "insert into ref.concept_override (taxonomy, tag, item, priority, sign, reason) values "
            "('us-gaap', 'SalesRevenueNet', 'sales', 1, 1, 'our house view'), "
            "('us-gaap', 'Revenues', 'sales', 1, 0, 'never')"
        )
    run_dbt(info, ["seed", "--select", "concept_map", "standard_items"], target_path=tmp_path)
    run_dbt(info, ["run", "--select", "stg_concepts"], target_path=tmp_path)
    with psycopg.connect(info) as conn:
        ranks = dict(
            conn.execute(
                "select tag, rank from staging.stg_concepts "
                "where item = 'sales' and taxonomy = 'us-gaap'"
            ).fetchall()
        )
    assert ranks["SalesRevenueNet"] == 1
    assert "Revenues" not in ranks
    assert len(ranks) > 5


@pytest.mark.parametrize(
    ("a", "b", "total"), [(1, 2, 3), (1, None, 1), (None, 2, 2), (None, None, None)]
)
def test_sum_of_known_is_null_only_without_any(
    conn: psycopg.Connection, a: float | None, b: float | None, total: float | None
) -> None:
    row = conn.execute("select fac.sum_of_known(%s, %s)", [a, b]).fetchone()
    assert row == (total,)
