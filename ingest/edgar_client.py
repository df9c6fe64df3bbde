"""How we ask the SEC: declared, at most ten requests a second in all, only for what is new."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from email.utils import parsedate_to_datetime
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import psycopg

from ingest.errors import IngestError, UnexpectedPayload
from ingest.files import File, files
from ingest.http import PoliteClient, Rate, client, download, fetch
from ingest.landing import Batch, Item

WWW = "https://www.sec.gov"
DATA = "https://data.sec.gov"
# One limit for all clients and threads of this process, as the SEC counts them.
SEC_RATE = Rate(10, 1.0)

# Batches of a document, given where it is from (path or URL) and its content.
Parse = Callable[[str, bytes], Iterable[Batch]]


def sec_client(user_agent: str, **options: Any) -> PoliteClient:
    """A client for both SEC hosts. Errors: IngestError when nobody is named."""
    if not user_agent.strip():
        raise IngestError(
            "the SEC answers only those who say who they are: set FACTORIUM_SEC_USER_AGENT "
            "to your name and e-mail address, e.g. 'Jane Doe jane@example.org'"
        )
    headers = {"User-Agent": user_agent, "Accept-Encoding": "gzip, deflate"}
    return client(headers=headers, rate=SEC_RATE, **options)


def file_items(path: Path, parse: Parse, *patterns: str) -> Iterator[Item]:
    """The files at `path` (one, a folder, a zip) as things to land."""

    def parse_file(file: File, payload: bytes) -> Iterable[Batch]:
        return parse(file.uri, payload)

    return (file.item(parse_file) for file in files(path, *patterns))


def live_item(
    client: httpx.Client, url: str, known: dict[str, str], parse: Parse, **params: Any
) -> Item:
    """A document to fetch and land; unchanged when it is what `known` describes."""
    get = partial(fetch, client, url, params=params or None, known=known.get(url))
    return Item(url, get, partial(parse, url))


def known_documents(conn: psycopg.Connection, dataset: str) -> dict[str, str]:
    """URL → validators of the version that landed last, for conditional requests."""
    rows = conn.execute(
        "select distinct on (uri) uri, watermark from raw.load "
        "where dataset = %s and status = 'done' and uri like 'http%%' and watermark is not null "
        "order by uri, load_id desc",
        [dataset],
    ).fetchall()
    conn.commit()
    return dict(rows)


def download_bulk(client: httpx.Client, url: str, folder: Path) -> Path:
    """The newest version of a nightly zip, in `folder`; downloaded only if it is not there."""
    response = client.head(url)
    if response.is_error:
        raise UnexpectedPayload(f"{url}: {response.status_code} {response.reason_phrase}")
    name = Path(url.rsplit("/", 1)[-1])
    stamp = ""
    if modified := response.headers.get("last-modified"):
        stamp = f".{parsedate_to_datetime(modified):%Y%m%dT%H%M%S}"
    target = folder / f"{name.stem}{stamp}{name.suffix}"
    folder.mkdir(parents=True, exist_ok=True)
    return target if stamp and target.exists() else download(client, url, target)


def padded(cik: int) -> str:
    """A CIK as the SEC's file names have it: ten digits."""
    return f"{cik:010d}"


def as_ciks(ciks: Iterable[int | str]) -> list[int]:
    """CIKs as numbers. Errors: IngestError naming the one that is none."""
    numbers = []
    for cik in ciks:
        text = str(cik).strip().upper().removeprefix("CIK")
        if not text.isdigit():
            raise IngestError(f"{cik!r} is no CIK: it has up to ten digits")
        numbers.append(int(text))
    return numbers
