"""Where the parts of the project lie on disk.

The warehouse is run from a checkout: dbt models, SQL files and migrations are
read from there, so an edit takes effect at the next `factorium migrate`.
"""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DBT = ROOT / "dbt"
SQL = ROOT / "sql"
MIGRATIONS = ROOT / "migrations"
