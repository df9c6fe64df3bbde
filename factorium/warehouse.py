"""dbt in-process: the models run in this interpreter, with a kept manifest."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from psycopg.conninfo import conninfo_to_dict

from factorium.errors import BuildError
from factorium.paths import DBT

VARIABLES = {
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "dbname": "PGDATABASE",
}


def environment(info: str) -> dict[str, str]:
    """libpq's variables for a conninfo: what `profiles.yml` reads."""
    parts = conninfo_to_dict(info)
    return {name: str(parts[key]) for key, name in VARIABLES.items() if parts.get(key) is not None}


def run_dbt(
    info: str,
    arguments: list[str],
    *,
    target_path: Path | None = None,
    on_node: Callable[[str, str, float], None] | None = None,
) -> Any:
    """Run a dbt command against a database.

    `on_node(name, status, seconds)` is called as each model ends. Returns dbt's
    result object. Errors: BuildError naming the models that failed and why.
    """
    # dbt takes seconds to import; commands that do not build should not wait for it.
    from dbt.cli.main import dbtRunner  # noqa: PLC0415

    callbacks = [] if on_node is None else [_node_listener(on_node)]
    with _environment(environment(info)):
        outcome = dbtRunner(callbacks=callbacks).invoke(_command_line(arguments, target_path))
    if not outcome.success:
        raise BuildError(_explain(arguments, outcome))
    return outcome.result


@contextmanager
def parsed_ahead(info: str, target_path: Path) -> Iterator[None]:
    """Parse the models in another process meanwhile, where no manifest is kept yet.

    Takes a dozen seconds off the first build. Whether it went well does not matter: the
    build parses what is not parsed, and tells what is wrong.
    """
    if (target_path / "partial_parse.msgpack").exists():
        yield
        return
    script = "from dbt.cli.main import cli; cli()"
    with subprocess.Popen(
        [sys.executable, "-c", script, *_command_line(["parse"], target_path)],
        env=os.environ | environment(info),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as parsing:
        try:
            yield
        except BaseException:
            parsing.terminate()
            raise


def _command_line(arguments: list[str], target_path: Path | None) -> list[str]:
    flags = ["--quiet", "--no-version-check", "--no-send-anonymous-usage-stats"]
    # Every statement in a log file costs a daily build more than a second.
    flags += ["--log-level-file", "info"]
    paths = ["--project-dir", str(DBT), "--profiles-dir", str(DBT)]
    if target_path is not None:
        paths += ["--target-path", str(target_path), "--log-path", str(target_path / "logs")]
    return [*flags, *arguments, *paths]


def _node_listener(on_node: Callable[[str, str, float], None]) -> Callable[[Any], None]:
    def listen(event: Any) -> None:
        if event.info.name != "NodeFinished":
            return
        node = event.data.node_info
        on_node(node.node_name, node.node_status, event.data.run_result.execution_time)

    return listen


def _explain(arguments: list[str], outcome: Any) -> str:
    if outcome.exception is not None:
        return f"dbt {arguments[0]}: {outcome.exception}"
    failed = [
        r for r in outcome.result or [] if str(r.status) in ("error", "fail", "runtime error")
    ]
    lines = [f"{r.node.name}: {(r.message or '').strip()}" for r in failed]
    return f"dbt {arguments[0]} failed:\n" + "\n".join(lines)


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    """Set environment variables for a while; dbt's profile reads nothing else."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
