"""GraphiQL: the page that lets people ask, served from our own origin.

The files are built from `web/graphiql` by `web/build.sh` and committed; nothing is loaded from
anywhere else, and the policy below makes the browser enforce that.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

import orjson
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

FOLDER = Path(__file__).parent / "static" / "graphiql"
ASSETS = "graphiql-assets"

# Monaco, the editor in GraphiQL, makes <style> elements and style attributes while it runs, with
# texts that no hash can name beforehand: hence 'unsafe-inline', for styles only. `data:` are the
# icons and fonts inside GraphiQL's style sheet.
POLICY = (
    "default-src 'none'; "
    "script-src 'self'; "
    "style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; "
    "font-src 'self' data:; "
    "connect-src 'self'; "
    "worker-src 'self'; "
    "base-uri 'none'; "
    "form-action 'none'; "
    "frame-ancestors 'none'"
)

_SAFETY = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
# Named here and not taken from the machine's list of types, which can be wrong or absent; with
# `nosniff` a script of a wrong type does not run.
_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".ttf": "font/ttf",
}


class Assets(StaticFiles):
    """The hashed files of the page: a name never gets another content, so caches keep them."""

    def file_response(
        self,
        full_path: str | os.PathLike[str],
        stat_result: os.stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        """One file, with the headers that this page's files get."""
        response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers.update(_SAFETY)
        response.headers["cache-control"] = "public, max-age=31536000, immutable"
        kind = _TYPES.get(Path(full_path).suffix)
        if kind is not None:
            response.headers["content-type"] = kind
        return response


@dataclass(frozen=True, slots=True)
class Visitors:
    """How visitors of the page may say who they are.

    `asks_for_key` is whether there are keys at all; `keys` are offered to everybody, by a word for
    each.
    """

    asks_for_key: bool = False
    keys: Mapping[str, str] = field(default_factory=dict)

    @property
    def told(self) -> str:
        """The element of the page that tells its scripts; nothing where there is nothing to tell.

        It is data and no script, which the policy would not let run.
        """
        if not self.asks_for_key:
            return ""
        offered = [{"name": name, "key": key} for name, key in self.keys.items()]
        content = escape(orjson.dumps(offered).decode())
        return f'<meta name="customer360-keys" content="{content}" />'


ANYBODY = Visitors()
"""The visitors where the gateway asks nobody who they are."""


def _page(folder: Path, visitors: Visitors) -> Response:
    html = (folder / "index.html").read_text(encoding="utf-8")
    html = html.replace("</head>", f"{visitors.told}</head>", 1)
    return HTMLResponse(html, headers={**_SAFETY, "cache-control": "no-cache", "vary": "Accept"})


class InBrowsers:
    """An endpoint that answers with the page when somebody opens it in a browser.

    That is a GET that would rather have HTML and asks nothing.

    Raises:
        FileNotFoundError: `folder` holds no built page.
    """

    def __init__(
        self, endpoint: ASGIApp, folder: Path = FOLDER, *, visitors: Visitors = ANYBODY
    ) -> None:
        self._endpoint = endpoint
        self._page = _page(folder, visitors)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        is_visit = scope["method"] == "GET" and not scope["query_string"]
        if is_visit and "text/html" in Headers(scope=scope).get("accept", ""):
            await self._page(scope, receive, send)
        else:
            await self._endpoint(scope, receive, send)


def routes(folder: Path = FOLDER, *, visitors: Visitors = ANYBODY) -> list[BaseRoute]:
    """The page at `/` and `/graphiql`, and its files; to be put among an application's routes.

    Raises:
        FileNotFoundError: `folder` holds no built page.
    """
    response = _page(folder, visitors)

    async def page(_request: Request) -> Response:
        return response

    return [
        Route("/", page, include_in_schema=False),
        Route("/graphiql", page, include_in_schema=False),
        Mount(f"/{ASSETS}", Assets(directory=folder / ASSETS)),
    ]
