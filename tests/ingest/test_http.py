"""Limits, repetitions and conditional requests, against a real server on loopback."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import httpx
import pytest

from ingest.edgar_client import sec_client
from ingest.errors import IngestError, UnexpectedPayload, VendorUnavailable
from ingest.http import PoliteClient, Rate, client, download, fetch, shown

FAST = {"backoff_s": 0.01, "rate": Rate(1000, 1.0)}
Answer = Callable[[BaseHTTPRequestHandler], None]


class Vendor:
    """A server whose answers a test writes down; it remembers what it was asked."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.asked: list[tuple[float, str, dict[str, str]]] = []
        vendor = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                headers = {name.lower(): value for name, value in self.headers.items()}
                vendor.asked.append((time.monotonic(), self.path, headers))
                answer = vendor.answers.pop(0) if len(vendor.answers) > 1 else vendor.answers[0]
                answer(self)

            def log_message(self, *_: object) -> None:
                """Say nothing: the tests' output is for their failures."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    made = Vendor()
    thread = Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()
    thread.join()


def answer(status: int, body: bytes = b"", **headers: str) -> Answer:
    def write(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name.replace("_", "-"), value)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    return write


def cut_short(body: bytes, length: int, **headers: str) -> Answer:
    """Promise `length` bytes, send fewer, hang up."""

    def write(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        for name, value in headers.items():
            request.send_header(name.replace("_", "-"), value)
        request.send_header("Content-Length", str(length))
        request.end_headers()
        request.wfile.write(body)
        request.close_connection = True

    return write


def slow(request: BaseHTTPRequestHandler) -> None:
    time.sleep(0.5)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_busy_vendor_is_asked_again(vendor: Vendor, status: int) -> None:
    vendor.answers = [answer(status), answer(status), answer(200, b"facts")]
    with client(vendor.url, **FAST) as http:
        content = fetch(http, "/x")
    assert content is not None
    assert content.payload == b"facts"
    assert len(vendor.asked) == 3


def test_retry_after_is_honoured(vendor: Vendor) -> None:
    vendor.answers = [answer(429, Retry_After="1"), answer(200, b"facts")]
    with client(vendor.url, **FAST) as http:
        fetch(http, "/x")
    assert vendor.asked[1][0] - vendor.asked[0][0] >= 0.95


def test_a_vendor_that_never_recovers_is_unavailable(vendor: Vendor) -> None:
    vendor.answers = [answer(503)]
    with (
        client(vendor.url, **FAST, attempts=3) as http,
        pytest.raises(VendorUnavailable, match=r"/x: no answer, at last 503 Service Unav"),
    ):
        fetch(http, "/x")
    assert len(vendor.asked) == 3


def test_a_vendor_that_wants_too_much_patience_is_not_waited_for(vendor: Vendor) -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(minutes=10), usegmt=True)
    vendor.answers = [answer(429, Retry_After=later)]
    with (
        client(vendor.url, **FAST) as http,
        pytest.raises(VendorUnavailable, match=r"429 .*asks to come back in \d+ s"),
    ):
        fetch(http, "/x")
    assert len(vendor.asked) == 1


def test_a_timeout_is_tried_again_and_then_unavailable(vendor: Vendor) -> None:
    vendor.answers = [slow]
    with (
        client(vendor.url, **FAST, attempts=2, timeout=0.05) as http,
        pytest.raises(VendorUnavailable, match="ReadTimeout"),
    ):
        fetch(http, "/x")
    assert len(vendor.asked) == 2


def test_nobody_listening_is_unavailable() -> None:
    with (
        client("http://127.0.0.1:9", **FAST, attempts=2) as http,
        pytest.raises(VendorUnavailable, match="ConnectError"),
    ):
        fetch(http, "/x")


def test_a_refusal_is_not_retried_and_says_what_the_vendor_said(vendor: Vendor) -> None:
    vendor.answers = [answer(403, b"<html><title>Undeclared Automated Tool</title></html>")]
    with (
        client(vendor.url, **FAST) as http,
        pytest.raises(UnexpectedPayload, match=r"403 .*User-Agent.*Undeclared Automated Tool"),
    ):
        fetch(http, "/x")
    assert len(vendor.asked) == 1


def test_an_unchanged_document_is_not_sent_again(vendor: Vendor) -> None:
    vendor.answers = [answer(200, b"facts", ETag='"v1"'), answer(304)]
    with client(vendor.url, **FAST) as http:
        first = fetch(http, "/x")
        assert first is not None
        assert fetch(http, "/x", known=first.watermark) is None
    assert vendor.asked[1][2]["if-none-match"] == '"v1"'


def test_keys_do_not_reach_messages(vendor: Vendor) -> None:
    vendor.answers = [answer(400, b"Bad Request")]
    with client(vendor.url, **FAST) as http, pytest.raises(UnexpectedPayload) as caught:
        fetch(http, "/fred", params={"series_id": "GDP", "api_key": "s3cret"})
    assert "series_id=GDP" in str(caught.value)
    assert "s3cret" not in str(caught.value)
    assert "s3cret" not in shown("https://h/x?api_key=s3cret")


def test_the_limit_holds_over_all_threads() -> None:
    rate = Rate(5, 0.2)
    times: list[float] = []

    def call(_: int) -> None:
        rate.wait()
        times.append(time.monotonic())

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(call, range(16)))
    times.sort()
    assert all(later - earlier > 0.19 for earlier, later in zip(times, times[5:], strict=False))


def test_a_repetition_counts_against_the_limit(vendor: Vendor) -> None:
    vendor.answers = [answer(503), answer(503), answer(200)]
    with client(vendor.url, backoff_s=0.0, rate=Rate(1, 0.1)) as http:
        fetch(http, "/x")
    assert vendor.asked[2][0] - vendor.asked[0][0] >= 0.15


def test_a_download_goes_on_where_it_broke_off(vendor: Vendor, tmp_path: Path) -> None:
    vendor.answers = [
        cut_short(b"01234", 10, ETag='"v1"'),
        answer(206, b"56789", ETag='"v1"'),
    ]
    with client(vendor.url, **FAST) as http:
        path = download(http, f"{vendor.url}/bulk.zip", tmp_path / "bulk.zip")
    assert path.read_bytes() == b"0123456789"
    assert vendor.asked[1][2]["range"] == "bytes=5-"
    assert vendor.asked[1][2]["if-range"] == '"v1"'
    assert [p.name for p in tmp_path.iterdir()] == ["bulk.zip"]


def test_a_download_of_a_changed_document_starts_over(vendor: Vendor, tmp_path: Path) -> None:
    vendor.answers = [cut_short(b"old", 10, ETag='"v1"'), answer(200, b"new", ETag='"v2"')]
    with client(vendor.url, **FAST) as http:
        path = download(http, f"{vendor.url}/bulk.zip", tmp_path / "bulk.zip")
    assert path.read_bytes() == b"new"


def test_a_download_that_never_ends_leaves_no_file(vendor: Vendor, tmp_path: Path) -> None:
    vendor.answers = [cut_short(b"0", 10)]
    with (
        client(vendor.url, **FAST) as http,
        pytest.raises(VendorUnavailable, match=r"bulk\.zip: broke off"),
    ):
        download(http, f"{vendor.url}/bulk.zip", tmp_path / "bulk.zip")
    assert not (tmp_path / "bulk.zip").exists()


def test_the_sec_is_told_who_asks() -> None:
    with sec_client("Jane Doe jane@example.org") as http:
        assert isinstance(http, PoliteClient)
        assert http.headers["user-agent"] == "Jane Doe jane@example.org"


def test_an_undeclared_user_is_told_what_to_set() -> None:
    with pytest.raises(IngestError, match="set FACTORIUM_SEC_USER_AGENT"):
        sec_client("  ")


def test_proxies_of_the_environment_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:3128")
    with client("https://data.sec.gov") as http:
        assert isinstance(http._transport_for_url(httpx.URL("https://x")), httpx.HTTPTransport)
        assert http._transport_for_url(httpx.URL("https://x")) is not http._transport
