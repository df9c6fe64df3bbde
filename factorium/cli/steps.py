"""The long steps of the commands, with progress bars."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from contextlib import AbstractContextManager
from datetime import date
from pathlib import Path

from factorium import database, datasets
from factorium.build import Built
from factorium.build import build as build_models
from factorium.cli.console import console, errors, progress
from factorium.errors import FactoriumError
from factorium.migrate import migrate
from factorium.paths import DBT, ROOT
from factorium.settings import Settings
from factorium.warehouse import parsed_ahead
from ingest.errors import IngestError
from ingest.landing import Landed
from ingest.registry import Request, land_kind, land_live_kind

SAMPLE_DESCRIPTOR = ROOT / "datasets" / "sample.toml"


def start() -> str:
    """Start the server and migrate; the conninfo."""
    with progress() as bar:
        task = bar.add_task("server and schema", total=2)
        info = database.conninfo()
        bar.advance(task)
        migrate(info)
        bar.advance(task)
    return info


def write_sample(folder: Path, names: int, years: int, seed: int) -> None:
    """Write a sample market unless the folder holds the same one already."""
    from factorium.sample import write_market  # noqa: PLC0415

    marker = folder / "complete"
    told = f"{names} names, {years} years, seed {seed}"
    if marker.exists() and marker.read_text() == told:
        console.print(f"sample market: {told} (already there)")
        return
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with progress() as bar:
        task = bar.add_task("sample market", total=1)
        write_market(folder, names=names, years=years, seed=seed)
        bar.advance(task)
    marker.write_text(told)
    console.print(f"sample market: {told} in {folder}")


def land_dataset(info: str, descriptor: Path, root: Path | None) -> None:
    """Land what a descriptor names; a file that fails does not stop the others.

    Errors: IngestError at the end, naming every file that failed.
    """
    dataset = datasets.read(descriptor, root)
    landed = rejected = new = 0
    failures: list[str] = []
    with database.connect("factorium_ingest", info=info) as conn, progress() as bar:
        task = bar.add_task(f"landing {dataset.name}", total=len(dataset.items))
        for item in dataset.items:
            bar.update(task, description=f"landing {item.kind} {item.path.name}"[:60].ljust(60))
            try:
                for load in land_kind(conn, item.kind, item.path, **item.options):
                    landed += load.rows_landed
                    rejected += load.rows_rejected
                    new += load.is_new
            except IngestError as error:
                conn.rollback()
                failures.append(str(error))
                errors.print(f"[red]not landed:[/red] {error}", soft_wrap=True, highlight=False)
            bar.advance(task)
    what = f"{landed:,} rows landed in {new:,} loads" if new else "nothing new"
    more = f", {rejected:,} rejected (factorium status --rejects)" if rejected else ""
    console.print(f"dataset {dataset.name}: {what}{more}", highlight=False)
    if failures:
        raise IngestError(f"{len(failures)} of the dataset's files did not land; see above")


def land_source(info: str, kind: str, path: Path, options: list[str]) -> None:
    """Land one file, folder or zip of a kind; options as TOML assignments."""
    try:
        parsed = tomllib.loads("\n".join(options))
    except tomllib.TOMLDecodeError as error:
        raise IngestError(f"options must be TOML assignments like source='x': {error}") from error
    if not path.exists():
        raise IngestError(f"no file or folder at {path}")
    with database.connect("factorium_ingest", info=info) as conn:
        try:
            _tell(kind, land_kind(conn, kind, path, **parsed))
        except TypeError as error:
            raise IngestError(f"{kind}: {error}; give options as -o name=value") from error


def land_live(info: str, kind: str, request: Request) -> None:
    """Land what a vendor publishes now."""
    with database.connect("factorium_ingest", info=info) as conn:
        _tell(kind, land_live_kind(conn, kind, request))


def _tell(kind: str, loads: Iterable[Landed]) -> None:
    landed = rejected = new = known = 0
    for load in loads:
        landed += load.rows_landed
        rejected += load.rows_rejected
        new += load.is_new
        known += not load.is_new
    console.print(
        f"{kind}: {landed:,} rows landed in {new:,} loads, {known:,} loads known already, "
        f"{rejected:,} records rejected",
        highlight=False,
    )


def run_benches(only: list[str]) -> None:
    """Run scripts of bench/, one after the other. Errors: FactoriumError for one that fails."""
    scripts = {path.stem: path for path in sorted((ROOT / "bench").glob("*.py"))}
    if unknown := set(only) - set(scripts):
        raise FactoriumError(f"no bench {sorted(unknown)}; there are {sorted(scripts)}")
    for name in only or scripts:
        console.rule(name)
        if subprocess.run([sys.executable, scripts[name]], cwd=ROOT, check=False).returncode:
            raise FactoriumError(f"bench {name} failed")


def models_parsed_ahead(info: str) -> AbstractContextManager[None]:
    """Parse the models while something else goes on."""
    return parsed_ahead(info, _target_path())


def _target_path() -> Path:
    return Settings().home.resolve() / "dbt-target"


def build(info: str, since: date | None, until: date | None, full_refresh: bool) -> Built:
    """Build with a bar that advances model by model."""
    models = sum(1 for _ in (DBT / "models").rglob("*.sql"))
    with progress() as bar:
        task = bar.add_task("building".ljust(40), total=models)

        def advance(name: str, status: str, seconds: float) -> None:
            bar.update(task, description=f"building {name}"[:40].ljust(40), advance=1)

        return build_models(
            info,
            since=since,
            until=until,
            full_refresh=full_refresh,
            target_path=_target_path(),
            on_node=advance,
        )
