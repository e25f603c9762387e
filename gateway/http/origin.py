"""Where a request comes from: the address that connects, or what a trusted proxy says of it."""

from collections.abc import Mapping, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from starlette.types import Scope

Network = IPv4Network | IPv6Network


class Origins:
    """Reads `X-Forwarded-For` and `X-Forwarded-Proto` where they come from one of `proxies`."""

    def __init__(self, proxies: Sequence[Network] = ()) -> None:
        self._proxies = proxies

    def address(self, scope: Scope, headers: Mapping[bytes, bytes]) -> str | None:
        """The address of the client: of those that proxies tell the last that is no proxy."""
        client = scope.get("client")
        found = client[0] if client else None
        said = headers.get(b"x-forwarded-for")
        if said is None or not self._is_proxy(found):
            return found
        for each in reversed(said.decode("latin-1").split(",")):
            if _address(each.strip()) is None:
                return found
            found = each.strip()
            if not self._is_proxy(found):
                return found
        return found

    def scheme(self, scope: Scope, headers: Mapping[bytes, bytes]) -> str:
        """`https` or `http`: how the client reached us. A proxy of this machine is believed too."""
        client = scope.get("client")
        said = headers.get(b"x-forwarded-proto")
        if said in {b"http", b"https"} and client:
            address = _address(client[0])
            if (address and address.is_loopback) or self._is_proxy(client[0]):
                return said.decode()
        return str(scope["scheme"])

    def _is_proxy(self, text: str | None) -> bool:
        address = _address(text or "")
        return address is not None and any(address in each for each in self._proxies)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None
