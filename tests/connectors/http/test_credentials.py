"""Credentials: every way to say who asks, and that no way leaks."""

import asyncio
import logging
from typing import Any

import httpx2
import pytest
from pydantic import ValidationError

from connectors.contract import Misconfigured
from tests.connectors.rest.opening import answering, everything, opened, options, tickets

LIST = tickets(list={"path": "/tickets", "items": "data", "params": {"a": "1"}})


def _request(auth: dict[str, Any], **settings: Any) -> httpx2.Request:
    asked: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request)
        return httpx2.Response(200, json={"data": []})

    async def run() -> None:
        async with opened(LIST, transport=answering(answer), auth=auth, **settings) as source:
            await source.fetch(everything())

    asyncio.run(run())
    return asked[0]


@pytest.mark.parametrize(
    ("auth", "header", "value"),
    [
        ({"bearer": "tok"}, "authorization", "Bearer tok"),
        ({"bearer": "tok\n"}, "authorization", "Bearer tok"),
        ({"bearer": 12345}, "authorization", "Bearer 12345"),
        ({"basic": {"user": "乙", "password": "p:w"}}, "authorization", "Basic 5LmZOnA6dw=="),
        ({"api_key": {"header": "X-Api-Key", "value": "k"}}, "x-api-key", "k"),
        (
            {"headers": {"Authorization": "Zoho-oauthtoken t"}},
            "authorization",
            "Zoho-oauthtoken t",
        ),
    ],
)
def test_each_way_to_authenticate_is_on_the_wire(
    auth: dict[str, Any], header: str, value: str
) -> None:
    """Bearer, basic, key in a header, and own headers; ends of lines are no part of a secret."""
    assert _request(auth).headers[header] == value


def test_a_key_in_the_query_stands_beside_the_other_parameters() -> None:
    """The parameters of the list stay."""
    request = _request({"api_key": {"query": "api key", "value": "k&v"}})

    assert dict(request.url.params) == {"a": "1", "api key": "k&v"}


def test_headers_that_are_no_secret_are_sent() -> None:
    """For example the language."""
    assert _request({}, headers={"Accept-Language": "zh"}).headers["accept-language"] == "zh"


@pytest.mark.parametrize(
    "auth",
    [
        {"bearer": "hush-hush\nX-Evil: 1"},
        {"bearer": "hush-hush", "basic": {"user": "u", "password": "hush-hush"}},
        {"api_key": {"value": "hush-hush"}},
        {"api_key": {"value": "hush-hush", "header": "a", "query": "b"}},
        {"bearer": "hush-hush密"},
        {"bearer": ["hush-hush"], "no_such": "hush-hush"},
    ],
)
def test_wrong_settings_are_refused_without_repeating_the_secret(auth: dict[str, Any]) -> None:
    """A message about a secret never holds it."""
    with pytest.raises(ValidationError) as caught:
        options(LIST, auth=auth)

    assert "hush-hush" not in str(caught.value)


def test_secrets_are_in_no_log_and_no_representation(caplog: pytest.LogCaptureFixture) -> None:
    """Not even where the HTTP library logs every request with its address."""
    caplog.set_level(logging.DEBUG)
    auth = {"api_key": {"query": "key", "value": "hush1"}, "headers": {"X-Key": "hush2"}}

    _request(auth)

    assert "GET http://desk.example/api/tickets" in caplog.text
    assert "hush" not in caplog.text
    assert "hush" not in repr(options(LIST, auth=auth))
    assert "hush" not in options(LIST, auth=auth).model_dump_json()


def _redirected(status: int, location: str) -> tuple[list[httpx2.Request], BaseException | None]:
    asked: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request)
        if request.url.path == "/api/tickets":
            return httpx2.Response(status, headers={"Location": location})
        return httpx2.Response(200, json={"data": []})

    async def run() -> BaseException | None:
        async with opened(LIST, transport=answering(answer)) as source:
            try:
                await source.fetch(everything())
            except Misconfigured as exc:
                return exc
        return None

    return asked, asyncio.run(run())


@pytest.mark.parametrize(
    "location",
    [
        "http://evil.example/api/tickets",
        "//evil.example/x",
        "https://desk.example/api/tickets",
        "http://desk.example:8080/api/tickets",
    ],
)
def test_a_redirect_to_another_origin_is_not_followed(location: str) -> None:
    """Another host, scheme or port: nothing is sent there, credentials least of all."""
    asked, error = _redirected(302, location)

    assert [request.url.host for request in asked] == ["desk.example"]
    assert "our credentials must not go" in str(error)


def test_a_redirect_within_the_origin_is_followed() -> None:
    """With the credentials, since it is the same source."""
    asked, error = _redirected(308, "/v2/tickets?a=1")

    assert error is None
    assert [request.url.path for request in asked] == ["/api/tickets", "/v2/tickets"]
    assert "authorization" in asked[1].headers


def test_a_redirect_in_a_circle_ends() -> None:
    """Five are enough for anything sensible."""
    asked, error = _redirected(302, "/api/tickets")

    assert "redirects in a circle" in str(error)
    assert len(asked) == 6
