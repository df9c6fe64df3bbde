"""Landing companyfacts against parsing the same JSON and a bare COPY of its rows.

    python bench/landing_facts.py [--from FOLDER] [--names 40]

Lands a folder of companyfacts files (the sample market's, or recorded ones given
by --from) into a fresh database, from compressed file to table. The baseline is
the least anyone can do: parse the same JSON, and COPY the rows that came of it.
Target: 100,000 facts a second.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import orjson
import psycopg

from factorium import server
from factorium.migrate import migrate
from factorium.sample import write_market
from ingest import edgar_facts
from ingest.files import files


def main() -> None:
    """Print facts per second of landing, of parsing alone and of COPY alone."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--from", dest="source", type=Path)
    arguments.add_argument("--names", type=int, default=40)
    chosen = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="factorium-bench-") as folder:
        home = Path(folder)
        home.chmod(0o755)
        source = chosen.source or sample(home, chosen.names)
        try:
            info = server.start(home / "server").conninfo
            migrate(info)
            measure(info, source)
        finally:
            server.stop(home / "server")


def sample(home: Path, names: int) -> Path:
    """The companyfacts zip of a sample market."""
    write_market(home / "market", names=names, years=3, seed=1)
    return home / "market" / "edgar" / "companyfacts.zip"


def measure(info: str, source: Path) -> None:
    with psycopg.connect(info) as conn:
        began = time.perf_counter()
        facts = sum(load.rows_landed for load in edgar_facts.run(conn, source))
        landing = time.perf_counter() - began
        began = time.perf_counter()
        for file in files(source, "*.json"):
            orjson.loads(file.read())
        parsing = time.perf_counter() - began
        copying = timed_copy(conn)
    print(f"{facts:,} facts from {source.name}")
    print(f"  landing          {facts / landing:>12,.0f} facts/s  (target 100,000)")
    print(f"  parse JSON only  {facts / parsing:>12,.0f} facts/s")
    print(f"  bare COPY only   {facts / copying:>12,.0f} facts/s")
    print(f"  ratio landing / (parse + COPY)  {(parsing + copying) / landing:.2f}")


def timed_copy(conn: psycopg.Connection) -> float:
    """Seconds to COPY the landed rows once more from a CSV at hand."""
    with conn.cursor().copy("copy raw.company_fact to stdout (format csv)") as out:
        rows = b"".join(bytes(part) for part in out)
    conn.execute("truncate raw.company_fact")
    began = time.perf_counter()
    with conn.cursor().copy("copy raw.company_fact from stdin (format csv)") as copy:
        for at in range(0, len(rows), 1 << 20):
            copy.write(rows[at : at + (1 << 20)])
    conn.commit()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
