"""Every factor covers its names, varies, and is what a second implementation says."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import checks
import compare
import polars as pl
import pytest
from oracles import scores

if TYPE_CHECKING:
    from conftest import BuiltSample


@pytest.fixture(scope="module")
def registry(built_sample: BuiltSample) -> pl.DataFrame:
    return compare.registry(built_sample.info)


@pytest.fixture(scope="module")
def values(built_sample: BuiltSample, days: list[date]) -> pl.DataFrame:
    return compare.values(built_sample.info, compare.sampled(days, days[-1], every=40, last=3))


def test_caps_are_the_true_ones(built_sample: BuiltSample) -> None:
    own = checks.caps(built_sample.info)
    assert checks.wrong_caps(own, built_sample.folder).is_empty()


def test_values_recomputed_outside_sql(built_sample: BuiltSample, values: pl.DataFrame) -> None:
    own = checks.caps(built_sample.info)
    found = checks.golden(values, built_sample.folder, own)
    assert found.is_empty(), found.group_by("factor_id").agg(pl.len(), pl.all().first())


def test_every_security_factor_is_recomputed(
    built_sample: BuiltSample, registry: pl.DataFrame, days: list[date]
) -> None:
    own = checks.caps(built_sample.info)
    recomputed = set(checks.expected_values(built_sample.folder, own, days[-1:])["factor_id"])
    for factor in registry.filter(pl.col("kind") != "macro").iter_rows(named=True):
        assert factor["factor_id"] in recomputed or compare.lacks_history(factor, len(days))


def test_scores_recomputed_outside_sql(built_sample: BuiltSample, values: pl.DataFrame) -> None:
    found = checks.wrong_scores(values, checks.sectors(built_sample.folder))
    assert found.is_empty(), found.group_by("factor_id").agg(pl.len(), pl.all().first())


def test_signs_are_those_of_the_literature(registry: pl.DataFrame) -> None:
    signed = registry.filter(pl.col("sign") != 0)
    assert dict(zip(signed["factor_id"], signed["sign"], strict=True)) == scores.SIGNS


def test_values_are_distinct(
    built_sample: BuiltSample, registry: pl.DataFrame, days: list[date]
) -> None:
    thin = checks.thin_values(checks.distinct(built_sample.info), registry)
    excused = {
        factor["factor_id"]
        for factor in registry.iter_rows(named=True)
        if compare.lacks_history(factor, len(days))
    }
    assert set(thin) <= excused, thin


def test_eligible_names_are_covered(built_sample: BuiltSample, registry: pl.DataFrame) -> None:
    covered = checks.coverage(built_sample.info, registry)
    poor = covered.filter(pl.col("n_values") < 0.8 * pl.col("n_eligible"))
    assert poor.is_empty(), poor
    assert (covered["n_eligible"] > 0).sum() >= len(covered) - 1


def test_macro_factors_are_covered(built_sample: BuiltSample) -> None:
    """From its first value on a macro factor is there on four days of five."""
    covered = checks.macro_coverage(built_sample.info)
    assert covered.filter(pl.col("coverage") < 0.8).is_empty(), covered
