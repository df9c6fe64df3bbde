"""What was known later changes nothing dated earlier."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING

import compare
import polars as pl

if TYPE_CHECKING:
    from conftest import BuiltSample

    from tests.invariants.conftest import Grown, World


def test_values_before_a_cut(built_sample: BuiltSample, grown: Grown, days: list[date]) -> None:
    dates = compare.sampled(days, grown.cut)
    whole = compare.values(built_sample.info, dates)
    assert compare.told(compare.differences(whole, grown.values_at_cut)) == ""


def test_values_on_the_eve_of_a_restatement(
    built_sample: BuiltSample, before_restatement: World, days: list[date]
) -> None:
    world = before_restatement
    dates = [day for day in days if world.since <= day <= world.cut]
    whole = compare.values(built_sample.info, dates)
    truncated = compare.values(world.info, dates)
    assert compare.told(compare.differences(whole, truncated)) == ""


def test_every_factor_of_the_registry_is_compared(
    built_sample: BuiltSample, grown: Grown, days: list[date]
) -> None:
    compared = set(grown.values_at_cut["factor_id"])
    for factor in compare.registry(built_sample.info).iter_rows(named=True):
        assert factor["factor_id"] in compared or compare.lacks_history(factor, len(days))


def test_a_restatement_counts_from_the_session_it_is_known(
    built_sample: BuiltSample, days: list[date], restated_on: date
) -> None:
    folder = built_sample.folder / "truth"
    told = json.loads((folder / "truth.json").read_text())["restated"]
    cik = next(case["cik"] for case in told if case["known_on"] == restated_on.isoformat())
    ticker = pl.read_parquet(folder / "securities.parquet").filter(pl.col("cik") == cik)["ticker"]
    at = days.index(restated_on)
    values = compare.values(built_sample.info, days[at - 2 : at + 1]).filter(
        pl.col("ticker").is_in(ticker.to_list()) & (pl.col("factor_id") == "return_on_assets")
    )
    two_before, before, after = values.sort("trade_date")["value"]
    assert two_before == before != after
