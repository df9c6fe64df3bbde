"""The container files: valid, without secrets, and their scripts do what they say."""

from __future__ import annotations

import os
import runpy
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml
from psycopg import sql
from psycopg.conninfo import make_conninfo

DOCKER = Path(__file__).resolve().parents[1] / "docker"
COMPOSE = DOCKER / "compose.yaml"
SERVICES = ["api", "build", "migrate"]


def compose_client() -> list[str] | None:
    """The compose command of this machine: docker's plugin, or the older program."""
    if shutil.which("docker"):
        plugin = ["docker", "compose"]
        if subprocess.run([*plugin, "version"], capture_output=True, check=False).returncode == 0:
            return plugin
    return ["docker-compose"] if shutil.which("docker-compose") else None


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    return yaml.safe_load(COMPOSE.read_text())["services"]


def test_compose_config_is_valid() -> None:
    client = compose_client()
    if client is None:
        pytest.skip("this machine has no docker compose")
    done = subprocess.run(
        [*client, "-f", COMPOSE, "config", "-q"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_dockerfile_passes_its_linter() -> None:
    hadolint = shutil.which("hadolint") or shutil.which("hadolint", path=_bin_of_this_python())
    if hadolint is None:
        pytest.skip("hadolint has no build for this platform")
    done = subprocess.run(
        [hadolint, "--config", DOCKER / "hadolint.yaml", DOCKER / "Dockerfile"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", SERVICES)
def test_service_of_ours_has_no_privileges(services: dict[str, Any], name: str) -> None:
    service = services[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["deploy"]["resources"]["limits"].keys() == {"cpus", "memory"}


def test_every_secret_is_a_file_and_no_environment_holds_one(services: dict[str, Any]) -> None:
    for name, service in services.items():
        for variable, value in service.get("environment", {}).items():
            if "PASSWORD" in variable or "API_KEY" in variable:
                assert variable.endswith("_FILE"), f"{name}: {variable} is not read from a file"
                assert value.removeprefix("/run/secrets/") in service["secrets"]


def test_database_is_on_a_network_without_a_way_out(services: dict[str, Any]) -> None:
    networks = yaml.safe_load(COMPOSE.read_text())["networks"]
    assert services["db"]["networks"] == ["data"]
    assert networks["data"] == {"internal": True}
    assert "ports" not in services["db"]


def test_image_build_context_excludes_the_secrets() -> None:
    ignored = (DOCKER / "Dockerfile.dockerignore").read_text().splitlines()
    assert ignored[1] == "*"
    assert not [line for line in ignored if line.startswith("!docker") and "*." not in line]


# --- create-secrets.sh, entrypoint.sh, schedule.sh --------------------------------------------


def test_create_secrets_keeps_what_exists(tmp_path: Path) -> None:
    script = Path(shutil.copy(DOCKER / "create-secrets.sh", tmp_path))
    subprocess.run([script], check=True, capture_output=True)
    password = tmp_path / "secrets" / "postgres_password"
    before = password.read_text()
    subprocess.run([script], check=True, capture_output=True)
    assert password.read_text() == before
    assert len(before) == 64
    assert stat.S_IMODE(password.parent.stat().st_mode) == 0o700


def test_entrypoint_reads_a_secret_from_its_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text('it\'s $HOME "quoted"\n')
    done = _entrypoint({"PGPASSWORD_FILE": str(tmp_path / "secret")}, "printenv", "PGPASSWORD")
    assert done.stdout == 'it\'s $HOME "quoted"\n'


def test_entrypoint_leaves_an_empty_optional_key_unset(tmp_path: Path) -> None:
    (tmp_path / "key").touch()
    name = "FACTORIUM_FRED_API_KEY"
    assert _entrypoint({f"{name}_FILE": str(tmp_path / "key")}, "printenv", name).returncode == 1


def test_entrypoint_names_a_secret_it_cannot_read() -> None:
    done = _entrypoint({"PGPASSWORD_FILE": "/nowhere/password"}, "true")
    assert done.returncode == 1
    assert "/nowhere/password, named by PGPASSWORD_FILE" in done.stderr


def test_schedule_builds_although_one_source_failed(tmp_path: Path) -> None:
    script, environment = _schedule(tmp_path, fails="ingest fred")
    done = _run([script, "once"], environment | {"INGEST": "fred edgar"})
    assert done.returncode == 1
    calls = (tmp_path / "calls").read_text().splitlines()
    assert calls == ["ingest fred", "ingest edgar", "build"]
    assert _run([script, "healthy"], environment).returncode == 1


def test_schedule_is_healthy_after_a_build(tmp_path: Path) -> None:
    script, environment = _schedule(tmp_path, fails="nothing")
    assert _run([script, "healthy"], environment).returncode == 0
    assert _run([script, "once"], environment).returncode == 0
    assert _run([script, "healthy"], environment).returncode == 0


# --- logins.py --------------------------------------------------------------------------------


@pytest.fixture
def login(database: str) -> Iterator[tuple[str, str]]:
    """Conninfo of a database and a name for a login in it, which is dropped in the end."""
    name = f"factorium_test_login_{os.getpid()}"
    yield database, name
    with psycopg.connect(database) as conn:
        conn.execute(sql.SQL("drop role if exists {}").format(sql.Identifier(name)))


@pytest.fixture(scope="module")
def ensure_login() -> Callable[..., None]:
    return runpy.run_path(str(DOCKER / "logins.py"))["ensure_login"]


def test_login_of_the_api_reads_nothing_but_marts(
    login: tuple[str, str], ensure_login: Callable[..., None]
) -> None:
    info, name = login
    with psycopg.connect(info) as conn:
        ensure_login(conn, name, "first", ["factorium_reader"])
    with psycopg.connect(make_conninfo(info, user=name, password="first")) as conn:
        assert _may(conn, "has_schema_privilege('marts', 'usage')")
        assert not _may(conn, "has_schema_privilege('raw', 'usage')")
        assert not _may(conn, "has_schema_privilege('ops', 'usage')")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            conn.execute("set role factorium_ingest")


def test_login_repeated_changes_the_password_and_the_roles(
    login: tuple[str, str], ensure_login: Callable[..., None]
) -> None:
    info, name = login
    with psycopg.connect(info) as conn:
        ensure_login(conn, name, "first", ["factorium_ingest", "factorium_reader"])
        ensure_login(conn, name, "second", ["factorium_reader"])
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(make_conninfo(info, user=name, password="first"))
    with psycopg.connect(make_conninfo(info, user=name, password="second")) as conn:
        assert not _may(conn, "pg_has_role('factorium_ingest', 'member')")


def _may(conn: psycopg.Connection, privilege: str) -> bool:
    row = conn.execute(f"select {privilege}").fetchone()
    assert row is not None
    return bool(row[0])


def _run(command: list[Any], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def _entrypoint(variables: dict[str, str], *command: str) -> subprocess.CompletedProcess[str]:
    return _run([DOCKER / "entrypoint.sh", *command], {"PATH": os.environ["PATH"], **variables})


def _schedule(folder: Path, fails: str) -> tuple[Path, dict[str, str]]:
    """The script with its outcome under `folder`, and a `factorium` that notes its calls."""
    text = (DOCKER / "schedule.sh").read_text()
    script = folder / "schedule.sh"
    script.write_text(text.replace("/tmp/last-build", str(folder / "last-build")))
    program = folder / "factorium"
    program.write_text(f'#!/bin/sh\necho "$*" >> {folder}/calls\n[ "$*" != "{fails}" ]\n')
    for file in (script, program):
        file.chmod(0o755)
    return script, {"PATH": f"{folder}:{os.environ['PATH']}"}


def _bin_of_this_python() -> str:
    return str(Path(sys.executable).parent)
