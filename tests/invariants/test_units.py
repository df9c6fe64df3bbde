"""A split before history and a vendor's re-adjustment change no return and no ratio."""

from __future__ import annotations

import math
from datetime import date
from typing import TYPE_CHECKING

import compare
import polars as pl

if TYPE_CHECKING:
    from conftest import BuiltSample

    from tests.invariants.conftest import World

# What is said of one share's price moves with the price, and only that.
PER_SHARE = {"log_price": -math.log(4)}


def test_factors_do_not_depend_on_the_unit_of_a_share(
    built_sample: BuiltSample, rescaled: World, days: list[date]
) -> None:
    dates = days[days.index(rescaled.since) :]
    as_it_is = compare.values(built_sample.info, dates).with_columns(
        pl.col("value") + pl.col("factor_id").replace_strict(PER_SHARE, default=0.0)
    )
    found = compare.differences(as_it_is, compare.values(rescaled.info, dates))
    assert compare.told(found) == ""


def test_exceptions_are_about_a_share(built_sample: BuiltSample) -> None:
    registry = compare.registry(built_sample.info).filter(pl.col("factor_id").is_in(PER_SHARE))
    assert [list(inputs) for inputs in registry["inputs"]] == [["close_unadjusted"]]
