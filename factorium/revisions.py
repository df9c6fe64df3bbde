"""Schema revisions, through alembic. Imported only when there is one to apply: that takes time."""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import URL, create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from factorium.errors import MigrationError
from factorium.paths import MIGRATIONS


def move(info: str, verb: str, revision: str) -> None:
    """`upgrade` or `downgrade` a database to a revision. Errors: MigrationError."""
    engine = create_engine(sqlalchemy_url(info), poolclass=NullPool)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    try:
        with engine.connect() as connection:
            config.attributes["connection"] = connection
            getattr(command, verb)(config, revision)
    except DBAPIError as error:
        # SQLAlchemy's own text repeats the whole migration; the server's says what is wrong.
        raise MigrationError(f"alembic {verb} {revision}: {error.orig}") from error
    except Exception as error:
        raise MigrationError(f"alembic {verb} {revision}: {error}") from error
    finally:
        engine.dispose()


def sqlalchemy_url(info: str) -> URL:
    """The same settings as SQLAlchemy writes them; libpq fills what is not named."""
    parts = {k: str(v) for k, v in conninfo_to_dict(info).items() if v is not None}
    return URL.create(
        "postgresql+psycopg",
        username=parts.pop("user", None),
        password=parts.pop("password", None),
        host=parts.pop("host", None),
        port=int(parts.pop("port")) if "port" in parts else None,
        database=parts.pop("dbname", None),
        query=parts,
    )
