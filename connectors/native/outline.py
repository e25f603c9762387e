"""The store without its database: what it can do, and with which statements."""

from collections.abc import Mapping

from connectors.contract import Batch, Capability
from connectors.native.capability import capabilities
from connectors.native.nested_query import nested_statement_of
from connectors.native.query import statement_of
from connectors.native.shape import Shapes


class Outline:
    """Says what the store would be asked. It needs no connection."""

    def __init__(self) -> None:
        self._shapes = Shapes()

    @property
    def capabilities(self) -> Mapping[str, Capability]:
        """Everything, for every entity."""
        return capabilities()

    def describe(self, batch: Batch) -> str:
        """The statement of a batch, with `$1`, `$2` … in place of values."""
        shape = self._shapes.question_of(batch).shape
        if shape.tail is None:
            return statement_of(shape).text
        return nested_statement_of(shape, shape.tail).text
