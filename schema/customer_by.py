"""How a client names a customer or a record."""

import strawberry

from schema.field import input_field, required_input


@strawberry.input(description="A record of a source.")
class RecordRef:
    """The source and the id there."""

    source: str = required_input("The name of the source.")
    record_id: str = required_input("The record's id in that source.")


@strawberry.input(one_of=True, description="One of the ways to name a customer.")
class CustomerBy:
    """Exactly one of these."""

    id: strawberry.ID | None = input_field("The global id.")
    email: str | None = input_field("An e-mail address, in any spelling.")
    phone: str | None = input_field("A telephone number, in any spelling.")
    record: RecordRef | None = input_field(
        "A record of a source; one that is new is fetched from there."
    )
