"""What another web site may not make a browser do here (cross-site request forgery)."""

from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any, Final

from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.http.rejection import Rejected

HEADERS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
)
"""What every answer says to browsers and caches, unless it says otherwise itself. Pages of other
origins that `server.cors_origins` names can read answers all the same."""

# A page of another origin can send these only after a preflight, as with Apollo Server.
PREFLIGHT_HEADERS = (b"apollo-require-preflight", b"x-apollo-operation-name")

_FOREIGN = frozenset({b"cross-site", b"same-site"})


def refuse_forgery(headers: Mapping[bytes, bytes]) -> None:
    """Refuse a GET that a foreign page lets a browser send without asking: a link, an image.

    Browsers say so in `Sec-Fetch-Site` and `Sec-Fetch-Mode`. GET changes nothing and a foreign
    page cannot read the answer; but it could load the gateway, and measure how long it takes.
    POST needs no such rule: a browser sends `application/json` only after a preflight.

    Raises:
        Rejected: 403.
    """
    is_foreign = headers.get(b"sec-fetch-site") in _FOREIGN
    if not is_foreign or headers.get(b"sec-fetch-mode") == b"cors":
        return
    if any(name in headers for name in PREFLIGHT_HEADERS):
        return
    wanted = b" or ".join(PREFLIGHT_HEADERS).decode()
    raise Rejected(403, f"Blocked as a possible cross-site forgery; send the header {wanted}.")


@dataclass(frozen=True, slots=True)
class Safe:
    """Another application, whose answers all say what `HEADERS` say."""

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""

        async def send_safe(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                given = [*message.get("headers", ())]
                known = {name.lower() for name, _ in given}
                more = [each for each in HEADERS if each[0] not in known]
                message = {**message, "headers": given + more}
            await send(message)

        await self.app(scope, receive, send_safe)
