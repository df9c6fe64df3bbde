"""Schemathesis drives every operation of the OpenAPI document, in-process and deterministic."""

from __future__ import annotations

import pytest
import schemathesis
from schemathesis import engine
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import Status, events

from api.app import create_app

# Generated identifiers meet the unknown; these meet what is there.
KNOWN = {"path.factor_id": "value_01", "path.ticker": "S0001", "path.universe": "sp500"}


def configured(parameters: dict[str, str]) -> SchemathesisConfig:
    """All checks and phases but links; few examples, always the same ones."""
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
            "checks": {
                "positive_data_acceptance": {"expected-statuses": ["2xx", "304", "400", "404"]}
            },
        }
    )


@pytest.mark.parametrize("parameters", [{}, KNOWN], ids=["unknown", "known"])
def test_schemathesis_is_clean(market: str, parameters: dict[str, str]) -> None:
    app = create_app(conninfo=market, pool_size=2)
    schema = schemathesis.openapi.from_asgi("/openapi.json", app, config=configured(parameters))
    found: list[str] = []
    operations: set[str | None] = set()
    n_cases = 0
    for event in engine.from_schema(schema).execute():
        if isinstance(event, events.NonFatalError | events.FatalError):
            found.append(repr(event))
        if isinstance(event, events.ScenarioFinished):
            operations.add(event.label)
            n_cases += len(event.recorder.cases)
            found += failures(event)
    assert not found, "\n\n".join(found)
    assert operations == {f"GET {path}" for path in app.openapi()["paths"]}
    assert n_cases > 200


def failures(event: events.ScenarioFinished) -> list[str]:
    """What the checks of one scenario found, with the request that shows it."""
    return [
        f"{check.name}: {check.failure_info.failure}\n{check.failure_info.code_sample}"
        for checks in event.recorder.checks.values()
        for check in checks
        if check.status == Status.FAILURE and check.failure_info
    ]
