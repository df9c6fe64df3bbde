"""How fast the API answers, over HTTP on loopback, beside a bare fetch of the same rows.

    python bench/api_reads.py                     a market of 3,000 names, made for the run
    python bench/api_reads.py --database CONNINFO a warehouse that is built already

The API runs as its own process (uvicorn, one worker) and is read through one
kept-alive connection, one request at a time: latency, not throughput. The
baseline is psycopg in this process, the same role, rows and order, nothing
encoded. Targets (2 cores): cross-section p99 < 50 ms, one security p99 < 20 ms.
"""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import numpy as np
import psycopg
from psycopg.conninfo import make_conninfo

from api.database import reader_conninfo
from factorium import server
from factorium.migrate import migrate

ROOT = Path(__file__).resolve().parents[1]
MARTS = ROOT / "tests" / "api" / "marts.sql"
ARROW = "application/vnd.apache"
NAMES, DAYS = 3_000, 20
WARM_UP = 20

CROSS_SECTION = """
select v.security_id, s.ticker, v.value, v.zscore, v.score, v.sector_score
from marts.fct_factor_values as v
inner join marts.dim_security as s on v.security_id = s.security_id
where v.factor_id = %s and v.trade_date = %s and v.value is not null
order by v.score desc, v.security_id
"""
SECURITY = """
select trade_date, factor_id, value, zscore, score, sector_score
from marts.factors_of(%s, %s, %s)
order by trade_date, factor_id
"""


@dataclass(frozen=True)
class Read:
    """One kind of read: what it is called, how it is done, what p99 may be at most."""

    name: str
    fetch: Callable[[int], tuple[int, int]]
    target_ms: float | None = None


def main() -> None:
    """Measure and print."""
    options = _options()
    with (
        market(options.database) as info,
        serving(info) as client,
        psycopg.connect(
            reader_conninfo(info, 15_000), autocommit=True, prepare_threshold=None
        ) as bare,
    ):
        day, factors, securities = choose(info)
        print(f"{len(factors)} factors, {len(securities)} securities, {day}")
        print(f"{options.requests} of each, in turn; load average {os.getloadavg()[0]:.1f}\n")
        reads = [*over_psycopg(bare, day, factors, securities)]
        reads += over_http(client, day, factors, securities)
        report(reads, measure(reads, options.requests))


def over_psycopg(
    bare: psycopg.Connection, day: str, factors: list[str], securities: list[tuple[int, str]]
) -> list[Read]:
    """The baselines: rows into Python, nothing encoded."""

    def rows(statement: str, parameters: list[object]) -> tuple[int, int]:
        return len(bare.cursor(binary=True).execute(statement, parameters).fetchall()), 0

    return [
        Read(
            "cross-section, bare psycopg",
            lambda i: rows(CROSS_SECTION, [factors[i % len(factors)], day]),
        ),
        Read(
            "one security, bare psycopg",
            lambda i: rows(SECURITY, [securities[i * 37 % len(securities)][0], day, day]),
        ),
    ]


def over_http(
    client: httpx.Client, day: str, factors: list[str], securities: list[tuple[int, str]]
) -> list[Read]:
    """The same through the API, and what else it offers."""
    held = f"/v1/factors/{factors[0]}/values?date={day}"
    tag = client.get(held).headers["etag"]

    def get(path: str, **headers: str) -> tuple[int, int]:
        answer = client.get(path, headers=headers)
        assert answer.status_code in (200, 304), answer.text
        return answer.content.count(b'"score":'), len(answer.content)

    def cross_section(i: int, **headers: str) -> tuple[int, int]:
        return get(f"/v1/factors/{factors[i % len(factors)]}/values?date={day}", **headers)

    def security(i: int) -> tuple[int, int]:
        ticker = securities[i * 37 % len(securities)][1]
        return get(f"/v1/securities/{ticker}/factors?from={day}&to={day}")

    return [
        Read("cross-section, JSON", cross_section, 50),
        Read("cross-section, CSV", lambda i: cross_section(i, Accept="text/csv")),
        Read("cross-section, Arrow", lambda i: cross_section(i, Accept=f"{ARROW}.arrow.stream")),
        Read("cross-section, Parquet", lambda i: cross_section(i, Accept=f"{ARROW}.parquet")),
        Read("cross-section, held (304)", lambda i: get(held, **{"If-None-Match": tag})),
        Read("one security, all factors, JSON", security, 20),
    ]


def measure(reads: list[Read], n: int) -> np.ndarray:
    """Milliseconds per read and round; in turn, so that noise falls on all alike."""
    taken = np.empty((len(reads), n))
    for i in range(-WARM_UP, n):
        for position, read in enumerate(reads):
            started = time.perf_counter()
            read.fetch(i)
            taken[position, i] = (time.perf_counter() - started) * 1_000
    return taken


def report(reads: list[Read], taken: np.ndarray) -> None:
    """One line per read, then the ratios to the baselines."""
    print(f"{'ms':34}{'rows':>6}{'kB':>5}{'min':>7}{'median':>8}{'p90':>7}{'p99':>7}{'max':>7}")
    medians = {}
    for read, times in zip(reads, taken, strict=True):
        rows, size = read.fetch(0)
        median, p90, p99 = np.percentile(times, [50, 90, 99])
        medians[read.name] = median
        target = read.target_ms
        verdict = "" if target is None else f"  p99 {'<' if p99 < target else '>'} {target:g}"
        print(
            f"{read.name:34}{rows or '':>6}{size // 1000 or '':>5}{times.min():7.1f}"
            f"{median:8.1f}{p90:7.1f}{p99:7.1f}{times.max():7.1f}{verdict}"
        )
    wide = medians["cross-section, JSON"] / medians["cross-section, bare psycopg"]
    one = medians["one security, all factors, JSON"] / medians["one security, bare psycopg"]
    print(f"\nmedian over bare psycopg: cross-section {wide:.1f}x, one security {one:.1f}x")


def choose(info: str) -> tuple[str, list[str], list[tuple[int, str]]]:
    """The latest day, the factors that have values on it, the securities listed on it."""
    with psycopg.connect(info) as conn:
        row = conn.execute("select max(trade_date)::text from marts.fct_coverage").fetchone()
        assert row
        factors = conn.execute(
            "select factor_id from marts.fct_coverage where trade_date = %s and n_values > 0 "
            "order by factor_id",
            [row[0]],
        ).fetchall()
        securities = conn.execute(
            "select security_id, ticker from marts.dim_security where is_active order by 1"
        ).fetchall()
    return row[0], [factor for (factor,) in factors], securities


@contextmanager
def market(database: str | None) -> Iterator[str]:
    """Conninfo of the warehouse named, or of a new one on a server of its own."""
    if database is not None:
        yield database
        return
    home = Path(tempfile.mkdtemp(prefix="factorium-bench-"))
    home.chmod(0o755)
    try:
        info = server.start(home).conninfo
        migrate(info)
        settings = f"-c market.names={NAMES} -c market.days={DAYS}"
        options = f"-c role=factorium_transform {settings}"
        with psycopg.connect(make_conninfo(info, options=options)) as conn:
            conn.execute(MARTS.read_bytes())
        with psycopg.connect(info, autocommit=True) as conn:
            conn.execute("vacuum analyze")
        yield info
    finally:
        server.stop(home)
        shutil.rmtree(home, ignore_errors=True)


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
    parser.add_argument("--requests", type=int, default=300, help="timed requests per line")
    return parser.parse_args()


if __name__ == "__main__":
    main()
