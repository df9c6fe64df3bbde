"""One new day: land its bars, build every factor and score; beside the whole history's build.

    python bench/new_day.py [--names 3000] [--years 3]

Makes a sample market in a server of its own, builds it without its last session,
then lands that session as a file of its own and builds again. Prints the wall time
of the second `factorium ingest` and `factorium build` as whole commands, and the
time inside the database (the statements of the models, summed). The baseline is
what the same session costs in the build of the whole history, per session: the
simplest way would be to build everything again.
Targets (2 cores, 3,000 names): < 2 s inside the database, < 15 s for the commands;
< 2 s for the risk models.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import polars as pl
import psycopg

from factorium import server
from factorium.paths import ROOT
from factorium.sample import write_market

FACTORIUM = [sys.executable, "-m", "factorium"]
BARS = "prices/daily_bars.parquet"


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--names", type=int, default=3000)
    arguments.add_argument("--years", type=int, default=3)
    chosen = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="factorium-bench-") as folder:
        home = Path(folder)
        home.chmod(0o755)
        try:
            measure(home, chosen.names, chosen.years)
        finally:
            server.stop(home / "home")


def measure(home: Path, names: int, years: int) -> None:
    """Build all but the last session, then that one; print both."""
    market = home / "market"
    write_market(market, names=names, years=years, seed=1)
    day = hold_out_last_day(market)
    descriptor = str(ROOT / "datasets" / "sample.toml")
    run(home, "up")
    landing = run(home, "ingest", "dataset", descriptor, "--root", str(market))
    whole = run(home, "build")
    sessions = count_sessions(home)
    print(f"{names} names, {years} years: landing {landing:.1f} s, build {whole:.1f} s")
    began = time.time()
    new_bars = run(
        home, "ingest", "bars", "--from", str(day), "-o", "source='sample'",
        "-o", "columns={trade_date='date'}",
    )  # fmt: skip
    new_build = run(home, "build")
    inside, of_risk = time_inside(home, began)
    print(f"one new day: landing {new_bars:.1f} s, build {new_build:.1f} s (whole commands)")
    print(f"  inside the database {inside:.2f} s, of which risk models {of_risk:.2f} s")
    print(f"  whole history per session {whole / sessions:.2f} s; again in full {whole:.1f} s")
    print(f"  ratio full build / new day {whole / (new_bars + new_build):.1f}")


def hold_out_last_day(market: Path) -> Path:
    """Take the last session out of the market's bars into a file of its own."""
    bars = pl.read_parquet(market / BARS)
    last = bars["date"].max()
    day = market / "last_day.parquet"
    bars.filter(pl.col("date") == last).write_parquet(day)
    bars.filter(pl.col("date") < last).write_parquet(market / BARS)
    return day


def run(home: Path, *words: str) -> float:
    """Seconds a factorium command takes, start of the interpreter included."""
    environment = {**os.environ, "FACTORIUM_HOME": str(home / "home")}
    began = time.perf_counter()
    subprocess.run(
        [*FACTORIUM, *words], env=environment, cwd=ROOT, check=True, stdout=subprocess.DEVNULL
    )
    return time.perf_counter() - began


def count_sessions(home: Path) -> int:
    with psycopg.connect(server.start(home / "home").conninfo) as conn:
        row = conn.execute("select count(distinct trade_date) from ops.interval").fetchone()
        return int(row[0]) if row else 0


def time_inside(home: Path, began: float) -> tuple[float, float]:
    """Seconds of the models' statements since `began`, of all and of the risk models."""
    results = home / "home" / "dbt-target" / "run_results.json"
    assert results.stat().st_mtime >= began
    frame = pl.read_json(results).explode("results").unnest("results")
    of_risk = frame.filter(pl.col("unique_id").str.contains(".rsk_", literal=True))
    return float(frame["execution_time"].sum()), float(of_risk["execution_time"].sum())


if __name__ == "__main__":
    main()
