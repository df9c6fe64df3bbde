"""What the commands print: tables and progress for a person, JSON for a program."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any, Literal

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from factorium.errors import FactoriumError
from ingest.errors import IngestError

# On a terminal narrower than WIDE texts may be cut so that a row stays a line.
WIDE = 100
LONGEST_CELL = 12

console = Console()
errors = Console(stderr=True)


@contextmanager
def progress() -> Iterator[Progress]:
    """A progress bar with elapsed time; quiet where the output is not a terminal."""
    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:.0f}/{task.total:.0f}"),
        TimeElapsedColumn(),
        console=errors,
        transient=not sys.stderr.isatty(),
    ) as bar:
        yield bar


@contextmanager
def told_plainly() -> Iterator[None]:
    """Errors meant for the user become one line and exit code 1, without a traceback."""
    try:
        yield
    except (FactoriumError, IngestError) as error:
        errors.print(f"[red]error:[/red] {error}", soft_wrap=True, highlight=False)
        raise typer.Exit(1) from error


def print_rows(
    title: str,
    names: list[str],
    rows: list[tuple[Any, ...]],
    as_json: bool,
    *,
    is_cut: bool = False,
) -> None:
    """Rows as a table, or as JSON objects where a program reads.

    `is_cut`: on a narrow terminal texts are cut rather than wrapped.
    """
    if as_json:
        print(json.dumps([dict(zip(names, row, strict=True)) for row in rows], default=str))
        return
    table = Table(
        title=title, title_justify="left", header_style="bold", box=None, padding=(0, 1, 0, 0)
    )
    for place, name in enumerate(names):
        is_number = any(isinstance(row[place], (int, float, Decimal)) for row in rows)
        side: Literal["left", "right"] = "right" if is_number else "left"
        table.add_column(name.replace("_", " "), justify=side, no_wrap=is_cut)
    longest = LONGEST_CELL if is_cut and console.width < WIDE else None
    for row in rows:
        table.add_row(*(_cell(cell, longest) for cell in row))
    console.print(table)


def _cell(value: Any, longest: int | None) -> str:
    if value is None:
        return ""
    text = f"{value:,.4g}" if isinstance(value, float) else str(value)
    if longest is not None and isinstance(value, str) and len(text) > longest:
        return text[: longest - 1] + "…"
    return text
