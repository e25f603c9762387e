"""OAuth 2: one token for all, renewed in time, and clear words where there is none."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Any

import httpx2
import pytest
from pydantic import ValidationError

from connectors.contract import Caller, Misconfigured, Refused, SourceError, TimedOut, Unavailable
from connectors.rest.connector import RestConnector
from tests.connectors.http.fake import ROTATING, SECRET, Guarded
from tests.connectors.rest.opening import by_customer, everything, opened, options, tickets

BY = {"customer": {"path": "/tickets", "how": "single", "param": "customer", "items": "data"}}
ENTITIES = tickets(list={"path": "/tickets", "items": "data"}, by=BY)
CLIENT = {
    "token_url": "https://login.example/token",
    "client_id": "me & you",
    "client_secret": SECRET,
}


def _asked(
    guarded: Guarded, ask: Callable[[RestConnector], Any], *, auth: Any = CLIENT, **settings: Any
) -> Any:
    async def run() -> Any:
        async with opened(
            ENTITIES,
            transport=guarded.transport(),
            auth={"oauth2": auth},
            now=guarded.clock.now,
            **settings,
        ) as source:
            return await ask(source)

    return asyncio.run(run())


async def _once(source: RestConnector) -> Sequence[Any]:
    return (await source.fetch(everything())).rows[()]


async def _failure(source: RestConnector) -> SourceError:
    with pytest.raises(SourceError) as caught:
        await source.fetch(everything())
    assert "hush" not in caught.value.message + repr(caught.value.__cause__)
    return caught.value


def _refusing(guarded: Guarded, **settings: Any) -> SourceError:
    error: SourceError = _asked(guarded, _failure, **settings)
    return error


def test_a_token_is_fetched_with_the_credentials_of_the_client() -> None:
    """In the body, with what else the service wants to know."""
    guarded = Guarded()
    auth = CLIENT | {"scope": "read all", "audience": "desk", "params": {"resource": "r1"}}

    assert _asked(guarded, _once, auth=auth) == [("t1",)]

    assert guarded.forms == [
        {
            "grant_type": "client_credentials",
            "client_id": "me & you",
            "client_secret": SECRET,
            "scope": "read all",
            "audience": "desk",
            "resource": "r1",
        }
    ]
    assert "authorization" not in guarded.logins[0].headers


def test_the_client_can_show_itself_by_http_basic() -> None:
    """Escaped as RFC 6749 wants it, and then not in the body."""
    guarded = Guarded()

    _asked(guarded, _once, auth=CLIENT | {"client_in": "basic"})

    assert guarded.logins[0].headers["authorization"] == (
        "Basic bWUlMjAlMjYlMjB5b3U6aHVzaC1zZWNyZXQ="
    )
    assert guarded.forms == [{"grant_type": "client_credentials"}]


def test_a_refresh_token_is_used_and_the_new_one_is_kept() -> None:
    """As Zoho wants it: another word before the token, and another address for the API."""
    guarded = Guarded(
        scheme="Zoho-oauthtoken",
        expires_in=3600,
        answer={"refresh_token": "hush-next", "api_domain": "https://eu.example:8443"},
    )
    auth = CLIENT | {
        "refresh_token": ROTATING,
        "prefix": "Zoho-oauthtoken",
        "address_field": "api_domain",
    }

    async def twice(source: RestConnector) -> None:
        await source.fetch(everything())
        guarded.clock.pass_s(3601)
        await source.fetch(everything())

    _asked(guarded, twice, auth=auth)

    assert [form["grant_type"] for form in guarded.forms] == ["refresh_token"] * 2
    assert [form["refresh_token"] for form in guarded.forms] == [ROTATING, "hush-next"]
    assert [str(request.url) for request in guarded.seen] == [
        "https://eu.example:8443/api/tickets"
    ] * 2
    assert guarded.seen[0].headers["host"] == "eu.example:8443"


@pytest.mark.parametrize("address", ["http://plain.example", "", None, "desk"])
def test_an_address_that_is_none_or_not_secure_is_not_used(address: object) -> None:
    """A token that is got over TLS is not sent without it."""
    guarded = Guarded(answer={"api_domain": address})

    error = _refusing(guarded, auth=CLIENT | {"address_field": "api_domain"})

    assert type(error) is Misconfigured
    assert "address_field" in error.message
    assert guarded.seen == []


def test_a_token_goes_into_the_header_that_is_named() -> None:
    """Without a word before it."""
    guarded = Guarded(header="x-token", scheme="")

    _asked(guarded, _once, auth=CLIENT | {"header": "X-Token", "prefix": ""})

    assert guarded.seen[0].headers["x-token"] == "hush-token-1"
    assert "authorization" not in guarded.seen[0].headers


def test_many_requests_at_once_share_one_token() -> None:
    """Twenty questions, one request for a token; through a gate that lets one pass at a time."""
    guarded = Guarded(delay_s=0.05)

    async def many(source: RestConnector) -> int:
        batch = by_customer(*(f"c{number}" for number in range(20)))
        return (await source.fetch(batch)).calls

    assert _asked(guarded, many, limits={"concurrent": 1}) == 20
    assert _asked(guarded, many, limits={"concurrent": 20}) == 20
    assert len(guarded.forms) == 2


def test_a_token_is_renewed_before_it_expires_while_the_old_one_serves() -> None:
    """Nobody waits for it: the last minute of an hour is enough to get the next."""
    guarded = Guarded()

    async def ask(source: RestConnector) -> list[str]:
        await source.fetch(everything())
        guarded.clock.pass_s(3600 - 61)
        await source.fetch(everything())
        guarded.clock.pass_s(2)
        guarded.delay_s = 0.02
        await source.fetch(everything())
        # The new token takes 0.02 s and nobody waits for it: a busy machine has longer.
        await asyncio.sleep(0.5)
        await source.fetch(everything())
        return [request.headers["authorization"] for request in guarded.seen]

    assert _asked(guarded, ask) == ["Bearer hush-token-1"] * 3 + ["Bearer hush-token-2"]
    assert len(guarded.forms) == 2


def test_a_token_serves_until_it_expires_while_none_is_given() -> None:
    """A login that is away in the last minute is asked again, with pauses, and costs nothing."""
    guarded = Guarded()

    async def ask(source: RestConnector) -> object:
        await source.fetch(everything())
        guarded.clock.pass_s(3541)
        guarded.refuse = lambda: httpx2.Response(503)
        for _ in range(5):
            await source.fetch(everything())
            await asyncio.sleep(0)
        assert len(guarded.forms) == 2
        guarded.clock.pass_s(60)
        return await _failure(source)

    assert type(_asked(guarded, ask)) is Unavailable
    assert len(guarded.seen) == 6


def test_a_token_without_a_time_serves_until_it_is_refused() -> None:
    """Some services do not say how long it is good for."""
    guarded = Guarded(expires_in=None)

    async def ask(source: RestConnector) -> None:
        await source.fetch(everything())
        guarded.clock.pass_s(1_000_000)
        await source.fetch(everything())

    _asked(guarded, ask)

    assert len(guarded.forms) == 1


def test_a_good_token_that_is_refused_is_renewed_once_and_the_question_asked_again() -> None:
    """It was revoked, or the source has lost it: nobody notices. Many at once renew it once."""
    guarded = Guarded(delay_s=0.02)

    async def ask(source: RestConnector) -> int:
        await source.fetch(everything())
        guarded.revoke()
        batch = by_customer(*(f"c{number}" for number in range(8)))
        return len((await source.fetch(batch)).rows)

    assert _asked(guarded, ask) == 8
    assert len(guarded.forms) == 2
    assert len(guarded.seen) == 1 + 8 + 8


def test_a_source_that_refuses_every_token_is_asked_no_more_than_twice() -> None:
    """A new token did not help: then it is no matter of time."""
    guarded = Guarded()

    async def ask(source: RestConnector) -> SourceError:
        await source.fetch(everything())
        guarded.refuses_all = True
        error = await _failure(source)
        await _failure(source)
        return error

    error = _asked(guarded, ask)

    assert type(error) is Refused
    assert "the credentials in `auth` are not valid" in error.message
    assert len(guarded.forms) == 2
    assert len(guarded.seen) == 1 + 2 + 1


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        (400, {"error": "invalid_grant"}, Refused, "answered 400 (invalid_grant); check the"),
        (401, {"error": "invalid_client"}, Refused, "(invalid_client)"),
        (200, {"error": "invalid_code"}, Refused, "answered 200 (invalid_code)"),
        (403, None, Refused, "answered 403; check"),
        (429, None, Unavailable, "no token: login.example/token answered 429"),
        (503, None, Unavailable, "answered 503"),
        (404, None, Misconfigured, "check `auth.oauth2.token_url`"),
        (200, {"token": "hush"}, Misconfigured, "without an `access_token`"),
        (200, [1], Misconfigured, "without an `access_token`"),
        (302, None, Misconfigured, "answered 302"),
    ],
)
def test_a_login_that_gives_no_token_says_why(
    status: int, body: object, kind: type[SourceError], words: str
) -> None:
    """By what the caller does about it; the source itself is not asked."""
    guarded = Guarded(refuse=lambda: httpx2.Response(status, json=body))

    error = _refusing(guarded)

    assert type(error) is kind
    assert words in error.message
    assert guarded.seen == []


def test_a_login_that_asks_for_a_pause_gets_it() -> None:
    """`Retry-After` goes up to the caller, and holds for our own next try."""
    guarded = Guarded(refuse=lambda: httpx2.Response(429, headers={"Retry-After": "30"}))

    async def ask(source: RestConnector) -> list[float | None]:
        first = await _failure(source)
        guarded.clock.pass_s(29)
        second = await _failure(source)
        assert len(guarded.forms) == 1
        guarded.clock.pass_s(2)
        guarded.refuse = None
        await source.fetch(everything())
        return [first.retry_after_s, second.retry_after_s]

    assert _asked(guarded, ask) == [30.0, 30.0]
    assert len(guarded.forms) == 2


def test_a_login_that_nobody_answers_at_is_unavailable() -> None:
    """Over a real socket, at a port where nobody listens; and one that swallows everything."""

    async def ask(source: RestConnector) -> SourceError:
        return await _failure(source)

    async def closed() -> SourceError:
        auth = {"oauth2": CLIENT | {"token_url": "http://127.0.0.1:1/token"}}
        async with opened(ENTITIES, auth=auth) as source:
            return await ask(source)

    error = asyncio.run(closed())
    assert type(error) is Unavailable
    assert "nobody answers at 127.0.0.1:1" in error.message

    slow = _refusing(Guarded(delay_s=60), timeout_s=0.2)
    assert type(slow) is TimedOut


def test_who_goes_away_does_not_take_the_token_from_the_others() -> None:
    """The first of two who wait is cancelled; the second gets the token that was asked for."""
    guarded = Guarded(delay_s=0.1)

    async def ask(source: RestConnector) -> Any:
        first = asyncio.create_task(source.fetch(everything()))
        await asyncio.sleep(0.02)
        second = asyncio.create_task(source.fetch(everything()))
        await asyncio.sleep(0.02)
        first.cancel()
        return (await second).rows[()]

    assert _asked(guarded, ask) == [("t1",)]
    assert len(guarded.forms) == 1


def test_a_forwarded_authorization_is_kept() -> None:
    """On behalf of a client with a token of its own, ours is neither fetched nor sent."""
    guarded = Guarded(valid="of-the-client")

    async def ask(source: RestConnector) -> Any:
        caller = Caller(headers=(("authorization", "Bearer of-the-client"),))
        return (await source.fetch(everything(caller=caller))).rows[()]

    assert _asked(guarded, ask) == [("t1",)]
    assert guarded.forms == []


def test_no_secret_and_no_token_is_in_any_log(caplog: pytest.LogCaptureFixture) -> None:
    """Not even where the HTTP library logs every request."""
    caplog.set_level(logging.DEBUG)
    auth = CLIENT | {"refresh_token": ROTATING}

    _asked(Guarded(), _once, auth=auth)

    assert "desk.example" in caplog.text
    assert "hush" not in caplog.text
    assert "hush" not in repr(options(ENTITIES, auth={"oauth2": auth}))


@pytest.mark.parametrize(
    ("auth", "words"),
    [
        ({"oauth2": CLIENT, "bearer": SECRET}, "give either `bearer` or `oauth2`, not both"),
        (
            {"oauth2": CLIENT, "basic": {"user": "u", "password": SECRET}},
            "give either `basic` or `oauth2`, not both",
        ),
        ({"oauth2": CLIENT | {"client_secret": None}}, "give a `client_secret`"),
        ({"oauth2": CLIENT | {"token_url": "login"}}, "write a whole address"),
        (
            {
                "oauth2": CLIENT | {"client_secret": None, "client_in": "basic"},
            },
            "give a `client_secret`",
        ),
        (
            {"oauth2": CLIENT | {"header": "X-Key"}, "api_key": {"header": "x-key", "value": "k"}},
            "`oauth2` and `api_key` both set the header 'x-key'",
        ),
        (
            {"bearer": SECRET, "headers": {"authorization": "Token x"}},
            "`bearer` and `headers.authorization` both set",
        ),
        ({"hmac": {"secret": SECRET, "header": "x-timestamp"}}, "both set the header"),
    ],
)
def test_settings_that_exclude_each_other_are_refused(auth: dict[str, Any], words: str) -> None:
    """In words, and without the secret."""
    with pytest.raises(ValidationError) as caught:
        options(ENTITIES, auth=auth)

    assert words in str(caught.value)
    assert SECRET not in str(caught.value)
