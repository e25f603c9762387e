"""The doorkeeper: from the headers of a request to the viewer, or a refusal.

What was checked is remembered by the very text that was sent, so that a request with a credential
costs a look-up.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from ipaddress import ip_address

from connectors.errors import SourceError
from domain.viewer import Viewer
from gateway.auth.api_key import PREFIX, ApiKey
from gateway.auth.key_ring import REFRESH_S, KeyRing
from gateway.auth.rate import UNLIMITED, RequestRates
from gateway.auth.token import Admission, BadToken, IssuerDown, TokenReader
from gateway.config.access import Access, TrustedProxy
from gateway.http.rejection import Rejected
from resolvers.result import ErrorCode

_REMEMBERED = 10_000
_TOKEN_KEPT = timedelta(seconds=60)
_KEY_KEPT = timedelta(seconds=REFRESH_S)

_CREDENTIALS = "Send an API key or a token as 'Authorization: Bearer …'."
_CHALLENGE = {"www-authenticate": 'Bearer realm="customer360"'}


class Doorkeeper:
    """Lets in by the rules of the section `access`."""

    def __init__(
        self,
        access: Access,
        *,
        ring: KeyRing,
        tokens: TokenReader,
        now: Callable[[], datetime],
        rates: RequestRates = UNLIMITED,
    ) -> None:
        self.rates = rates
        self._access = access
        self._ring = ring
        self._tokens = tokens
        self._now = now
        self._known: OrderedDict[bytes, Admission] = OrderedDict()
        self._anonymous = Viewer(roles=(access.anonymous,)) if access.anonymous else None

    async def viewer(self, headers: Mapping[bytes, bytes], *, client: str | None) -> Viewer:
        """Who asks, with the role that they act in. Raises `Rejected` with 401, 403 or 503.

        `client` is the address that the connection comes from.
        """
        viewer = await self._found(headers, client)
        acting = self._acting(viewer, headers.get(b"x-role"))
        return self._with_purpose(acting, headers.get(b"x-purpose"))

    async def _found(self, headers: Mapping[bytes, bytes], client: str | None) -> Viewer:
        sent = headers.get(b"authorization") or _as_bearer(headers.get(b"x-api-key"))
        if sent:
            return await self._credential(sent)
        proxy = self._access.proxy
        viewer = _told(proxy, headers, client) if proxy else None
        viewer = viewer or self._anonymous
        if viewer is None:
            raise _unauthenticated(f"Nobody knows who asks. {_CREDENTIALS}")
        return viewer

    async def _credential(self, sent: bytes) -> Viewer:
        known = self._known.get(sent)
        now = self._now()
        if known is not None and now < known.until:
            return known.viewer
        admission = await self._checked(sent, now)
        self._known[sent] = admission
        self._known.move_to_end(sent)
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return admission.viewer

    async def _checked(self, sent: bytes, now: datetime) -> Admission:
        scheme, _, text = sent.decode("latin-1").partition(" ")
        text = text.strip()
        if scheme.lower() != "bearer" or not text:
            raise _unauthenticated(f"This way to authenticate is not known here. {_CREDENTIALS}")
        if text.startswith(PREFIX):
            return Admission(await self._by_key(text), now + _KEY_KEPT)
        try:
            admission = await self._tokens.read(text)
        except BadToken as exc:
            raise _unauthenticated(f"The token does not count: {exc}.") from exc
        except IssuerDown as exc:
            raise later("The issuer of the token cannot be asked at the moment.") from exc
        return replace(admission, until=min(admission.until, now + _TOKEN_KEPT))

    async def _by_key(self, text: str) -> Viewer:
        key = ApiKey.read(text)
        try:
            viewer = await self._ring.viewer(key) if key else None
        except SourceError as exc:
            raise later("API keys cannot be checked at the moment.") from exc
        if viewer is None:
            raise _unauthenticated("The API key does not count: it is wrong, expired or revoked.")
        return viewer

    def _acting(self, viewer: Viewer, wanted: bytes | None) -> Viewer:
        mine = [each for each in self._access.roles if each in viewer.roles]
        if not mine:
            raise Rejected(
                403,
                f"'{viewer.name}' is in none of the roles that may come in. Its operator gives"
                " roles.",
                code=ErrorCode.FORBIDDEN,
            )
        role = wanted.decode("latin-1") if wanted else mine[0]
        if role not in mine:
            raise Rejected(
                403,
                f"'{viewer.name}' cannot act as '{role}'; possible in 'X-Role': {', '.join(mine)}.",
                code=ErrorCode.FORBIDDEN,
            )
        return replace(viewer, roles=tuple(mine), role=role)

    def _with_purpose(self, viewer: Viewer, said: bytes | None) -> Viewer:
        """The purpose of the credential, else that of the request, if it is one of the role's."""
        purpose = viewer.purpose or (said.decode("latin-1") if said else None)
        allowed = self._access.roles[str(viewer.role)].purposes
        if allowed and purpose not in allowed:
            raise Rejected(
                403,
                f"The role '{viewer.role}' needs a purpose; possible in 'X-Purpose':"
                f" {', '.join(allowed)}.",
                code=ErrorCode.FORBIDDEN,
            )
        return viewer if purpose == viewer.purpose else replace(viewer, purpose=purpose)


def _as_bearer(key: bytes | None) -> bytes | None:
    return b"Bearer " + key if key else None


def _told(proxy: TrustedProxy, headers: Mapping[bytes, bytes], client: str | None) -> Viewer | None:
    """Who asks by the words of a proxy; `None` where it does not come from there."""
    if not _is_from(proxy, client):
        return None
    name = _header(headers, proxy.name_header)
    if not name:
        return None
    claims = {
        claim: value
        for claim, header in proxy.claim_headers.items()
        if (value := _header(headers, header))
    }
    roles = (each.strip() for each in _header(headers, proxy.roles_header).split(","))
    return Viewer(
        name=name, roles=tuple(filter(None, roles)), claims=claims, credential=f"proxy:{name}"
    )


def _is_from(proxy: TrustedProxy, client: str | None) -> bool:
    try:
        address = ip_address(client or "")
    except ValueError:
        return False
    return any(address in network for network in proxy.networks)


def _header(headers: Mapping[bytes, bytes], name: str) -> str:
    return headers.get(name.lower().encode(), b"").decode("utf-8", "replace")


def _unauthenticated(message: str) -> Rejected:
    return Rejected(401, message, code=ErrorCode.UNAUTHENTICATED, headers=_CHALLENGE)


def later(message: str) -> Rejected:
    """The refusal of whom it cannot be known at the moment what they may; `message` is why."""
    return Rejected(
        503,
        f"{message} Try again later.",
        code=ErrorCode.SERVICE_OVERLOADED,
        headers={"retry-after": "5"},
    )
