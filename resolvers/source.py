"""What is known of the sources."""

from resolvers.field import PlanField
from resolvers.value import Value


def every(field: PlanField) -> Value:
    """All sources, the built-in one first."""
    return field.items("t.context.sources.values()")


def entities(field: PlanField) -> Value:
    """What a source gives."""
    return field.listed("entities")


def of_record(field: PlanField) -> Value:
    """The source that a record comes from."""
    return field.mapping("t.source({})", "source")
