"""The application: `create_app(...)`, and `app` for `uvicorn api.app:app`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import APIRouter, Depends, FastAPI

from api import documentation, errors, reading
from api.database import Warehouse
from api.head import HeadAsGet
from api.parameters import refuse_unknown
from api.routers import factors, macro, operations, portfolios, risk, securities, universes
from factorium import __version__
from factorium.settings import Settings

DESCRIPTION = """\
Point-in-time factors, ranked, and the risk model made of them. Read-only, but for risk
models and portfolios, which can be registered and removed.

- **Formats** by `Accept`: JSON (default), CSV, Arrow IPC (stream or file), Parquet.
- **Pages** by `limit` and `cursor`; follow `next`, or the `Link` header.
- **Caching** by `ETag`, which changes with every build: send `If-None-Match`.
- **Errors** are `application/problem+json` (RFC 9457). A date that is not built is an
  error that names the nearest built ones, never an empty answer.
- Missing is null, never 0.
"""


def create_app(
    conninfo: str | None = None,
    *,
    pool_size: int | None = None,
    statement_timeout_ms: int | None = None,
) -> FastAPI:
    """The API over one warehouse; what is not given comes from the environment.

    Without `conninfo` the warehouse is the one of `DATABASE_URL` or libpq's
    variables, else the embedded one, found when the application starts.
    """
    settings = Settings()
    warehouse = Warehouse(
        conninfo,
        settings.pool_size if pool_size is None else pool_size,
        settings.statement_timeout_ms if statement_timeout_ms is None else statement_timeout_ms,
    )

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await warehouse.open()
        yield
        await warehouse.close()

    app = FastAPI(
        title="factorium",
        version=__version__,
        description=DESCRIPTION,
        lifespan=lifespan,
        redirect_slashes=False,
    )
    app.state.warehouse = warehouse
    app.include_router(_v1())
    app.add_middleware(HeadAsGet)
    app.add_exception_handler(reading.NotModified, reading.not_modified)
    errors.install(app)
    documentation.add_problem_schema(app)
    return app


def _v1() -> APIRouter:
    router = APIRouter(prefix="/v1", dependencies=[Depends(refuse_unknown)])
    for module in (factors, securities, universes, macro, risk, portfolios, operations):
        router.include_router(module.router)
    return router


app = create_app()
