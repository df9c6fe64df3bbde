"""Entity tags change with builds, requests and formats, and with nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from starlette.testclient import TestClient

PATH = "/v1/factors/value_01/values"


@contextmanager
def another_build(info: str, build_id: int, status: str) -> Iterator[None]:
    """A build in the ledger for the duration of the block."""
    with psycopg.connect(info, autocommit=True) as conn:
        conn.execute("insert into marts.fct_builds values (%s, now(), %s)", [build_id, status])
        try:
            yield
        finally:
            conn.execute("delete from marts.fct_builds where build_id = %s", [build_id])


def test_the_same_request_has_the_same_tag(client: TestClient) -> None:
    first, second = client.get(PATH), client.get(PATH)
    assert first.headers["etag"] == second.headers["etag"]
    assert first.headers["cache-control"] == "no-cache"
    assert first.headers["vary"] == "Accept"


def test_a_held_answer_is_304(client: TestClient) -> None:
    tag = client.get(PATH).headers["etag"]
    for held in (tag, f'"other", {tag}', tag.removeprefix("W/"), "*"):
        answer = client.get(PATH, headers={"If-None-Match": held})
        assert answer.status_code == 304, held
        assert answer.content == b""
        assert answer.headers["etag"] == tag


def test_any_does_not_hide_an_error(client: TestClient) -> None:
    answer = client.get("/v1/factors/nosuch/values", headers={"If-None-Match": "*"})
    assert answer.status_code == 404


def test_another_request_or_format_has_another_tag(client: TestClient) -> None:
    tag = client.get(PATH).headers["etag"]
    assert client.get(PATH, params={"limit": 5}).headers["etag"] != tag
    assert client.get(PATH, headers={"Accept": "text/csv"}).headers["etag"] != tag
    assert client.get(PATH, headers={"Accept": "text/csv", "If-None-Match": tag}).is_success


@pytest.mark.parametrize("status", ["done", "failed"])
def test_a_build_makes_every_answer_new(client: TestClient, market: str, status: str) -> None:
    tag = client.get(PATH).headers["etag"]
    with another_build(market, 3, status):
        answer = client.get(PATH, headers={"If-None-Match": tag})
        assert answer.status_code == 200
        assert answer.headers["etag"] != tag
    assert client.get(PATH, headers={"If-None-Match": tag}).status_code == 304


def test_nothing_is_tagged_while_a_build_is_running(client: TestClient, market: str) -> None:
    tag = client.get(PATH).headers["etag"]
    with another_build(market, 3, "running"):
        answer = client.get(PATH, headers={"If-None-Match": tag})
    assert answer.status_code == 200
    assert "etag" not in answer.headers


def test_errors_are_not_stored(client: TestClient) -> None:
    assert client.get("/v1/factors/nosuch").headers["cache-control"] == "no-store"
    assert client.get("/v1/health").headers["cache-control"] == "no-store"
