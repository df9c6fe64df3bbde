"""The commands `factorium ingest …`: one per kind of source, and datasets."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from factorium import database
from factorium.build import settle
from factorium.cli import steps
from factorium.cli.console import told_plainly
from factorium.settings import Settings
from ingest.registry import KINDS, LIVE_KINDS, Request

app = typer.Typer(no_args_is_help=True, help="Land files or responses of a source.")


@app.command("dataset")
def dataset(
    descriptor: Path,
    root: Annotated[Path | None, typer.Option(help="Folder its paths are relative to.")] = None,
) -> None:
    """Land everything a dataset descriptor names, then settle it."""
    with told_plainly():
        info = database.conninfo()
        steps.land_dataset(info, descriptor, root)
        settle(info)


def _add_source(kind: str) -> None:
    """A command `factorium ingest <kind>`: offline with --from, live without."""

    def command(
        wanted: Annotated[
            list[str] | None, typer.Argument(help="Live: tickers, CIKs or series ids.")
        ] = None,
        source: Annotated[
            Path | None, typer.Option("--from", help="File, folder or zip; live without it.")
        ] = None,
        option: Annotated[
            list[str] | None,
            typer.Option("--option", "-o", help="Kind-specific, TOML: name=value."),
        ] = None,
        since: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"])] = None,
        until: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"])] = None,
    ) -> None:
        with told_plainly():
            info = database.conninfo()
            if source is not None:
                steps.land_source(info, kind, source, option or [])
            else:
                steps.land_live(info, kind, _request(wanted or [], since, until))
            settle(info)

    ingest = "offline with --from" + (", live without" if kind in LIVE_KINDS else "")
    app.command(kind, help=f"Land {kind}: {ingest}; then settle.")(command)


def _request(wanted: list[str], since: datetime | None, until: datetime | None) -> Request:
    settings = Settings()
    return Request(
        wanted=wanted,
        since=since and since.date(),
        until=until and until.date(),
        sec_user_agent=settings.sec_user_agent,
        fred_api_key=settings.fred_api_key,
        ibkr_host=settings.ibkr_host,
        ibkr_port=settings.ibkr_port,
    )


for _kind in KINDS:
    _add_source(_kind)
