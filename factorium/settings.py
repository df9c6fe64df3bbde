"""Settings, from the environment; connection settings are libpq's own."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

LIBPQ = ("PGHOST", "PGHOSTADDR", "PGSERVICE", "PGDATABASE", "PGPORT")


class Settings(BaseSettings):
    """What a user can set. `FACTORIUM_HOME`, `FACTORIUM_SEC_USER_AGENT`, …"""

    model_config = SettingsConfigDict(env_prefix="FACTORIUM_", extra="ignore")

    home: Path = Field(default=Path(".factorium"), description="Embedded server and its state.")
    sec_user_agent: str = Field(
        default="", description="Declared to the SEC with every request: name and e-mail."
    )
    fred_api_key: str = Field(default="", description="Key of the FRED API.")
    ibkr_host: str = Field(default="127.0.0.1", description="Where TWS or IB Gateway listens.")
    ibkr_port: int = Field(default=7497, description="Its port: 7497 paper, 7496 live.")
    statement_timeout_ms: int = Field(default=15_000, description="API statement timeout.")
    pool_size: int = Field(default=8, description="Connections the API keeps open.")
    http_host: str = "127.0.0.1"
    http_port: int = 8000

    @property
    def external_conninfo(self) -> str | None:
        """`DATABASE_URL`, or an empty conninfo when libpq's variables are set, or None."""
        if url := os.environ.get("DATABASE_URL"):
            return url
        return "" if any(os.environ.get(name) for name in LIBPQ) else None
