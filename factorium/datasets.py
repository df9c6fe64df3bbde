"""Dataset descriptors: a TOML file that names files, their kinds and their mappings."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from factorium.errors import FactoriumError


class DescriptorError(FactoriumError):
    """A dataset descriptor cannot be read; the message says where and why."""


@dataclass(frozen=True)
class Item:
    """One `[[load]]` of a descriptor."""

    kind: str
    path: Path
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Dataset:
    """A descriptor, with paths made absolute."""

    name: str
    description: str
    items: list[Item]


def read(path: Path, root: Path | None = None) -> Dataset:
    """Read a descriptor.

    Paths are relative to `root`: the argument, else the descriptor's own `root`
    (relative to its file), else its folder. Errors: DescriptorError.
    """
    try:
        content = tomllib.loads(path.read_text())
    except FileNotFoundError as error:
        raise DescriptorError(f"no dataset descriptor at {path}") from error
    except tomllib.TOMLDecodeError as error:
        raise DescriptorError(f"{path}: {error}") from error
    base = root or (path.parent / content.get("root", ".")).resolve()
    items = [item for entry in content.get("load", []) for item in _items(path, base, entry)]
    if not items:
        raise DescriptorError(f"{path}: no [[load]] entries")
    return Dataset(content.get("name", path.stem), content.get("description", ""), items)


def _items(descriptor: Path, base: Path, entry: dict[str, Any]) -> Iterator[Item]:
    options = dict(entry)
    try:
        kind, name = options.pop("kind"), options.pop("path")
    except KeyError as error:
        raise DescriptorError(f"{descriptor}: a [[load]] entry lacks {error}: {entry}") from error
    is_optional = options.pop("optional", False)
    found = sorted(base.glob(name)) if "*" in name else [base / name]
    present = [path for path in found if path.exists()]
    if not present and not is_optional:
        raise DescriptorError(f"{descriptor}: {kind}: no file at {base / name}")
    for path in present:
        yield Item(kind, path, options)
