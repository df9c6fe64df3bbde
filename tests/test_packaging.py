"""What a stranger gets with a clone: locks that install, commands that exist, no trace of here."""

from __future__ import annotations

import re
import subprocess
import tomllib
from functools import cache
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
RUNTIME, DEVELOPMENT = ROOT / "requirements.lock", ROOT / "requirements-dev.lock"
LOCKS = [RUNTIME, DEVELOPMENT]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRA = PROJECT["optional-dependencies"]["dev"]
# Its one user here, timescale-vector, is served by psycopg2-binary, which needs no compiler.
NOT_INSTALLED = {"psycopg2"}
INDEX_HOSTS = re.compile(r"pypi\.org/simple|pythonhosted|--(extra-)?index-url|registry\.npmjs")
ENTRY = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>\S+?)(?: ; (?P<marker>[^\\]+?))? \\$")


@cache
def locked(lock: Path) -> dict[str, list[Requirement]]:
    """Requirements of a lock by normalised name; several where a marker tells them apart."""
    found: dict[str, list[Requirement]] = {}
    for line in lock.read_text().splitlines():
        if not line.startswith((" ", "#")):
            requirement = Requirement(line.rstrip("\\ "))
            found.setdefault(canonicalize_name(requirement.name), []).append(requirement)
    return found


def version(requirement: Requirement) -> str:
    (only,) = requirement.specifier
    return only.version


@cache
def tracked_text() -> dict[str, str]:
    """Text of every file that git would hand to a clone."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    files = [name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]
    return {name: (ROOT / name).read_text(errors="replace") for name in files}


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_lock_has_a_hash_for_every_version_and_nothing_else(lock: Path) -> None:
    lines = lock.read_text().splitlines()
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        if line.startswith(" "):
            assert re.fullmatch(r"    --hash=sha256:[0-9a-f]{64}( \\)?", line), line
        else:
            assert ENTRY.match(line), line
            assert following.startswith("    --hash=sha256:"), f"{line}: no hash"


@pytest.mark.parametrize(
    ("lock", "wanted"),
    [(RUNTIME, PROJECT["dependencies"]), (DEVELOPMENT, PROJECT["dependencies"] + EXTRA)],
    ids=["runtime", "development"],
)
def test_lock_satisfies_the_project(lock: Path, wanted: list[str]) -> None:
    for text in wanted:
        requirement = Requirement(text)
        pins = locked(lock).get(canonicalize_name(requirement.name), [])
        assert pins, f"{requirement.name} is not in {lock.name}: make lock"
        for pin in pins:
            assert requirement.specifier.contains(version(pin), prereleases=True), (
                f"{lock.name} has {pin}, the project wants {requirement}: make lock"
            )


def test_what_is_shipped_is_what_is_tested() -> None:
    development = locked(DEVELOPMENT)
    for name, pins in locked(RUNTIME).items():
        assert [str(pin) for pin in pins] == [str(pin) for pin in development[name]]


@pytest.mark.parametrize("minor", ["3.11", "3.12", "3.13"])
@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_lock_has_one_version_of_each_package_per_python(lock: Path, minor: str) -> None:
    environment = {
        "python_version": minor,
        "python_full_version": f"{minor}.0",
        "sys_platform": "linux",
        "platform_machine": "x86_64",
        "platform_python_implementation": "CPython",
        "implementation_name": "cpython",
    }
    for name, pins in locked(lock).items():
        chosen = [p for p in pins if p.marker is None or p.marker.evaluate(environment)]
        assert len(chosen) <= 1, f"{name} on Python {minor}: {chosen}"


def test_nothing_locked_needs_a_compiler() -> None:
    assert not NOT_INSTALLED & locked(DEVELOPMENT).keys()
    assert "psycopg2-binary" in locked(RUNTIME)


def test_makefile_installs_with_the_hash_of_the_lock() -> None:
    """The Makefile cuts uv's lines out of the lock by this pattern."""
    text = RUNTIME.read_text()
    assert re.search(r"^uv==\S+ \\\n(?:    --hash=sha256:[0-9a-f]{64} \\\n)+", text, re.MULTILINE)


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md", "docs/operations.md"])
def test_make_targets_of_the_documents_exist(document: str) -> None:
    text = (ROOT / document).read_text()
    named = set(re.findall(r"(?:^|`)make ([a-z][a-z-]*)", text, re.MULTILINE))
    targets = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert named
    assert named <= targets


def test_make_help_lists_every_target_meant_for_users() -> None:
    done = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    targets = {"run", "test", "test-full", "lint", "bench", "lock", "clean"}
    assert set(re.findall(r"^ ?make ([a-z-]+)", done.stdout, re.MULTILINE)) == targets


def test_continuous_integration_runs_the_test_command_of_the_readme() -> None:
    script = (ROOT / ".ci" / "run").read_text()
    assert "make test" in (ROOT / "README.md").read_text()
    assert re.search(r"^step make (--keep-going )?lint\b", script, re.MULTILINE)
    assert re.search(r"^step make test\b", script, re.MULTILINE)


def test_links_between_documents_lead_somewhere() -> None:
    broken = [
        f"{name}: {target}"
        for name, text in tracked_text().items()
        if name.endswith(".md")
        for target in re.findall(r"\]\((?![a-z]+:|#)([^)#]+)", text)
        if not (ROOT / name).parent.joinpath(target).exists()
    ]
    assert not broken


def test_no_file_names_a_package_index() -> None:
    here = str(Path(__file__).relative_to(ROOT))
    found = [name for name, text in tracked_text().items() if INDEX_HOSTS.search(text)]
    assert set(found) <= {here}


def test_no_file_names_a_path_of_this_machine() -> None:
    if len(ROOT.parts) < 3:
        pytest.skip(f"the checkout lies at {ROOT}, too short a path to search for")
    beside = [str(folder) for folder in ROOT.parent.iterdir() if folder.is_dir()]
    paths = re.compile("|".join(rf"{re.escape(p)}(?![\w-])" for p in [*beside, f"{Path.home()}/"]))
    found = {name: m[0] for name, text in tracked_text().items() if (m := paths.search(text))}
    assert not found
