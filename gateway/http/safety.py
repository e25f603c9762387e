"""What another web site may not make a browser do here (cross-site request forgery)."""

from starlette.datastructures import Headers

from gateway.http.rejection import Rejected

# A page of another origin can send these only after a preflight, as with Apollo Server.
PREFLIGHT_HEADERS = ("apollo-require-preflight", "x-apollo-operation-name")

_FOREIGN = frozenset({"cross-site", "same-site"})


def refuse_forgery(headers: Headers) -> None:
    """Refuse a GET that a foreign page lets a browser send without asking: a link, an image.

    Browsers say so in `Sec-Fetch-Site` and `Sec-Fetch-Mode`. GET changes nothing and a foreign
    page cannot read the answer; but it could load the gateway, and measure how long it takes.
    POST needs no such rule: a browser sends `application/json` only after a preflight.

    Raises:
        Rejected: 403.
    """
    if headers.get("sec-fetch-site") not in _FOREIGN or headers.get("sec-fetch-mode") == "cors":
        return
    if any(name in headers for name in PREFLIGHT_HEADERS):
        return
    wanted = " or ".join(PREFLIGHT_HEADERS)
    raise Rejected(403, f"Blocked as a possible cross-site forgery; send the header {wanted}.")
