"""What is known of the sources."""

from resolvers.field import PlanField
from resolvers.value import Value


def every(field: PlanField) -> Value:
    """All sources, the built-in one first."""
    return field.items("t.context.sources.values()")


def breaker(field: PlanField) -> Value:
    """What protects a source that fails."""
    return field.mapping("{}", "breaker")


def latency(field: PlanField) -> Value:
    """How long a source takes."""
    return field.mapping("{}", "latency")


def entities(field: PlanField) -> Value:
    """What a source gives."""
    return field.listed("entities")


def of_record(field: PlanField) -> Value:
    """The source that a record comes from."""
    return field.mapping("t.source({})", "source")
