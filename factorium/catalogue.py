"""The factor catalogue, docs/factors.md, from the YAML of the families."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]

from factorium.paths import DBT, ROOT

PATH = ROOT / "docs" / "factors.md"
SIDES = {1: "high", -1: "low", 0: "–"}
HEAD = """\
# Factors

Written by `factorium catalogue` from the YAML beside each family; edit it there. *Buys* is the side
the literature buys. Values are raw, in the unit named; scores are in `marts.fct_factor_values`.
"""
TABLE = "\n| factor | what | formula | unit | buys | source |\n|---|---|---|---|---|---|\n"


def write(path: Path = PATH) -> int:
    """Write the catalogue; returns the number of factors."""
    text, count = render()
    path.write_text(text)
    return count


def render() -> tuple[str, int]:
    """The catalogue's text and how many factors it holds."""
    parts, count = [HEAD], 0
    for model in sorted(_families(), key=lambda m: (m["kind"], m["family"])):
        parts.append(f"\n## {model['family']} ({model['kind']})\n\n{model['description']}\n")
        parts.append(
            "\n| factor | what | formula | unit | buys | source |\n|---|---|---|---|---|---|\n"
        )
        parts += [_row(column) for column in model["factors"]]
        count += len(model["factors"])
    return "".join(parts), count


def _families() -> Iterator[dict[str, Any]]:
    for path in sorted((DBT / "models" / "factors").rglob("fac_*.yml")):
        for model in yaml.safe_load(path.read_text())["models"]:
            meta = model["config"]["meta"]
            yield {
                "family": meta["family"],
                "kind": meta["kind"],
                "description": " ".join(model["description"].split()),
                "factors": [c for c in model["columns"] if c["name"] not in meta["grain"]],
            }


def _row(column: dict[str, Any]) -> str:
    meta = column["config"]["meta"]
    text = " ".join(column["description"].split())
    formula = next(iter(re.findall(r"`([^`]*)`", text)), "")
    what = re.sub(r",?\s*`[^`]*`", "", text).rstrip(". ")
    cells = [
        f"`{column['name']}`",
        what,
        f"`{formula}`" if formula else "",
        meta["unit"],
        SIDES[meta["sign"]],
        meta["source"],
    ]
    return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |\n"
