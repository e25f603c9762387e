"""Where an address leads: its scheme, host and port. Credentials go to one such place only."""

import httpx2

_PORTS = {"http": 80, "https": 443}


def same_origin(one: httpx2.URL, other: httpx2.URL) -> bool:
    """Whether two addresses have the same scheme, host and port."""
    return _origin(one) == _origin(other)


def _origin(url: httpx2.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port or _PORTS.get(url.scheme)


def moved(url: httpx2.URL, to: httpx2.URL) -> httpx2.URL:
    """The same address at another place."""
    return url.copy_with(scheme=to.scheme, host=to.host, port=to.port)
