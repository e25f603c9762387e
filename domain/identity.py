"""Identity: which source records are one customer, and why.

Deterministic. Records with an identifier in common (an e-mail address, a phone number, a link from
one system to another) are one customer, whatever order they arrive in; people and organizations
never are. An address or number that several records *of one source* carry is shared, such as a
family's mailbox or a switchboard: it identifies nobody and links nothing. Links always link.
"""

import enum
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from uuid import UUID

from domain.contact import normalised_email, phone_identity
from domain.customer import CustomerKind, CustomerRecord

RecordKey: TypeAlias = tuple[str, str]
"""A source and a record id in it."""


class IdentifierType(enum.StrEnum):
    """What an identifier is."""

    EMAIL = "email"
    PHONE = "phone"
    EXTERNAL = "external"


@dataclass(frozen=True, slots=True, order=True)
class Identifier:
    """Something that identifies a customer; `value` is normalised, for links `source:record_id`."""

    kind: CustomerKind
    type: IdentifierType
    value: str

    @property
    def text(self) -> str:
        """The identifier as `matched_by` says it, such as `link crm:C1`."""
        word = "link" if self.type is IdentifierType.EXTERNAL else self.type.value
        return f"{word} {self.value}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """What identity has to know of a source record.

    `customer_id` is the customer that it belonged to before, `is_deleted` that its source no
    longer has it: it keeps its links, but shares nothing.
    """

    key: RecordKey
    identifiers: frozenset[Identifier]
    customer_id: UUID | None = None
    is_deleted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """Who is who: the customer of each record, why, and which customers went up in others."""

    customers: Mapping[RecordKey, UUID]
    matched_by: Mapping[RecordKey, tuple[str, ...]]
    superseded: Mapping[UUID, UUID] = field(default_factory=dict)


def identifiers(record: CustomerRecord) -> frozenset[Identifier]:
    """What identifies the customer that a record (with normalised contacts) is about."""
    emails = (normalised_email(each.address) for each in record.emails)
    phones = (phone_identity(each) for each in record.phones)
    values: dict[IdentifierType, Iterable[str | None]] = {
        IdentifierType.EMAIL: emails,
        IdentifierType.PHONE: phones,
        IdentifierType.EXTERNAL: [f"{record.source}:{record.record_id}", *_links(record)],
    }
    return frozenset(
        Identifier(record.kind, type_, value)
        for type_, found in values.items()
        for value in found
        if value
    )


def _links(record: CustomerRecord) -> Iterable[str]:
    for source, ids in (record.external_ids or {}).items():
        for each in ids if isinstance(ids, list | tuple) else [ids]:
            if _is_id(each):
                yield f"{source}:{str(each).strip()}"


def _is_id(value: Any) -> bool:
    is_scalar = isinstance(value, str | int) and not isinstance(value, bool)
    return is_scalar and bool(str(value).strip())


def shared_identifiers(members: Iterable[Member]) -> frozenset[Identifier]:
    """The addresses and numbers that several present records of one source carry."""
    carriers: dict[tuple[str, Identifier], int] = defaultdict(int)
    for member in members:
        for each in member.identifiers if not member.is_deleted else ():
            if each.type is not IdentifierType.EXTERNAL:
                carriers[member.key[0], each] += 1
    return frozenset(identifier for (_, identifier), count in carriers.items() if count > 1)


def resolve(
    members: Iterable[Member],
    *,
    shared: AbstractSet[Identifier],
    new_id: Callable[[], UUID],
) -> Resolution:
    """Who is who among `members`, with ids that stay as long as they can.

    `members` are all records that have something in common with one another, `shared` the
    identifiers that link nothing (`shared_identifiers` of all records there are). `new_id` makes
    the ids of customers that are new.
    """
    links = _links_of(members, shared)
    groups = _components(members, links)
    ids = _stable_ids(groups, new_id)
    customers = {m.key: id_ for group, id_ in zip(groups, ids, strict=True) for m in group}
    return Resolution(
        customers=customers,
        matched_by={m.key: _reasons(m, links) for group in groups for m in group},
        superseded=_superseded(groups, ids),
    )


def _links_of(
    members: Iterable[Member], shared: AbstractSet[Identifier]
) -> dict[Identifier, list[Member]]:
    carriers: dict[Identifier, list[Member]] = defaultdict(list)
    for member in members:
        for each in member.identifiers - shared:
            carriers[each].append(member)
    return {each: found for each, found in carriers.items() if len(found) > 1}


def _reasons(member: Member, links: Mapping[Identifier, Sequence[Member]]) -> tuple[str, ...]:
    return tuple(each.text for each in sorted(member.identifiers) if each in links)


def _components(
    members: Iterable[Member], links: Mapping[Identifier, Sequence[Member]]
) -> list[list[Member]]:
    """Members that are linked directly or through others, by record key throughout."""
    by_key = {member.key: member for member in members}
    root = {key: key for key in by_key}

    def find(key: RecordKey) -> RecordKey:
        while root[key] != key:
            root[key] = root[root[key]]
            key = root[key]
        return key

    for first, *others in links.values():
        for other in others:
            one, two = sorted((find(first.key), find(other.key)))
            root[two] = one
    groups: dict[RecordKey, list[Member]] = defaultdict(list)
    for key in sorted(by_key):
        groups[find(key)].append(by_key[key])
    return list(groups.values())


def _stable_ids(groups: Sequence[Sequence[Member]], new_id: Callable[[], UUID]) -> list[UUID]:
    """An id for each group: the oldest that its records had and that no other has more right to.

    The right is with the group that holds most records of that id, then the smallest record key.
    """
    claims: dict[UUID, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for position, group in enumerate(groups):
        for member in group:
            if member.customer_id is not None:
                claims[member.customer_id][position] -= 1
    given: dict[int, UUID] = {}
    for id_ in sorted(claims):
        # Groups stand in the order of their smallest keys, so the position breaks ties.
        claimants = ((count, at) for at, count in claims[id_].items() if at not in given)
        winner = min(claimants, default=None)
        if winner is not None:
            given[winner[1]] = id_
    return [given[at] if at in given else new_id() for at in range(len(groups))]


def _superseded(groups: Sequence[Sequence[Member]], ids: Sequence[UUID]) -> dict[UUID, UUID]:
    """Where the ids that lost all their records lead: to whom most of these belong now."""
    moved: dict[UUID, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for position, group in enumerate(groups):
        for member in group:
            if member.customer_id is not None:
                moved[member.customer_id][position] -= 1
    living = set(ids)
    return {
        old: ids[min((count, at) for at, count in targets.items())[1]]
        for old, targets in moved.items()
        if old not in living
    }
