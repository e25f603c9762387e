"""Customer records on their way into the index and out of it: canonical values, clean contacts."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar
from uuid import UUID

import orjson

from domain.channel import Channel
from domain.contact import normalised_email, normalised_phone
from domain.customer import (
    CustomerKind,
    CustomerRecord,
    EmailAddress,
    LifecycleStage,
    PhoneNumber,
    PostalAddress,
)
from domain.identity import RecordKey

_NO_CONTENT = ("observed_at", "customer_id", "matched_by")

Choice = TypeVar("Choice", Channel, LifecycleStage)


def incoming(values: Mapping[str, Any], *, region: str | None) -> CustomerRecord:
    """A record as a source gives it, with `source` and `observed_at`, its contacts normalised.

    `region` is where phone numbers without a country code belong. A record without a kind is
    about a person. Raises `ValueError` where a value is not canonical.
    """
    # A round trip through JSON, so that what is compared is what the store will give back.
    json = orjson.loads(orjson.dumps(values.get("custom"), default=str))
    links = orjson.loads(orjson.dumps(values.get("external_ids"), default=str))
    return CustomerRecord(
        **_plain(values),
        kind=CustomerKind(values.get("kind") or CustomerKind.PERSON),
        emails=tuple(_email(each) for each in values.get("emails") or ()),
        phones=tuple(_phone(each, region) for each in values.get("phones") or ()),
        addresses=tuple(PostalAddress(**each) for each in values.get("addresses") or ()),
        tags=tuple(values.get("tags") or ()),
        custom=json or None,
        external_ids=links or None,
        customer_id=None,
        matched_by=(),
        is_deleted=bool(values.get("is_deleted")),
    )


def stored(row: Mapping[str, Any]) -> CustomerRecord:
    """A record as a row of the store has it."""
    return CustomerRecord(
        **_plain(row),
        kind=CustomerKind(row["kind"]),
        emails=tuple(EmailAddress(**each) for each in row["emails"]),
        phones=tuple(PhoneNumber(**each) for each in row["phones"]),
        addresses=tuple(PostalAddress(**each) for each in row["addresses"]),
        tags=tuple(row["tags"]),
        custom=row["custom"],
        external_ids=row["external_ids"],
        customer_id=plain_uuid(row["customer_id"]) if row["customer_id"] else None,
        matched_by=tuple(row["matched_by"]),
        is_deleted=row["is_deleted"],
    )


def is_same(one: CustomerRecord, other: CustomerRecord) -> bool:
    """Whether two versions of a record say the same, whenever they were observed."""
    return dataclasses.replace(one, **{name: getattr(other, name) for name in _NO_CONTENT}) == other


def record_key(record: CustomerRecord) -> RecordKey:
    """What identifies a record over all sources."""
    return record.source, record.record_id


def plain_uuid(value: UUID) -> UUID:
    """The same id as Python has it: the driver's own kind cannot be written as JSON."""
    return UUID(int=value.int)


def columns(rows: Sequence[tuple[Any, ...]], width: int) -> list[list[Any]]:
    """Rows as the columns that `unnest` takes, of which there are `width` even without a row."""
    return [[row[place] for row in rows] for place in range(width)]


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "source": values["source"],
        "record_id": values["record_id"],
        "observed_at": values["observed_at"],
        "name": values.get("name"),
        "given_name": values.get("given_name"),
        "family_name": values.get("family_name"),
        "language": values.get("language"),
        "preferred_channel": _choice(Channel, values.get("preferred_channel")),
        "lifecycle_stage": _choice(LifecycleStage, values.get("lifecycle_stage")),
        "owner": values.get("owner"),
        "created_at": values.get("created_at"),
        "updated_at": values.get("updated_at"),
        "organization_ref": values.get("organization_ref"),
    }


def _choice(choices: type[Choice], value: str | None) -> Choice | None:
    return choices(value) if value else None


def _email(value: Mapping[str, Any] | str) -> EmailAddress:
    parts = {"address": value} if isinstance(value, str) else dict(value)
    original = str(parts.pop("address"))
    return EmailAddress(address=normalised_email(original) or original.strip(), **parts)


def _phone(value: Mapping[str, Any] | str, region: str | None) -> PhoneNumber:
    parts = {"original": value} if isinstance(value, str) else dict(value)
    e164, original = parts.pop("e164", None), parts.pop("original", None)
    original = str(original or e164)
    # What the source's own settings say of its country is known to the connector only.
    known = normalised_phone(e164, region=None) or normalised_phone(original, region=region)
    return PhoneNumber(e164=known, original=original, **parts)
