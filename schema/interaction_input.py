"""What the inputs of mutations on interactions have in common."""

import strawberry

from domain.interaction import Direction
from schema.field import input_field


@strawberry.input
class InteractionContents:
    """The contents of an interaction."""

    direction: Direction | None = input_field("Who began.")
    subject: str | None = input_field("What it was about.")
    content: str | None = input_field("What was said or written.")
    resolution: str | None = input_field("What came of it.")
    key_details: list[str] | None = input_field("What others should know, point by point.")
    participants: list[str] | None = input_field("Everybody who took part.")
    department: str | None = input_field("The department that was in contact.")
    agent: str | None = input_field("The person who was in contact.")
    thread: str | None = input_field("What ties interactions of one conversation together.")
    ticket: strawberry.ID | None = input_field("The id of the ticket that it was about.")
    purchase: strawberry.ID | None = input_field("The id of the purchase that it was about.")
    campaign: strawberry.ID | None = input_field("The id of the campaign that led to it.")
    idempotency_key: str | None = input_field(
        "A text of your own for this one act: sending it again does nothing new."
    )
