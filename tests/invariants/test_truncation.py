"""What was known later changes nothing dated earlier."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING

import compare
import polars as pl
import psycopg

if TYPE_CHECKING:
    from conftest import BuiltSample

    from tests.invariants.conftest import Grown, World


def test_values_before_a_cut(built_sample: BuiltSample, grown: Grown, days: list[date]) -> None:
    dates = compare.sampled(days, grown.cut)
    whole = compare.values(built_sample.info, dates)
    assert compare.told(compare.differences(whole, grown.values_at_cut)) == ""


def test_risk_before_a_cut(built_sample: BuiltSample, grown: Grown, days: list[date]) -> None:
    dates = compare.sampled(days, grown.cut, every=60, last=5)
    whole = compare.risk_values(built_sample.info, dates)
    assert compare.told(compare.differences(whole, grown.risk_at_cut)) == ""
    kinds = {name.split(":")[0] for name in whole.drop_nulls("value")["factor_id"]}
    assert kinds == {
        "exposure", "factor_return", "factor_t_stat", "regression", "specific_return",
        "covariance", "specific_volatility",
    }  # fmt: skip


def test_exposures_on_the_eve_of_a_restatement(
    built_sample: BuiltSample, before_restatement: World, days: list[date]
) -> None:
    world = before_restatement
    query = """
        copy (
            select 'exposures' as factor_id, s.permanent_ticker as ticker, e.*
            from risk.rsk_exposures as e
            inner join ref.security as s on e.security_id = s.security_id
            where e.trade_date between %(since)s and %(until)s
            order by e.trade_date, s.permanent_ticker
        ) to stdout (format csv, header)
    """
    bounds = {"since": world.since, "until": world.cut}
    found = []
    for info in (built_sample.info, world.info):
        with psycopg.connect(info) as conn:
            frame = compare.read_copy(conn, query, bounds, {}).drop("security_id", "imputed")
            found.append(frame.with_columns(pl.col("size", "beta", "value").cast(pl.Float64)))
    whole, truncated = found
    assert len(whole) == len(truncated) > 1000
    for style in ("size", "beta", "value"):
        error = (whole[style] - truncated[style]).abs().max()
        assert isinstance(error, float)
        assert error < 1e-9


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
