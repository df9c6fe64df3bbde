"""Connections to the warehouse, wherever it runs."""

from __future__ import annotations

from typing import Literal

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from factorium import server
from factorium.errors import ServerError
from factorium.settings import Settings

Role = Literal["factorium_owner", "factorium_ingest", "factorium_transform", "factorium_reader"]


def conninfo(settings: Settings | None = None) -> str:
    """Libpq settings of the warehouse; starts the embedded server when none is named."""
    settings = settings or Settings()
    external = settings.external_conninfo
    return server.start(settings.home).conninfo if external is None else external


def connect(
    role: Role | None = None, *, info: str | None = None, autocommit: bool = False
) -> psycopg.Connection:
    """A connection that works as one of the warehouse's roles; as the login if none."""
    info = conninfo() if info is None else info
    if role is not None:
        before = conninfo_to_dict(info).get("options") or ""
        info = make_conninfo(info, options=f"{before} -c role={role}".strip())
    try:
        return psycopg.connect(info, autocommit=autocommit)
    except psycopg.OperationalError as error:
        raise ServerError(f"the server does not answer: {error}".strip()) from error
