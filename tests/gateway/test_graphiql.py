"""The GraphiQL page: where it is, what it may do, what it is made of."""

import asyncio
import json
import re
from html import unescape

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from gateway.graphiql import FOLDER, POLICY, InBrowsers, Visitors, routes


def get(path: str) -> httpx2.Response:
    """One GET of an application that has only the page."""

    async def run() -> httpx2.Response:
        transport = httpx2.ASGITransport(Starlette(routes=routes()))
        async with httpx2.AsyncClient(transport=transport, base_url="http://gateway") as client:
            return await client.get(path)

    return asyncio.run(run())


@pytest.mark.parametrize(
    "path",
    [
        "/graphiql-assets/absent.js",
        "/graphiql-assets/../index.html",
        "/graphiql-assets/%2e%2e/%2e%2e/%2e%2e/health.py",
        "/graphiql-assets/",
    ],
)
def test_nothing_but_the_files_of_the_page_is_served(path: str) -> None:
    """Other names, and ways out of the folder, are 404."""
    assert get(path).status_code == 404


@pytest.mark.parametrize("path", ["/", "/graphiql"])
def test_the_page_is_served_under_a_strict_policy(path: str) -> None:
    """Scripts come from this origin only; the page itself is asked for anew each time."""
    response = get(path)

    assert response.status_code == 200
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert response.headers["cache-control"] == "no-cache"
    assert response.headers["content-security-policy"] == POLICY
    assert "unsafe-eval" not in POLICY
    assert POLICY.count("unsafe-inline") == 1
    assert "style-src 'self' 'unsafe-inline'" in POLICY


def test_the_page_has_no_inline_script_and_names_no_other_origin() -> None:
    """Every script and style is a file beside it."""
    html = get("/").text

    assert re.findall(r"<script(?![^>]*\bsrc=)", html) == []
    addresses = re.findall(r'(?:src|href)="([^"]*)"', html)
    assert addresses
    assert [each for each in addresses if not each.startswith("./graphiql-assets/")] == []


def test_every_file_is_there_typed_and_kept_for_a_year() -> None:
    """The hash in a file's name changes with its content, so caches need not ask again."""
    expected = {
        ".js": "text/javascript; charset=utf-8",
        ".css": "text/css; charset=utf-8",
        ".svg": "image/svg+xml",
        ".ttf": "font/ttf",
    }
    names = sorted(each.name for each in (FOLDER / "graphiql-assets").iterdir())

    for name in names:
        response = get(f"/graphiql-assets/{name}")
        suffix = name[name.rindex(".") :]

        assert response.status_code == 200
        assert response.headers["content-type"] == expected[suffix]
        assert response.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert response.headers["content-security-policy"] == POLICY
        assert re.fullmatch(r".+-[\w-]{8}\.\w+", name)


def test_the_licences_of_what_is_bundled_are_there() -> None:
    """GraphiQL, React and Monaco are other people's work."""
    licences = (FOLDER / "LICENSES.md").read_text(encoding="utf-8")

    for name in ("graphiql", "react", "monaco-editor", "graphql", "monaco-graphql"):
        assert f"\n## {name} - " in licences
    assert (FOLDER / "MONACO-NOTICES.txt").stat().st_size > 1000


def visit(query: str, **headers: str) -> str:
    """What an endpoint with the page in front of it answers to a GET."""

    async def run() -> str:
        endpoint = InBrowsers(PlainTextResponse("the endpoint"))
        app = Starlette(routes=[Route("/graphql", endpoint)])
        transport = httpx2.ASGITransport(app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://gateway") as client:
            return (await client.get(f"/graphql{query}", headers=headers)).text

    return asyncio.run(run())


def test_a_browser_that_opens_the_endpoint_gets_the_page() -> None:
    """Whoever asks something, or does not want HTML, gets the endpoint itself."""
    html = "text/html,application/xhtml+xml,*/*;q=0.8"

    assert visit("", accept=html) == (FOLDER / "index.html").read_text(encoding="utf-8")
    assert visit("?query={me{name}}", accept=html) == "the endpoint"
    assert visit("", accept="application/json") == "the endpoint"
    assert visit("") == "the endpoint"


@pytest.mark.parametrize(
    ("visitors", "told"),
    [
        (Visitors(), None),
        # In production nothing is offered: there is only a field for a key of one's own.
        (Visitors(asks_for_key=True), []),
        (
            Visitors(asks_for_key=True, keys={'"/><script>': "c360_1", "访客": "c360_2"}),
            [{"name": '"/><script>', "key": "c360_1"}, {"name": "访客", "key": "c360_2"}],
        ),
    ],
)
def test_the_page_is_told_which_keys_to_offer(visitors: Visitors, told: object) -> None:
    """As data that cannot become a part of the page, and not at all where nobody is asked."""

    async def run() -> str:
        transport = httpx2.ASGITransport(Starlette(routes=routes(visitors=visitors)))
        async with httpx2.AsyncClient(transport=transport, base_url="http://gateway") as client:
            return (await client.get("/")).text

    html = asyncio.run(run())

    found = re.search(r'<meta name="customer360-keys" content="([^"]*)" />', html)
    assert (None if found is None else json.loads(unescape(found[1]))) == told
    assert "<script>" not in html
