"""Customers: people and organizations, as resolved over all sources and as each source says."""

import enum
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from domain.channel import Channel
from domain.entity import Entity, Json, describe
from domain.record import RECORD_KEY


class CustomerKind(enum.StrEnum):
    """What a customer is."""

    PERSON = "PERSON"
    ORGANIZATION = "ORGANIZATION"


class LifecycleStage(enum.StrEnum):
    """How far the relationship has come."""

    PROSPECT = "PROSPECT"
    FIRST_PURCHASE = "FIRST_PURCHASE"
    REPEAT = "REPEAT"
    LOYAL = "LOYAL"
    LAPSED = "LAPSED"


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailAddress:
    """An e-mail address, normalised: the domain in lower case and ASCII, the rest in lower case."""

    address: str
    label: str | None = None
    is_verified: bool | None = None
    is_primary: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneNumber:
    """A phone number. `e164` is missing where the number that the source gave is no valid one."""

    e164: str | None
    original: str
    label: str | None = None
    is_primary: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PostalAddress:
    """A postal address in the parts that the source knows."""

    street: str | None = None
    city: str | None = None
    region: str | None = None
    postal_code: str | None = None
    country: str | None = None
    label: str | None = None
    is_primary: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """A value that another record holds and that lost against the golden one."""

    value: str | None
    source: str
    record_id: str
    observed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldProvenance:
    """Which record the golden value of one field comes from. `field` is the name in the graph."""

    field: str
    source: str
    record_id: str
    observed_at: datetime
    alternatives: tuple[Alternative, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What may be known of a customer, the same words for golden values and for source records."""

    kind: CustomerKind
    name: str | None
    given_name: str | None
    family_name: str | None
    emails: tuple[EmailAddress, ...]
    phones: tuple[PhoneNumber, ...]
    addresses: tuple[PostalAddress, ...]
    language: str | None
    preferred_channel: Channel | None
    lifecycle_stage: LifecycleStage | None
    tags: tuple[str, ...]
    owner: str | None
    custom: Json | None
    created_at: datetime | None
    updated_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer(Profile):
    """One customer over all sources: the golden values and where each comes from.

    `primary_email` and `primary_phone` repeat the primary entries of the lists, so that customers
    can be filtered and ordered by them.
    """

    entity: ClassVar[Entity]

    id: UUID
    primary_email: str | None
    primary_phone: str | None
    organization_id: UUID | None
    provenance: tuple[FieldProvenance, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerRecord(Profile):
    """What one source says about a customer.

    `customer_id` is the customer that the record was resolved to and `matched_by` why, for
    example `email ada@example.com`. `external_ids` names the same customer in other sources: a
    source name to a record id. `organization_ref` is the record of the organization that the
    contact belongs to, in the same source. `is_deleted` says that the source no longer has it.
    The first three fields are those of `domain.record.Record`; two slotted bases cannot be joined.
    """

    entity: ClassVar[Entity]

    source: str
    record_id: str
    observed_at: datetime

    customer_id: UUID | None
    matched_by: tuple[str, ...]
    external_ids: Json | None
    organization_ref: str | None
    is_deleted: bool


Customer.entity = describe(Customer, name="customer", key=("id",))
CustomerRecord.entity = describe(CustomerRecord, name="customer_record", key=RECORD_KEY)
