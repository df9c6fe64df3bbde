"""Wrong models, each of which some check must tell from the right one."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import checks
import compare
import polars as pl
import pytest
import worlds

from factorium import warehouse
from factorium.warehouse import run_dbt

if TYPE_CHECKING:
    from conftest import BuiltSample

    from tests.invariants.conftest import Grown


@dataclass(frozen=True)
class Mutation:
    """One replacement in one file of the dbt project."""

    file: str
    right: str
    wrong: str


SHIFTED = Mutation(
    "models/factors/reversal/fac_reversal.sql",
    "total_return_index / total_return_index_21 - 1 as reversal_1m",
    "lead(total_return_index, 21) over (partition by security_id order by trade_date)"
    " / total_return_index - 1 as reversal_1m",
)
WRONG_BASIS = Mutation(
    "models/intermediate/prices/int_market_caps__daily.sql",
    "prices.price * counts.shares_of_first_bar * prices.split_index as counted_cap",
    "prices.price * counts.shares_of_first_bar as counted_cap",
)
FLIPPED = Mutation("models/factors/volatility/fac_volatility.yml", "sign: -1", "sign: 1")
CONSTANT = Mutation(
    "models/factors/liquidity/fac_liquidity.sql",
    "fac.ratio(illiquidity_21, n_traded_21) as illiquidity_21d",
    "1.0::double precision as illiquidity_21d",
)
EARLY = Mutation(
    "models/staging/edgar/stg_edgar__facts.sql",
    "coalesce(filings.accepted_at, filed_day.following_open_at) as known_at",
    "coalesce(filings.accepted_at, filed_day.following_open_at) - interval '90 days' as known_at",
)
UNLAGGED = Mutation(
    "models/risk/rsk_panel.sql",
    "and returned.exposure_date = exposure.trade_date",
    "and returned.trade_date = exposure.trade_date",
)
PRICE_MODELS = [
    "int_market_caps__daily", "fac_size", "rnk_size", "fac_reversal", "rnk_reversal",
    "rnk_volatility", "fac_liquidity", "rnk_liquidity", "dim_factor",
]  # fmt: skip
# From the facts to one family; prices and caps stay as they are.
FACT_MODELS = ["stg_edgar__facts", "path:models/intermediate/fundamentals", "fac_profitability",
               "rnk_profitability"]  # fmt: skip
RISK_MODELS = ["rsk_panel", "rsk_regressions__first"]


@dataclass(frozen=True)
class Mutated:
    """A warehouse of wrong models, and all it says on a few sessions."""

    info: str
    values: pl.DataFrame


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A copy of the dbt project that dbt runs instead of the real one."""
    folder = tmp_path_factory.mktemp("mutants") / "dbt"
    shutil.copytree(warehouse.DBT, folder, ignore=shutil.ignore_patterns("target", "logs"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(warehouse, "DBT", folder)
        yield folder


@pytest.fixture(scope="module")
def sessions(days: list[date], grown: Grown) -> list[date]:
    return compare.sampled(days, grown.cut, every=60, last=2)


@pytest.fixture(scope="module")
def of_prices(cluster: str, grown: Grown, project: Path, sessions: list[date]) -> Mutated:
    """Four mutants at once: none of them touches another's family."""
    for mutation in (SHIFTED, WRONG_BASIS, FLIPPED, CONSTANT):
        _mutate(project, mutation)
    info = worlds.copy_of(cluster, grown.info, "factorium_test_mutants")
    _run(info, project, PRICE_MODELS)
    return Mutated(info, compare.values(info, sessions))


@pytest.fixture(scope="module")
def of_facts(
    of_prices: Mutated, project: Path, sessions: list[date], grown: Grown, cluster: str
) -> Mutated:
    """The mutant that knows filings early, in the same database after the others."""
    _mutate(project, EARLY)
    _run(of_prices.info, project, FACT_MODELS)
    return Mutated(of_prices.info, compare.values(of_prices.info, sessions))


@pytest.fixture(scope="module")
def of_risk(of_prices: Mutated, project: Path) -> str:
    """The mutant that explains a day by the day's own exposures, in the same database."""
    _mutate(project, UNLAGGED)
    _run(of_prices.info, project, RISK_MODELS)
    return of_prices.info


def test_unlagged_exposures(of_risk: str, built_sample: BuiltSample) -> None:
    assert checks.wrong_factor_returns(built_sample.info) == []
    assert len(checks.wrong_factor_returns(of_risk)) > 20


def test_filings_known_90_days_early(of_facts: Mutated, grown: Grown) -> None:
    assert "return_on_assets" in _differing(of_facts.values, grown.values_at_cut)


def test_filings_known_early_against_the_oracle(
    of_facts: Mutated, built_sample: BuiltSample
) -> None:
    assert "return_on_assets" in _not_golden(of_facts, built_sample)


def test_signal_shifted_by_a_month(
    of_prices: Mutated, grown: Grown, built_sample: BuiltSample
) -> None:
    assert "reversal_1m" in _differing(of_prices.values, grown.values_at_cut)
    assert "reversal_1m" in _not_golden(of_prices, built_sample)


def test_wrong_split_basis(of_prices: Mutated, built_sample: BuiltSample) -> None:
    wrong = checks.wrong_caps(checks.caps(of_prices.info), built_sample.folder)
    split = pl.read_parquet(built_sample.folder / "truth" / "splits.parquet")["ticker"]
    assert set(wrong["ticker"]) == set(split)


def test_flipped_sign(of_prices: Mutated, built_sample: BuiltSample) -> None:
    wrong = checks.wrong_scores(of_prices.values, checks.sectors(built_sample.folder))
    assert set(wrong["factor_id"]) >= {"volatility_252d"}


def test_constant_column(of_prices: Mutated) -> None:
    registry = compare.registry(of_prices.info)
    assert "illiquidity_21d" in checks.thin_values(checks.distinct(of_prices.info), registry)


def _mutate(project: Path, mutation: Mutation) -> None:
    path = project / mutation.file
    text = path.read_text()
    assert mutation.right in text, f"{mutation.file} has changed: the mutant must follow"
    path.write_text(text.replace(mutation.right, mutation.wrong))


def _run(info: str, project: Path, models: list[str]) -> None:
    target = project.parent / "target"
    run_dbt(info, ["run", "--select", *models, "--full-refresh"], target_path=target)


def _differing(values: pl.DataFrame, right: pl.DataFrame) -> set[str]:
    dates = values["trade_date"].unique()
    found = compare.differences(values, right.filter(pl.col("trade_date").is_in(dates.implode())))
    return set(found["factor_id"])


def _not_golden(mutated: Mutated, sample: BuiltSample) -> set[str]:
    own = checks.caps(sample.info)
    return set(checks.golden(mutated.values, sample.folder, own)["factor_id"])
