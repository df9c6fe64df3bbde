"""Checksums over files of the project, to know what changed since it was applied."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from factorium.paths import DBT


def checksum_of(paths: Iterable[Path], root: Path) -> str:
    """One sha256 over the names and bytes of files, whatever their order."""
    digest = hashlib.sha256()
    for path in sorted(paths):
        digest.update(str(path.relative_to(root)).encode() + path.read_bytes())
    return digest.hexdigest()


def dbt_checksum(*folders: str) -> str:
    """One checksum over folders of the dbt project, e.g. `dbt_checksum("seeds")`."""
    files = [path for folder in folders for path in (DBT / folder).rglob("*") if path.is_file()]
    return checksum_of(files, DBT)
