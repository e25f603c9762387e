"""The viewer of a request."""

import strawberry

from schema.field import described
from schema.scalar import Json


@strawberry.type(description="Who asks.")
class Viewer:
    """The viewer."""

    name: str = described("The name of the key or person.")
    roles: list[str] = described("The roles that decide what may be seen.")
    claims: Json = described("What is known of the viewer, such as the partner.")
    purpose: str | None = described("What the data is asked for.")
