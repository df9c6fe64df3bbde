"""Write a whole sample market into a folder."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from factorium.sample import bars, filings, fred, truth, universe
from factorium.sample.facts import FactsWriter
from factorium.sample.plan import Plan, plan
from factorium.sample.schedule import Schedule, schedule
from factorium.sample.sessions import Sessions, sessions
from factorium.sample.simulation import Paths, Progress, Simulation
from factorium.sample.splits import Splits, find_splits
from factorium.sample.statements import Statements, statements

FOLDERS = ("edgar", "fred", "prices", "universe", "truth")


@dataclass(frozen=True)
class Market:
    """What was written."""

    folder: Path
    names: int
    years: int
    seed: int
    first_session: date
    last_session: date
    bars: int
    actions: int
    companies: int
    facts: int
    filings: int
    series: int


@dataclass
class Simulated:
    """A market in memory; see the modules of its parts."""

    calendar: Sessions
    plan: Plan
    schedule: Schedule
    paths: Paths
    splits: Splits
    statements: Statements
    filings: pl.DataFrame
    lines: bars.Lines


def simulate(
    *,
    names: int,
    years: int,
    seed: int,
    until: date | None = None,
    progress: Progress | None = None,
) -> Simulated:
    """Draw a market of `names` tickers over `years` years; a function of its arguments.

    It ends on the last session on or before `until` (default: the end of 2025).
    Raises ValueError for fewer than 20 names or less than one year.
    """
    market = {"names": names, "years": years, "seed": seed}
    calendar = sessions(years, until)
    companies = plan(calendar=calendar, **market)
    timetable = schedule(companies, calendar, **market)
    paths = Simulation(companies, timetable, calendar, **market).run(progress)
    splits = find_splits(companies, timetable, calendar, paths, **market)
    return Simulated(
        calendar,
        companies,
        timetable,
        paths,
        splits,
        statements(companies, timetable, paths, **market),
        filings.all_filings(companies, timetable, calendar, **market),
        bars.lines(companies, calendar, paths, splits, **market),
    )


def write_market(
    folder: Path,
    *,
    names: int,
    years: int,
    seed: int,
    until: date | None = None,
    progress: Progress | None = None,
) -> Market:
    """Write a market in the vendors' formats, and the truth about it, into `folder`.

    What an earlier market left in the folder is replaced. The same arguments
    give the same bytes. `progress(part, done, total)` is called now and then.
    """
    market = {"names": names, "years": years, "seed": seed}
    made = simulate(**market, until=until, progress=progress)
    for part in FOLDERS:
        shutil.rmtree(folder / part, ignore_errors=True)
        (folder / part).mkdir(parents=True)
    n_bars, n_actions = _write_prices(folder / "prices", made, **market)
    _write_universe(folder, made)
    n_facts = _write_edgar(folder / "edgar", made, progress)
    n_series = fred.write_fred(folder / "fred", made.calendar, made.paths, **market)
    truth.write_truth(
        folder / "truth", made.plan, made.schedule, made.calendar,
        paths=made.paths, splits=made.splits, own=made.lines, statements=made.statements,
        filings=made.filings, **market,
    )  # fmt: skip
    return Market(
        folder=folder,
        **market,
        first_session=made.lines.days[0].astype(object),
        last_session=made.lines.days[-1].astype(object),
        bars=n_bars,
        actions=n_actions,
        companies=made.plan.count,
        facts=n_facts,
        filings=len(made.filings),
        series=n_series,
    )


def _write_prices(folder: Path, made: Simulated, **market: int) -> tuple[int, int]:
    written = bars.write_bars(folder, made.plan, made.lines, made.paths, made.calendar, **market)
    actions = bars.write_actions(
        folder, made.plan, made.lines,
        paths=made.paths, splits=made.splits, calendar=made.calendar,
    )  # fmt: skip
    return written, actions


def _write_universe(folder: Path, made: Simulated) -> None:
    facts = truth.known(made.schedule, made.calendar, made.paths, made.splits)
    caps = truth.company_caps(made.lines, facts)
    universe.write_universe(folder / "universe", made.plan, made.lines, made.calendar, caps)


def _write_edgar(folder: Path, made: Simulated, progress: Progress | None) -> int:
    universe.write_company_tickers(folder / "company_tickers_exchange.json", made.plan)
    filings.write_submissions(folder / "submissions", made.filings, made.plan, progress)
    reports = filings.reports(made.filings, made.plan, made.schedule, made.calendar, made.splits)
    writer = FactsWriter(made.plan, made.schedule, made.statements)
    return writer.write(
        folder / "companyfacts.zip", reports, made.paths.dividend_per_share, progress
    )
