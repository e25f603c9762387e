"""Who asks."""

from resolvers.field import PlanField
from resolvers.value import Value


def me(field: PlanField) -> Value:
    """The viewer of this request."""
    return field.mapping("t.viewer()")
