"""Downloads: `GET /documents/{token}` gives the document that a signed link names.

The file is sent as an attachment that no browser runs: never sniffed, under a Content-Security-
Policy that sandboxes it. Where there is none, the answer is a problem of RFC 9457 that says what
to do: 403 for a link that was not signed here, 404 for one that names nothing, 410 for one whose
time is over, 502 and 503 for a source that fails.
"""

import os
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from urllib.parse import quote

import anyio
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from connectors.contract import DocumentContent, DocumentReader, SourceError, Unavailable
from domain.link import LIFETIME, Link, LinkProblem, sign, verify

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
    readers: Mapping[str, DocumentReader], *, key: bytes, now: Callable[[], datetime]
) -> Route:
    """The route; `readers` are the sources whose documents can be read, by name."""

    async def download(request: Request) -> Response:
        link = verify(request.path_params["token"], key=key, now=now())
        if isinstance(link, LinkProblem):
            return _problem(*_REFUSALS[link])
        try:
            content = await _opened(readers, link)
            if content is None:
                return _problem(HTTPStatus.NOT_FOUND, _MISSING)
            return await _sent(content, request)
        except SourceError as error:
            return _failure(error)

    return Route(PREFIX + "{token}", download, methods=["GET"], name="download")


async def _opened(readers: Mapping[str, DocumentReader], link: Link) -> DocumentContent | None:
    reader = readers.get(link.source)
    return await reader.open_document(link.record_id) if reader else None


async def _sent(content: DocumentContent, request: Request) -> Response:
    headers = {**HEADERS, "Content-Disposition": _disposition(content.name)}
    if isinstance(content.body, Path):
        return await _file(content.body, content.media_type, headers, request)
    if content.size_bytes is not None:
        headers["Content-Length"] = str(content.size_bytes)
    return StreamingResponse(content.body, headers=headers, media_type=content.media_type)


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


def _disposition(name: str) -> str:
    """RFC 6266: the name in UTF-8 for everyone, and a plain one for old clients."""
    plain = "".join(each if each.isascii() and each.isprintable() else "_" for each in name)
    plain = plain.replace("\\", "_").replace('"', "_")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


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
