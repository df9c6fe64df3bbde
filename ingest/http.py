"""How we ask vendors: within their limits, patiently, and only for what is new.

`client` makes an `httpx.Client` that waits its turn before every request, also
across threads, and repeats one that was answered 429, 5xx or not at all.
"""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from threading import Lock
from typing import Any

import httpx

from ingest.errors import UnexpectedPayload, VendorUnavailable
from ingest.landing import Content

RETRIED = frozenset({429, 500, 502, 503, 504})
# Values of query parameters that no message or log may repeat.
SECRET = {"api_key", "apikey", "token", "key"}


class Rate:
    """At most `calls` in any `seconds`, counted over all threads that share it."""

    def __init__(self, calls: int, seconds: float) -> None:
        self.calls = calls
        self.seconds = seconds
        self._times: deque[float] = deque(maxlen=calls)
        self._lock = Lock()

    def wait(self) -> None:
        """Return when the next call may be made."""
        with self._lock:
            if len(self._times) == self.calls:
                time.sleep(max(0.0, self._times[0] + self.seconds - time.monotonic()))
            self._times.append(time.monotonic())


class PoliteClient(httpx.Client):
    """An `httpx.Client` that keeps a vendor's limit and tries again.

    The n-th repetition waits `backoff_s` · 2ⁿ, or as long as Retry-After says.
    Errors: VendorUnavailable after `attempts`, or when the vendor asks for more
    than `patience_s`.
    """

    def __init__(
        self,
        *,
        rate: Rate,
        attempts: int = 5,
        backoff_s: float = 1.0,
        patience_s: float = 90.0,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.rate = rate
        self.attempts = attempts
        self.backoff_s = backoff_s
        self.patience_s = patience_s

    def send(self, request: httpx.Request, **options: Any) -> httpx.Response:
        """Send within the limit, again after 429, 5xx, a timeout or a broken connection."""
        problem = ""
        for attempt in range(self.attempts):
            self.rate.wait()
            pause = self.backoff_s * 2**attempt
            try:
                response = super().send(request, **options)
            except httpx.TransportError as error:
                problem = f"{type(error).__name__}: {error}"
            else:
                if response.status_code not in RETRIED:
                    return response
                problem = f"{response.status_code} {response.reason_phrase}"
                pause = _retry_after(response) or pause
                response.close()
            if pause > self.patience_s:
                problem += f", asks to come back in {pause:.0f} s"
                break
            if attempt + 1 < self.attempts:
                time.sleep(pause)
        raise VendorUnavailable(f"{shown(request.url)}: no answer, at last {problem}")


def client(
    base_url: str = "",
    headers: Mapping[str, str] | None = None,
    rate: Rate | None = None,
    **options: Any,
) -> PoliteClient:
    """A client for one vendor. `options` go to PoliteClient and `httpx.Client`."""
    options.setdefault("timeout", httpx.Timeout(30.0, connect=10.0))
    options.setdefault("follow_redirects", True)
    return PoliteClient(
        base_url=base_url,
        headers=dict(headers or {}),
        rate=rate or Rate(10, 1.0),
        **options,
    )


def fetch(
    client: httpx.Client,
    url: str,
    *,
    params: Mapping[str, Any] | None = None,
    known: str | None = None,
) -> Content | None:
    """GET a document; None when it is still what `known` describes.

    The content's watermark describes it: ETag and Last-Modified. Given back as
    `known`, they make the request conditional. Errors: VendorUnavailable;
    UnexpectedPayload for a 4xx, which a retry would not change.
    """
    request = client.build_request("GET", url, params=params, headers=_conditions(known))
    response = client.send(request)
    if response.status_code == httpx.codes.NOT_MODIFIED:
        return None
    _refuse_error(response)
    return Content(response.content, _validators(response))


def download(client: httpx.Client, url: str, to: Path) -> Path:
    """Stream a large document into a file, which appears only when it is whole.

    A download cut short goes on where it stopped, if the document is unchanged.
    """
    partial_file = to.with_name(to.name + ".part")
    validator_file = to.with_name(to.name + ".etag")
    for attempt in range(3):
        try:
            _download_rest(client, url, partial_file, validator_file)
            break
        except httpx.TransportError as error:
            if attempt == 2:
                raise VendorUnavailable(f"{shown(url)}: broke off: {error}") from error
    partial_file.rename(to)
    validator_file.unlink(missing_ok=True)
    return to


def shown(url: httpx.URL | str) -> str:
    """A URL as messages may show it: without keys."""
    shown_url = httpx.URL(url)
    for name in SECRET & set(shown_url.params):
        shown_url = shown_url.copy_set_param(name, "***")
    return str(shown_url)


def _download_rest(client: httpx.Client, url: str, partial_file: Path, validator: Path) -> None:
    headers = {"Accept-Encoding": "identity"}
    if partial_file.exists() and validator.exists() and (etag := validator.read_text()):
        headers |= {"Range": f"bytes={partial_file.stat().st_size}-", "If-Range": etag}
    with client.stream("GET", url, headers=headers) as response:
        if response.is_error:
            response.read()
        if response.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
            validator.unlink()
            raise httpx.RemoteProtocolError("the document is shorter than what we have of it")
        _refuse_error(response)
        validator.write_text(response.headers.get("etag", ""))
        mode = "ab" if response.status_code == httpx.codes.PARTIAL_CONTENT else "wb"
        with partial_file.open(mode) as file:
            for chunk in response.iter_bytes():
                file.write(chunk)


def _refuse_error(response: httpx.Response) -> None:
    if response.is_error:
        hint = " (is the User-Agent declared?)" if response.status_code == 403 else ""
        raise UnexpectedPayload(
            f"{shown(response.request.url)}: {response.status_code} "
            f"{response.reason_phrase}{hint}: {_gist(response.text)}"
        )


def _gist(text: str) -> str:
    """The first words of an answer."""
    return " ".join(text.split())[:200]


def _conditions(known: str | None) -> dict[str, str]:
    validators: dict[str, str] = json.loads(known) if known else {}
    names = {"etag": "If-None-Match", "last_modified": "If-Modified-Since"}
    return {names[name]: value for name, value in validators.items() if name in names}


def _validators(response: httpx.Response) -> str | None:
    found = {"etag": response.headers.get("etag")} | {
        "last_modified": response.headers.get("last-modified")
    }
    present = {name: value for name, value in found.items() if value}
    return json.dumps(present) if present else None


def _retry_after(response: httpx.Response) -> float | None:
    """Seconds that Retry-After asks for, as a number or as a date."""
    text = response.headers.get("retry-after", "").strip()
    if text.isdigit():
        return float(text)
    try:
        pause: timedelta = parsedate_to_datetime(text) - datetime.now(UTC)
        return max(0.0, pause.total_seconds())
    except (ValueError, TypeError):
        return None
