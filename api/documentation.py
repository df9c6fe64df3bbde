"""How routes are documented: formats, entity tags, and the problems each can answer."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel
from starlette.responses import Response

from api.errors import MEDIA_TYPE
from api.models import Problem
from api.negotiation import OFFERED

PROBLEMS = {
    400: "The parameters contradict each other, or the cursor is another request's.",
    404: "No such factor, security, universe, model or portfolio, or nothing is built for "
    "that date.",
    406: "None of the media types in `Accept` is offered.",
    422: "A parameter is unknown, repeated, or not of its type, or its value is refused.",
    503: "The database is away, or nothing has been built yet.",
    504: "The query ran into the statement timeout.",
}
HEADERS = {
    "ETag": {
        "description": "Changes with every build. Absent while one is running.",
        "schema": {"type": "string"},
    },
    "Link": {
        "description": 'The next page, `rel="next"`; absent on the last one.',
        "schema": {"type": "string"},
    },
}


def documented(
    model: type[BaseModel], example: dict[str, Any], *more_formats: str
) -> dict[str, Any]:
    """Arguments of a route that answers `model` in any of the formats."""
    return {
        "response_model": None,
        "responses": {
            200: {**_answered(model, example, *more_formats), "headers": HEADERS},
            304: {"description": "You hold this answer already (`If-None-Match`)."},
            **problems(*PROBLEMS),
        },
    }


def computed(model: type[BaseModel], example: dict[str, Any]) -> dict[str, Any]:
    """Arguments of a POST route that computes an answer and keeps nothing."""
    return {
        "response_model": None,
        "responses": {200: _answered(model, example), **problems(*PROBLEMS)},
    }


def created(model: type[BaseModel], example: dict[str, Any]) -> dict[str, Any]:
    """Arguments of a POST route that makes what it answers."""
    location = {"description": "Where it is now.", "schema": {"type": "string"}}
    return {
        "status_code": 201,
        "response_model": None,
        "responses": {
            201: {**_answered(model, example), "headers": {"Location": location}},
            **problems(*PROBLEMS),
        },
    }


def deleted() -> dict[str, Any]:
    """Arguments of a DELETE route."""
    return {
        "status_code": 204,
        "response_class": Response,
        "responses": problems(404, 422, 503, 504),
    }


def _answered(
    model: type[BaseModel], example: dict[str, Any], *more_formats: str
) -> dict[str, Any]:
    binary = {"schema": {"type": "string", "format": "binary"}}
    text = {"schema": {"type": "string"}}
    formats: dict[str, Any] = {
        offered: text if offered == "text/csv" else binary
        for offered in (*OFFERED[1:], *more_formats)
    }
    formats["application/json"] = {"example": example}
    return {
        "model": model,
        "description": (model.__doc__ or "").strip(),
        "content": formats,
    }


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Error responses of a route."""
    schema = {"schema": {"$ref": "#/components/schemas/Problem"}}
    return {
        status: {"description": PROBLEMS[status], "content": {MEDIA_TYPE: schema}}
        for status in statuses
    }


def add_problem_schema(app: FastAPI) -> None:
    """Put the schema of problem documents, which no route returns, into the OpenAPI document."""
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        document = generate()
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        schemas["Problem"] = Problem.model_json_schema()
        for unused in ("HTTPValidationError", "ValidationError"):
            schemas.pop(unused, None)
        return document

    app.openapi = openapi  # type: ignore[method-assign]
