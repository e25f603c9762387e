"""`logInteraction`."""

from datetime import datetime

import strawberry

from resolvers import interaction
from resolvers.commands.log_interaction import log_interaction
from resolvers.field import listed
from schema.channel import Channel
from schema.customer_by import CustomerBy
from schema.field import described, input_field, required_input, with_arguments
from schema.interaction import Interaction
from schema.interaction_input import InteractionContents
from schema.problem import Problem


@strawberry.input(description="A contact with a customer.")
class LogInteractionInput(InteractionContents):
    """What to log."""

    customer: CustomerBy = required_input("With whom.")
    channel: Channel = required_input("The way of contact.")
    occurred_at: datetime | None = input_field("When it happened; now, if left out.")


@strawberry.type(description="What became of `logInteraction`.")
class LogInteractionPayload:
    """The logged interaction, or why there is none."""

    interaction: Interaction | None = described(
        "The interaction, committed; none where there are problems.", interaction.of_payload
    )
    problems: list[Problem] = described("Why nothing was logged.", listed("problems"))


def declared() -> LogInteractionPayload:
    """The field of `Mutation`."""
    field: LogInteractionPayload = with_arguments(
        lambda planned: planned.command(log_interaction),
        "Log a contact with a customer. It is on disk, and visible to everybody, when answered.",
        {"input": (LogInteractionInput, "What to log.")},
    )
    return field
