"""Validation: by the quick pass where it is sure, else by the rules of the specification.

graphql-core's rules decide on everything that the pass does not know to be valid, and word every
refusal; so a refusal reads the same whoever found it, and what the pass does not understand costs
time alone.
"""

from collections.abc import Sequence

from graphql import (
    ASTValidationRule,
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    NoSchemaIntrospectionCustomRule,
    OverlappingFieldsCanBeMergedRule,
    ValidationContext,
    specified_rules,
    validate,
)

from resolvers.acceptance import is_certainly_valid
from resolvers.type_table import TypeTable

MAX_ERRORS = 20
"""How many errors a refused document is told."""

MAX_MERGING_WORK = 100_000
"""How much is compared to find fields that cannot be merged; beyond it validation is aborted.

graphql-core compares five times as much, for which a document of 26 kB holds the event loop for
most of a second. What clients write by hand takes hundreds.
"""


class _OverlappingFields(OverlappingFieldsCanBeMergedRule):
    """The rule of the specification, with less patience."""

    def __init__(self, context: ValidationContext) -> None:
        super().__init__(context)
        self.rule_context.remaining_complexity_budget = MAX_MERGING_WORK


class Validator:
    """Validates documents by `rules`, which are those of the specification unless said otherwise.

    The pass stands in for these and for the ban of introspection, which it never understands; where
    there are other rules graphql-core alone decides. Who may not ask for the schema is not told
    names of it either: "Did you mean" would give it away, a word at a time.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        table: TypeTable,
        rules: Sequence[type[ASTValidationRule]] = specified_rules,
    ) -> None:
        self._schema = schema
        self._table = table
        self._rules = [
            _OverlappingFields if each is OverlappingFieldsCanBeMergedRule else each
            for each in rules
        ]
        self._closed_rules = [*self._rules, NoSchemaIntrospectionCustomRule]
        self._is_understood = set(rules) <= set(specified_rules)

    def errors(
        self, document: DocumentNode, *, may_introspect: bool = True
    ) -> Sequence[GraphQLError]:
        """What is wrong with a document; nothing where it is valid."""
        if self._is_understood and is_certainly_valid(self._table, document):
            return ()
        rules = self._rules if may_introspect else self._closed_rules
        return validate(
            self._schema,
            document,
            rules,
            max_errors=MAX_ERRORS,
            hide_suggestions=not may_introspect,
        )
