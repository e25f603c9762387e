"""Tokens: which count, which do not and why, and what an issuer that is gone changes."""

import asyncio
import base64
import hmac
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import orjson
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from gateway.auth.token import MAX_TOKEN_BYTES, BadToken, IssuerDown, TokenReader
from gateway.config.access import TokenIssuer
from tests.gateway.auth.signing import (
    AUDIENCE,
    CURVE,
    ISSUER,
    NOW,
    OTHER,
    RSA,
    key_set,
    token,
)


class Provider:
    """The web site of an identity provider, which counts how often it is asked."""

    def __init__(self, keys: dict[str, Any]) -> None:
        self.keys = keys
        self.asked: list[str] = []
        self.is_up = True
        self.now = NOW

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        """Discovery, or the set of keys."""
        self.asked.append(request.url.path)
        if not self.is_up:
            raise httpx2.ConnectError("nobody there")
        if request.url.path.endswith("openid-configuration"):
            where = {"issuer": ISSUER, "jwks_uri": f"{ISSUER}/keys"}
            return httpx2.Response(200, json=where)
        return httpx2.Response(200, json=self.keys)

    def reader(self, **settings: Any) -> TokenReader:
        """Who checks its tokens."""
        given = {"issuer": ISSUER, "audience": AUDIENCE, **settings}
        return TokenReader(
            [TokenIssuer.model_validate(given)],
            base_dir=Path(),
            now=self._clock,
            transport=httpx2.MockTransport(self.answer),
        )

    def _clock(self) -> datetime:
        return self.now


def _refusal(text: str, **settings: Any) -> str:
    provider = Provider(key_set(one=RSA))
    with pytest.raises(BadToken) as caught:
        asyncio.run(provider.reader(**settings).read(text))
    return str(caught.value)


def _unsigned(**changes: Any) -> str:
    claims = orjson.dumps({"iss": ISSUER, "aud": AUDIENCE, "exp": NOW.timestamp() + 9, **changes})
    return b".".join((_encoded(b'{"alg":"none","typ":"JWT"}'), _encoded(claims), b"")).decode()


def _signed_with_public_key() -> str:
    """The classic confusion: the public key is used as the secret of an HMAC."""
    public = RSA.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    claims = orjson.dumps({"iss": ISSUER, "aud": AUDIENCE, "exp": NOW.timestamp() + 9})
    text = b".".join(map(_encoded, (b'{"alg":"HS256","kid":"one"}', claims)))
    return b".".join((text, _encoded(hmac.digest(public, text, "sha256")))).decode()


def _encoded(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


FORGED: list[tuple[Callable[[], str], str]] = [
    (_unsigned, "it is signed in a way that is not accepted"),
    (_signed_with_public_key, "it is signed in a way that is not accepted"),
    (lambda: token(OTHER), "its signature is not right"),
    (lambda: token(kid="two"), "it is signed with a key that its issuer does not have"),
    (lambda: token(CURVE, alg="ES256"), "it is signed in a way that is not accepted"),
    (lambda: token(iss="https://evil.example.com"), "its issuer is not one that is accepted"),
    (lambda: token(iss=None), "its issuer is not one that is accepted"),
    (lambda: token(aud="another"), "it is meant for somebody else"),
    (lambda: token(aud=None), "it has no claim 'aud'"),
    (lambda: token(exp=None), "it has no claim 'exp'"),
    (lambda: token(exp=NOW.timestamp() - 31), "it has expired"),
    (lambda: token(exp=True), "its times are no numbers"),
    (lambda: token(nbf=NOW.timestamp() + 31), "it does not count yet"),
    (lambda: "no.token.atall", "it is no JSON Web Token"),
    (lambda: "", "it is no JSON Web Token"),
    (lambda: "a" * (MAX_TOKEN_BYTES + 1), "it is too long"),
    (lambda: token()[:-4] + "AAAA", "its signature is not right"),
]


@pytest.mark.parametrize(("make", "reason"), FORGED)
def test_a_token_that_does_not_count_is_refused_in_words(
    make: Callable[[], str], reason: str
) -> None:
    """Forged, expired, for somebody else, without what must be there; nothing of it is repeated."""
    assert _refusal(make()) == reason


def test_a_good_token_says_who_asks_in_which_roles() -> None:
    """Name, roles, claims and purpose are where the configuration says."""
    provider = Provider(key_set(one=RSA))
    text = token(realm={"roles": "agent analyst"}, roles=None, org="acme", why="service")

    reader = provider.reader(
        roles="realm.roles", claims={"partner": "org", "region": "none"}, purpose="why"
    )
    found = asyncio.run(reader.read(text))

    viewer = found.viewer
    assert (viewer.name, viewer.roles, viewer.purpose) == ("小红", ("agent", "analyst"), "service")
    assert viewer.claims == {"partner": "acme"}
    assert found.until == NOW + timedelta(seconds=630)


def test_an_issuer_may_sign_with_curves_where_the_configuration_says_so() -> None:
    """What is pinned is what counts."""
    provider = Provider(key_set(one=CURVE))

    found = asyncio.run(provider.reader(algorithms=["ES256"]).read(token(CURVE, alg="ES256")))

    assert found.viewer.name == "小红"


def test_keys_are_asked_for_once_and_again_for_an_id_that_is_new() -> None:
    """A key that was rotated in counts without a restart, and strange ids are no lever."""
    provider = Provider(key_set(one=RSA))
    reader = provider.reader()

    async def run() -> None:
        for _ in range(3):
            await reader.read(token())
        provider.keys = key_set(two=OTHER)
        provider.now += timedelta(seconds=31)
        assert (await reader.read(token(OTHER, kid="two"))).viewer.name == "小红"
        for number in range(5):
            with pytest.raises(BadToken, match="does not have"):
                await reader.read(token(kid=f"x{number}"))

    asyncio.run(run())

    assert [each.rpartition("/")[2] for each in provider.asked] == [
        "openid-configuration",
        "keys",
        "openid-configuration",
        "keys",
    ]


def test_an_issuer_that_is_gone_does_not_stop_those_whose_keys_are_known() -> None:
    """Keys that were read once go on to count."""
    provider = Provider(key_set(one=RSA))
    reader = provider.reader()

    async def run() -> str:
        await reader.read(token())
        provider.is_up = False
        provider.now += timedelta(minutes=11)
        return (await reader.read(token(exp=provider.now.timestamp() + 9))).viewer.name

    assert asyncio.run(run()) == "小红"


def test_an_issuer_that_was_never_reached_is_told_apart_from_a_bad_token() -> None:
    """Who asks may try again later."""
    provider = Provider(key_set(one=RSA))
    provider.is_up = False

    with pytest.raises(IssuerDown):
        asyncio.run(provider.reader().read(token()))


def test_a_discovery_document_of_another_issuer_counts_for_nothing() -> None:
    """OpenID Connect Discovery, 4.3."""

    def answer(_: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, json={"issuer": "https://x.example", "jwks_uri": "https://y"})

    reader = TokenReader(
        [TokenIssuer(issuer=ISSUER, audience=AUDIENCE)],
        base_dir=Path(),
        now=lambda: NOW,
        transport=httpx2.MockTransport(answer),
    )

    with pytest.raises(IssuerDown):
        asyncio.run(reader.read(token()))


def test_keys_may_stand_in_a_file(tmp_path: Path) -> None:
    """Relative to the configuration; nobody is asked."""
    (tmp_path / "keys.json").write_bytes(orjson.dumps(key_set(one=RSA)))
    issuer = TokenIssuer(issuer="acme", audience=AUDIENCE, keys="keys.json")
    reader = TokenReader([issuer], base_dir=tmp_path, now=lambda: NOW)

    found = asyncio.run(reader.read(token(iss="acme")))

    assert found.viewer.roles == ("agent",)


def test_a_secret_key_in_the_set_is_never_used() -> None:
    """A set that holds an `oct` key must not open the door to who knows it."""
    secret = base64.urlsafe_b64encode(b"s" * 32).rstrip(b"=").decode()
    keys = {"keys": [{"kty": "oct", "k": secret, "kid": "one", "alg": "HS256"}]}
    provider = Provider({"keys": [*keys["keys"], *key_set(two=RSA)["keys"]]})

    with pytest.raises(BadToken, match="does not have"):
        asyncio.run(provider.reader().read(token(kid="one")))
