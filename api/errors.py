"""Problems a request can meet, answered as RFC 9457 `application/problem+json`.

ApiError
├── BadRequest      400  parameters that are valid alone contradict each other
├── NotFound        404  no such factor, security, universe, or date
├── NotAcceptable   406  none of the media types in Accept can be written
├── Refused         422  the database refuses a value, and says why
├── Unavailable     503  the database is away, or the pool is exhausted
├── NotBuilt        503  the database answers, but has no marts yet
└── TimedOut        504  the statement ran into its timeout
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, ClassVar

import orjson
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import compile_path

MEDIA_TYPE = "application/problem+json"


class ApiError(Exception):
    """Base of all problems; `extra` becomes members of the problem document."""

    status = 500
    kind = "internal-error"
    headers: ClassVar[Mapping[str, str]] = {}

    def __init__(self, detail: str, **extra: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.extra = extra


class BadRequest(ApiError):
    """Parameters that are valid alone contradict each other."""

    status = 400
    kind = "bad-request"


class NotFound(ApiError):
    """No such factor, security, universe, or date."""

    status = 404
    kind = "not-found"


class NotAcceptable(ApiError):
    """None of the media types in Accept can be written."""

    status = 406
    kind = "not-acceptable"


class Refused(ApiError):
    """The database refuses a value that is of its type, and says why."""

    status = 422
    kind = "refused"


class Unavailable(ApiError):
    """The database is away, or the pool is exhausted."""

    status = 503
    kind = "unavailable"
    headers: ClassVar[Mapping[str, str]] = {"Retry-After": "5"}


class NotBuilt(ApiError):
    """The database answers, but has no marts yet."""

    status = 503
    kind = "not-built"
    headers: ClassVar[Mapping[str, str]] = {"Retry-After": "60"}


class TimedOut(ApiError):
    """The statement ran into its timeout."""

    status = 504
    kind = "timeout"


def install(app: FastAPI) -> None:
    """Make every error of the application a problem document."""
    app.add_exception_handler(ApiError, _of_api_error)
    app.add_exception_handler(RequestValidationError, _of_validation)
    app.add_exception_handler(HTTPException, _of_http)
    app.add_exception_handler(Exception, _of_anything)


def _problem(
    status: int,
    detail: str,
    kind: str,
    headers: Mapping[str, str] | None = None,
    **extra: Any,
) -> Response:
    document = {
        "type": f"urn:factorium:problem:{kind}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        **extra,
    }
    return Response(
        orjson.dumps(document),
        status_code=status,
        media_type=MEDIA_TYPE,
        headers={"Cache-Control": "no-store", **(headers or {})},
    )


async def _of_api_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, ApiError)
    return _problem(error.status, error.detail, error.kind, error.headers, **error.extra)


async def _of_validation(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    errors = [
        {
            "in": str(found["loc"][0]),
            "parameter": _parameter(found["loc"]),
            "message": found["msg"],
        }
        for found in error.errors()
    ]
    detail = "; ".join(f"{found['parameter']}: {found['message']}" for found in errors)
    return _problem(422, detail, "invalid-parameter", errors=errors)


async def _of_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    allowed = ", ".join(_methods(request))
    detail = {
        404: "There is nothing at this path; the routes are listed in /openapi.json.",
        405: f"This path answers {allowed or 'GET'} only.",
    }.get(error.status_code, str(error.detail))
    kind = HTTPStatus(error.status_code).phrase.lower().replace(" ", "-")
    headers = {"Allow": allowed} if error.status_code == 405 and allowed else error.headers
    return _problem(error.status_code, detail, kind, headers)


def _methods(request: Request) -> list[str]:
    """Methods that the documented routes of this path answer."""
    found: set[str] = set()
    for template, operations in request.app.openapi()["paths"].items():
        if compile_path(template)[0].match(request.scope["path"]):
            found |= {method.upper() for method in operations}
    return sorted(found | {"HEAD"} if "GET" in found else found)


def _parameter(loc: Sequence[Any]) -> str:
    """The parameter's name; in a body the path to it: `holdings.3.weight`."""
    if loc[0] != "body":
        return str(loc[-1])
    return ".".join(str(step) for step in loc[1:]) or "body"


async def _of_anything(request: Request, error: Exception) -> Response:
    return _problem(500, "The request failed inside the API; its log says why.", ApiError.kind)
