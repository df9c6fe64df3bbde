"""SQL that is not a dbt model: functions, aggregates, and the queries of api and ingest."""

from functools import cache
from pathlib import Path

QUERIES = Path(__file__).parent / "queries"


@cache
def query(name: str) -> str:
    """The text of `sql/queries/<name>.sql`. Errors: FileNotFoundError for an unknown name."""
    return (QUERIES / f"{name}.sql").read_text()
