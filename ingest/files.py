"""Vendor files as they lie on disk: one file, a folder of them, or a zip, `.gz` or not."""

from __future__ import annotations

import gzip
import re
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import partial
from pathlib import Path
from typing import Any

import orjson

from ingest.errors import UnexpectedPayload
from ingest.landing import Batch, Content, Item

GZIP = b"\x1f\x8b"
ZIP = b"PK"


@dataclass(frozen=True)
class File:
    """One vendor file, unpacked when it is read.

    `uri` says where it is ("facts/CIK1.json.gz", "bulk.zip!CIK1.json"), `name`
    is its last part without ".gz". `member` identifies a zip's member without
    reading it: name, CRC and size; it can be read until the next one is asked for.
    """

    uri: str
    name: str
    read: Callable[[], bytes]
    member: str | None = None

    def item(self, parse: Callable[[File, bytes], Iterable[Batch]]) -> Item:
        """This file as a thing to land; `parse` is given the file and its content."""
        return Item(self.uri, lambda: Content(self.read()), partial(parse, self), self.member)


def files(path: Path, *patterns: str) -> Iterator[File]:
    """The files at `path`: itself, or what is in the folder or zip and fits a pattern.

    Patterns are matched against names without ".gz"; a file named directly
    needs to fit none. Zips in a folder are opened. In order of name. Errors:
    UnexpectedPayload when there is nothing that fits, or a zip cannot be opened.
    """
    if not path.exists():
        raise UnexpectedPayload(f"{path}: no such file or folder")
    found = _files(path, patterns, named=True)
    first = next(found, None)
    if first is None:
        raise UnexpectedPayload(f"{path}: no file in it is named like {' or '.join(patterns)}")
    yield first
    yield from found


def base_name(uri: str) -> str:
    """The last part of a path, zip member or URL, without ".gz"."""
    return re.split(r"[/\\!]", uri)[-1].removesuffix(".gz")


def read(path: Path) -> bytes:
    """A file's content, unpacked if it is gzip. Errors: UnexpectedPayload."""
    return _unpacked(path.read_bytes(), str(path))


def parsed_json(uri: str, payload: bytes) -> Any:
    """JSON as Python objects. Errors: UnexpectedPayload with line and column."""
    try:
        return orjson.loads(payload)
    except orjson.JSONDecodeError as error:
        refuse_html(uri, payload, "JSON")
        where = f"line {error.lineno} column {error.colno}"
        raise UnexpectedPayload(f"{uri}: {where}: broken JSON: {error.msg}") from error


def refuse_html(uri: str, payload: bytes, wanted: str) -> None:
    """Raise UnexpectedPayload, with the page's title, when the content is a web page."""
    head = payload[:4096].lstrip().lower()
    if head.startswith((b"<!doctype html", b"<html", b"<head")) or b"<html" in head:
        found = re.search(rb"<title>\s*(.*?)\s*</title>", payload[:4096], re.I | re.S)
        title = f", titled “{found[1].decode(errors='replace')}”" if found else ""
        raise UnexpectedPayload(f"{uri}: line 1: a web page instead of {wanted}{title}")


def _files(path: Path, patterns: tuple[str, ...], *, named: bool) -> Iterator[File]:
    if path.is_dir():
        for child in sorted(p for p in path.rglob("*") if p.is_file()):
            yield from _files(child, patterns, named=False)
    elif _is_zip(path):
        yield from _members(path, patterns, named=named)
    else:
        name = base_name(path.name)
        if named or _fits(name, patterns):
            yield File(str(path), name, partial(read, path))


def _members(path: Path, patterns: tuple[str, ...], *, named: bool) -> Iterator[File]:
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError) as error:
        damage = UnexpectedPayload(f"{path}: truncated or damaged zip: {error}")
        if named:
            raise damage from error
        # In a folder it must not stop the files beside it: told when it is read.
        yield File(str(path), path.name, partial(_raise, damage))
        return
    with archive:
        for info in sorted(archive.infolist(), key=lambda info: info.filename):
            name = base_name(info.filename)
            if not info.is_dir() and _fits(name, patterns):
                uri = f"{path}!{info.filename}"
                member = f"{info.filename}:{info.CRC:08x}:{info.file_size}"
                yield File(uri, name, partial(_read_member, archive, info, uri), member)


def _raise(error: UnexpectedPayload) -> bytes:
    raise error


def _read_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, uri: str) -> bytes:
    try:
        return _unpacked(archive.read(info), uri)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise UnexpectedPayload(f"{uri}: damaged zip member: {error}") from error


def _unpacked(content: bytes, uri: str) -> bytes:
    if not content.startswith(GZIP):
        return content
    try:
        return gzip.decompress(content)
    except (EOFError, OSError, zlib.error) as error:
        raise UnexpectedPayload(
            f"{uri}: truncated or damaged gzip ({len(content)} bytes): {error}"
        ) from error


def _is_zip(path: Path) -> bool:
    with path.open("rb") as file:
        return path.suffix == ".zip" or file.read(4) == ZIP + b"\x03\x04"


def _fits(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatch(name, pattern) for pattern in patterns)
