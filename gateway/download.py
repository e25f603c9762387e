"""Downloads: `GET /documents/{token}` gives the document that a signed link names.

The file is sent as an attachment that no browser runs: never sniffed, under a Content-Security-
Policy that sandboxes it. Where there is none, the answer is a problem of RFC 9457 that says what
to do: 403 for a link that was not signed here, 404 for one that names nothing, 410 for one whose
time is over, 502 and 503 for a source that fails.

What a source streams goes through a spool, see `gateway.spool`. Where a source signs addresses of
its own, the client is sent there by 307: the link of the gateway is what is given away and counted,
that of the source lives just long enough to be followed.
"""

import os
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from http import HTTPStatus
from pathlib import Path

import anyio
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from connectors.contract import (
    DocumentAddress,
    DocumentContent,
    DocumentReader,
    DocumentStream,
    SourceError,
    Unavailable,
)
from connectors.documents.disposition import attachment
from domain.link import LIFETIME, Link, LinkProblem, sign, verify
from gateway.passing import Passing
from gateway.spool import Room, Spools

PREFIX = "/documents/"
HEADERS: Mapping[str, str] = {
    "Cache-Control": "private, no-cache",
    "Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""What every answer of the route says. The address is a permission: it must not leak onwards."""

_REFUSALS: Mapping[LinkProblem, tuple[HTTPStatus, str]] = {
    LinkProblem.GARBLED: (
        HTTPStatus.NOT_FOUND,
        "This is no download link. Copy the whole address, or ask for the document again.",
    ),
    LinkProblem.FORGED: (
        HTTPStatus.FORBIDDEN,
        "This gateway did not sign this link. Ask for the document again to get a new one.",
    ),
    LinkProblem.EXPIRED: (
        HTTPStatus.GONE,
        "This link has expired. Ask for the document again to get a new one.",
    ),
}
_MISSING = "The document is not there any more. Ask for the customer's documents again."


def link_for(
    source: str,
    record_id: str,
    *,
    key: bytes,
    now: datetime,
    base_url: str = "",
    lifetime: timedelta = LIFETIME,
) -> str:
    """The address of a document, good for `lifetime`; without `base_url` it is a path."""
    token = sign(source, record_id, key=key, now=now, lifetime=lifetime)
    return f"{base_url.rstrip('/')}{PREFIX}{token}"


def download_route(
    readers: Mapping[str, DocumentReader], *, key: bytes, now: Callable[[], datetime], room: Room
) -> Route:
    """The route; `readers` are the sources whose documents can be read, by name."""
    spools = Spools(room)

    async def download(request: Request) -> Response:
        link = verify(request.path_params["token"], key=key, now=now())
        if isinstance(link, LinkProblem):
            return _problem(*_REFUSALS[link])
        try:
            content = await _opened(readers, link)
            if content is None:
                return _problem(HTTPStatus.NOT_FOUND, _MISSING)
            return await _sent(content, request, source=link.source, spools=spools)
        except SourceError as error:
            return _failure(error)

    return Route(PREFIX + "{token}", download, methods=["GET"], name="download")


async def _opened(readers: Mapping[str, DocumentReader], link: Link) -> DocumentContent | None:
    reader = readers.get(link.source)
    return await reader.open_document(link.record_id) if reader else None


async def _sent(
    content: DocumentContent, request: Request, *, source: str, spools: Spools
) -> Response:
    headers = {**HEADERS, "Content-Disposition": attachment(content.name)}
    match content.body:
        case Path() as path:
            return await _file(path, content.media_type, headers, request)
        case DocumentAddress(url):
            if request.method == "HEAD":
                return _head(content, headers)
            headers = {**HEADERS, "Cache-Control": "no-store", "Location": url}
            return Response(status_code=HTTPStatus.TEMPORARY_REDIRECT, headers=headers)
        case stream:
            return await _passed(content, stream, headers, request, source=source, spools=spools)


async def _passed(
    content: DocumentContent,
    stream: DocumentStream,
    headers: Mapping[str, str],
    request: Request,
    *,
    source: str,
    spools: Spools,
) -> Response:
    if request.method == "HEAD":
        await stream.aclose()
        return _head(content, headers)
    spool = await spools.spooled(stream, source=source, size_bytes=content.size_bytes)
    return Passing(
        spool,
        headers={**headers, **_length(content)},
        media_type=content.media_type,
        client_timeout_s=spools.room.client_timeout_s,
    )


def _head(content: DocumentContent, headers: Mapping[str, str]) -> Response:
    answer = Response(headers={**headers, **_length(content)}, media_type=content.media_type)
    if content.size_bytes is None:
        del answer.headers["content-length"]
    return answer


def _length(content: DocumentContent) -> Mapping[str, str]:
    size = content.size_bytes
    return {} if size is None else {"content-length": str(size)}


async def _file(
    path: Path, media_type: str, headers: Mapping[str, str], request: Request
) -> Response:
    try:
        status = await anyio.to_thread.run_sync(os.stat, path)
    except FileNotFoundError:
        return _problem(HTTPStatus.NOT_FOUND, _MISSING)
    response = FileResponse(path, headers=headers, media_type=media_type, stat_result=status)
    etag = response.headers["etag"]
    if _is_known(request.headers.get("if-none-match", ""), etag):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers={**HEADERS, "ETag": etag})
    return response


def _is_known(if_none_match: str, etag: str) -> bool:
    tags = {each.strip().removeprefix("W/") for each in if_none_match.split(",")}
    return etag in tags or "*" in tags


def _problem(
    status: HTTPStatus, detail: str, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    body = {"type": "about:blank", "title": status.phrase, "status": status, "detail": detail}
    return JSONResponse(
        body,
        status_code=status,
        headers={**HEADERS, "Cache-Control": "no-store", **(headers or {})},
        media_type="application/problem+json",
    )


def _failure(error: SourceError) -> JSONResponse:
    if isinstance(error, Unavailable):
        wait = str(round(error.retry_after_s or 5))
        return _problem(HTTPStatus.SERVICE_UNAVAILABLE, error.client_message, {"Retry-After": wait})
    return _problem(HTTPStatus.BAD_GATEWAY, error.client_message)
