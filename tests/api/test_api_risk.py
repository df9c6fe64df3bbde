"""The routes of the risk model, on a warehouse that was built: real numbers, real refusals."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any

import numpy as np
import polars as pl
import psycopg
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest
from psycopg.rows import dict_row
from starlette.testclient import TestClient

from api.app import create_app
from api.database import reader_conninfo

ARROW = "application/vnd.apache.arrow.stream"
PARQUET = "application/vnd.apache.parquet"
NPY = "application/x-npy"
NULLS = pa.csv.ConvertOptions(strings_can_be_null=True, quoted_strings_can_be_null=False)
READERS: dict[str, Callable[[bytes], pa.Table]] = {
    "text/csv": lambda body: pa.csv.read_csv(BytesIO(body), convert_options=NULLS),
    ARROW: lambda body: pa.ipc.open_stream(body).read_all(),
    PARQUET: lambda body: pa.parquet.read_table(BytesIO(body)),
}
MINE = "/v1/risk/portfolios/mine"
ROWS = [
    "/v1/risk/models",
    "/v1/risk/models/short",
    "/v1/risk/models/classic/specific-risk?horizon_days=10",
    "/v1/risk/factors",
    "/v1/risk/factor-returns",
    "/v1/risk/factor-returns?factor=market,value&from={first}&to={last}",
    "/v1/risk/regressions?from={first}&to={last}",
    "/v1/risk/exposures",
    "/v1/risk/exposures?universe=sp500&date={first}",
    "/v1/risk/portfolios",
    MINE,
    f"{MINE}?date={{first}}",
    "/v1/risk/portfolios/universe:sp500",
    f"{MINE}/exposures",
    f"{MINE}/exposures?benchmark=market",
    f"{MINE}/risk",
    f"{MINE}/risk?model=classic&date={{last}}&horizon_days=21",
    f"{MINE}/historical?days=250",
    f"{MINE}/replay?from={{first}}&to={{last}}",
    f"{MINE}/attribution?from={{first}}&to={{last}}",
    f"{MINE}/attribution?from={{first}}&to={{last}}&benchmark=market&linked=true",
]
# What JSON nests.
DOCUMENTS = [
    "/v1/risk/models/long/covariance",
    f"{MINE}/risk?include=factors,assets",
]


@pytest.fixture(scope="module")
def reader(risk_warehouse: str) -> Iterator[psycopg.Connection[dict[str, Any]]]:
    """What the API reads, read without it."""
    info = reader_conninfo(risk_warehouse, 30_000)
    with psycopg.connect(info, autocommit=True, row_factory=dict_row) as conn:
        yield conn


@pytest.fixture(scope="module")
def days(reader: psycopg.Connection[dict[str, Any]]) -> list[str]:
    """The sessions that every model covers, with specific risk, oldest first."""
    rows = reader.execute(
        "select trade_date::text as day from marts.fct_specific_risk group by 1 "
        "having count(distinct model) = 4 order by 1"
    ).fetchall()
    return [row["day"] for row in rows]


@pytest.fixture(scope="module")
def span(days: list[str]) -> dict[str, str]:
    """Two months, a while before the last day."""
    return {"first": days[-100], "last": days[-60]}


@pytest.fixture(scope="module")
def held(reader: psycopg.Connection[dict[str, Any]], days: list[str]) -> dict[str, float]:
    """Weights of a long-short portfolio of ten names that sum to 1."""
    rows = reader.execute(
        "select ticker from marts.dim_security where is_active and security_id in (select "
        "security_id from marts.fct_exposures where trade_date = %s) order by ticker limit 10",
        [days[-120]],
    ).fetchall()
    weights = [0.2, 0.15, 0.15, 0.1, 0.1, 0.1, 0.1, 0.2, -0.05, -0.05]
    return {row["ticker"]: weight for row, weight in zip(rows, weights, strict=True)}


@pytest.fixture(scope="module")
def client(risk_warehouse: str, days: list[str], held: dict[str, float]) -> Iterator[TestClient]:
    """A client of the API over the warehouse, which holds the portfolio `mine`."""
    with TestClient(create_app(conninfo=risk_warehouse, pool_size=2)) as http:
        body = sent("mine", days[-120], held, description="Ten names.")
        assert http.post("/v1/risk/portfolios", json=body).status_code == 201
        yield http


def sent(name: str, day: str, weights: dict[str, float], **more: Any) -> dict[str, Any]:
    """The body of an upload."""
    holdings = [{"ticker": ticker, "weight": weight} for ticker, weight in weights.items()]
    return {"name": name, "valid_from": day, "holdings": holdings, **more}


def rows_of(body: dict[str, Any]) -> list[dict[str, Any]]:
    """What a table of the same answer holds: about each row, then the row."""
    about = {name: value for name, value in body.items() if name not in ("data", "next")}
    return [{**about, **row} for row in body["data"]] if "data" in body else [body]


# --- Every route -----------------------------------------------------------------------


@pytest.mark.parametrize("path", ROWS)
@pytest.mark.parametrize("media_type", READERS)
def test_format_carries_what_json_says(
    client: TestClient, span: dict[str, str], path: str, media_type: str
) -> None:
    url = path.format(**span)
    found = client.get(url)
    assert found.status_code == 200, found.text
    rows = rows_of(found.json())
    assert rows
    answer = client.get(url, headers={"Accept": media_type})
    assert answer.headers["content-type"].split(";")[0] == media_type
    table = READERS[media_type](answer.content)
    assert [_plain(row) for row in table.to_pylist()] == [_plain(row) for row in rows]


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """Values as they compare across formats: numbers, else their text."""

    def plain(value: Any) -> Any:
        if isinstance(value, list):
            value = " ".join(map(str, value))
        if isinstance(value, dict):
            return str(sorted(value.items()))
        if hasattr(value, "hour") or (isinstance(value, str) and value[10:11] == "T"):
            return np.datetime64(str(value).replace(" ", "T").removesuffix("Z")[:26].split("+")[0])
        if isinstance(value, str) and value.startswith("{"):
            return str(sorted(json.loads(value).items()))
        return value.isoformat() if hasattr(value, "isoformat") else value

    return {name: plain(value) for name, value in row.items()}


@pytest.mark.parametrize("path", [*ROWS, *DOCUMENTS])
def test_an_answer_held_is_304(client: TestClient, span: dict[str, str], path: str) -> None:
    url = path.format(**span)
    first = client.get(url)
    tag = first.headers["etag"]
    assert client.get(url).headers["etag"] == tag
    for header in (tag, f'"other", {tag}', "*"):
        answer = client.get(url, headers={"If-None-Match": header})
        assert answer.status_code == 304, header
        assert answer.content == b""
    assert client.get(url, headers={"If-None-Match": '"other"'}).status_code == 200


@pytest.mark.parametrize("path", [*ROWS, *DOCUMENTS])
def test_head_has_the_headers_of_get(client: TestClient, span: dict[str, str], path: str) -> None:
    url = path.format(**span)
    get, head = client.get(url), client.head(url)
    assert head.headers == get.headers
    assert head.content == b""


@pytest.mark.parametrize(
    ("path", "limit"),
    [
        ("/v1/risk/models", 3),
        ("/v1/risk/models/short/specific-risk", 17),
        ("/v1/risk/factor-returns?from={first}&to={last}", 301),
        ("/v1/risk/regressions?from={first}&to={last}", 7),
        ("/v1/risk/exposures", 19),
        ("/v1/risk/portfolios/market", 13),
        (f"{MINE}/attribution?from={{first}}&to={{last}}&benchmark=market", 250),
    ],
)
def test_pages_are_the_whole_in_order(
    client: TestClient, span: dict[str, str], path: str, limit: int
) -> None:
    url: str | None = path.format(**span)
    assert url is not None
    whole = client.get(url).json()["data"]
    url += f"{'&' if '?' in url else '?'}limit={limit}"
    walked: list[dict[str, Any]] = []
    while url:
        answer = client.get(url)
        walked += answer.json()["data"]
        url = answer.links["next"]["url"] if answer.links else None
    assert len(walked) == len(whole) > limit
    for found, expected in zip(walked, whole, strict=True):
        # An attribution is computed for the days of its page: sums round differently.
        numbers = [name for name, value in expected.items() if isinstance(value, float)]
        assert [found.pop(name) for name in numbers] == pytest.approx(
            [expected.pop(name) for name in numbers], rel=1e-9, abs=1e-12
        )
        assert found == expected


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/v1/risk", 404, "nothing at this path"),
        ("/v1/risk/models/nosuch", 404, "No risk model nosuch is in force"),
        ("/v1/risk/models/nosuch/covariance", 404, "No risk model nosuch is in force"),
        ("/v1/risk/models/nosuch/specific-risk", 404, "No risk model nosuch is in force"),
        ("/v1/risk/models/short/covariance?date=2001-01-02", 404, "nearest built date is"),
        ("/v1/risk/models/short/covariance?date=monday", 422, "YYYY-MM-DD"),
        ("/v1/risk/models/short/covariance?horizon_days=0", 422, "horizon_days"),
        ("/v1/risk/models/short/covariance?format=npy", 422, "format: no such parameter"),
        ("/v1/risk/models/Short", 422, "model"),
        ("/v1/risk/factor-returns?factor=market,nosuch", 404, "no risk factor nosuch"),
        ("/v1/risk/factor-returns?from=2001-01-02", 404, "begins on"),
        ("/v1/risk/factor-returns?from={last}&to={first}", 400, "ends before it begins"),
        ("/v1/risk/regressions?to=2001-01-02", 404, "begins on"),
        ("/v1/risk/exposures?universe=nosuch", 404, "no universe nosuch"),
        ("/v1/risk/exposures?date=2001-01-02", 404, "nearest built date is"),
        ("/v1/risk/portfolios/nosuch", 404, "no portfolio 'nosuch'"),
        ("/v1/risk/portfolios/nosuch/risk", 404, "no portfolio 'nosuch'"),
        ("/v1/risk/portfolios/universe:nosuch/risk", 404, "no universe 'nosuch'"),
        (f"{MINE}?date=2001-01-02", 404, "nearest built date is"),
        (f"{MINE}/risk?date=2001-01-02", 404, "does not cover 2001-01-02"),
        (f"{MINE}/risk?model=nosuch", 404, "no risk model 'nosuch' is in force"),
        (f"{MINE}/risk?benchmark=nosuch", 404, "no portfolio 'nosuch'"),
        (f"{MINE}/risk?include=sectors", 422, "include"),
        (f"{MINE}/risk?horizon_days=1.5", 422, "horizon_days"),
        (f"{MINE}/exposures?benchmark=nosuch", 404, "no portfolio 'nosuch'"),
        (f"{MINE}/historical?confidence=nan", 422, "confidence"),
        (f"{MINE}/historical?days=30&horizon_days=21", 404, "20"),
        (f"{MINE}/replay", 422, "from: Field required"),
        (f"{MINE}/replay?from=2001-01-02&to=2001-02-02", 404, "begins on"),
        ("/v1/risk/portfolios/nosuch/attribution", 404, "'nosuch'"),
        (f"{MINE}/attribution?from={{first}}&to={{last}}&benchmark=nosuch", 404, "'nosuch'"),
        (f"{MINE}/attribution?linked=perhaps", 422, "linked"),
    ],
)
def test_error_is_a_problem_that_says_what(
    client: TestClient, span: dict[str, str], path: str, status: int, words: str
) -> None:
    answer = client.get(path.format(**span))
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert words in answer.json()["detail"]


def test_a_method_that_a_path_lacks_is_405(client: TestClient) -> None:
    for path, allowed in (
        ("/v1/risk/factors", "GET, HEAD"),
        ("/v1/risk/portfolios", "GET, HEAD, POST"),
        (MINE, "DELETE, GET, HEAD"),
        (f"{MINE}/stress", "POST"),
    ):
        answer = client.put(path, json={})
        assert answer.status_code == 405
        assert answer.headers["allow"] == allowed
    assert client.head(f"{MINE}/stress").status_code == 405


# --- Covariance ------------------------------------------------------------------------


def test_covariance_is_that_of_the_mart(
    client: TestClient, reader: psycopg.Connection[dict[str, Any]], days: list[str]
) -> None:
    rows = reader.execute(
        "select factor_id, other_factor_id, covariance, correlation "
        "from marts.fct_factor_covariance where model = 'short' and trade_date = %s",
        [days[-30]],
    ).fetchall()
    body = client.get(f"/v1/risk/models/short/covariance?date={days[-30]}").json()
    place = {factor: i for i, factor in enumerate(body["factor_ids"])}
    covariance, correlation = np.array(body["covariance"]), np.array(body["correlation"])
    assert len(rows) == len(place) ** 2 == covariance.size
    for row in rows:
        at = place[row["factor_id"]], place[row["other_factor_id"]]
        assert covariance[at] == row["covariance"]
        assert correlation[at] == pytest.approx(row["correlation"], rel=1e-14)
    np.testing.assert_allclose(np.array(body["volatilities"]) ** 2, covariance.diagonal())
    assert body["trade_date"] == days[-30]
    factors = client.get("/v1/risk/factors").json()["data"]
    assert body["factor_ids"] == [row["factor_id"] for row in factors]


def test_covariance_is_one_matrix_in_every_format(client: TestClient, days: list[str]) -> None:
    path = "/v1/risk/models/regime/covariance"
    body = client.get(path).json()
    matrix = np.array(body["covariance"])
    assert body["trade_date"] == days[-1]
    for media_type, read in READERS.items():
        answer = client.get(path, headers={"Accept": media_type})
        frame = read(answer.content).to_pandas().set_index("factor_id")
        assert frame.to_numpy().dtype == np.float64
        np.testing.assert_array_equal(frame.to_numpy(), matrix)
        assert list(frame.index) == list(frame.columns) == body["factor_ids"]
        assert answer.headers["x-trade-date"] == days[-1]
    answer = client.get(path, headers={"Accept": NPY})
    assert answer.headers["content-type"] == NPY
    np.testing.assert_array_equal(np.load(BytesIO(answer.content), allow_pickle=False), matrix)
    assert answer.headers["x-factor-ids"].split(",") == body["factor_ids"]
    held = {"Accept": NPY, "If-None-Match": answer.headers["etag"]}
    assert client.get(path, headers=held).status_code == 304
    assert client.get("/v1/risk/factors", headers={"Accept": NPY}).status_code == 406


def test_a_horizon_multiplies_variances(client: TestClient) -> None:
    def over(days: int) -> dict[str, Any]:
        body: dict[str, Any] = client.get(
            f"/v1/risk/models/short/covariance?horizon_days={days}"
        ).json()
        return body

    one, many = over(1), over(21)
    np.testing.assert_allclose(many["covariance"], 21 * np.array(one["covariance"]), rtol=1e-14)
    np.testing.assert_allclose(many["correlation"], one["correlation"], atol=1e-14)
    path = "/v1/risk/models/short/specific-risk"
    for a, b in zip(
        client.get(path).json()["data"],
        client.get(f"{path}?horizon_days=4").json()["data"],
        strict=True,
    ):
        assert b["specific_volatility"] == pytest.approx(2 * a["specific_volatility"], rel=1e-14)


@pytest.mark.parametrize(
    ("call", "state", "words"),
    [
        ("risk.factor_covariance('nosuch')", "P0002", "no risk model 'nosuch' is in force"),
        ("risk.factor_covariance(null)", "P0002", "no risk model"),
        ("risk.factor_covariance('short', '2001-01-02')", "22023", "it covers 20"),
        ("risk.factor_covariance('short', null, 0)", "22023", "one session or more, not 0"),
        ("risk.factor_covariance('short', null, null)", "22023", "not null"),
    ],
)
def test_factor_covariance_refuses(
    reader: psycopg.Connection[dict[str, Any]], call: str, state: str, words: str
) -> None:
    with pytest.raises(psycopg.Error, match=words) as raised:
        reader.execute(f"select * from {call}")  # noqa: S608
    assert raised.value.sqlstate == state


# --- Models ----------------------------------------------------------------------------


def test_a_model_is_registered_versioned_and_retired(client: TestClient) -> None:
    body = {"name": "fast", "description": "Faster.", "parameters": {"variance_half_life": 42}}
    made = client.post("/v1/risk/models", json=body)
    assert made.status_code == 201, made.text
    assert made.headers["location"] == "/v1/risk/models/fast"
    assert "etag" not in made.headers
    path = made.headers["location"]
    before = client.get(path)
    assert before.json() == made.json()
    assert before.json()["parameters"]["variance_half_life"] == 42
    assert before.json()["parameters"]["kind"] == "exponential"
    assert before.json()["last_date"] is None
    covariance = client.get(f"{path}/covariance")
    assert covariance.status_code == 404
    assert "built yet" in covariance.json()["detail"]

    body["parameters"] = {"kind": "window", "window_days": 63}
    assert client.post("/v1/risk/models", json=body).json()["version"] == 2
    after = client.get(path, headers={"If-None-Match": before.headers["etag"]})
    assert after.status_code == 200
    assert after.json()["parameters"]["window_days"] == 63

    assert client.delete(path).status_code == 204
    for answer in (client.get(path), client.delete(path)):
        assert answer.status_code == 404
        assert "in force" in answer.json()["detail"]
    listed = client.get("/v1/risk/models").json()["data"]
    assert [(row["version"], row["is_in_force"]) for row in listed if row["model"] == "fast"] == [
        (1, False),
        (2, False),
    ]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"parameters": {"halflife": 3}}, "parameter halflife: unknown"),
        ({"parameters": {"variance_half_life": 1}}, "variance_half_life: 1"),
        ({"parameters": {"variance_half_life": "long"}}, "variance_half_life"),
        ({"parameters": {"kind": "magic"}}, "neither exponential nor window"),
        ({"parameters": {"variance_half_life": None}}, "variance_half_life"),
        ({"parameters": [1]}, "parameters"),
        ({"name": "Fast"}, "name"),
        ({"name": None}, "name"),
        ({"description": ""}, "description"),
        ({"description": "a\0b"}, "description"),
        ({"descriptoin": "x"}, "descriptoin: Extra inputs"),
    ],
)
def test_a_bad_model_is_refused(client: TestClient, change: dict[str, Any], words: str) -> None:
    body = {"name": "bad", "description": "Bad.", "parameters": {}} | change
    answer = client.post("/v1/risk/models", json=body)
    assert answer.status_code == 422, answer.text
    assert words in answer.json()["detail"]
    assert client.get("/v1/risk/models/bad").status_code == 404


# --- Portfolios ------------------------------------------------------------------------


def test_a_portfolio_is_uploaded_read_and_deleted(
    client: TestClient, days: list[str], held: dict[str, float]
) -> None:
    before = client.get("/v1/risk/portfolios")
    made = client.post("/v1/risk/portfolios", json=sent("new.one", days[-50], held))
    assert made.status_code == 201, made.text
    path = made.headers["location"]
    assert path == "/v1/risk/portfolios/new.one"
    assert made.json()["n_holdings"] == 10
    assert client.get(path, params={"date": days[-50]}).json()["data"]
    found = client.get(path, params={"date": days[-50]}).json()
    assert {row["ticker"]: row["weight"] for row in found["data"]} == held
    drifted = client.get(path).json()
    assert drifted["trade_date"] > days[-50]
    assert sum(row["weight"] for row in drifted["data"]) == pytest.approx(1, abs=1e-12)
    listed = client.get(
        "/v1/risk/portfolios", headers={"If-None-Match": before.headers["etag"]}
    ).json()["data"]
    assert [row["portfolio"] for row in listed] == ["mine", "new.one"]

    again = sent("new.one", days[-40], dict.fromkeys(held, 0.1), description="Equal.")
    made = client.post("/v1/risk/portfolios", json=again)
    assert (made.status_code, made.json()["n_uploads"]) == (201, 2)
    weights = client.get(path, params={"date": days[-40]}).json()["data"]
    assert {row["weight"] for row in weights} == {0.1}
    assert client.get(path, params={"date": days[-51]}).status_code == 404

    assert client.delete(path).status_code == 204
    assert client.get(path).status_code == 404
    assert client.delete(path).status_code == 404
    assert client.get("/v1/risk/portfolios").json() == before.json()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"holdings": [{"ticker": "{0}", "weight": 0.9}]}, "sum to 0.9, not to 1"),
        ({"holdings": [{"ticker": "{0}", "weight": 1}], "total": 0}, "not to 0"),
        ({"holdings": [{"ticker": "NOSUCH1", "weight": 1}]}, "NOSUCH1"),
        (
            {"holdings": [{"ticker": "{0}", "weight": 0.5}, {"ticker": "{0}", "weight": 0.5}]},
            "same security",
        ),
        ({"holdings": [{"ticker": "{0}", "weight": None}]}, "holdings.0.weight"),
        ({"holdings": [{"ticker": "{0}", "weight": "1"}]}, "holdings.0.weight"),
        ({"holdings": [{"ticker": "{0}", "weight": True}]}, "holdings.0.weight"),
        ({"holdings": [{"ticker": "{0}"}]}, "holdings.0.weight: Field required"),
        ({"holdings": [{"ticker": "", "weight": 1}]}, "holdings.0.ticker"),
        ({"holdings": []}, "holdings"),
        ({"holdings": None}, "holdings"),
        ({"name": "market"}, "market"),
        ({"name": "universe:all"}, "name"),
        ({"name": "a b"}, "name"),
        ({"valid_from": "2023-01-01"}, "session"),
        ({"valid_from": "2999-01-04"}, "session"),
        ({"valid_from": 1_700_000_000}, "valid_from"),
        ({"valid_form": "2023-01-03"}, "valid_form: Extra inputs"),
    ],
)
def test_bad_holdings_are_refused_as_a_whole(
    client: TestClient,
    days: list[str],
    held: dict[str, float],
    change: dict[str, Any],
    words: str,
) -> None:
    before = client.get("/v1/risk/portfolios").json()
    for holding in change.get("holdings") or []:
        holding["ticker"] = holding["ticker"].format(next(iter(held)))
    answer = client.post("/v1/risk/portfolios", json=sent("bad", days[-9], held) | change)
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert words in answer.json()["detail"]
    assert client.get("/v1/risk/portfolios").json() == before


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e400", "1e999999"])
def test_what_is_no_finite_number_is_refused(
    client: TestClient, days: list[str], number: str
) -> None:
    accept = {"Content-Type": "application/json"}
    for path, body in (
        (
            "/v1/risk/portfolios",
            f'{{"name": "bad", "valid_from": "{days[-9]}", "total": null, '
            f'"holdings": [{{"ticker": "A", "weight": {number}}}]}}',
        ),
        (f"{MINE}/stress", f'{{"shocks": {{"market": {number}}}}}'),
        (f"{MINE}/what-if", f'{{"changes": [{{"ticker": "A", "change": {number}}}]}}'),
        (
            "/v1/risk/models",
            f'{{"name": "bad", "description": "b", "parameters": {{"least_days": {number}}}}}',
        ),
    ):
        answer = client.post(path, content=body, headers=accept)
        assert answer.status_code == 422, answer.text
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("body", ["", "{", "[]", "null", "\ufeff{}", '{"name": "\\ud800"}'])
def test_a_body_that_is_no_object_is_a_problem(client: TestClient, body: str) -> None:
    answer = client.post(
        "/v1/risk/portfolios",
        content=body.encode(),
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_dollar_neutral_book_says_its_total(
    client: TestClient, days: list[str], held: dict[str, float]
) -> None:
    long, short = list(held)[:2]
    body = sent("neutral", days[-9], {long: 0.5, short: -0.5})
    assert client.post("/v1/risk/portfolios", json=body).status_code == 422
    for total in (0, None):
        answer = client.post("/v1/risk/portfolios", json={**body, "total": total})
        assert answer.status_code == 201, answer.text
    assert client.delete("/v1/risk/portfolios/neutral").status_code == 204


# --- Risk ------------------------------------------------------------------------------


def test_risk_is_that_of_the_functions(
    client: TestClient, reader: psycopg.Connection[dict[str, Any]], days: list[str]
) -> None:
    body = client.get(
        f"{MINE}/risk?model=long&date={days[-20]}&horizon_days=5&include=factors,assets"
    ).json()
    asked = ["mine", days[-20], "long", "market", 5]
    factors, assets = body.pop("factors"), body.pop("assets")
    totals = reader.execute(
        "select * from risk.portfolio_risk(%s, %s, %s, %s, %s)", asked
    ).fetchone()
    assert totals is not None
    assert body == {**totals, "trade_date": days[-20]}
    for found, name in ((factors, "portfolio_factor_risk"), (assets, "portfolio_asset_risk")):
        expected = reader.execute(
            f"select * from risk.{name}(%s, %s, %s, %s, %s)",  # noqa: S608
            asked,
        ).fetchall()
        assert found == expected
    total = body["total_volatility"]
    assert total**2 == pytest.approx(
        body["factor_volatility"] ** 2 + body["specific_volatility"] ** 2, rel=1e-12
    )
    for parts in (factors, assets):
        assert sum(row["contribution"] for row in parts) == pytest.approx(total, rel=1e-12)


def test_active_contributions_sum_to_the_tracking_error(client: TestClient) -> None:
    body = client.get(f"{MINE}/risk?include=factors,assets&active=true").json()
    for part in ("factors", "assets"):
        assert sum(row["contribution"] or 0 for row in body[part]) == pytest.approx(
            body["active_volatility"], rel=1e-12
        )
    market = client.get("/v1/risk/portfolios/market/risk").json()
    assert market["active_volatility"] == pytest.approx(0, abs=1e-12)
    assert market["beta"] == pytest.approx(1, abs=1e-12)


def test_risk_as_a_table_has_one_kind_of_rows(client: TestClient) -> None:
    whole = client.get(f"{MINE}/risk?include=factors,assets").json()
    assert set(client.get(f"{MINE}/risk").json()) == set(whole) - {"factors", "assets"}
    for part in ("factors", "assets"):
        answer = client.get(f"{MINE}/risk?include={part}", headers={"Accept": PARQUET})
        frame = pl.read_parquet(answer.content)
        assert (
            frame.drop("portfolio", "model", "trade_date", "horizon_days").to_dicts()
            == (whole[part])
        )
        assert set(frame["trade_date"].cast(pl.String)) == {whole["trade_date"]}
    both = client.get(f"{MINE}/risk?include=assets,factors", headers={"Accept": "text/csv"})
    assert both.status_code == 400
    assert "one kind of rows" in both.json()["detail"]


def test_stress_multiplies_exposures_by_shocks(client: TestClient) -> None:
    shocks = {"shocks": {"market": -0.1, "value": 0.02}, "propagate": False}
    body = client.post(f"{MINE}/stress", json=shocks).json()
    exposures = {
        row["factor_id"]: row["exposure"]
        for row in client.get(f"{MINE}/risk?include=factors").json()["factors"]
    }
    for row in body["data"]:
        expected = shocks["shocks"].get(row["factor_id"])
        assert row["shock"] == expected
        assert row["shocked_return"] == (expected or 0)
        assert row["exposure"] == pytest.approx(exposures[row["factor_id"]], abs=1e-14)
        assert row["contribution"] == pytest.approx(row["exposure"] * (expected or 0), abs=1e-15)
    propagated = client.post(f"{MINE}/stress", json={"shocks": {"market": -0.1}}).json()["data"]
    assert sum(row["shocked_return"] != 0 for row in propagated) > 20


def test_stress_and_what_if_are_tables_too(client: TestClient, held: dict[str, float]) -> None:
    for path, body in (
        ("stress?model=classic", {"shocks": {"market": -0.1}}),
        ("what-if", {"changes": [{"ticker": next(iter(held)), "change": 0.1}]}),
    ):
        said = client.post(f"{MINE}/{path}", json=body)
        assert said.status_code == 200, said.text
        assert said.headers["cache-control"] == "no-store"
        for media_type, read in READERS.items():
            answer = client.post(f"{MINE}/{path}", json=body, headers={"Accept": media_type})
            found = read(answer.content).to_pylist()
            assert [_plain(row) for row in found] == [_plain(row) for row in rows_of(said.json())]


def test_what_if_is_the_risk_after_an_upload(
    client: TestClient, days: list[str], held: dict[str, float]
) -> None:
    sold, bought = list(held)[:2]
    changes = [{"ticker": sold, "change": -held[sold]}, {"ticker": bought, "change": held[sold]}]
    before, after = client.post(
        f"{MINE}/what-if?date={days[-120]}", json={"changes": changes}
    ).json()["data"]
    assert {"scenario": "before", **client.get(f"{MINE}/risk?date={days[-120]}").json()} == before
    traded = {ticker: weight for ticker, weight in held.items() if ticker != sold}
    traded[bought] += held[sold]
    client.post("/v1/risk/portfolios", json=sent("traded", days[-120], traded))
    found = client.get(f"/v1/risk/portfolios/traded/risk?date={days[-120]}").json()
    for name, value in found.items():
        if isinstance(value, float):
            assert after[name] == pytest.approx(value, rel=1e-12, abs=1e-15)
    assert after["n_holdings"] == before["n_holdings"] - 1
    assert client.delete("/v1/risk/portfolios/traded").status_code == 204


@pytest.mark.parametrize(
    ("path", "body", "status", "words"),
    [
        ("stress", {"shocks": {"markte": -0.1}}, 422, "markte"),
        ("stress", {"shocks": {}}, 422, "shocks"),
        ("stress", {"shocks": {"market": "big"}}, 422, "shocks.market"),
        ("stress", {"shocks": {"market": 0.1}, "propagate": 1}, 422, "propagate"),
        ("stress", {}, 422, "shocks: Field required"),
        ("stress?date=2001-01-02", {"shocks": {"market": 0.1}}, 404, "nearest built"),
        ("stress?model=nosuch", {"shocks": {"market": 0.1}}, 404, "nosuch"),
        ("what-if", {"changes": []}, 422, "changes"),
        ("what-if", {"changes": [{"ticker": "NOSUCH1", "change": 0.1}]}, 422, "NOSUCH1"),
        ("what-if?model=nosuch", {"changes": [{"ticker": "A", "change": 1}]}, 404, "nosuch"),
        ("what-if?active=true", {"changes": [{"ticker": "A", "change": 1}]}, 422, "active"),
    ],
)
def test_a_bad_scenario_is_refused(
    client: TestClient, path: str, body: dict[str, Any], status: int, words: str
) -> None:
    answer = client.post(f"{MINE}/{path}", json=body)
    assert answer.status_code == status, answer.text
    assert words in answer.json()["detail"]
    assert client.post(f"/v1/risk/portfolios/nosuch/{path}", json=body).status_code in (404, 422)


def test_replay_multiplies_exposures_by_past_returns(
    client: TestClient, span: dict[str, str]
) -> None:
    asked = f"from={span['first']}&to={span['last']}"
    returns = client.get(f"/v1/risk/factor-returns?{asked}").json()["data"]
    for row in client.get(f"{MINE}/replay?{asked}").json()["data"]:
        own = [1 + r["factor_return"] for r in returns if r["factor_id"] == row["factor_id"]]
        assert row["factor_return"] == pytest.approx(np.prod(own) - 1, abs=1e-12)
        assert row["contribution"] == pytest.approx(row["exposure"] * row["factor_return"])


def test_attribution_by_day_compounds_to_the_linked_one(
    client: TestClient, span: dict[str, str]
) -> None:
    asked = f"from={span['first']}&to={span['last']}"
    by_day: dict[str, float] = {}
    for row in client.get(f"{MINE}/attribution?{asked}").json()["data"]:
        by_day[row["trade_date"]] = by_day.get(row["trade_date"], 0) + (row["contribution"] or 0)
    linked = client.get(f"{MINE}/attribution?{asked}&linked=true").json()["data"]
    total = np.prod([1 + value for value in by_day.values()]) - 1
    assert len(by_day) == 41
    assert sum(row["contribution"] or 0 for row in linked) == pytest.approx(total, abs=1e-10)


# --- Who may write ---------------------------------------------------------------------


def test_only_the_methods_that_write_can(
    client: TestClient, reader: psycopg.Connection[dict[str, Any]]
) -> None:
    for statement in (
        "select risk.delete_portfolio('mine')",
        "select risk.retire_model('short')",
        "select risk.create_model('x', 'x', '{}')",
    ):
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            reader.execute(statement)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        reader.execute("select * from risk.holding")
    assert client.get(MINE).status_code == 200


def test_a_refused_write_leaves_its_connection_as_it_was(
    risk_warehouse: str, days: list[str], held: dict[str, float]
) -> None:
    with TestClient(create_app(conninfo=risk_warehouse, pool_size=1)) as http:
        body = sent("once", days[-9], held)
        assert http.post("/v1/risk/portfolios", json={**body, "total": 7}).status_code == 422
        assert http.post("/v1/risk/portfolios", json=body).status_code == 201

        async def is_read_only() -> str:
            async with http.app.state.warehouse.pool.connection() as conn:  # type: ignore[attr-defined]
                cursor = await conn.execute("show transaction_read_only")
                return str((await cursor.fetchone())[0])

        assert http.portal is not None
        assert http.portal.call(is_read_only) == "on"
        assert http.delete("/v1/risk/portfolios/once").status_code == 204


def test_openapi_says_what_is_sent_and_answered(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    paths = {path: item for path, item in document["paths"].items() if "/v1/risk" in path}
    assert len(paths) == 17
    for path, item in paths.items():
        for method, operation in item.items():
            assert operation["description"], path
            assert "422" in operation["responses"]
            if method == "post":
                assert operation["requestBody"]["required"]
            if method == "get":
                content = operation["responses"]["200"]["content"]
                assert {"application/json", *READERS} <= set(content), path
    covariance = paths["/v1/risk/models/{model}/covariance"]["get"]["responses"]["200"]["content"]
    assert NPY in covariance
