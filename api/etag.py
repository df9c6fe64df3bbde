"""Entity tags: one per build and request, so that a build makes every answer new."""

from __future__ import annotations

import re
from hashlib import sha256

TAG = re.compile(r'(?:W/)?"([^"]*)"')


def entity_tag(build_id: int, url: str, media_type: str, version: str) -> str:
    """A weak tag: the same build, request and format mean the same content."""
    digest = sha256(f"{build_id}\n{url}\n{media_type}\n{version}".encode())
    return f'W/"{digest.hexdigest()[:32]}"'


def content_tag(body: bytes) -> str:
    """A weak tag of an answer that other things than builds change."""
    return f'W/"{sha256(body).hexdigest()[:32]}"'


def matches(if_none_match: str | None, tag: str) -> bool:
    """Whether the client holds `tag` already (RFC 9110, weak comparison)."""
    if if_none_match is None:
        return False
    if if_none_match.strip() == "*":
        return True
    return tag.removeprefix("W/").strip('"') in TAG.findall(if_none_match)
