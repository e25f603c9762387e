"""The headers of a request, by name, without an object for each."""

from collections.abc import Collection, Mapping

RawHeaders = Collection[tuple[bytes, bytes]]
"""Headers as ASGI has them: names in lower case, in the order in which they came."""

TOLD = "customer360.told"
"""The key of an ASGI scope under which headers stand that the answer, whatever it is, carries."""

_ONLY_ONE = frozenset({b"content-type", b"content-length", b"host"})


def read_headers(raw: RawHeaders) -> Mapping[bytes, bytes]:
    """The values by name. One that came several times is one list (RFC 9110, 5.2).

    Of those that must not come several times the value is empty then.
    """
    headers = dict(raw)
    return headers if len(headers) == len(raw) else _joined(raw)


def _joined(raw: RawHeaders) -> Mapping[bytes, bytes]:
    headers: dict[bytes, bytes] = {}
    for name, value in raw:
        if name not in headers:
            headers[name] = value
        else:
            headers[name] = b"" if name in _ONLY_ONE else b"%b, %b" % (headers[name], value)
    return headers
