"""The doorkeeper: who is let in, as whom, and in which words others are turned away."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from connectors.errors import Unavailable
from domain.viewer import Viewer
from gateway.auth.api_key import ApiKey
from gateway.auth.doorkeeper import Doorkeeper
from gateway.auth.key_ring import KeyRing
from gateway.auth.token import TokenReader
from gateway.config.access import Access
from gateway.http.rejection import Rejected
from tests.gateway.auth.signing import AUDIENCE, ISSUER, NOW, RSA, key_set, token

KEY = ApiKey.new()
PROXY = {"networks": ["10.0.0.0/8"], "claim_headers": {"partner": "X-Partner"}}


class Ring(KeyRing):
    """A ring with one key, which may be lost."""

    def __init__(self) -> None:
        self.asked = 0
        self.is_down = False

    async def viewer(self, key: ApiKey) -> Viewer | None:
        """Whom a key stands for."""
        self.asked += 1
        if self.is_down:
            raise Unavailable("native", "gone")
        return Viewer(name="portal", roles=("partner", "agent")) if key == KEY else None


class House:
    """A doorkeeper, and the clock that it looks at."""

    def __init__(self, *, issuer_is_up: bool = True, **access: Any) -> None:
        self.now = NOW
        self.ring = Ring()
        roles: dict[str, Any] = {"agent": {}, "partner": {}, "guest": {}}
        issuers = [{"issuer": ISSUER, "audience": AUDIENCE, "keys": f"{ISSUER}/keys"}]
        made = Access.model_validate({"roles": roles, "issuers": issuers, **access})
        answer = httpx2.Response(200 if issuer_is_up else 503, json=key_set(one=RSA))
        tokens = TokenReader(
            made.issuers,
            base_dir=Path(),
            now=lambda: self.now,
            transport=httpx2.MockTransport(lambda _: answer),
        )
        self.keeper = Doorkeeper(made, ring=self.ring, tokens=tokens, now=lambda: self.now)

    def viewer(self, client: str = "192.0.2.1", **headers: str) -> Viewer:
        """Who asks."""
        return asyncio.run(self.keeper.viewer(_raw(headers), client=client))

    def refusal(self, client: str = "192.0.2.1", **headers: str) -> Rejected:
        """The words for who is turned away."""
        with pytest.raises(Rejected) as caught:
            self.viewer(client, **headers)
        return caught.value


def _raw(headers: Mapping[str, str]) -> Mapping[bytes, bytes]:
    return {
        name.replace("_", "-").lower().encode(): value.encode() for name, value in headers.items()
    }


def test_nobody_comes_in_without_a_credential_unless_the_configuration_says_so() -> None:
    """With the challenge that RFC 6750 asks for."""
    refusal = House().refusal()

    assert (refusal.status, refusal.code) == (401, "UNAUTHENTICATED")
    assert refusal.headers == {"www-authenticate": 'Bearer realm="customer360"'}
    assert House(anonymous="guest").viewer() == Viewer(roles=("guest",), role="guest")


def test_a_key_is_taken_in_both_headers() -> None:
    """As a bearer token, or as clients with API keys send it."""
    house = House()

    by_bearer = house.viewer(authorization=f"Bearer {KEY}")
    by_header = house.viewer(x_api_key=str(KEY))

    assert by_bearer == by_header
    assert (by_bearer.name, by_bearer.role, by_bearer.roles) == (
        "portal",
        "agent",
        ("agent", "partner"),
    )


def test_the_request_chooses_among_the_roles_of_its_viewer() -> None:
    """The first of the configuration, if it does not say."""
    house = House()

    assert house.viewer(x_api_key=str(KEY), x_role="partner").role == "partner"
    refusal = house.refusal(x_api_key=str(KEY), x_role="guest")
    assert (refusal.status, refusal.code) == (403, "FORBIDDEN")
    assert str(refusal) == "'portal' cannot act as 'guest'; possible in 'X-Role': agent, partner."


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ("Basic dXNlcjpwYXNz", "This way to authenticate is not known here."),
        ("Bearer", "This way to authenticate is not known here."),
        ("Bearer c360_short", "The API key does not count: it is wrong, expired or revoked."),
        pytest.param(
            f"Bearer {ApiKey.new()}",
            "The API key does not count: it is wrong, expired or revoked.",
            id="a key that nobody made",
        ),
        ("Bearer a.b.c", "The token does not count: it is no JSON Web Token."),
    ],
)
def test_a_credential_that_does_not_count_is_refused_even_where_nobody_needs_one(
    sent: str, words: str
) -> None:
    """Whoever sends one means to be somebody: to be taken for nobody would surprise."""
    refusal = House(anonymous="guest").refusal(authorization=sent)

    assert refusal.status == 401
    assert str(refusal).startswith(words)


def test_a_token_without_a_known_role_stays_outside() -> None:
    """Who it is does not say what it may."""
    refusal = House().refusal(authorization=f"Bearer {token(roles=['boss'])}")

    assert (refusal.status, refusal.code) == (403, "FORBIDDEN")


def test_what_was_checked_is_remembered_for_a_moment() -> None:
    """A key for two seconds, a token for a minute and never beyond its end."""
    house = House()
    short = f"Bearer {token(exp=NOW.timestamp() + 10)}"

    for _ in range(3):
        house.viewer(x_api_key=str(KEY))
        house.viewer(authorization=short)
    assert house.ring.asked == 1
    house.now += timedelta(seconds=3)
    house.viewer(x_api_key=str(KEY))
    assert house.ring.asked == 2
    house.now += timedelta(seconds=40)
    assert "expired" in str(house.refusal(authorization=short))


def test_what_cannot_be_checked_now_is_no_refusal_for_good() -> None:
    """503 with a time to come back."""
    house = House(issuer_is_up=False)
    house.ring.is_down = True

    for sent in (f"Bearer {KEY}", f"Bearer {token()}"):
        refusal = house.refusal(authorization=sent)
        assert (refusal.status, refusal.headers) == (503, {"retry-after": "5"})


def test_a_proxy_is_believed_only_where_it_comes_from() -> None:
    """The same headers from elsewhere count for nothing."""
    house = House(proxy=PROXY)
    told = {"x_forwarded_user": "小红", "x_forwarded_roles": "agent, boss", "x_partner": "acme"}

    viewer = house.viewer("10.1.2.3", **told)
    assert (viewer.name, viewer.roles, viewer.claims) == ("小红", ("agent",), {"partner": "acme"})
    assert house.refusal("192.0.2.1", **told).status == 401
    assert house.refusal("", **told).status == 401
    assert house.refusal("10.1.2.3", x_forwarded_user="").status == 401
