"""The viewer of a request."""

import strawberry

from schema.field import described
from schema.scalar import Json


@strawberry.type(description="Who asks.")
class Viewer:
    """The viewer."""

    name: str = described("The name of the key or person.")
    roles: list[str] = described("The roles that the viewer may act in.")
    role: str | None = described("The role that this request acts in.")
    claims: Json = described("What is known of the viewer, such as the partner.")
    purpose: str | None = described("What the data is asked for.")
