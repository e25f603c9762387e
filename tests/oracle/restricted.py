"""The same worlds for a viewer in a role: the engine under the policy, over all records.

The reference knows no policy: its company lacks the rows that are hidden, its schema what is hidden
of them, and its values come masked.
"""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from graphql import GraphQLResolveInfo
from strawberry.utils.str_converters import to_camel_case, to_snake_case

from connectors.contract import Capability
from connectors.federation import Federation
from connectors.memory import MemoryConnector
from connectors.session import Session
from domain.access.policy import Mask
from domain.catalogue import ENTITIES
from domain.viewer import ANYBODY
from resolvers.context import Context
from resolvers.permission import told
from tests.oracle.listing import DEFAULT_ORDERS, Refusal
from tests.oracle.plain import plain_schema_of
from tests.oracle.records import OBSERVED_AT, Company, Record
from tests.oracle.reference import TYPES, Reference
from tests.oracle.role import Part
from tests.oracle.world import World

MASK_KEY: Final = b"m" * 32
_PARTS: Mapping[str, tuple[str, frozenset[str]]] = {
    "EmailAddress": ("emails", frozenset({"address"})),
    "PhoneNumber": ("phones", frozenset({"e164", "original"})),
    "PostalAddress": (
        "addresses",
        frozenset({"street", "city", "region", "postalCode", "country"}),
    ),
}


class RestrictedReference(Reference):
    """Answers over what is seen in a role; `whole` is the company with everything."""

    def __init__(self, part: Part, whole: Company, *, dead: frozenset[str]) -> None:
        super().__init__(part.seen, dead=dead)
        self._whole = whole
        self._role = part.role
        self._policy = part.policy
        self.schema = plain_schema_of(part.role)
        self.default_orders = {
            name: [
                each for each in order if name in part.role.entities and self._tells(name, each[0])
            ]
            for name, order in DEFAULT_ORDERS.items()
        }

    def _tells(self, entity: str, name: str) -> bool:
        """Whether a field is seen, and as it is."""
        access = self._role.entities[entity]
        is_seen = access.fields is None or name in access.fields
        return is_seen and name not in access.masks

    def resolve(self, parent: Any, info: GraphQLResolveInfo[Any], **arguments: Any) -> Any:
        """The value of a field, behind its mask."""
        value = super().resolve(parent, info, **arguments)
        mask = self._mask(info.parent_type.name, info.field_name)
        return value if mask is None else _masked(value, mask)

    def _mask(self, type_name: str, name: str) -> Mask | None:
        holder, parts = _PARTS.get(type_name, ("", frozenset[str]()))
        if name in parts:
            return self._role.entities["customer"].masks.get(holder)
        entity = TYPES.get(type_name)
        entity = "customer" if entity == "customer_record" else entity
        if entity is None or name in {"emails", "phones", "addresses"}:
            return None
        return self._role.entities[entity].masks.get(to_snake_case(name))

    def may(self) -> Record:
        """What `me` says of the role: nothing that depends on records."""
        said = told(ANYBODY, self._policy)
        return {name: said[name] for name in ("permissions", "mutations")}

    def identified_records(self) -> Sequence[Record]:
        """All records: what they lead to is seen or not."""
        return self._whole.visible("customer_record")

    def _Customer_provenance(self, parent: Record, arguments: Mapping[str, Any]) -> Any:
        told = {to_camel_case(n) for n in ENTITIES["customer"].fields if self._tells("customer", n)}
        entries = super()._Customer_provenance(parent, arguments)
        return [each for each in entries if each["field"] in told]

    def _Query_customer(self, parent: Any, arguments: Any) -> Record | None:
        ((name, value),) = arguments["by"].items()
        is_unknown = name == "record" and value["source"] not in self._company.sources
        if is_unknown and "source" not in self._role.entities:
            return None
        return super()._Query_customer(parent, arguments)

    def _named(self, value: str, only: str | None = None) -> Record | None:
        entity = TYPES.get(value.partition(":")[0])
        owner = "customer" if entity == "customer_record" else entity
        if entity is not None and only is None and owner not in self._role.entities:
            raise Refusal
        if entity == "customer_record" and not self._sees_records():
            raise Refusal
        return super()._named(value, only)

    def _sees_records(self) -> bool:
        fields = self._role.entities["customer"].fields
        return fields is None or "records" in fields


def _masked(value: Any, mask: Mask) -> Any:
    if value is None or mask is Mask.NULL:
        return None
    match mask:
        case Mask.EMAIL:
            local, at, host = value.rpartition("@")
            return f"{local[0]}***@{host}" if at and local else "***"
        case Mask.LAST_FOUR:
            return "***" + (value[-4:] if len(value) > 8 else "")
        case Mask.YEAR:
            return datetime(value.astimezone(value.tzinfo).year, 1, 1, tzinfo=value.tzinfo)
        case Mask.HASH:
            return hmac.new(MASK_KEY, value.encode(), hashlib.sha256).hexdigest()[:32]


@dataclass(frozen=True, slots=True, kw_only=True)
class RestrictedWorld(World):
    """A world as a viewer in a role finds it."""

    part: Part

    def _context(self) -> Context:
        policy = self.part.policy
        session = Session(self.federation, deadline_s=30, policy=policy)
        return replace(World._context(self), session=session, policy=policy, mask_key=MASK_KEY)


def restricted(world: World, part: Part, *, dead: frozenset[str]) -> RestrictedWorld:
    """The world for a viewer in a role."""
    return RestrictedWorld(
        company=world.company,
        reference=RestrictedReference(part, world.company, dead=dead),
        engine=world.engine,
        federation=world.federation,
        runner=world.runner,
        journal=world.journal,
        part=part,
    )


def weakened(world: World) -> World:
    """The same world, whose live sources neither filter nor sort, nor give pages."""
    sources = {
        name: MemoryConnector(
            name,
            world.company.held_by(name),
            capabilities={each: _least(each) for each in world.company.held_by(name)},
            observed_at=OBSERVED_AT,
        )
        for name in world.federation.sources
    }
    it = world.federation
    federation = Federation(
        it.native, sources, modes=it.modes, board=it.board, invalidation=it.invalidation
    )
    return replace(world, federation=federation)


def _least(name: str) -> Capability:
    entity = ENTITIES[name]
    relations = {(f"{each}_ref",) for each in (*entity.references, "customer")}
    return Capability(
        entity=name,
        fields=frozenset(entity.fields),
        matches=frozenset({("record_id",), *relations}),
    )
