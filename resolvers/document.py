"""How documents are found, and where they can be downloaded."""

from domain.order import Order
from resolvers.field import PlanField
from resolvers.value import Value

NEWEST = (Order("modified_at", is_descending=True),)


def of_customer(field: PlanField) -> Value:
    """The documents of a customer, last changed first."""
    return field.page("document", match=("customer_id",), key=("id",), order=NEWEST)


def download_url(field: PlanField) -> Value:
    """A link that opens the document for a short while."""
    return field.computed("t.context.document_url({}, {})", "source", "record_id")
