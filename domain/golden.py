"""Golden values: what a customer is said to be when several records say it, and who says so.

Each field survives on its own: a record of a source that comes first in the configured precedence
wins over later ones, then the record that was updated last, then the smallest record key; a record
that says nothing never wins. When a record was observed is no reason to believe it, so pulling a
source again changes nothing.
"""

import dataclasses
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any, TypeAlias, TypeVar
from uuid import UUID

from domain.contact import phone_identity
from domain.customer import (
    Alternative,
    Customer,
    CustomerRecord,
    EmailAddress,
    FieldProvenance,
    PhoneNumber,
    PostalAddress,
)
from domain.identity import RecordKey

T = TypeVar("T")
Reading: TypeAlias = tuple[CustomerRecord, T]
"""What one record says."""
Entry = TypeVar("Entry", EmailAddress, PhoneNumber, PostalAddress)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Precedence:
    """Which sources to believe first; `fields` says it for single fields. Others come last."""

    sources: tuple[str, ...] = ()
    fields: Mapping[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)

    def ranked(self, records: Iterable[CustomerRecord], field: str) -> list[CustomerRecord]:
        """The records, most believed first, where `field` is concerned."""
        order = (*self.fields.get(field, ()), *self.sources)
        place = {source: at for at, source in reversed(list(enumerate(order)))}

        def belief(record: CustomerRecord) -> tuple[int, float, str, str]:
            updated = record.updated_at.timestamp() if record.updated_at else float("-inf")
            at = place.get(record.source, len(order))
            return at, -updated, record.source, record.record_id

        return sorted(records, key=belief)


def golden(
    id_: UUID,
    records: Sequence[CustomerRecord],
    *,
    precedence: Precedence,
    organizations: Mapping[RecordKey, UUID],
) -> Customer:
    """One customer out of its records.

    Records that their source no longer has count only where there are no others.
    `organizations` gives the customer of each record that an `organization_ref` points to.
    """
    present = [each for each in records if not each.is_deleted] or list(records)
    choice = _Choice(present, precedence)
    emails = _with_primary(choice.entries("emails", _same_mailbox))
    phones = _with_primary(choice.entries("phones", _same_line))
    return Customer(
        id=id_,
        kind=present[0].kind,
        name=choice.scalar("name", _full_name),
        given_name=choice.scalar("given_name", attrgetter("given_name")),
        family_name=choice.scalar("family_name", attrgetter("family_name")),
        emails=emails,
        phones=phones,
        addresses=_with_primary(choice.entries("addresses", _same_place)),
        language=choice.scalar("language", attrgetter("language")),
        preferred_channel=choice.scalar("preferred_channel", attrgetter("preferred_channel")),
        lifecycle_stage=choice.scalar("lifecycle_stage", attrgetter("lifecycle_stage")),
        tags=choice.entries("tags", str.casefold),
        owner=choice.scalar("owner", attrgetter("owner")),
        custom=choice.custom(),
        created_at=choice.extreme("created_at", min),
        updated_at=choice.extreme("updated_at", max),
        primary_email=emails[0].address if emails else None,
        primary_phone=_number(phones[0]) if phones else None,
        organization_id=choice.scalar("organization", _organization(id_, organizations)),
        provenance=tuple(choice.provenance),
    )


class _Choice:
    """The choices made for one customer, which writes down where each comes from."""

    def __init__(self, records: Sequence[CustomerRecord], precedence: Precedence) -> None:
        self._records = records
        self._precedence = precedence
        self._ranked = precedence.ranked(records, "")
        self.provenance: list[FieldProvenance] = []

    def scalar(self, field: str, read: Callable[[CustomerRecord], T | None]) -> T | None:
        """The value of the most believed record that has one."""
        found = self._readings(field, read)
        return self._chosen(field, found)

    def extreme(
        self, field: str, choose: Callable[[Iterable[datetime]], datetime]
    ) -> datetime | None:
        """The earliest or latest of the times that records give."""
        found: list[Reading[datetime]] = self._readings(field, attrgetter(field))
        if not found:
            return None
        best = choose(value for _, value in found)
        return self._chosen(field, sorted(found, key=lambda reading: reading[1] != best))

    def entries(self, field: str, identity: Callable[[T], object]) -> tuple[T, ...]:
        """What the lists of all records hold, once each, the primary entry first."""
        found: dict[object, Reading[T]] = {}
        for record in self._believed(field):
            values: Sequence[T] = getattr(record, field)
            for each in sorted(values, key=lambda value: not getattr(value, "is_primary", False)):
                found.setdefault(identity(each), (record, each))
        entries = list(found.values())
        if entries:
            self._note(field, entries[0][0])
        return tuple(value for _, value in entries)

    def custom(self) -> Mapping[str, Any] | None:
        """The custom fields, each from the most believed record that has it."""
        saying = [each for each in self._believed("custom") if each.custom]
        merged: dict[str, Any] = {}
        for record in reversed(saying):
            said = (record.custom or {}).items()
            merged |= {name: value for name, value in said if value is not None and value != ""}
        if saying:
            self._note("custom", saying[0])
        return merged or None

    def _believed(self, field: str) -> Sequence[CustomerRecord]:
        if field not in self._precedence.fields:
            return self._ranked
        return self._precedence.ranked(self._records, field)

    def _readings(self, field: str, read: Callable[[CustomerRecord], T | None]) -> list[Reading[T]]:
        values = ((each, read(each)) for each in self._believed(field))
        return [(each, value) for each, value in values if value is not None and value != ""]

    def _chosen(self, field: str, found: Sequence[Reading[T]]) -> T | None:
        if not found:
            return None
        record, best = found[0]
        self._note(field, record, [each for each in found if each[1] != best])
        return best

    def _note(
        self, field: str, record: CustomerRecord, others: Sequence[Reading[Any]] = ()
    ) -> None:
        lost = (
            Alternative(
                value=_text(value),
                source=other.source,
                record_id=other.record_id,
                observed_at=other.observed_at,
            )
            for other, value in others
        )
        self.provenance.append(
            FieldProvenance(
                field=_camel_case(field),
                source=record.source,
                record_id=record.record_id,
                observed_at=record.observed_at,
                alternatives=tuple(lost),
            )
        )


def _with_primary(
    entries: Sequence[Entry],
) -> tuple[Entry, ...]:
    return tuple(dataclasses.replace(each, is_primary=at == 0) for at, each in enumerate(entries))


def _full_name(record: CustomerRecord) -> str | None:
    """The name, or what the parts of it make; Chinese names have the family in front."""
    parts = [part for part in (record.given_name, record.family_name) if part]
    if record.name or not parts:
        return record.name
    if any(unicodedata.east_asian_width(letter) == "W" for letter in "".join(parts)):
        return "".join(reversed(parts))
    return " ".join(parts)


def _organization(
    id_: UUID, organizations: Mapping[RecordKey, UUID]
) -> Callable[[CustomerRecord], UUID | None]:
    def read(record: CustomerRecord) -> UUID | None:
        found = organizations.get((record.source, record.organization_ref or ""))
        return found if found != id_ else None

    return read


def _same_mailbox(email: EmailAddress) -> str:
    return email.address.casefold()


def _same_line(phone: PhoneNumber) -> str:
    return phone_identity(phone) or phone.original.strip()


def _same_place(place: PostalAddress) -> tuple[str, ...]:
    parts = (place.street, place.city, place.region, place.postal_code, place.country)
    return tuple(" ".join((part or "").casefold().split()) for part in parts)


def _number(phone: PhoneNumber) -> str:
    return phone.e164 or phone.original


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _camel_case(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(each.capitalize() for each in others)
