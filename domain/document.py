"""Documents: contracts, proposals, invoices and any other file about a customer."""

import enum
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from domain.entity import Entity, describe
from domain.record import RECORD_KEY, Record


class DocumentKind(enum.StrEnum):
    """What a document is."""

    CONTRACT = "CONTRACT"
    PROPOSAL = "PROPOSAL"
    INVOICE = "INVOICE"
    REPORT = "REPORT"
    CORRESPONDENCE = "CORRESPONDENCE"
    OTHER = "OTHER"


@dataclass(frozen=True, slots=True, kw_only=True)
class Document(Record):
    """A file. `size_bytes` is its length; `version` changes with its content."""

    entity: ClassVar[Entity]

    name: str
    kind: DocumentKind
    media_type: str | None
    size_bytes: int | None
    version: str | None
    modified_at: datetime | None
    customer_source: str | None
    customer_ref: str | None
    customer_id: UUID | None


Document.entity = describe(
    Document, name="document", key=RECORD_KEY, references={"customer": "customer_record"}
)
