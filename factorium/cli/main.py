"""The commands of `factorium`, one function each."""

from __future__ import annotations

import os
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from factorium import catalogue, database, server
from factorium.build import Built
from factorium.cli import ingesting, reports, risk, steps
from factorium.cli.console import console, print_rows, told_plainly
from factorium.migrate import downgrade, migrate
from factorium.settings import Settings
from factorium.warehouse import environment

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="The open factor warehouse.",
    rich_markup_mode=None,
)
app.add_typer(ingesting.app, name="ingest")
app.add_typer(risk.app, name="risk")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"])]


@app.command()
def up() -> None:
    """Start the embedded server (or check the configured one) and migrate."""
    with told_plainly():
        info = database.conninfo()
        applied = migrate(info)
        console.print(f"server is up; {len(applied)} SQL objects applied")


@app.command()
def down() -> None:
    """Shut the embedded server down cleanly."""
    with told_plainly():
        stopped = server.stop(Settings().home)
        console.print("server stopped" if stopped else "no embedded server was running")


@app.command(context_settings={"ignore_unknown_options": True, "allow_extra_args": True})
def psql(context: typer.Context) -> None:
    """Open psql on the warehouse; further arguments go to psql."""
    with told_plainly():
        info = database.conninfo()
    program = server.installation() / "bin" / "psql"
    os.environ.setdefault("PGOPTIONS", "-c search_path=marts,factors,ranks,intermediate,public")
    os.execv(program, [str(program), info, *context.args])


@app.command()
def env() -> None:
    """Print libpq's variables for a shell: eval "$(factorium env)"."""
    with told_plainly():
        for name, value in environment(database.conninfo()).items():
            print(f"export {name}='{value}'")


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """Say what is there, what is missing, and the remedy."""
    with told_plainly():
        findings = reports.doctor(Settings())
        print_rows("doctor", ["check", "state", "remedy"], findings, as_json)
        if any(state.startswith("missing") for _, state, _ in findings):
            raise typer.Exit(1)


@app.command("migrate")
def migrate_command(
    to: Annotated[str, typer.Option(help="Revision; 'base' drops the warehouse.")] = "head",
) -> None:
    """Bring the schema to a revision and apply changed SQL objects."""
    with told_plainly():
        info = database.conninfo()
        if to == "base":
            downgrade(info)
            console.print("warehouse dropped")
            return
        applied = migrate(info, to)
        console.print(f"schema is at {to}; {len(applied)} SQL objects applied")


@app.command("build")
def build_command(
    since: Day = None,
    until: Day = None,
    full_refresh: Annotated[bool, typer.Option("--full-refresh")] = False,
) -> None:
    """Bring factors, scores and marts up to what has landed."""
    with told_plainly():
        built = steps.build(database.conninfo(), _day(since), _day(until), full_refresh)
        console.print(_summary(built))


@app.command()
def sample(
    names: Annotated[int, typer.Option(help="Number of securities.")] = 300,
    years: Annotated[int, typer.Option(help="Years of bars.")] = 5,
    seed: Annotated[int, typer.Option(help="Same seed, same market.")] = 7,
    to: Annotated[Path, typer.Option(help="Folder to write to.")] = Path(".factorium/sample"),
) -> None:
    """Write a synthetic market with known truth, in the vendors' own formats."""
    with told_plainly():
        steps.write_sample(to, names, years, seed)


@app.command()
def run(
    dataset: Annotated[
        Path | None, typer.Option(help="Descriptor; a sample market if none.")
    ] = None,
    names: int = 300,
    years: int = 5,
    seed: int = 7,
) -> None:
    """Everything once: server, schema, data, build, and the top-ranked names."""
    with told_plainly():
        info = steps.start()
        with steps.models_parsed_ahead(info):
            if dataset is None:
                folder = Settings().home / f"sample-{names}x{years}-{seed}"
                steps.write_sample(folder, names, years, seed)
                steps.land_dataset(info, steps.SAMPLE_DESCRIPTOR, folder)
            else:
                steps.land_dataset(info, dataset, None)
        console.print(_summary(steps.build(info, None, None, False)))
        reports.show(info, factor=None, universe="all", day=None, rows=3, as_json=False)
        reports.print_next_commands(info)


@app.command()
def show(
    factor: Annotated[
        str | None, typer.Option(help="One factor; the best of each kind if none.")
    ] = None,
    universe: str = "all",
    date_: Annotated[datetime | None, typer.Option("--date", formats=["%Y-%m-%d"])] = None,
    rows: Annotated[int, typer.Option(help="Names per factor.")] = 10,
    as_json: AsJson = False,
) -> None:
    """Show the top-ranked names."""
    with told_plainly():
        reports.show(database.conninfo(), factor, universe, _day(date_), rows, as_json)


@app.command()
def status(
    rejects: Annotated[bool, typer.Option("--rejects", help="List rejected records.")] = False,
    limit: int = 50,
    as_json: AsJson = False,
) -> None:
    """Show loads, builds and, with --rejects, what could not be read."""
    with told_plainly():
        reports.status(database.conninfo(), rejects, limit, as_json)


@app.command()
def serve(
    host: Annotated[str | None, typer.Option()] = None,
    port: Annotated[int | None, typer.Option()] = None,
) -> None:
    """Serve the REST API."""
    import uvicorn  # noqa: PLC0415

    from api.app import create_app  # noqa: PLC0415

    with told_plainly():
        settings = Settings()
        info = database.conninfo(settings)
        application = create_app(
            conninfo=info,
            pool_size=settings.pool_size,
            statement_timeout_ms=settings.statement_timeout_ms,
        )
    at = (host or settings.http_host, port or settings.http_port)
    console.print(f"docs: http://{at[0]}:{at[1]}/docs", highlight=False)
    uvicorn.run(application, host=at[0], port=at[1], log_level="warning")


def _day(value: datetime | None) -> date | None:
    return None if value is None else value.date()


def _summary(built: Built) -> str:
    if not built.is_new:
        return "nothing new"
    return f"build {built.build_id}: {built.dates_built:,} dates built or rebuilt"


@app.command()
def bench(
    only: Annotated[list[str] | None, typer.Argument(help="Names of benches; all if none.")] = None,
) -> None:
    """Run the benchmarks: each prints its figure beside a peer's or a baseline's."""
    with told_plainly():
        steps.run_benches(only or [])


@app.command("catalogue")
def catalogue_command() -> None:
    """Write docs/factors.md from the YAML of the families."""
    count = catalogue.write()
    console.print(f"{count} factors in {catalogue.PATH.name}")
