"""Errors are problem documents, in the user's words."""

from __future__ import annotations

import time
from collections.abc import Callable

import psycopg
import pytest
from httpx import ASGITransport, AsyncClient
from psycopg.conninfo import make_conninfo
from starlette.testclient import TestClient

from api.app import create_app
from api.database import reader_conninfo


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/v1/nothing", 404, "nothing at this path"),
        ("/v1/factors/nosuch", 404, "no factor nosuch"),
        ("/v1/factors/nosuch/values", 404, "no factor nosuch"),
        ("/v1/factors/nosuch/performance", 404, "no factor nosuch"),
        ("/v1/factors/term_spread/values", 404, "/v1/macro?factors=term_spread"),
        ("/v1/factors/term_spread/performance", 404, "not been computed"),
        ("/v1/factors?family=nosuch", 404, "there are growth, liquidity"),
        ("/v1/factors/value_01/values?universe=nosuch", 404, "no universe nosuch"),
        ("/v1/factors/value_01/values?universe=top_1000", 404, "no members"),
        ("/v1/universes/nosuch/factors", 404, "no universe nosuch"),
        ("/v1/universes/all/factors?factors=value_01,nosuch", 404, "securities nosuch"),
        ("/v1/universes/all/factors?factors=term_spread", 404, "securities term_spread"),
        ("/v1/universes/top_1000/factors", 404, "no members"),
        ("/v1/universes/top_1000/factors?layout=wide", 404, "no members"),
        ("/v1/macro?factors=value_01", 404, "no macro factor value_01"),
        ("/v1/securities/ZZZZ/factors", 404, "no security with ticker ZZZZ"),
        ("/v1/factors/value_01/values?date=1999-01-04", 404, "has no values on 1999-01-04"),
        ("/v1/factors/value_01/values?date=2024-06-29", 404, "nearest built date is 2024-06-28"),
        ("/v1/factors/value_03/values?date=2024-06-28", 404, "2024-06-27"),
        ("/v1/universes/all/factors?date=2024-06-23", 404, "2024-06-21 and 2024-06-24"),
        ("/v1/securities/S0001/factors?from=2001-01-02", 404, "begins on 2024-06-21"),
        (
            "/v1/securities/S0001/factors?from=2024-06-22&to=2024-06-23",
            404,
            "no values from 2024-06-22 to 2024-06-23; the nearest built dates are "
            "2024-06-21 and 2024-06-24",
        ),
        ("/v1/securities/S0001/factors?from=2031-01-01&to=2031-01-02", 404, "is 2024-06-28"),
        ("/v1/securities/S0050/factors?from=2024-06-27", 404, "was listed from"),
        ("/v1/macro?to=2024-06-23", 404, "2024-06-21 and 2024-06-24"),
        ("/v1/coverage?from=1990-01-01&to=2024-06-28", 404, "begins on 2024-06-21"),
        ("/v1/securities/S0001/factors?from=2024-06-28&to=2024-06-27", 400, "ends before"),
        ("/v1/factors/value_01/values?as_of=2024-07-02T00:00:00Z", 400, "needs a date"),
        (
            "/v1/factors/value_01/values?date=2024-06-28&as_of=2999-01-01T00:00:00Z",
            400,
            "not come yet",
        ),
        (
            "/v1/factors/value_01/values?date=2024-06-28&universe=sp500&as_of=2024-07-02T00:00:00Z",
            400,
            "`all` only",
        ),
        (
            "/v1/factors/value_01/values?date=2024-06-28&as_of=2024-06-29T00:00:00Z",
            404,
            "first published after",
        ),
        ("/v1/factors/value_01/values?date=today", 422, "YYYY-MM-DD"),
        ("/v1/factors/value_01/values?date=1719532800", 422, "YYYY-MM-DD"),
        ("/v1/factors/value_01/values?date=2024-02-30", 422, "date"),
        ("/v1/factors/value_01/values?date=2024-06-28&as_of=2024-07-02T00:00:00", 422, "as_of"),
        ("/v1/factors/value_01/values?unviverse=sp500", 422, "unviverse: no such parameter"),
        ("/v1/factors/value_01/values?if-none-match=x", 422, "if-none-match: no such"),
        ("/v1/factors?kind=macro&kind=technical", 422, "given more than once"),
        ("/v1/factors?kind=nosuch", 422, "kind"),
        ("/v1/health?verbose=1", 422, "verbose"),
        ("/v1/factors/%00", 422, "factor_id"),
        ("/v1/factors/Book%20to%20Market", 422, "factor_id"),
        ("/v1/securities/%00/factors", 422, "ticker"),
        ("/v1/securities?search=%00", 422, "search"),
        ("/v1/securities?search=", 422, "search"),
        ("/v1/securities?is_active=maybe", 422, "is_active"),
        ("/v1/universes/all/factors?factors=,", 422, "factors"),
        ("/v1/factors/", 404, "nothing at this path"),
    ],
)
def test_error_is_a_problem_that_says_what(
    client: TestClient, path: str, status: int, words: str
) -> None:
    answer = client.get(path)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert {"type", "title", "status", "detail"} <= set(problem)
    assert problem["status"] == status
    assert words in problem["detail"]


def test_a_day_that_is_not_built_names_the_nearest(client: TestClient) -> None:
    problem = client.get("/v1/factors/value_01/values?date=2024-06-22").json()
    assert problem["nearest"] == ["2024-06-21", "2024-06-24"]


def test_invalid_parameters_are_listed_one_by_one(client: TestClient) -> None:
    errors = client.get("/v1/factors?limit=0&kind=x").json()["errors"]
    assert {error["parameter"] for error in errors} == {"limit", "kind"}
    assert {error["in"] for error in errors} == {"query"}


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_unsupported_method_is_405(client: TestClient, method: str) -> None:
    answer = client.request(method, "/v1/factors")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, HEAD"
    assert answer.headers["content-type"] == "application/problem+json"


def test_statement_timeout_is_504(market: str) -> None:
    app = create_app(conninfo=market, pool_size=1, statement_timeout_ms=150)
    with TestClient(app) as client, psycopg.connect(market) as blocker:
        blocker.execute("lock table marts.dim_factor in access exclusive mode")
        started = time.monotonic()
        answer = client.get("/v1/factors")
        assert answer.status_code == 504
        assert "longer than 0.15 s" in answer.json()["detail"]
        assert time.monotonic() - started < 5
        blocker.rollback()
        assert client.get("/v1/factors").status_code == 200


def test_an_absent_database_is_503() -> None:
    nobody = "host=127.0.0.1 port=1 user=nobody dbname=nothing"
    with TestClient(create_app(conninfo=nobody, pool_size=1)) as client:
        for path in ("/v1/health", "/v1/factors"):
            answer = client.get(path)
            assert answer.status_code == 503
            assert answer.headers["retry-after"] == "5"
            assert answer.headers["content-type"] == "application/problem+json"
            assert "127.0.0.1" not in answer.text


def test_an_exhausted_pool_is_503(market: str) -> None:
    app = create_app(conninfo=market, pool_size=1)
    with TestClient(app) as client:

        async def hold() -> int:
            async with app.state.warehouse.pool.connection():
                transport = ASGITransport(app)
                async with AsyncClient(transport=transport, base_url="http://test") as inner:
                    return (await inner.get("/v1/factors")).status_code

        assert client.portal is not None
        assert client.portal.call(hold) == 503
        assert client.get("/v1/factors").status_code == 200


def test_lost_connections_are_replaced(market: str) -> None:
    with TestClient(create_app(conninfo=market, pool_size=2)) as client:
        assert client.get("/v1/factors").status_code == 200
        with psycopg.connect(market, autocommit=True) as conn:
            ended = conn.execute(
                "select count(pg_terminate_backend(pid)) from pg_stat_activity "
                "where application_name = 'factorium-api' and datname = current_database()"
            ).fetchone()
        assert ended
        assert ended[0] >= 2
        assert client.get("/v1/factors").status_code == 200


def test_a_warehouse_without_marts_is_503_and_its_health_empty(database: str) -> None:
    with TestClient(create_app(conninfo=database, pool_size=1)) as client:
        answer = client.get("/v1/factors")
        assert answer.status_code == 503
        assert "factorium build" in answer.json()["detail"]
        health = client.get("/v1/health")
        assert health.status_code == 200
        assert health.json()["status"] == "empty"


def test_marts_without_rows_say_that_nothing_is_built(
    new_market: Callable[[int, int], str],
) -> None:
    info = new_market(1, 1)
    with psycopg.connect(info, autocommit=True) as conn:
        conn.execute("truncate marts.fct_coverage, marts.fct_builds, marts.fct_macro_factors")
    with TestClient(create_app(conninfo=info, pool_size=1)) as client:
        assert client.get("/v1/health").json()["status"] == "empty"
        for path in (
            "/v1/factors/value_01/values",
            "/v1/securities/S0001/factors",
            "/v1/universes/all/factors",
            "/v1/coverage",
            "/v1/macro",
        ):
            answer = client.get(path)
            assert answer.status_code == 404
            assert "built yet" in answer.json()["detail"]


def test_the_reader_cannot_write(market: str) -> None:
    with psycopg.connect(reader_conninfo(market, 1000), autocommit=True) as conn:
        for statement in (
            "delete from marts.fct_builds",
            "create table marts.mine (x integer)",
            "create temporary table mine (x integer)",
        ):
            with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
                conn.execute(statement)
        conn.execute("set default_transaction_read_only = off")
        for statement in (
            "delete from marts.fct_builds",
            "update marts.dim_factor set sign = 0",
            "create table marts.mine (x integer)",
            "select * from raw.load",
            "select * from ranks.rnk_value",
            "select * from ops.build",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                conn.execute(statement)


def test_options_of_the_conninfo_are_kept(market: str) -> None:
    info = reader_conninfo(make_conninfo(market, options="-c work_mem=77MB"), 1234)
    with psycopg.connect(info) as conn:
        row = conn.execute(
            "select current_setting('work_mem'), current_setting('statement_timeout'), current_user"
        ).fetchone()
    assert row == ("77MB", "1234ms", "factorium_reader")


def test_an_internal_error_keeps_its_reasons_to_itself(market: str) -> None:
    app = create_app(conninfo=market, pool_size=1)

    @app.get("/broken")
    async def broken() -> None:
        raise RuntimeError("secret")

    with TestClient(app, raise_server_exceptions=False) as client:
        answer = client.get("/broken")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert "secret" not in answer.text
