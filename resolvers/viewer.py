"""Who asks, and what they may do."""

from resolvers.field import PlanField
from resolvers.value import Value


def me(field: PlanField) -> Value:
    """The viewer of this request."""
    return field.mapping("t.viewer()")


def permissions(field: PlanField) -> Value:
    """What the viewer sees, entity by entity."""
    return field.listed("permissions")


def masks(field: PlanField) -> Value:
    """The masked fields of an entity."""
    return field.listed("masks")
