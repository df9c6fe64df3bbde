"""Pages walk all rows exactly once, in order."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.testclient import TestClient

from api.errors import BadRequest
from api.paging import Page

PAGED = {
    "/v1/factors": 7,
    "/v1/factors/momentum_01/values": 11,
    "/v1/factors/momentum_01/values?universe=sp500": 9,
    "/v1/factors/momentum_01/values?date=2024-06-28&as_of=2024-07-02T00:00:00Z": 13,
    "/v1/securities?search=s00": 10,
    "/v1/securities/S0019/factors?from=2024-06-24": 23,
    "/v1/universes/all/factors?factors=value_01,value_02,growth_01": 50,
    "/v1/universes/sp500/factors": 500,
    "/v1/universes/all/factors?layout=wide": 17,
    "/v1/universes/sp500/factors?layout=wide&factors=value_01": 19,
    "/v1/macro?from=2024-06-24": 3,
    "/v1/coverage?from=2024-06-24": 100,
}


@pytest.mark.parametrize(("path", "limit"), PAGED.items())
def test_pages_are_the_whole_in_order(client: TestClient, path: str, limit: int) -> None:
    whole = client.get(path).json()
    assert whole["next"] is None
    walked: list[dict[str, Any]] = []
    url: str | None = f"{path}{'&' if '?' in path else '?'}limit={limit}"
    n_pages = 0
    while url:
        answer = client.get(url)
        rows = answer.json()["data"]
        assert 0 < len(rows) <= limit
        walked += rows
        n_pages += 1
        assert ("next" in answer.links) == (answer.json()["next"] is not None)
        url = answer.links["next"]["url"] if answer.links else None
    assert walked == whole["data"]
    assert n_pages == -(-len(walked) // limit) > 1


def test_a_page_that_ends_with_the_rows_has_no_next(client: TestClient) -> None:
    n = len(client.get("/v1/factors").json()["data"])
    assert client.get("/v1/factors", params={"limit": n}).json()["next"] is None
    assert client.get("/v1/factors", params={"limit": n - 1}).json()["next"] is not None


def test_ties_are_walked_once(client: TestClient) -> None:
    scores = [r["score"] for r in client.get("/v1/factors/momentum_01/values").json()["data"]]
    assert len(set(scores)) < len(scores)


def test_tabular_formats_page_by_link(client: TestClient) -> None:
    answer = client.get("/v1/factors?limit=2", headers={"Accept": "text/csv"})
    following = client.get(answer.links["next"]["url"], headers={"Accept": "text/csv"})
    assert following.status_code == 200
    assert following.text.splitlines()[1] != answer.text.splitlines()[1]


@pytest.mark.parametrize("limit", ["0", "-1", "10001", "1e3", "9" * 40, "", "x"])
def test_limit_is_bounded(client: TestClient, limit: str) -> None:
    assert client.get("/v1/factors", params={"limit": limit}).status_code == 422


def test_a_cursor_serves_its_own_request_only(client: TestClient) -> None:
    cursor = client.get("/v1/factors/value_01/values?limit=3").json()["next"]
    same = client.get("/v1/factors/value_01/values", params={"limit": 9, "cursor": cursor})
    assert same.status_code == 200
    for path, asked in (("value_02", {}), ("value_01", {"universe": "sp500"})):
        answer = client.get(f"/v1/factors/{path}/values", params={**asked, "cursor": cursor})
        assert answer.status_code == 400
        assert "cursor" in answer.json()["detail"]


def _page(cursor: str | None) -> Page:
    scope = {"type": "http", "path": "/v1/x", "query_string": b"", "headers": []}
    return Page(Request(scope | {"server": ("x", 80), "scheme": "http"}), 10, cursor)


@pytest.mark.parametrize(
    "key",
    [
        [1.0],
        [1.0, "x"],
        [1.0, 2**31],
        ["a", 1],
        [True, 1],
        [1.0, None],
        [1.0, 1, 1],
        [{}, 1],
    ],
)
def test_a_forged_cursor_is_refused(key: list[Any]) -> None:
    forged = urlsafe_b64encode(orjson.dumps([_page(None).fingerprint, *key])).decode()
    with pytest.raises(BadRequest):
        _page(forged.rstrip("=")).after(score=float, security_id=int)


@given(st.from_regex(r"\A[A-Za-z0-9_-]{1,64}\Z"))
def test_a_made_up_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(BadRequest):
        _page(cursor).after(score=float, security_id=int)


def test_a_cursor_is_url_safe(client: TestClient) -> None:
    cursor = client.get("/v1/securities?limit=39").json()["next"]
    assert urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    assert cursor.replace("-", "").replace("_", "").isalnum()
