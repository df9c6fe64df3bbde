"""The same on a market long enough for every window, and cut on the eve of a split."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import checks
import compare
import polars as pl
import pytest
import worlds

from factorium.build import build

if TYPE_CHECKING:
    from conftest import BuiltSample

pytestmark = pytest.mark.full


@pytest.fixture(scope="module")
def longer(make_sample: Callable[[int, int], BuiltSample]) -> BuiltSample:
    return make_sample(60, 4)


def test_every_security_factor_is_recomputed(longer: BuiltSample) -> None:
    days = worlds.sessions(longer.info)
    values = compare.values(longer.info, compare.sampled(days, days[-1], every=50, last=5))
    own = checks.caps(longer.info)
    assert checks.golden(values, longer.folder, own).is_empty()
    registry = compare.registry(longer.info).filter(pl.col("kind") != "macro")
    recomputed = checks.expected_values(longer.folder, own, days[-1:])["factor_id"].unique()
    assert set(registry["factor_id"]) == set(recomputed)


def test_every_factor_covers_and_varies(longer: BuiltSample) -> None:
    registry = compare.registry(longer.info)
    assert checks.thin_values(checks.distinct(longer.info), registry) == {}
    covered = checks.coverage(longer.info, registry)
    good = (pl.col("n_eligible") > 0) & (pl.col("n_values") >= 0.8 * pl.col("n_eligible"))
    assert covered.filter(~good).is_empty(), covered.filter(~good)


def test_values_on_the_eve_of_a_split(longer: BuiltSample, new_database: Callable[[], str]) -> None:
    days = worlds.sessions(longer.info)
    split = pl.read_parquet(longer.folder / "truth" / "splits.parquet")["ex_date"].min()
    cut = days[days.index(split) - 1]
    info = new_database()
    with worlds.source_of(longer.info, longer.folder / "truth") as source:
        worlds.known_by(source, info, worlds.close_of(longer.info, cut))
    build(info, target_path=longer.target)
    dates = compare.sampled(days, cut)
    whole, truncated = compare.values(longer.info, dates), compare.values(info, dates)
    assert compare.told(compare.differences(whole, truncated)) == ""
