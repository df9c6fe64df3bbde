"""Schemathesis drives every operation of the OpenAPI document, in-process and deterministic."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import schemathesis
from fastapi import FastAPI
from schemathesis import engine
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import Status, events
from schemathesis.schemas import BaseSchema

from api.app import create_app

# Generated identifiers meet the unknown; these meet what is there.
KNOWN = {"path.factor_id": "value_01", "path.ticker": "S0001", "path.universe": "sp500"}
KNOWN_RISK = {"path.model": "short", "path.portfolio": "market"}
RISK, OTHERS = "^/v1/risk/", "^/v1/(?!risk/)"


def configured(parameters: dict[str, str]) -> SchemathesisConfig:
    """All checks and phases but links; few examples, always the same ones."""
    accepted = ["2xx", "304", "400", "404"]
    return SchemathesisConfig.from_dict(
        {
            "seed": 1,
            "parameters": parameters,
            "generation": {
                "mode": "all",
                "max-examples": 20,
                "deterministic": True,
                "database": "none",
                "no-shrink": True,
            },
            "phases": {"stateful": {"enabled": False}},
            # 400 is ours for parameters that are valid alone and contradict each
            # other, which no schema can say; 422 stays forbidden for valid ones.
            "checks": {"positive_data_acceptance": {"expected-statuses": accepted}},
            # What a body names may be unknown to the database, which says so by 422.
            "operations": [
                {
                    "include-method": "POST",
                    "checks": {
                        "positive_data_acceptance": {"expected-statuses": [*accepted, "422"]}
                    },
                }
            ],
        }
    )


@pytest.mark.parametrize("parameters", [{}, KNOWN], ids=["unknown", "known"])
def test_schemathesis_is_clean(market: str, parameters: dict[str, str]) -> None:
    app = create_app(conninfo=market, pool_size=2)
    asked, n_cases = driven(app, parameters, lambda schema: schema.exclude(path_regex=RISK))
    assert asked == {name for name in operations(app) if "/v1/risk" not in name}
    assert n_cases > 200


# The known first: the examples of the others' run retire a model.
@pytest.mark.parametrize("parameters", [KNOWN_RISK, {}], ids=["known", "unknown"])
def test_schemathesis_is_clean_over_risk(risk_warehouse: str, parameters: dict[str, str]) -> None:
    app = create_app(conninfo=risk_warehouse, pool_size=2)

    def chosen(schema: BaseSchema) -> BaseSchema:
        """Of what is known nothing is deleted: others ask for it."""
        risk = schema.exclude(path_regex=OTHERS)
        return risk.exclude(method="DELETE") if parameters else risk

    asked, n_cases = driven(app, parameters, chosen)
    left_out = "DELETE" if parameters else "none"
    assert asked == {
        name for name in operations(app) if "/v1/risk" in name and not name.startswith(left_out)
    }
    assert n_cases > 200


def operations(app: FastAPI) -> set[str]:
    """Every operation of the OpenAPI document, as Schemathesis labels it."""
    return {
        f"{method.upper()} {path}"
        for path, methods in app.openapi()["paths"].items()
        for method in methods
    }


def driven(
    app: FastAPI, parameters: dict[str, str], chosen: Callable[[BaseSchema], BaseSchema]
) -> tuple[set[str | None], int]:
    """The operations asked and the number of cases; fails with what was found."""
    schema = schemathesis.openapi.from_asgi("/openapi.json", app, config=configured(parameters))
    found: list[str] = []
    asked: set[str | None] = set()
    n_cases = 0
    for event in engine.from_schema(chosen(schema)).execute():
        if isinstance(event, events.NonFatalError | events.FatalError):
            found.append(repr(event))
        if isinstance(event, events.ScenarioFinished):
            asked.add(event.label)
            n_cases += len(event.recorder.cases)
            found += failures(event)
    assert not found, "\n\n".join(found)
    return asked, n_cases


def failures(event: events.ScenarioFinished) -> list[str]:
    """What the checks of one scenario found, with the request that shows it."""
    return [
        f"{check.name}: {check.failure_info.failure}\n{check.failure_info.code_sample}"
        for checks in event.recorder.checks.values()
        for check in checks
        if check.status == Status.FAILURE and check.failure_info
    ]
