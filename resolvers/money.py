"""How money is read: an amount and its currency are two columns of one row."""

from collections.abc import Sequence

from resolvers.field import PlanField, PlanResolver
from resolvers.scope import Fused, KeyOf, Scope, Step
from resolvers.value import Inline, Value


class MoneyScope:
    """A row, seen as the money in one of its columns."""

    fusion: Fused | None = None

    def __init__(self, row: Scope, amount: str) -> None:
        self.steps: list[Step] = row.steps
        self._row = row
        self._amount = amount

    def expression(self, name: str) -> str:
        """Python source that reads the amount or the currency from the row."""
        return self._row.expression(self._amount if name == "amount" else name)

    def column(self, name: str) -> str | None:
        """The field of the row that the amount or the currency is."""
        return self._row.column(self._amount if name == "amount" else name)

    def key(self, names: Sequence[str]) -> KeyOf:
        """The key of the row."""
        return self._row.key(names)


def money(column: str) -> PlanResolver:
    """Money whose amount is in a column; missing where the amount is."""

    def plan(field: PlanField) -> Value:
        scope = MoneyScope(field.scope, column)
        return Inline(scope, condition=field.scope.expression(column), column=column)

    return plan
