"""Every route answers what is in the marts."""

from __future__ import annotations

import psycopg
import pytest
from starlette.testclient import TestClient

EVERY_ROUTE = [
    "/v1/factors",
    "/v1/factors/value_01",
    "/v1/factors/value_01/values",
    "/v1/factors/value_01/values?universe=sp500",
    "/v1/factors/value_01/performance",
    "/v1/securities",
    "/v1/securities/S0001/factors",
    "/v1/universes",
    "/v1/universes/all/factors",
    "/v1/universes/all/factors?layout=wide",
    "/v1/universes/sp500/factors?layout=wide&measure=score",
    "/v1/macro",
    "/v1/coverage",
    "/v1/freshness",
]


@pytest.mark.parametrize("path", EVERY_ROUTE)
def test_route_answers_rows(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    assert body["factor_id"] == "value_01" if path.endswith("value_01") else body["data"]


@pytest.mark.parametrize("path", [*EVERY_ROUTE, "/v1/health"])
def test_head_has_the_headers_of_get_and_no_body(client: TestClient, path: str) -> None:
    get, head = client.get(path), client.head(path)
    assert head.status_code == 200
    assert head.content == b""
    assert head.headers == get.headers


def test_health_names_build_and_latest_day(client: TestClient, sessions: list[str]) -> None:
    body = client.get("/v1/health").json()
    assert body["status"] == "ok"
    assert body["build_id"] == 2
    assert body["latest_date"] == sessions[-1]


def test_factors_are_filtered_by_family_and_kind(client: TestClient) -> None:
    value = client.get("/v1/factors", params={"family": "value"}).json()["data"]
    assert [row["factor_id"] for row in value] == [f"value_{n:02}" for n in range(1, 11)]
    macro = client.get("/v1/factors", params={"kind": "macro"}).json()["data"]
    assert {row["factor_id"] for row in macro} == {"term_spread", "credit_spread"}
    assert client.get("/v1/factors?family=value&kind=macro").json()["data"] == []


def test_factor_values_are_those_of_the_mart_best_first(client: TestClient, market: str) -> None:
    body = client.get("/v1/factors/momentum_04/values").json()
    with psycopg.connect(market) as conn:
        expected = conn.execute(
            "select security_id, value, zscore, score, sector_score from marts.fct_factor_values "
            "where factor_id = 'momentum_04' and value is not null "
            "and trade_date = (select max(trade_date) from ranks.market_day) "
            "order by score desc, security_id"
        ).fetchall()
    columns = ("security_id", "value", "zscore", "score", "sector_score")
    assert [tuple(row[name] for name in columns) for row in body["data"]] == expected
    assert len(expected) > 100


def test_factor_values_default_to_the_latest_day_with_values(
    client: TestClient, sessions: list[str]
) -> None:
    assert client.get("/v1/factors/value_01/values").json()["trade_date"] == sessions[-1]
    assert client.get("/v1/factors/value_03/values").json()["trade_date"] == sessions[-2]


def test_factor_values_in_a_universe_are_scored_within_it(client: TestClient) -> None:
    rows = client.get("/v1/factors/value_01/values?universe=sp500").json()["data"]
    assert all(row["security_id"] % 3 == 0 for row in rows)
    assert rows[0]["score"] == 100
    assert rows[-1]["score"] == 0


def test_factor_values_as_of_answer_the_value_before_its_revision(
    client: TestClient, sessions: list[str]
) -> None:
    def value(as_of: str) -> float:
        rows = client.get(
            "/v1/factors/value_01/values", params={"date": sessions[-1], "as_of": as_of}
        ).json()["data"]
        assert set(rows[0]) == {"security_id", "ticker", "value"}
        return next(row["value"] for row in rows if row["security_id"] == 2)

    assert value("2024-07-05T00:00:00Z") == 0.125
    assert value("2024-07-10T02:00:00+01:00") != 0.125


def test_performance_covers_universes_and_horizons(client: TestClient) -> None:
    body = client.get("/v1/factors/value_01/performance").json()
    assert [(row["universe"], row["horizon_days"]) for row in body["data"]] == [
        (universe, days) for universe in ("all", "sp500") for days in (1, 5, 21)
    ]


@pytest.mark.parametrize(
    ("search", "tickers"),
    [
        ("S0040.b", ["S0040-B"]),
        ("s004", ["S0040-B", *(f"S{n:04}" for n in range(41, 50))]),
        ("söhne", ["S0030", "S0060", "S0090", "S0120-B"]),
        ("100%", ["S0030", "S0060", "S0090", "S0120-B"]),
        ("S_", []),
        ("'; drop table marts.dim_security; --", []),
    ],
)
def test_search_by_ticker_prefix_or_name(
    client: TestClient, search: str, tickers: list[str]
) -> None:
    rows = client.get("/v1/securities", params={"search": search}).json()["data"]
    assert [row["ticker"] for row in rows] == tickers


def test_securities_are_filtered(client: TestClient) -> None:
    gone = client.get("/v1/securities?is_active=false").json()["data"]
    assert [row["security_id"] for row in gone] == [50, 100]
    energy = client.get("/v1/securities?sector=Energy").json()["data"]
    assert {row["sector"] for row in energy} == {"Energy"}


def test_security_factors_are_those_with_a_value(client: TestClient) -> None:
    body = client.get("/v1/securities/s0019/factors").json()
    found = {row["factor_id"] for row in body["data"]}
    assert len(found) == 60 - 7
    assert "value_01" not in found
    assert all(row["value"] is not None for row in body["data"])
    assert body["ticker"] == "S0019"


def test_security_factors_over_a_range(client: TestClient, sessions: list[str]) -> None:
    rows = client.get(
        "/v1/securities/S0040.B/factors",
        params={"from": sessions[1], "to": sessions[3], "factors": "value_01,growth_02"},
    ).json()["data"]
    assert [(row["trade_date"], row["factor_id"]) for row in rows] == [
        (day, factor) for day in sessions[1:4] for factor in ("growth_02", "value_01")
    ]


def test_security_factors_of_a_delisted_name_default_to_its_last_day(
    client: TestClient, sessions: list[str]
) -> None:
    rows = client.get("/v1/securities/S0050/factors").json()["data"]
    assert {row["trade_date"] for row in rows} == {sessions[2]}
    since = client.get("/v1/securities/S0050/factors", params={"from": sessions[1]}).json()["data"]
    assert {row["trade_date"] for row in since} == set(sessions[1:3])


def test_universe_long_and_wide_say_the_same(client: TestClient) -> None:
    params = {"factors": "value_05,growth_02"}
    long = client.get("/v1/universes/sp500/factors", params=params).json()["data"]
    expected: dict[int, dict[str, float]] = {}
    for row in long:
        expected.setdefault(row["security_id"], {})[row["factor_id"]] = row["score"]
    wide = client.get(
        "/v1/universes/sp500/factors", params={**params, "layout": "wide", "measure": "score"}
    ).json()["data"]
    assert [list(row) for row in wide] == [["security_id", "ticker", "value_05", "growth_02"]] * 40
    assert expected == {
        row["security_id"]: {f: row[f] for f in ("value_05", "growth_02") if row[f] is not None}
        for row in wide
    }


def test_universe_of_everything_has_every_factor(client: TestClient) -> None:
    wide = client.get("/v1/universes/all/factors?layout=wide").json()["data"]
    assert len(wide) == 118
    assert len(wide[0]) == 2 + 60


def test_macro_over_a_range(client: TestClient, sessions: list[str]) -> None:
    rows = client.get("/v1/macro", params={"from": sessions[0], "factors": "term_spread"}).json()
    assert [row["trade_date"] for row in rows["data"]] == sessions
    assert {row["pit_grade"] for row in rows["data"]} == {"lagged_latest"}


def test_coverage_counts(client: TestClient) -> None:
    row = client.get("/v1/coverage?factors=value_01").json()["data"][0]
    assert row["n_eligible"] == 118
    assert row["coverage"] == pytest.approx(row["n_values"] / row["n_eligible"])


def test_freshness_lists_datasets(client: TestClient) -> None:
    rows = client.get("/v1/freshness").json()["data"]
    assert [row["dataset"] for row in rows] == ["company_fact", "filing"]
    assert rows[0]["rows_rejected"] == 3


def test_nan_is_null_in_json(client: TestClient) -> None:
    answer = client.get("/v1/factors/value_02/values")
    assert "NaN" not in answer.text
    assert "Infinity" not in answer.text
    values = {row["security_id"]: row["value"] for row in answer.json()["data"]}
    assert values[7] is None
    assert values[8] is None
