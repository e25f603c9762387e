"""The credentials of the demo, none of them secret: its two HTTP systems, and its API keys."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from connectors.native.key_store import KeyStore
from domain.viewer import Viewer
from gateway.auth.api_key import ApiKey, Grant
from gateway.auth.key_ring import row_of

CRM_TOKEN = "demo-crm-token"  # noqa: S105 - guards invented data on this machine only
DESK_USER = "gateway"
DESK_PASSWORD = "demo-desk-password"  # noqa: S105 - guards invented data on this machine only


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who may ask the demo: the role, the key, and what else is known."""

    role: str
    key: ApiKey
    claims: Mapping[str, str] = field(default_factory=dict)


def _key(number: int) -> ApiKey:
    """The same in every demo, so that what is written about it can be typed."""
    return ApiKey(f"de30{number:08}", "de30" * 16)


AGENT: Final = Visitor("agent", _key(1))
ANALYST: Final = Visitor("analyst", _key(2))
PARTNER: Final = Visitor("partner", _key(3), {"owner": "Katrin Vogt"})
VISITORS: Final = (AGENT, ANALYST, PARTNER)


async def keep_keys(store: KeyStore, *, now: datetime) -> None:
    """Have the keys of the visitors in a store, as `customer360 keys create` would."""
    for each in VISITORS:
        if await store.one(each.key.id) is None:
            viewer = Viewer(name=f"demo {each.role}", roles=(each.role,), claims=each.claims)
            grant = Grant(id=each.key.id, digest=each.key.digest, viewer=viewer, created_at=now)
            await store.add(row_of(grant, now=now))
