"""Landing bars against a bare COPY of the same rows into the same table.

Both go into raw.daily_bar of one migrated database, with its indexes, turn by
turn; the table is emptied before each. The peer is a COPY of a CSV prepared
beforehand, raw columns in order. `ingest.bars.run` reads the vendor's file,
casts, checks every row, fingerprints the file and keeps the ledger besides.

    python bench/landing_bars.py [--rows 1000000] [--turns 3] [--format parquet]
                                 [--server CONNINFO]

Without --server, an embedded server is started in a temporary folder. Target:
at least 0.70 of the rate of the bare COPY.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from factorium import server
from factorium.migrate import migrate
from ingest import bars

DATABASE = "factorium_bench_landing"
NAMES = 3000
TARGET = 0.70


def main() -> None:
    """Measure and print rows per second of both and their ratio."""
    arguments = _arguments()
    with _folder() as folder, _server(arguments.server, folder) as info, _database(info) as target:
        rows = market(arguments.rows)
        vendor = folder / f"bars.{arguments.format}"
        _write(rows, vendor)
        prepared = folder / "prepared.csv"
        _prepare(vendor, prepared)
        with psycopg.connect(target) as conn:
            copied, landed = [], []
            for _ in range(arguments.turns):
                copied.append(rows.height / _timed_copy(conn, prepared))
                landed.append(rows.height / _timed_landing(conn, vendor))
        report(rows.height, arguments.format, copied, landed)


def report(rows: int, form: str, copied: list[float], landed: list[float]) -> None:
    """Print the median rates and the ratio of each turn's pair."""
    ratio = statistics.median(b / a for a, b in zip(copied, landed, strict=True))
    print(f"{rows:,} daily bars from {form}, median of {len(copied)} turns")
    print(f"  bare COPY        {statistics.median(copied):>12,.0f} rows/s")
    print(f"  ingest.bars.run  {statistics.median(landed):>12,.0f} rows/s")
    print(f"  ratio            {ratio:>12.2f}  (target {TARGET:.2f})")


def market(rows: int) -> pl.DataFrame:
    """Bars of random walks, `NAMES` tickers one after the other, prices in float32."""
    days = -(-rows // NAMES)
    random = np.random.default_rng(7)
    close = 50 * np.exp(np.cumsum(random.normal(0, 0.02, (NAMES, days)), axis=1))
    spread = np.abs(random.normal(0, 0.01, (NAMES, days)))
    dates = pl.date_range(date(2010, 1, 1), date(2060, 1, 1), eager=True)[:days]
    frame = pl.DataFrame(
        {
            "ticker": np.repeat([f"T{n:04}" for n in range(NAMES)], days),
            "date": pl.concat([dates] * NAMES),
            "open": close.ravel().astype(np.float32),
            "high": (close * (1 + spread)).ravel().astype(np.float32),
            "low": (close * (1 - spread)).ravel().astype(np.float32),
            "close": close.ravel().astype(np.float32),
            "adj_close": (close * 0.9).ravel().astype(np.float32),
            "volume": random.integers(0, 10**8, NAMES * days),
        }
    )
    return frame.head(rows)


def _write(rows: pl.DataFrame, path: Path) -> None:
    if path.suffix == ".parquet":
        rows.write_parquet(path)
    else:
        rows.write_csv(path)


def _prepare(vendor: Path, prepared: Path) -> None:
    """The CSV that COPY takes: exactly what landing would send."""
    batch = bars.parse(vendor, table="daily_bar", source_id=1, name=vendor.name)
    assert not batch.rejects, batch.rejects[0]
    batch.rows.select(pl.lit(0).alias("load_id"), pl.all()).write_csv(
        prepared, include_header=False
    )


def _timed_copy(conn: psycopg.Connection, prepared: Path) -> float:
    _empty(conn)
    started = time.perf_counter()
    statement = "copy raw.daily_bar from stdin (format csv)"
    with conn.cursor().copy(statement) as copy, prepared.open("rb") as file:
        while chunk := file.read(1 << 20):
            copy.write(chunk)
    conn.commit()
    return time.perf_counter() - started


def _timed_landing(conn: psycopg.Connection, vendor: Path) -> float:
    _empty(conn)
    started = time.perf_counter()
    list(bars.run(conn, vendor, source="bench"))
    return time.perf_counter() - started


def _empty(conn: psycopg.Connection) -> None:
    """Before every turn alike: an empty table, no ledger, dirty pages written."""
    conn.execute("truncate raw.daily_bar, raw.reject, raw.load")
    conn.commit()
    conn.autocommit = True
    conn.execute("checkpoint")
    conn.autocommit = False


@contextmanager
def _folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="factorium-bench-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _server(info: str | None, folder: Path) -> Iterator[str]:
    if info is not None:
        yield info
        return
    home = folder / "server"
    try:
        yield server.start(home).conninfo_for("postgres")
    finally:
        server.stop(home)


@contextmanager
def _database(info: str) -> Iterator[str]:
    name = sql.Identifier(DATABASE)
    with psycopg.connect(info, autocommit=True) as conn:
        conn.execute(sql.SQL("drop database if exists {} (force)").format(name))
        conn.execute(sql.SQL("create database {}").format(name))
        try:
            target = make_conninfo(info, dbname=DATABASE)
            migrate(target)
            yield target
        finally:
            conn.execute(sql.SQL("drop database if exists {} (force)").format(name))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--format", choices=["parquet", "csv"], default="parquet")
    parser.add_argument("--server", help="conninfo of a server on which databases may be made")
    return parser.parse_args()


if __name__ == "__main__":
    main()
