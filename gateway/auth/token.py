"""Tokens of identity providers: JSON Web Tokens (RFC 7519), checked and read.

What RFC 8725 asks for: the algorithm is pinned by the configuration, keys are only public ones of
the issuer that the token names, and `iss`, `aud` and `exp` must be there and hold.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import jmespath
import jwt

from domain.viewer import Viewer
from gateway.auth.key_set import KeySet, KeysUnknown
from gateway.config.access import TokenIssuer

MAX_TOKEN_BYTES = 16_384
"""Longer texts are no tokens: nobody signs so much."""


class BadToken(Exception):
    """A token that does not count; the text says why, without repeating any of it."""


class IssuerDown(Exception):
    """It cannot be known whether a token counts, because its issuer cannot be reached."""


@dataclass(frozen=True, slots=True)
class Admission:
    """Whom a token stands for, and until when it counts."""

    viewer: Viewer
    until: datetime


class TokenReader:
    """Checks tokens of the issuers that the configuration names."""

    def __init__(
        self,
        issuers: Sequence[TokenIssuer],
        *,
        base_dir: Path,
        now: Callable[[], datetime],
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        self._now = now
        self._issuers = {
            each.issuer: (each, KeySet(each, base_dir=base_dir, now=now, transport=transport))
            for each in issuers
        }

    async def read(self, text: str) -> Admission:
        """Whom a token stands for. Raises `BadToken`, or `IssuerDown`."""
        if len(text) > MAX_TOKEN_BYTES:
            raise BadToken("it is too long")
        issuer, keys = self._issuer_of(text)
        try:
            header = jwt.get_unverified_header(text)
        except jwt.PyJWTError as exc:
            raise BadToken("it is no JSON Web Token") from exc
        if header.get("alg") not in issuer.algorithms:
            raise BadToken("it is signed in a way that is not accepted")
        try:
            key = await keys.key(header.get("kid"))
        except KeysUnknown as exc:
            raise IssuerDown(issuer.issuer) from exc
        if key is None:
            raise BadToken("it is signed with a key that its issuer does not have")
        return _admission(issuer, self._claims(text, key, issuer))

    def _issuer_of(self, text: str) -> tuple[TokenIssuer, KeySet]:
        """The issuer that a token names, not believed yet: it says only whose keys to try."""
        try:
            claims = jwt.decode(text, options={"verify_signature": False})
        except jwt.PyJWTError as exc:
            raise BadToken("it is no JSON Web Token") from exc
        name = claims.get("iss")
        found = self._issuers.get(name) if isinstance(name, str) else None
        if found is None:
            raise BadToken("its issuer is not one that is accepted")
        return found

    def _claims(self, text: str, key: jwt.PyJWK, issuer: TokenIssuer) -> Mapping[str, Any]:
        now = self._now().timestamp()
        try:
            claims: Mapping[str, Any] = jwt.decode(
                text,
                key=key.key,
                algorithms=list(issuer.algorithms),
                audience=issuer.audience,
                issuer=issuer.issuer,
                options={
                    "require": ["exp", "iss", "aud"],
                    # Times are compared below, with the clock that was given.
                    "verify_exp": False,
                    "verify_nbf": False,
                    "verify_iat": False,
                },
            )
        except (jwt.PyJWTError, TypeError, ValueError) as exc:
            raise BadToken(_why(exc)) from exc
        ends_at, begins_at = claims["exp"], claims.get("nbf", 0)
        if not _is_time(ends_at) or not _is_time(begins_at):
            raise BadToken("its times are no numbers")
        if ends_at + issuer.leeway_s <= now:
            raise BadToken("it has expired")
        if begins_at - issuer.leeway_s > now:
            raise BadToken("it does not count yet")
        return claims


def _is_time(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e11  # noqa: PLR2004 - beyond the year 5000


def _why(exc: Exception) -> str:
    match exc:
        case jwt.InvalidAudienceError():
            return "it is meant for somebody else"
        case jwt.InvalidSignatureError() | jwt.InvalidKeyError() | jwt.InvalidAlgorithmError():
            return "its signature is not right"
        case jwt.MissingRequiredClaimError():
            return f"it has no claim '{exc.claim}'"
    return "it is not valid"


def _admission(issuer: TokenIssuer, claims: Mapping[str, Any]) -> Admission:
    known = {name: jmespath.search(path, claims) for name, path in issuer.claims.items()}
    purpose = jmespath.search(issuer.purpose, claims)
    name = str(jmespath.search(issuer.name, claims) or "unnamed")
    viewer = Viewer(
        name=name,
        roles=_names(jmespath.search(issuer.roles, claims)),
        claims={name: value for name, value in known.items() if value is not None},
        purpose=purpose if isinstance(purpose, str) else None,
        credential=f"token:{issuer.issuer}:{claims.get('sub') or name}",
    )
    return Admission(viewer, datetime.fromtimestamp(claims["exp"] + issuer.leeway_s, UTC))


def _names(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return tuple(value.split())
    return tuple(each for each in value if isinstance(each, str)) if isinstance(value, list) else ()
