"""How fast the API answers the risk of a portfolio, over HTTP on loopback.

    python bench/risk_reads.py                     the warehouse that factorium finds
    python bench/risk_reads.py --database CONNINFO another one

A portfolio of up to 1,000 names of the model's last day is uploaded for the run and
deleted afterwards. The API runs as its own process (uvicorn, one worker) and is read
through one kept-alive connection, one request at a time: latency, not throughput. The
baseline is psycopg in this process, the same role and functions, nothing encoded.
Target (2 cores): risk with all contributions, p99 < 50 ms.
"""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import numpy as np
import psycopg

from api.database import reader_conninfo
from factorium import database
from sql import query

ROOT = Path(__file__).resolve().parents[1]
PORTFOLIO = "bench_risk_reads"
HOLDINGS = 1_000
WARM_UP = 10
RISK = f"/v1/risk/portfolios/{PORTFOLIO}/risk"
EVERYTHING = "factors,assets"
BARE = ("api_risk_totals", "api_risk_factor_contributions", "api_risk_asset_contributions")


@dataclass(frozen=True)
class Read:
    """One kind of read: what it is called, how it is done, what p99 may be at most."""

    name: str
    fetch: Callable[[], int]
    target_ms: float | None = None


def main() -> None:
    """Measure and print."""
    options = _options()
    info = options.database or database.conninfo()
    with (
        serving(info) as client,
        psycopg.connect(
            reader_conninfo(info, 15_000), autocommit=True, prepare_threshold=None
        ) as bare,
        portfolio(client, options.holdings) as (day, n),
    ):
        print(f"{n} holdings, {day}")
        if n < options.holdings:
            print(f"the warehouse has no more names with risk: {options.holdings} were asked for")
        print(f"{options.requests} of each, in turn; load average {os.getloadavg()[0]:.1f}\n")
        reads = [over_psycopg(bare, day), *over_http(client, day)]
        report(reads, measure(reads, options.requests))


@contextmanager
def portfolio(client: httpx.Client, most: int) -> Iterator[tuple[str, int]]:
    """An equally weighted portfolio on the last day of the model, while the block runs."""
    model = client.get("/v1/risk/models/short").raise_for_status().json()
    day = model["last_date"]
    path = f"/v1/risk/models/short/specific-risk?date={day}&limit={most}"
    names = [row["ticker"] for row in client.get(path).raise_for_status().json()["data"]]
    body = {
        "name": PORTFOLIO,
        "valid_from": day,
        "description": "Made by a benchmark, which deletes it.",
        "holdings": [{"ticker": ticker, "weight": 1 / len(names)} for ticker in names],
    }
    made = client.post("/v1/risk/portfolios", json=body)
    if made.status_code != 201:
        raise SystemExit(made.json()["detail"])
    try:
        yield day, len(names)
    finally:
        client.delete(f"/v1/risk/portfolios/{PORTFOLIO}").raise_for_status()


def over_psycopg(bare: psycopg.Connection, day: str) -> Read:
    """The baseline: totals and contributions into Python, nothing encoded."""
    asked = {
        "portfolio": PORTFOLIO,
        "trade_date": day,
        "model": "short",
        "benchmark": "market",
        "horizon_days": 1,
        "active": False,
    }

    def fetch() -> int:
        for name in BARE:
            rows = bare.cursor(binary=True).execute(query(name).encode(), asked).fetchall()
        return len(rows)

    return Read("all contributions, bare psycopg", fetch)


def over_http(client: httpx.Client, day: str) -> list[Read]:
    """The same through the API, and its parts."""

    def get(**parameters: str) -> int:
        answer = client.get(RISK, params={"date": day, **parameters})
        assert answer.status_code == 200, answer.text
        return answer.content.count(b'"specific_contribution":')

    return [
        Read("totals", get),
        Read("with factors", lambda: get(include="factors")),
        Read("with factors and assets", lambda: get(include=EVERYTHING), 50),
        Read("the same of active risk", lambda: get(include=EVERYTHING, active="true")),
    ]


def measure(reads: list[Read], n: int) -> np.ndarray:
    """Milliseconds per read and round; in turn, so that noise falls on all alike."""
    taken = np.empty((len(reads), n))
    for i in range(-WARM_UP, n):
        for position, read in enumerate(reads):
            started = time.perf_counter()
            read.fetch()
            taken[position, i] = (time.perf_counter() - started) * 1_000
    return taken


def report(reads: list[Read], taken: np.ndarray) -> None:
    """One line per read, then the ratio to the baseline."""
    print(f"{'ms':34}{'rows':>6}{'min':>7}{'p50':>7}{'p90':>7}{'p99':>7}{'max':>7}")
    medians = {}
    for read, times in zip(reads, taken, strict=True):
        median, p90, p99 = np.percentile(times, [50, 90, 99])
        medians[read.name] = median
        target = read.target_ms
        verdict = "" if target is None else f"  p99 {'<' if p99 < target else '>'} {target:g}"
        print(
            f"{read.name:34}{read.fetch() or '':>6}{times.min():7.1f}"
            f"{median:7.1f}{p90:7.1f}{p99:7.1f}{times.max():7.1f}{verdict}"
        )
    ratio = medians["with factors and assets"] / medians["all contributions, bare psycopg"]
    print(f"\nmedian over bare psycopg: {ratio:.1f}x")


@contextmanager
def serving(info: str) -> Iterator[httpx.Client]:
    """A client of the API, which runs in a process of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = ["uvicorn", "api.app:app", "--port", str(port), "--no-access-log"]
    process = subprocess.Popen(
        [sys.executable, "-m", *command, "--log-level", "warning"],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": info},
    )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
            _wait(client, process)
            yield client
    finally:
        process.terminate()
        process.wait(10)


def _wait(client: httpx.Client, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline:
        try:
            if client.get("/v1/health").is_success:
                return
        except httpx.ConnectError:
            time.sleep(0.2)
    raise SystemExit("the API did not start")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--database", help="conninfo of a built warehouse")
    parser.add_argument("--holdings", type=int, default=HOLDINGS, help="names in the portfolio")
    parser.add_argument("--requests", type=int, default=200, help="timed requests per line")
    return parser.parse_args()


if __name__ == "__main__":
    main()
