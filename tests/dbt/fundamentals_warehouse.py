"""Landing recorded EDGAR files and building the fundamentals models, for tests."""

from __future__ import annotations

from pathlib import Path

import psycopg
from psycopg.conninfo import make_conninfo

from factorium.build import settle
from factorium.warehouse import run_dbt
from ingest import edgar_facts, edgar_submissions

SEEDS = ["standard_items", "concept_map", "share_classes"]
MODELS = ["+int_fundamentals__as_known", "+int_shares__rejected", "+int_shares__as_known"]


def land_edgar(info: str, folder: Path, companies: str = "*") -> None:
    """Land recorded companyfacts and submissions through the real ingestors."""
    with psycopg.connect(make_conninfo(info, options="-c role=factorium_ingest")) as conn:
        for path in sorted((folder / "companyfacts").glob(f"{companies}.json.gz")):
            list(edgar_facts.run(conn, path))
            for page in sorted((folder / "submissions").glob(f"{path.name[:13]}*.json.gz")):
                list(edgar_submissions.run(conn, page))
    settle(info)


def build_fundamentals(info: str, target: Path) -> None:
    """Seed and build the fundamentals models, and nothing else."""
    run_dbt(info, ["seed", "--select", *SEEDS], target_path=target)
    run_dbt(info, ["run", "--select", *MODELS], target_path=target)
