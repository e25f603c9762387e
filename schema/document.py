"""Documents."""

from datetime import datetime

import strawberry

from domain import document as domain
from domain.document import DocumentKind
from resolvers import customer, document
from schema.enumeration import enumeration
from schema.field import CustomerType, described
from schema.filter import filter_input
from schema.node import Node, Record

enumeration(
    DocumentKind,
    "What a document is.",
    {
        "CONTRACT": "A contract.",
        "PROPOSAL": "A proposal or quote.",
        "INVOICE": "An invoice.",
        "REPORT": "A report.",
        "CORRESPONDENCE": "A letter or a mail.",
        "OTHER": "Anything else.",
    },
)

DocumentFilter = filter_input(domain.Document.entity)


@strawberry.type(description="A contract, proposal, invoice or any other file.")
class Document(Node, Record):
    """A document."""

    name: str = described("The name of the file.")
    kind: DocumentKind = described("What it is.")
    media_type: str | None = described("The media type, such as `application/pdf`.")
    size_bytes: int | None = described("The length in bytes.")
    version: str | None = described("Changes whenever the content does.")
    modified_at: datetime | None = described("When the content last changed.")
    download_url: str | None = described(
        "A link that opens the file for a few minutes, without further credentials.",
        document.download_url,
    )
    customer: CustomerType | None = described("Whom it is about.", customer.of_record)
