"""What another web site may not make a browser do here (cross-site request forgery)."""

from collections.abc import Mapping

from gateway.http.rejection import Rejected

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
