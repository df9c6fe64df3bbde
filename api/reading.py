"""One request being answered: its format, its entity tag, the warehouse it reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

import orjson
from anyio import to_thread
from fastapi import Depends, Header, Request
from starlette.responses import Response

from api import etag
from api.database import Table, Warehouse
from api.encoding import NPY, encode_json, encode_matrix, encode_record, encode_table
from api.errors import NotFound, Refused
from api.negotiation import OFFERED, negotiate
from api.paging import Page
from factorium import __version__


class NotModified(Exception):
    """The client holds this answer already; not an error."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        super().__init__()
        self.headers = headers


class Reading:
    """Fetches by named query, and answers in the negotiated format.

    The first fetch reads the latest build, before any data: an answer is then
    never tagged with a build newer than its rows. While a build is running the
    answer has no tag, because parts of it may change under the same build id.
    What users register between builds (models, portfolios) makes answers that
    are tagged by their content instead; answers to POST have no tag.
    """

    def __init__(
        self,
        request: Request,
        warehouse: Warehouse,
        if_none_match: str | None = None,
        *,
        offers: Sequence[str] = OFFERED,
        tagged_by: Literal["build", "content"] | None = "build",
    ) -> None:
        self.request = request
        self.warehouse = warehouse
        self.if_none_match = if_none_match
        self.tagged_by = tagged_by
        self.media_type = negotiate(_accept(request), offers)
        kept = "no-cache" if tagged_by else "no-store"
        self.headers = {"Cache-Control": kept, "Vary": "Accept"}
        self._has_begun = False

    async def fetch(self, name: str, **parameters: Any) -> Table:
        """Rows of one query. Errors: NotModified, and those of Warehouse.fetch."""
        if not self._has_begun:
            await self._begin()
        try:
            return await self.warehouse.fetch(name, parameters)
        except Refused as error:
            # What a URL names and the database refuses is not there.
            if self.request.method == "GET":
                raise NotFound(error.detail) from error
            raise

    async def write(self, name: str, **parameters: Any) -> Table:
        """Run a query that writes. Errors: those of Warehouse.write."""
        return await self.warehouse.write(name, parameters)

    async def fetch_one(self, name: str, **parameters: Any) -> dict[str, Any] | None:
        """The first row of one query as a dictionary, or None."""
        records = (await self.fetch(name, **parameters)).records()
        return records[0] if records else None

    async def answer(
        self, table: Table, page: Page | None = None, about: Mapping[str, Any] | None = None
    ) -> Response:
        """The rows of the page in the negotiated format, with a link to the next page."""
        about = about or {}
        table, following = page.cut(table) if page else (table, None)
        headers = dict(self.headers)
        if following is not None:
            headers["Link"] = f'<{self._url(cursor=following)}>; rel="next"'
        if self.media_type == "application/json":
            return self._respond(encode_json(table, about, following), headers)
        return await self._answer_table(table, about, headers)

    async def answer_one(self, table: Table, about: Mapping[str, Any] | None = None) -> Response:
        """The only row of a table: in JSON the object itself, after what it is about."""
        if self.media_type == "application/json":
            return self._respond(encode_record(table, about or {}), self.headers)
        return await self._answer_table(table, about or {}, self.headers)

    async def answer_created(self, table: Table, location: str) -> Response:
        """201: the only row of a table that describes what was made, and where it is."""
        answer = await self.answer_one(table)
        answer.status_code = 201
        answer.headers["Location"] = location
        return answer

    def answer_document(self, document: Mapping[str, Any]) -> Response:
        """An object of nested parts: JSON only."""
        return self._respond(orjson.dumps(document), self.headers)

    def answer_matrix(
        self, matrix: list[list[float]], about: Mapping[str, str] | None = None
    ) -> Response:
        """A matrix in NumPy's format; `about` becomes headers."""
        return self._respond(encode_matrix(matrix), {**self.headers, **(about or {})})

    async def _answer_table(
        self, table: Table, about: Mapping[str, Any], headers: Mapping[str, str]
    ) -> Response:
        body = await to_thread.run_sync(encode_table, table, about, self.media_type)
        return self._respond(body, headers)

    def _respond(self, body: bytes, headers: Mapping[str, str]) -> Response:
        # `If-None-Match: *` is decided last: only now is it known that there is an answer.
        if self.tagged_by == "content":
            headers = {**headers, "ETag": etag.content_tag(body)}
            if etag.matches(self.if_none_match, headers["ETag"]):
                raise NotModified(headers)
        if self._accepts_any():
            raise NotModified(self.headers)
        return Response(body, headers=dict(headers), media_type=self.media_type)

    async def _begin(self) -> None:
        self._has_begun = True
        if self.tagged_by != "build":
            return
        builds = (await self.warehouse.fetch("api_build", {})).records()
        if not builds or builds[0]["status"] == "running":
            return
        tag = etag.entity_tag(builds[0]["build_id"], self._url(), self.media_type, __version__)
        self.headers["ETag"] = tag
        if not self._accepts_any() and etag.matches(self.if_none_match, tag):
            raise NotModified(self.headers)

    def _accepts_any(self) -> bool:
        return (self.if_none_match or "").strip() == "*"

    def _url(self, **replaced: str) -> str:
        """Path and query as asked, relative to whatever host a proxy shows."""
        url = self.request.url.include_query_params(**replaced) if replaced else self.request.url
        return f"{url.path}?{url.query}" if url.query else url.path


def _accept(request: Request) -> str:
    return ",".join(request.headers.getlist("accept"))


IfNoneMatch = Annotated[
    str | None, Header(description="Entity tags of answers you hold; 304 if one is current.")
]


async def _reading(request: Request, if_none_match: IfNoneMatch = None) -> Reading:
    return Reading(request, request.app.state.warehouse, if_none_match)


async def _registry(request: Request, if_none_match: IfNoneMatch = None) -> Reading:
    return Reading(request, request.app.state.warehouse, if_none_match, tagged_by="content")


async def _matrix(request: Request, if_none_match: IfNoneMatch = None) -> Reading:
    return Reading(
        request,
        request.app.state.warehouse,
        if_none_match,
        tagged_by="content",
        offers=(*OFFERED, NPY),
    )


async def _posted(request: Request) -> Reading:
    return Reading(request, request.app.state.warehouse, tagged_by=None)


Read = Annotated[Reading, Depends(_reading)]
ReadRegistry = Annotated[Reading, Depends(_registry)]
ReadMatrix = Annotated[Reading, Depends(_matrix)]
Posted = Annotated[Reading, Depends(_posted)]


async def not_modified(request: Request, error: Exception) -> Response:
    """Answer 304, with the headers the full answer would have had."""
    assert isinstance(error, NotModified)
    return Response(status_code=304, headers=error.headers)
