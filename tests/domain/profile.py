"""Customer records for tests: what is not said is missing."""

from datetime import UTC, datetime
from typing import Any

from domain.contact import normalised_phone
from domain.customer import CustomerKind, CustomerRecord, EmailAddress, PhoneNumber

SEEN_AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


def customer_record(source: str, record_id: str, **values: Any) -> CustomerRecord:
    """A person as a source has it."""
    blank: dict[str, Any] = dict.fromkeys(CustomerRecord.entity.fields)
    lists = dict.fromkeys(("emails", "phones", "addresses", "tags", "matched_by"), ())
    plain = {"kind": CustomerKind.PERSON, "observed_at": SEEN_AT, "is_deleted": False}
    return CustomerRecord(
        **{**blank, **lists, **plain, "source": source, "record_id": record_id, **values}
    )


def email(address: str, **values: Any) -> EmailAddress:
    """An e-mail address."""
    return EmailAddress(address=address, **values)


def phone(original: str, **values: Any) -> PhoneNumber:
    """A phone number in China, or anywhere with its country code."""
    return PhoneNumber(e164=normalised_phone(original, region="CN"), original=original, **values)
