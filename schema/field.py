"""How the fields of the graph are declared: what they mean, and the plan resolver behind them."""

from collections.abc import Mapping
from typing import Annotated, Any

import strawberry
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.arguments import StrawberryArgument

from resolvers.field import PlanResolver

Argument = tuple[Any, str]
"""The type of an argument, and what it means."""


def described(description: str, plan: PlanResolver | None = None, **options: Any) -> Any:
    """A field. Without a plan resolver its value is the row's field of the same name."""
    return strawberry.field(description=description, metadata={"plan": plan}, **options)


def with_arguments(plan: PlanResolver, description: str, arguments: Mapping[str, Argument]) -> Any:
    """A field with arguments, by their Python names."""
    field = described(description, plan)
    field.arguments = [
        StrawberryArgument(
            python_name=name,
            graphql_name=None,
            type_annotation=StrawberryAnnotation(type_),
            description=meaning,
        )
        for name, (type_, meaning) in arguments.items()
    ]
    return field


FORWARD: dict[str, Argument] = {
    "first": (int | None, "How many nodes to give, from the start or after the cursor `after`."),
    "after": (str | None, "Give what follows this cursor."),
}
BACKWARD: dict[str, Argument] = {
    "last": (int | None, "How many nodes to give, from the end or before the cursor `before`."),
    "before": (str | None, "Give what comes before this cursor."),
}


def connected(
    plan: PlanResolver, description: str, *, where: Any = None, order_by: Any = None
) -> Any:
    """A Relay connection, paged forward and backward; with a filter and an order where given."""
    arguments: dict[str, Argument] = {}
    if where is not None:
        arguments["where"] = (where | None, "Only nodes that pass this filter.")
    if order_by is not None:
        arguments["order_by"] = (
            list[order_by] | None,
            "How to sort, the most important first; ties are broken by the record's id.",
        )
    return with_arguments(plan, description, arguments | FORWARD | BACKWARD)


def input_field(description: str, **options: Any) -> Any:
    """A field of an input that may be left out."""
    options.setdefault("default", strawberry.UNSET)
    return strawberry.field(description=description, **options)


def required_input(description: str) -> Any:
    """A field of an input that must be given."""
    return strawberry.field(description=description)


CustomerType = Annotated["Customer", strawberry.lazy("schema.customer")]  # type: ignore[name-defined]  # noqa: F821  # resolved by strawberry when the schema is built
"""The type `Customer`, for the types that it refers to itself."""
