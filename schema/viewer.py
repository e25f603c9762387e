"""The viewer of a request, and what they may do."""

import strawberry

from domain.access.policy import Mask
from resolvers import viewer
from schema.enumeration import enumeration
from schema.field import described
from schema.scalar import Json

enumeration(
    Mask,
    "What is shown of a value instead of the whole.",
    {
        "EMAIL": "The first letter and the host: `e***@example.com`.",
        "LAST_FOUR": "The last four signs: `***0001`.",
        "YEAR": "The first moment of the year.",
        "HASH": "A text that is the same for the same value, and tells nothing else of it.",
        "NULL": "Nothing at all.",
    },
)


@strawberry.type(description="A field that is shown masked.")
class MaskedField:
    """A field and its mask."""

    field: str = described("The name of the field.")
    mask: Mask = described("What is shown instead of its value.")


@strawberry.type(description="What the viewer sees of one type.")
class Permission:
    """What is seen of an entity."""

    entity: str = described("The name of the type, such as `Ticket`.")
    fields: list[str] | None = described("The fields that are seen beside `id`; null: all of them.")
    masks: list[MaskedField] = described("The fields that are shown masked.", viewer.masks)
    has_row_rule: bool = described("Whether a rule hides some of the records.")


@strawberry.type(description="Who asks, and what they may do.")
class Viewer:
    """The viewer."""

    name: str = described("The name of the key or person.")
    roles: list[str] = described("The roles that the viewer may act in.")
    role: str | None = described("The role that this request acts in.")
    claims: Json = described("What is known of the viewer, such as the partner.")
    purpose: str | None = described("What the data is asked for.")
    permissions: list[Permission] = described(
        "What the viewer sees in this role: types that are not named here do not exist.",
        viewer.permissions,
    )
    mutations: list[str] | None = described(
        "The mutations that the viewer may use in this role; null: all of them."
    )
