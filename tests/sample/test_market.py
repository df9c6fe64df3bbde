"""The sample market: reproducible, in the vendors' formats, true to its truth."""

from __future__ import annotations

import hashlib
import json
import zipfile
from datetime import datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import pytest

from factorium.datasets import read
from factorium.paths import ROOT
from factorium.sample import simulate, write_market
from factorium.sample.fred import RELEASES
from factorium.sample.planted import PLACEBOS, STYLES

NAMES, YEARS, SEED = 60, 3, 7
NEW_YORK = ZoneInfo("America/New_York")
EDGAR_OPENS, EDGAR_CLOSES = time(6), time(22)
Facts = dict[str, Any]


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("market")
    write_market(folder, names=NAMES, years=YEARS, seed=SEED)
    return folder


@pytest.fixture(scope="module")
def truth(market: Path) -> dict[str, Any]:
    return dict(json.loads((market / "truth" / "truth.json").read_text()))


@pytest.fixture(scope="module")
def facts(market: Path) -> dict[int, Facts]:
    with zipfile.ZipFile(market / "edgar" / "companyfacts.zip") as archive:
        members = [json.loads(archive.read(name)) for name in archive.namelist()]
    return {member["cik"]: member for member in members}


@pytest.fixture(scope="module")
def daily(market: Path) -> pl.DataFrame:
    return pl.read_parquet(market / "prices" / "daily_bars.parquet")


@pytest.fixture(scope="module")
def actions(market: Path) -> pl.DataFrame:
    return pl.read_csv(
        market / "prices" / "corporate_actions.csv",
        try_parse_dates=True,
        schema_overrides={"delisting_return": pl.Float64, "ratio": pl.Float64},
        infer_schema_length=None,
    )


@pytest.fixture(scope="module")
def items(market: Path) -> pl.DataFrame:
    return pl.read_parquet(market / "truth" / "quarterly_items.parquet")


def hashes(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def values(member: Facts, tag: str) -> list[Facts]:
    """All facts of one tag."""
    for taxonomy in member["facts"].values():
        if tag in taxonomy:
            return [fact for unit in taxonomy[tag]["units"].values() for fact in unit]
    return []


def special(truth: dict[str, Any], name: str) -> tuple[str, int]:
    case = truth["special"][name]
    return str(case["ticker"]), int(case["cik"])


def submissions(market: Path, cik: int) -> list[dict[str, Any]]:
    """The columns of a company's submissions file and its pagination files."""
    folder = market / "edgar" / "submissions"
    filings = json.loads((folder / f"CIK{cik:010d}.json").read_text())["filings"]
    older = [json.loads((folder / file["name"]).read_text()) for file in filings["files"]]
    return [filings["recent"], *older]


def forms(market: Path, cik: int) -> list[str]:
    return [form for columns in submissions(market, cik) for form in columns["form"]]


def test_write_market_same_arguments_same_bytes(market: Path, tmp_path: Path) -> None:
    write_market(tmp_path, names=NAMES, years=YEARS, seed=SEED)
    assert hashes(tmp_path) == hashes(market)


def test_write_market_another_seed_other_prices(tmp_path: Path, daily: pl.DataFrame) -> None:
    write_market(tmp_path, names=20, years=1, seed=SEED + 1)
    other = pl.read_parquet(tmp_path / "prices" / "daily_bars.parquet")
    assert other["close"].to_list() != daily["close"].head(len(other)).to_list()


def test_write_market_smallest_has_every_special_case() -> None:
    made = simulate(names=20, years=1, seed=3)
    assert (made.schedule.restated >= 0).any()
    assert (made.schedule.late >= 0).any()
    assert len(made.splits.events) >= 4
    assert len(made.plan.delisting_reason) >= 4


def test_simulate_restates_and_delays_only_reports_that_were_filed() -> None:
    made = simulate(names=1_000, years=1, seed=5)
    for chosen in (made.schedule.restated, made.schedule.late):
        companies = np.flatnonzero(chosen >= 0)
        assert len(companies) > 3
        assert made.schedule.exists[companies, chosen[companies]].all()


@pytest.mark.parametrize(("names", "years"), [(19, 3), (60, 0)])
def test_write_market_too_small_is_refused(names: int, years: int, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least"):
        write_market(tmp_path, names=names, years=years, seed=1)


def test_descriptor_names_files_that_exist(market: Path, truth: dict[str, Any]) -> None:
    dataset = read(ROOT / "datasets" / "sample.toml", market)
    assert all(item.path.exists() for item in dataset.items)
    vendor = next(item for item in dataset.items if item.options.get("retrieved_on"))
    assert str(vendor.options["retrieved_on"]) == truth["vendor_retrieved_on"]


def test_daily_bars_are_plausible(daily: pl.DataFrame) -> None:
    highest, lowest = pl.max_horizontal("open", "close"), pl.min_horizontal("open", "close")
    assert daily.filter((pl.col("high") < highest) | (pl.col("low") > lowest)).is_empty()
    assert daily["low"].min() > 0
    assert daily["close"].max() < 5_000
    assert daily["volume"].min() > 0
    assert daily.select("ticker", "date").is_unique().all()
    assert daily["ticker"].n_unique() >= NAMES


def test_daily_bars_minute_bars_lie_within_them(market: Path, daily: pl.DataFrame) -> None:
    minutes = pl.read_parquet(market / "prices" / "minute_bars.parquet")
    sessions = minutes.group_by("ticker", date=pl.col("timestamp").dt.date()).agg(
        pl.col("open").sort_by("timestamp").first(),
        pl.col("close").sort_by("timestamp").last(),
        pl.max("high"),
        pl.min("low"),
    )
    both = sessions.join(daily, on=["ticker", "date"], suffix="_day")
    assert len(both) == len(sessions) >= 10
    assert both.filter(
        (pl.col("open") != pl.col("open_day")) | (pl.col("close") != pl.col("close_day"))
    ).is_empty()
    assert both.filter(
        (pl.col("high") > pl.col("high_day")) | (pl.col("low") < pl.col("low_day"))
    ).is_empty()


def test_daily_bars_and_actions_give_the_true_returns(
    market: Path, daily: pl.DataFrame, actions: pl.DataFrame
) -> None:
    """Total returns from closes, splits and dividends are the simulated ones."""
    renamed = pl.read_csv(market / "universe" / "ticker_map.csv", try_parse_dates=True)
    permanent = dict(renamed.select("ticker", "permanent_ticker").iter_rows())
    per_day = (
        actions.filter(pl.col("kind") != "delisting")
        .group_by("ticker", date="ex_date")
        .agg(
            paid=pl.col("amount_usd").sum(),
            ratio=pl.col("ratio").filter(pl.col("kind") == "split").product(),
        )
    )
    returns = (
        daily.join(per_day, on=["ticker", "date"], how="left")
        .with_columns(pl.col("ticker").replace(permanent))
        .sort("ticker", "date")
        .with_columns(
            total=(pl.col("close") + pl.col("paid").fill_null(0))
            * pl.col("ratio").fill_null(1)
            / pl.col("close").shift(1).over("ticker")
            - 1
        )
    )
    true = pl.read_parquet(market / "truth" / "returns.parquet")
    both = true.join(returns, on=["ticker", "date"])
    assert len(both) == len(true)
    error = (both["total"] - both["total_return"]).abs().max()
    assert isinstance(error, float)
    assert error < 2e-4  # prices are rounded


def test_vendor_close_is_on_the_split_basis_of_its_day(
    market: Path, truth: dict[str, Any], daily: pl.DataFrame
) -> None:
    vendor = pl.read_parquet(market / "prices" / "vendor_adjusted.parquet")
    both = vendor.join(daily, on=["ticker", "date"], suffix="_raw").with_columns(
        ratio=(pl.col("close") / pl.col("close_raw")).round(4)
    )
    early, _ = special(truth, "split_2_for_1")
    late, _ = special(truth, "split_3_for_1")
    assert both.filter(pl.col("ticker") == early)["ratio"].unique().sort().to_list() == [0.5, 1]
    assert both.filter(pl.col("ticker") == late)["ratio"].unique().to_list() == [1.0]
    assert NAMES / 4 < vendor["ticker"].n_unique() < NAMES


def test_facts_identities_hold_in_every_filing(facts: dict[int, Facts]) -> None:
    """Assets = liabilities + equity, and the three cash flows sum, as filed."""
    equity = "StockholdersEquityIncludingPortionAttributableToNoncontrollingInterest"
    change = (
        "CashCashEquivalentsRestrictedCashAndRestrictedCashEquivalents"
        "PeriodIncreaseDecreaseIncludingExchangeRateEffect"
    )
    flows = [
        f"NetCashProvidedByUsedIn{kind}Activities"
        for kind in ("Operating", "Investing", "Financing")
    ]
    for member in facts.values():
        assert keyed(member, "Assets") == summed(member, ["Liabilities", equity])
        assert keyed(member, change) == summed(member, flows)


def keyed(member: Facts, tag: str) -> dict[tuple[str, str | None, str], float]:
    return {
        (fact["accn"], fact.get("start"), fact["end"]): fact["val"] for fact in values(member, tag)
    }


def summed(member: Facts, tags: list[str]) -> dict[tuple[str, str | None, str], float]:
    parts = [keyed(member, tag) for tag in tags]
    return {key: sum(part[key] for part in parts) for key in parts[0]}


def test_items_identities_hold(items: pl.DataFrame) -> None:
    identities = {
        "gross_profit": pl.col("sales") - pl.col("cost_of_sales"),
        "operating_income": pl.col("gross_profit") - pl.col("operating_expenses"),
        "assets": pl.col("liabilities") + pl.col("total_equity"),
        "total_equity": pl.col("common_equity") + pl.col("noncontrolling_interest"),
        "net_income": pl.col("profit_loss") - pl.col("income_to_noncontrolling"),
        "income_continuing": pl.col("pretax_income") - pl.col("income_tax"),
        "profit_loss": pl.col("income_continuing") + pl.col("discontinued"),
        "cash_change": pl.col("operating_cash_flow")
        + pl.col("investing_cash_flow")
        + pl.col("financing_cash_flow"),
        "common_equity": pl.col("preferred_equity")
        + pl.col("common_stock")
        + pl.col("paid_in_capital")
        + pl.col("retained_earnings")
        + pl.col("other_comprehensive_income")
        - pl.col("treasury_stock"),
    }
    for item, expected in identities.items():
        assert items.filter(pl.col(item) != expected).is_empty(), item


def test_items_are_plausible(items: pl.DataFrame) -> None:
    positive = ("assets", "sales", "common_equity", "shares_outstanding", "capex", "ppe_net")
    for item in positive:
        assert items.filter(pl.col(item) <= 0).is_empty(), item
    for item in (
        "cost_of_sales",
        "gross_profit",
        "inventory",
        "receivables",
        "accrued_liabilities",
    ):
        assert items.filter(pl.col(item) < 0).is_empty(), item
    assert (items["net_income"] < 0).mean() < 0.3


def test_facts_carry_at_least_60_items_for_ordinary_companies(facts: dict[int, Facts]) -> None:
    counts = sorted(len(member["facts"]["us-gaap"]) for member in facts.values())
    assert counts[0] >= 60


def test_facts_comparatives_appear_in_later_filings(facts: dict[int, Facts]) -> None:
    member = facts[min(facts) + 18]
    by_period: dict[tuple[str, str], set[str]] = {}
    for fact in values(member, "NetIncomeLoss"):
        by_period.setdefault((fact["start"], fact["end"]), set()).add(fact["accn"])
    assert max(len(accessions) for accessions in by_period.values()) >= 2
    assert {fact["fp"] for fact in values(member, "NetIncomeLoss")} == {"Q1", "Q2", "Q3", "FY"}


def test_facts_are_known_two_years_before_the_first_bar(
    market: Path, facts: dict[int, Facts], truth: dict[str, Any]
) -> None:
    securities = pl.read_parquet(market / "truth" / "securities.parquet")
    old = securities.filter(pl.col("first_bar").cast(pl.String) == truth["first_session"])
    first = int(truth["first_session"][:4])
    for cik in old["cik"].to_list():
        assert min(fact["end"] for fact in values(facts[cik], "Assets")) < f"{first - 2}-01-01"


def test_acceptance_times_betray_the_zone_of_their_file(
    market: Path, truth: dict[str, Any]
) -> None:
    """Read the wrong way, some times of a file are outside EDGAR's hours; all but one file's."""
    true = pl.read_parquet(market / "truth" / "filings.parquet")
    accepted = dict(true.select("accession", "accepted_at").iter_rows())
    zones = {True: 0, False: 0}
    _, unclear = special(truth, "acceptance_zone_unclear")
    for cik in true["cik"].unique().to_list():
        for columns in submissions(market, cik):
            stamps = [datetime.fromisoformat(stamp) for stamp in columns["acceptanceDateTime"]]
            as_utc = [stamp.astimezone(NEW_YORK) for stamp in stamps]
            as_local = [stamp.replace(tzinfo=NEW_YORK) for stamp in stamps]
            moments = [accepted[accession] for accession in columns["accessionNumber"]]
            is_local = as_local == moments
            assert is_local or as_utc == moments
            wrong = as_utc if is_local else as_local
            if cik != unclear:
                assert not all(EDGAR_OPENS <= moment.time() <= EDGAR_CLOSES for moment in wrong)
            else:
                assert is_local
                assert all(EDGAR_OPENS <= moment.time() <= EDGAR_CLOSES for moment in wrong)
            zones[is_local] += 1
    assert 0.15 < zones[True] / sum(zones.values()) < 0.55


def test_submissions_hold_every_accession_of_the_facts(
    market: Path, facts: dict[int, Facts]
) -> None:
    for cik, member in facts.items():
        filed = {
            accession
            for columns in submissions(market, cik)
            for accession in columns["accessionNumber"]
        }
        assert {fact["accn"] for fact in values(member, "Assets")} <= filed
    assert list((market / "edgar" / "submissions").glob("*-submissions-001.json"))


def test_special_two_classes(market: Path, truth: dict[str, Any], facts: dict[int, Facts]) -> None:
    _, cik = special(truth, "two_classes")
    assert "dei" not in facts[cik]["facts"]
    listed = json.loads((market / "edgar" / "company_tickers_exchange.json").read_text())["data"]
    assert [row[2] for row in listed if row[0] == cik] == ["TWIN-A", "TWIN-B"]


def test_special_fiscal_years(truth: dict[str, Any], facts: dict[int, Facts]) -> None:
    def quarters(name: str) -> set[int]:
        member = facts[special(truth, name)[1]]
        return {
            (datetime.fromisoformat(fact["end"]) - datetime.fromisoformat(fact["start"])).days + 1
            for fact in values(member, "NetIncomeLoss")
        }

    assert {91, 182, 273, 364} <= quarters("weeks_52_53")
    assert {84, 168, 252, 364} <= quarters("weeks_12_12_12_16")
    assert 371 in quarters("weeks_52_53") | quarters("weeks_12_12_12_16")
    transition = facts[special(truth, "transition_period")[1]]
    half_years = [fact for fact in values(transition, "NetIncomeLoss") if fact["form"] == "10-KT"]
    assert {(fact["start"][5:], fact["end"][5:]) for fact in half_years} == {("07-01", "12-31")}


def test_special_restatement(market: Path, truth: dict[str, Any], facts: dict[int, Facts]) -> None:
    _, cik = special(truth, "restatement")
    period = next(case["period_end"] for case in truth["restated"] if case["cik"] == cik)
    by_form = {
        fact["form"]: fact["val"]
        for fact in values(facts[cik], "StockholdersEquity")
        if fact["end"] == period and fact["form"].startswith("10-K")
        if fact["fp"] == "FY" and str(fact["fy"]) == period[:4]
    }
    assert by_form["10-K/A"] < by_form["10-K"]
    assert "10-K/A" in forms(market, cik)


def test_special_late_filing(market: Path, truth: dict[str, Any]) -> None:
    _, cik = special(truth, "late_filing")
    assert cik in truth["late"]
    assert "NT 10-K" in forms(market, cik)


def test_special_missing_items(truth: dict[str, Any], facts: dict[int, Facts]) -> None:
    _, cik = special(truth, "missing_items")
    missing = {"ResearchAndDevelopmentExpense", "InventoryNet", "Goodwill", "AdvertisingExpense"}
    assert not missing & set(facts[cik]["facts"]["us-gaap"])


def test_special_splits(market: Path, truth: dict[str, Any], actions: pl.DataFrame) -> None:
    splits = dict(actions.filter(pl.col("kind") == "split").select("ticker", "ratio").iter_rows())
    for name, ratio in (
        ("split_2_for_1", 2.0),
        ("split_3_for_1", 3.0),
        ("split_1_for_8", 0.125),
        ("split_between_period_end_and_filing", 4.0),
    ):
        assert splits[special(truth, name)[0]] == ratio


def test_special_listings(
    market: Path, truth: dict[str, Any], actions: pl.DataFrame, daily: pl.DataFrame
) -> None:
    gone = actions.filter(pl.col("kind") == "delisting")
    kinds = set(gone.select("delisting_reason", pl.col("delisting_return").is_null()).iter_rows())
    assert len(kinds) == 4
    for ticker, ex_date in gone.select("ticker", "ex_date").iter_rows():
        assert daily.filter(pl.col("ticker") == ticker)["date"].max() < ex_date
    newcomer, _ = special(truth, "late_listing")
    first = daily.filter(pl.col("ticker") == newcomer)["date"].min()
    assert str(first) > truth["first_session"]
    renamed, _ = special(truth, "ticker_rename")
    spells = pl.read_csv(market / "universe" / "ticker_map.csv").filter(
        pl.col("permanent_ticker") == renamed
    )
    assert len(spells) == 2
    assert set(spells["ticker"]) <= set(daily["ticker"])
    assert actions.filter(pl.col("kind") == "spinoff")["ticker"].to_list() == [
        special(truth, "spinoff")[0]
    ]


def test_caps_agree_with_cover_pages(market: Path, facts: dict[int, Facts]) -> None:
    """A second way to the last cap: the latest cover count, splits since, the last close."""
    caps = pl.read_parquet(market / "truth" / "caps.parquet")
    splits = pl.read_parquet(market / "truth" / "splits.parquet")
    securities = pl.read_parquet(market / "truth" / "securities.parquet")
    last = caps.sort("date").group_by("ticker").last()
    checked = 0
    for ticker, cik in securities.select("ticker", "cik").iter_rows():
        covers = values(facts[cik], "EntityCommonStockSharesOutstanding")
        if not covers:
            continue
        row = last.row(by_predicate=pl.col("ticker") == ticker, named=True)
        cover = max(covers, key=lambda fact: (fact["filed"], fact["end"]))
        since = splits.filter(
            (pl.col("ticker") == ticker) & (pl.col("ex_date").cast(pl.String) > cover["end"])
        )["ratio"].product()
        assert row["line_cap_usd"] == pytest.approx(row["close"] * cover["val"] * since, rel=1e-6)
        checked += 1
    assert checked >= NAMES - 3


def test_fred_has_vintages_of_every_series(market: Path) -> None:
    assert {path.stem for path in (market / "fred").glob("*.json")} == set(RELEASES)
    for name, release in RELEASES.items():
        answer = json.loads((market / "fred" / f"{name}.json").read_text())
        rows = answer["observations"]
        assert answer["count"] == len(rows)
        assert all(row["realtime_start"] <= row["realtime_end"] for row in rows)
        assert min(row["date"] for row in rows) < "2013"
        by_date: dict[str, list[Facts]] = {}
        for row in rows:
            by_date.setdefault(row["date"], []).append(row)
        assert (max(map(len, by_date.values())) > 1) == bool(release.revision)
        assert all(own[-1]["realtime_end"] == "9999-12-31" for own in by_date.values())


def test_sectors_are_the_eleven(market: Path) -> None:
    sectors = pl.read_csv(market / "universe" / "sectors.csv")
    assert sectors["sector"].n_unique() == 11
    assert len(sectors) == NAMES


def test_index_spells_do_not_overlap(market: Path) -> None:
    spells = pl.read_csv(market / "universe" / "sp500.csv", try_parse_dates=True)
    ordered = spells.sort("ticker", "start_date").with_columns(
        before=pl.col("end_date").shift(1).over("ticker"),
        number=pl.int_range(pl.len()).over("ticker"),
    )
    assert ordered.filter(
        (pl.col("number") > 0) & (pl.col("before") > pl.col("start_date"))
    ).is_empty()
    assert spells.filter(pl.col("end_date") <= pl.col("start_date")).is_empty()


def test_premia_are_recovered_by_cross_sectional_regressions() -> None:
    """Fama-MacBeth over a few seeds: the planted premia are inside, placebos are nothing."""
    errors, placebo_stats = [], []
    for seed in range(6):
        estimates, deviations = fama_macbeth(seed)
        planted = np.array([premium for premium, _ in STYLES.values()]) / 252
        count = len(STYLES)
        errors.append((estimates[:count] - planted) / deviations[:count])
        placebo_stats.append(estimates[count:] / deviations[count:])
    assert np.mean(np.abs(errors) < 1.96) > 0.8
    assert abs(np.mean(errors)) < 0.5
    assert np.mean(np.abs(placebo_stats) > 2) < 0.15


def fama_macbeth(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Mean daily premium and its standard error, of styles then placebos."""
    from factorium.sample.truth import placebos  # noqa: PLC0415

    made = simulate(names=80, years=2, seed=seed)
    begin = made.calendar.first_bar - made.calendar.first_simulated
    drawn = placebos(len(made.calendar.market), made.plan.count, names=80, years=2, seed=seed)
    sectors = np.eye(11)[made.plan.sector]
    slopes = []
    for session in range(1, len(drawn)):
        at = made.calendar.first_bar + session
        listed = (made.plan.listed < at) & (made.plan.last >= at)
        exposures = np.hstack([made.paths.exposures[begin + session], drawn[session], sectors])
        returns = made.paths.total_return[begin + session]
        slopes.append(np.linalg.lstsq(exposures[listed], returns[listed], rcond=None)[0])
    wanted = np.array(slopes)[:, : len(STYLES) + len(PLACEBOS)]
    return wanted.mean(axis=0), wanted.std(axis=0, ddof=1) / np.sqrt(len(wanted))


def test_returns_have_fat_tails_garch_and_a_jump(market: Path, truth: dict[str, Any]) -> None:
    returns = pl.read_parquet(market / "truth" / "returns.parquet")
    shocks = (returns["specific_return"] / returns["specific_volatility"]).to_numpy()
    assert np.std(shocks) == pytest.approx(1, abs=0.1)
    assert np.mean(shocks**4) > 4
    level = pl.read_parquet(market / "truth" / "factor_returns.parquet").with_columns(
        after=pl.col("date").cast(pl.String) >= truth["volatility_jump"]["date"]
    )
    after = level.filter("after")["common_volatility"].head(5).mean()
    before = level.filter(~pl.col("after"))["common_volatility"].tail(5).mean()
    assert isinstance(after, float)
    assert isinstance(before, float)
    assert after > 1.8 * before
