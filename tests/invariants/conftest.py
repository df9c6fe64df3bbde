"""The few warehouses that all invariants are read from: each is minutes of building."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import compare
import polars as pl
import psycopg
import pytest
import worlds

from factorium.build import build
from factorium.paths import ROOT
from factorium.warehouse import run_dbt

if TYPE_CHECKING:
    from conftest import BuiltSample

BUILD = (
    "import pathlib, sys; from factorium.build import build; "
    "build(sys.argv[1], target_path=pathlib.Path(sys.argv[2]))"
)
ALL_THAT_COMES = datetime(9999, 12, 30, tzinfo=UTC)


@dataclass(frozen=True)
class World:
    """A warehouse that knows no more than was known at the close of `cut`."""

    info: str
    cut: date
    since: date


@dataclass
class Grown:
    """A warehouse built up to `cut`, then by increments to the end of the market.

    values_at_cut, risk_at_cut: what it was before the increments. published: values that rested on
    wrong, missing and late input, published at `published_at` for `disputed` sessions.
    killed: the ledger's last builds after a kill, and after the next build.
    """

    info: str
    cut: date
    values_at_cut: pl.DataFrame
    risk_at_cut: pl.DataFrame
    disputed: list[date]
    published: pl.DataFrame
    published_at: datetime
    killed: list[tuple[str, str | None]]
    recovered: list[tuple[str, str | None]]
    wrong: str


@pytest.fixture(scope="session")
def days(built_sample: BuiltSample) -> list[date]:
    """The sessions of the market."""
    return worlds.sessions(built_sample.info)


@pytest.fixture(scope="session")
def restated_on(built_sample: BuiltSample) -> date:
    """The first session that knows the first restatement of the market."""
    told = json.loads((built_sample.folder / "truth" / "truth.json").read_text())
    return date.fromisoformat(min(case["known_on"] for case in told["restated"]))


@pytest.fixture(scope="session")
def before_restatement(
    built_sample: BuiltSample,
    new_database: Callable[[], str],
    days: list[date],
    restated_on: date,
) -> World:
    """A warehouse that stops on the eve of a 10-K/A; only its last sessions are built."""
    at = days.index(restated_on) - 1
    world = World(new_database(), days[at], days[at - 30])
    with worlds.source_of(built_sample.info, built_sample.folder / "truth") as source:
        worlds.known_by(source, world.info, worlds.close_of(built_sample.info, world.cut))
    build(world.info, since=world.since, target_path=built_sample.target)
    # A build that begins late leaves out what accumulates, and so the risk models;
    # exposures depend on their own date alone.
    since = json.dumps({"since": world.since.isoformat()})
    run_dbt(
        world.info, ["run", "--select", "rsk_exposures", "--vars", since],
        target_path=built_sample.target,
    )  # fmt: skip
    return world


@pytest.fixture(scope="session")
def grown(built_sample: BuiltSample, new_database: Callable[[], str], days: list[date]) -> Grown:
    """The sample market in a base and four increments.

    The first increment brings a wrong close, lacks another name's bars, a report's facts
    and a macro series; the second repeats all its bars, right, and its build is killed
    once; the third brings what was late; the fourth is the rest.
    """
    info, target = new_database(), built_sample.target
    cut, ends = days[-46], [days[-21], days[-20], days[-19], days[-1]]
    closes = [worlds.close_of(built_sample.info, day) for day in [cut, *ends]]
    with worlds.source_of(built_sample.info, built_sample.folder / "truth") as source:
        worlds.known_by(source, info, closes[0])
        build(info, target_path=target)
        values_at_cut = compare.values(info, compare.sampled(days, cut))
        risk_at_cut = compare.risk_values(info, compare.sampled(days, cut, every=60, last=5))

        flaws = _flaws(built_sample, days[-30], closes[0], closes[1])
        worlds.delivered(source, info, _flawed(closes[0], closes[1], flaws))
        build(info, target_path=target)
        disputed = days[-30:-20]
        published = compare.values(info, disputed)
        published_at = _now(info)

        worlds.delivered(source, info, worlds.Slice(closes[1], closes[2]))
        worlds.delivered(source, info, worlds.Slice(closes[0], closes[1]), ["daily_bar"])
        killed = _killed_build(info, target)
        build(info, target_path=target)
        recovered = _last_builds(info)

        worlds.delivered(source, info, worlds.Slice(closes[2], closes[3]))
        worlds.delivered(
            source, info, _late(closes[0], closes[1], flaws), ["company_fact", "fred_observation"]
        )
        build(info, target_path=target)
        worlds.delivered(source, info, worlds.Slice(closes[3], closes[4]))
        build(info, target_path=target)
    return Grown(
        info, cut, values_at_cut, risk_at_cut, disputed, published, published_at, killed, recovered,
        str(flaws["wrong"]),
    )  # fmt: skip


@pytest.fixture(scope="session")
def rescaled(built_sample: BuiltSample, new_database: Callable[[], str], days: list[date]) -> World:
    """The market after a 4:1 split before its history, vendor history times 1.7."""
    world = World(new_database(), days[-1], days[-30])
    part = worlds.Slice(worlds.BEGINNING, ALL_THAT_COMES, changed=worlds.SPLIT_BEFORE_HISTORY)
    with worlds.source_of(built_sample.info, built_sample.folder / "truth") as source:
        worlds.copied(source, world.info, part)
    build(world.info, since=world.since, target_path=built_sample.target)
    return world


def _flaws(
    sample: BuiltSample, wrong_day: date, since: datetime, until: datetime
) -> dict[str, object]:
    """Which bars are wrong or missing, and which report comes late."""
    truth = sample.folder / "truth"
    trading = pl.read_parquet(truth / "securities.parquet").filter(
        pl.col("delisting_reason").is_null() & pl.col("former_ticker").is_null()
    )
    reports = pl.read_parquet(truth / "filings.parquet").filter(
        (pl.col("form") == "10-Q") & pl.col("accepted_at").is_between(since, until)
    )
    tickers = trading["ticker"].sort().to_list()
    return {
        "wrong": tickers[0],
        "missing": tickers[1],
        "wrong_day": wrong_day,
        "late": reports["accession"].sort()[0],
    }


def _flawed(since: datetime, until: datetime, flaws: dict[str, object]) -> worlds.Slice:
    return worlds.Slice(
        since,
        until,
        condition={
            "daily_bar": (
                "not (ticker = %(missing)s "
                "and trade_date between %(wrong_day)s::date - 5 and %(wrong_day)s)"
            ),
            "company_fact": "accession <> %(late)s",
            "fred_observation": "series_id <> 'UNRATE'",
        },
        changed={
            ("daily_bar", "close"): (
                "case when ticker = %(wrong)s and trade_date = %(wrong_day)s "
                "then close * 1.07 else close end"
            )
        },
        parameters=flaws,
    )


def _late(since: datetime, until: datetime, flaws: dict[str, object]) -> worlds.Slice:
    condition = {
        "company_fact": "accession = %(late)s",
        "fred_observation": "series_id = 'UNRATE'",
    }
    return worlds.Slice(since, until, condition=condition, parameters=flaws)


def _killed_build(info: str, target: Path) -> list[tuple[str, str | None]]:
    """Build in another process, kill it among the factor families; the last builds then."""
    process = subprocess.Popen([sys.executable, "-c", BUILD, info, str(target)], cwd=ROOT)
    try:
        _wait(lambda: _factors_built(info) or process.poll() is not None)
        assert process.poll() is None, "the build ended before it could be killed"
        os.kill(process.pid, signal.SIGKILL)
    finally:
        process.wait()
    _wait(lambda: not _has_backends(info))
    return _last_builds(info)


def _wait(until: Callable[[], bool], seconds: float = 300) -> None:
    deadline = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def _factors_built(info: str) -> bool:
    return bool(
        _scalar(
            info,
            "select exists (select from ops.interval as i "
            "inner join ops.build as b on i.build_id = b.build_id "
            "where b.status = 'running' and i.model like 'fac%')",
        )
    )


def _has_backends(info: str) -> bool:
    return bool(
        _scalar(
            info,
            "select exists (select from pg_stat_activity where datname = current_database() "
            "and pid <> pg_backend_pid() and backend_type = 'client backend')",
        )
    )


def _now(info: str) -> datetime:
    now = _scalar(info, "select clock_timestamp()")
    assert isinstance(now, datetime)
    return now


def _last_builds(info: str) -> list[tuple[str, str | None]]:
    with psycopg.connect(info) as conn:
        return conn.execute(
            "select status, error from ops.build order by build_id desc limit 2"
        ).fetchall()


def _scalar(info: str, query: str) -> object:
    with psycopg.connect(info) as conn:
        row = conn.execute(query).fetchone()
    assert row is not None
    return row[0]
