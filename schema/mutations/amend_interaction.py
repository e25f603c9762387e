"""`amendInteraction`."""

from datetime import datetime

import strawberry

from resolvers import interaction
from resolvers.commands.amend_interaction import amend_interaction
from resolvers.field import listed
from schema.channel import Channel
from schema.field import described, input_field, required_input, with_arguments
from schema.interaction import Interaction
from schema.interaction_input import InteractionContents
from schema.problem import Problem


@strawberry.input(
    description="A correction. Fields that are left out stay; `null` empties a field."
)
class AmendInteractionInput(InteractionContents):
    """What to change."""

    interaction: strawberry.ID = required_input("The id of the interaction.")
    channel: Channel | None = input_field("The way of contact.")
    occurred_at: datetime | None = input_field("When it happened.")
    reason: str | None = input_field("Why it is corrected; kept with the history.")


@strawberry.type(description="What became of `amendInteraction`.")
class AmendInteractionPayload:
    """The amended interaction, or why it is unchanged."""

    interaction: Interaction | None = described(
        "The interaction as it is now; none where there are problems.", interaction.of_payload
    )
    problems: list[Problem] = described("Why nothing was changed.", listed("problems"))


def declared() -> AmendInteractionPayload:
    """The field of `Mutation`."""
    field: AmendInteractionPayload = with_arguments(
        lambda planned: planned.command(amend_interaction),
        "Correct an interaction that was logged here. What it said before is kept.",
        {"input": (AmendInteractionInput, "What to change.")},
    )
    return field
