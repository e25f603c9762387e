"""Documents: parsed, limited and validated once, then kept with their plans."""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from graphql import (
    ASTValidationRule,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    VariableNode,
    specified_rules,
)

from resolvers.cache import SegmentedCache
from resolvers.cost import Cost, cost_of
from resolvers.limit import (
    DocumentLimits,
    Measure,
    Terms,
    check_limits,
    refuse_excess,
    refuse_length,
)
from resolvers.parsing import parsed
from resolvers.planner import Nesting, Plan, Planner
from resolvers.problem import UserError
from resolvers.result import ErrorCode
from resolvers.selection import Limits
from resolvers.span import Span
from resolvers.turnstile import Turnstile
from resolvers.type_table import TypeTable
from resolvers.validation import Validator
from resolvers.variable import Coercions, Variables

MAX_PLANS = 64
"""How many plans of one document are kept; a document with six conditions has as many."""

BYTES_PER_DOCUMENT = 3_000
BYTES_PER_TOKEN = 310
BYTES_PER_KEPT_TOKEN = 110
BYTES_PER_PLAN = 3_000
BYTES_PER_PLANNED_FIELD = 1_100
"""What documents and plans take, as `tracemalloc` counts it: 180 to 330 bytes a token for the
syntax tree with its places, more where graphql-core parsed it and keeps the tokens too; 530 to
1,100 a field for the plan with its functions. `test_operation.py` measures it again."""

Key = tuple[str | None, tuple[bool, ...], bool]
"""Which plan of a document: by the operation's name, the values of the conditions, and whether it
fuses."""


class InvalidDocument(Exception):
    """A document that is refused, with all errors and their code."""

    def __init__(self, code: ErrorCode, errors: Sequence[GraphQLError]) -> None:
        super().__init__(code)
        self.code = code
        self.errors = errors


@dataclass(slots=True, eq=False)
class Document:
    """A valid document. Plans are kept by operation and the values of its conditions.

    `measure` is that of its largest operation, `passed` the last terms that it was found to be
    within. `grow` is told the bytes of each plan that is made, which takes a turn at the turnstile.
    """

    schema: GraphQLSchema
    table: TypeTable
    coercions: Coercions
    operations: Mapping[str | None, OperationDefinitionNode]
    fragments: Mapping[str, FragmentDefinitionNode]
    conditions: Sequence[str]
    measure: Measure
    token_count: int
    passed: Terms
    turnstile: Turnstile
    grow: "Callable[[Document, int], None]"
    _plans: dict[Key, Plan] = field(default_factory=dict)
    _costs: dict[tuple[str | None, Limits], Cost] = field(default_factory=dict)
    _variables: dict[str | None, Variables] = field(default_factory=dict)

    def operation(self, name: str | None) -> OperationDefinitionNode:
        """The operation to run; `UserError` where the request does not say which."""
        if name is not None:
            if name not in self.operations:
                raise _unresolved(f"The document has no operation named '{name}'.")
            return self.operations[name]
        if len(self.operations) != 1:
            raise _unresolved("The document has several operations: say which by `operationName`.")
        return next(iter(self.operations.values()))

    def variables(self, operation: OperationDefinitionNode) -> Variables:
        """What coerces the variables of an operation."""
        name = _name(operation)
        variables = self._variables.get(name)
        if variables is None:
            variables = Variables(self.coercions, operation.variable_definitions or ())
            self._variables[name] = variables
        return variables

    async def plan(
        self,
        operation: OperationDefinitionNode,
        variables: Mapping[str, object],
        *,
        nesting: Nesting | None = None,
    ) -> Plan:
        """The plan of an operation for these variables, of which only conditions matter.

        It fuses what `nesting` allows, which must be the same, or none, for all of a document.
        `UserError` where a condition is null, or where too many plans are being made.
        """
        conditions = self.conditions_of(variables)
        values = tuple(conditions.values())
        key = (_name(operation), values, nesting is not None)
        plan = self._plans.get(key)
        if plan is None:
            await self.turnstile.enter((self, key))
            plan = self._plans.get(key)
        if plan is None:
            plan = Planner(self.schema, self.fragments, conditions, nesting).plan(operation)
            if len(self._plans) < MAX_PLANS:
                self._plans[key] = plan
                self.grow(self, BYTES_PER_PLAN + self.measure.fields * BYTES_PER_PLANNED_FIELD)
        return plan

    def conditions_of(self, variables: Mapping[str, object]) -> Mapping[str, bool]:
        """What variables say to `@skip` and `@include`; `UserError` where one is null."""
        for name in self.conditions:
            if name in variables and variables[name] is None:
                raise UserError(f"The variable '${name}' decides `@skip` or `@include`: not null.")
        return {each: bool(variables.get(each)) for each in self.conditions}

    def check_cost(
        self,
        operation: OperationDefinitionNode,
        variables: Mapping[str, object],
        limits: Limits,
        *,
        max_nodes: int,
    ) -> None:
        """Refuse, as `UserError`, an answer that may have more than `max_nodes` objects."""
        self.cost(operation, limits).check(variables, max_nodes=max_nodes)

    def cost(self, operation: OperationDefinitionNode, limits: Limits) -> Cost:
        """What an operation costs, found out once."""
        key = (_name(operation), limits)
        cost = self._costs.get(key)
        if cost is None:
            cost = cost_of(operation, table=self.table, fragments=self.fragments, limits=limits)
            self._costs[key] = cost
        return cost


class DocumentCache:
    """Documents by their text, within `max_bytes`. What is refused is not kept.

    Viewers with different terms share it: what one of them had read, another may not send.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        limits: DocumentLimits,
        *,
        rules: Sequence[type[ASTValidationRule]] = tuple(specified_rules),
        max_bytes: int = 32 * 2**20,
    ) -> None:
        self._schema = schema
        self._coercions = Coercions(schema)
        self._terms = Terms(limits)
        self._table = TypeTable(schema)
        self._validator = Validator(schema, self._table, rules)
        self._turnstile = Turnstile()
        self._kept: SegmentedCache[str, Document] = SegmentedCache(max_bytes)

    @property
    def size(self) -> int:
        """The bytes of all documents with their plans, as estimated."""
        return self._kept.size

    async def get(self, text: str, terms: Terms | None = None) -> Document:
        """The document of a text; `InvalidDocument` where it is none for this schema.

        `UserError` where it is too large, or where too many others are being read. `terms` are
        those of the viewer; without them the limits of the cache hold.
        """
        terms = terms or self._terms
        document = self._kept.get(text)
        if document is None:
            refuse_length(text, terms.limits)
            await self._turnstile.enter(text)
            # Somebody else may have sent the same, and had its turn meanwhile.
            document = self._kept.get(text) or self._read(text, terms)
        if document.passed is not terms:
            self._admit(document, text, terms)
        return document

    def _admit(self, document: Document, text: str, terms: Terms) -> None:
        """Refuse a document that somebody else was allowed, as if nobody had been."""
        limits = terms.limits
        refuse_length(text, limits)
        if document.token_count > limits.max_tokens or (
            document.measure.has_introspection and not terms.allows_introspection
        ):
            # The refusals of graphql-core have places in the text: it words them anew.
            self._valid(self._parsed(text, limits), terms)
        refuse_excess(document.measure, limits)
        document.passed = terms

    def _valid(self, node: DocumentNode, terms: Terms) -> None:
        errors = self._validator.errors(node, may_introspect=terms.allows_introspection)
        if errors:
            raise InvalidDocument(ErrorCode.GRAPHQL_VALIDATION_FAILED, errors)

    def _read(self, text: str, terms: Terms) -> Document:
        node = self._parsed(text, terms.limits)
        measure = check_limits(node, terms.limits)
        self._valid(node, terms)
        operations = [
            each for each in node.definitions if isinstance(each, OperationDefinitionNode)
        ]
        fragments = [each for each in node.definitions if isinstance(each, FragmentDefinitionNode)]
        if not operations:
            raise _unresolved("The document has no operation.")
        document = Document(
            schema=self._schema,
            table=self._table,
            coercions=self._coercions,
            operations={_name(each): each for each in operations},
            fragments={each.name.value: each for each in fragments},
            conditions=_conditions([*operations, *fragments]),
            measure=measure,
            token_count=node.token_count,
            passed=terms,
            turnstile=self._turnstile,
            grow=lambda grown, size: self._kept.grow(text, grown, size=size),
        )
        per_token = BYTES_PER_TOKEN + (0 if isinstance(node.loc, Span) else BYTES_PER_KEPT_TOKEN)
        size = sys.getsizeof(text) + BYTES_PER_DOCUMENT + node.token_count * per_token
        self._kept.add(text, document, size=size)
        return document

    def _parsed(self, text: str, limits: DocumentLimits) -> DocumentNode:
        try:
            return parsed(text, max_tokens=limits.max_tokens)
        except GraphQLSyntaxError as exc:
            raise InvalidDocument(ErrorCode.GRAPHQL_PARSE_FAILED, [exc]) from exc


def _name(operation: OperationDefinitionNode) -> str | None:
    return operation.name.value if operation.name else None


def _conditions(
    definitions: Sequence[OperationDefinitionNode | FragmentDefinitionNode],
) -> Sequence[str]:
    """The variables that `@skip` and `@include` look at, in the order of the document."""
    names: dict[str, None] = {}
    left: list[SelectionNode] = [
        each for one in reversed(definitions) for each in reversed(one.selection_set.selections)
    ]
    while left:
        node = left.pop()
        for directive in node.directives or ():
            for argument in directive.arguments or ():
                if isinstance(argument.value, VariableNode):
                    names[argument.value.name.value] = None
        if isinstance(node, (FieldNode, InlineFragmentNode)) and node.selection_set is not None:
            left += reversed(node.selection_set.selections)
    return tuple(names)


def _unresolved(message: str) -> UserError:
    return UserError(message, code=ErrorCode.OPERATION_RESOLUTION_FAILURE)
