"""Documents: parsed, limited and validated once, then kept with their plans."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from graphql import (
    ASTValidationRule,
    DirectiveNode,
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    VariableNode,
    Visitor,
    parse,
    specified_rules,
    validate,
    visit,
)

from resolvers.limit import DocumentLimits, check_limits
from resolvers.planner import Nesting, Plan, Planner
from resolvers.problem import UserError
from resolvers.result import ErrorCode

BYTES_PER_CHARACTER = 60
"""What a parsed and planned document takes for each character of its text, measured roughly."""


class InvalidDocument(Exception):
    """A document that is refused, with all errors and their code."""

    def __init__(self, code: ErrorCode, errors: Sequence[GraphQLError]) -> None:
        super().__init__(code)
        self.code = code
        self.errors = errors


@dataclass(slots=True)
class Document:
    """A valid document. Plans are kept by operation and the values of its conditions."""

    schema: GraphQLSchema
    node: DocumentNode
    operations: Mapping[str | None, OperationDefinitionNode]
    fragments: Mapping[str, FragmentDefinitionNode]
    conditions: tuple[str, ...]
    _plans: dict[tuple[str | None, tuple[bool, ...], bool], Plan] = field(default_factory=dict)

    def operation(self, name: str | None) -> OperationDefinitionNode:
        """The operation to run; `UserError` where the request does not say which."""
        if name is not None:
            if name not in self.operations:
                raise _unresolved(f"The document has no operation named '{name}'.")
            return self.operations[name]
        if len(self.operations) != 1:
            raise _unresolved("The document has several operations: say which by `operationName`.")
        return next(iter(self.operations.values()))

    def plan(
        self,
        operation: OperationDefinitionNode,
        variables: Mapping[str, object],
        *,
        nesting: Nesting | None = None,
    ) -> Plan:
        """The plan of an operation for these variables, of which only conditions matter.

        It fuses what `nesting` allows, which must be the same, or none, for all of a document.
        `UserError` where a condition is null.
        """
        for name in self.conditions:
            if name in variables and variables[name] is None:
                raise UserError(f"The variable '${name}' decides `@skip` or `@include`: not null.")
        values = tuple(bool(variables.get(each)) for each in self.conditions)
        called = operation.name.value if operation.name else None
        key = (called, values, nesting is not None)
        plan = self._plans.get(key)
        if plan is None:
            conditions = dict(zip(self.conditions, values, strict=True))
            plan = Planner(self.schema, self.fragments, conditions, nesting).plan(operation)
            if len(self._plans) < MAX_PLANS:
                self._plans[key] = plan
        return plan


MAX_PLANS = 64
"""How many plans of one document are kept; a document with six conditions has as many."""


class DocumentCache:
    """Documents by their text, the least recently used dropped first, bounded by bytes."""

    def __init__(
        self,
        schema: GraphQLSchema,
        limits: DocumentLimits,
        *,
        rules: Sequence[type[ASTValidationRule]] = tuple(specified_rules),
        max_bytes: int = 64 * 2**20,
    ) -> None:
        self._rules = rules
        self._schema = schema
        self._limits = limits
        self._max_bytes = max_bytes
        self._bytes = 0
        self._kept: OrderedDict[str, Document] = OrderedDict()

    def get(self, text: str) -> Document:
        """The document of a text; `InvalidDocument` where it is none for this schema."""
        document = self._kept.get(text)
        if document is not None:
            self._kept.move_to_end(text)
            return document
        document = self._read(text)
        self._kept[text] = document
        self._bytes += len(text) * BYTES_PER_CHARACTER
        while self._bytes > self._max_bytes:
            dropped, _ = self._kept.popitem(last=False)
            self._bytes -= len(dropped) * BYTES_PER_CHARACTER
        return document

    def _read(self, text: str) -> Document:
        node = self._parsed(text)
        check_limits(node, self._limits)
        errors = validate(self._schema, node, self._rules, max_errors=20)
        if errors:
            raise InvalidDocument(ErrorCode.GRAPHQL_VALIDATION_FAILED, errors)
        operations = [
            each for each in node.definitions if isinstance(each, OperationDefinitionNode)
        ]
        fragments = [each for each in node.definitions if isinstance(each, FragmentDefinitionNode)]
        if not operations:
            raise _unresolved("The document has no operation.")
        return Document(
            schema=self._schema,
            node=node,
            operations={each.name.value if each.name else None: each for each in operations},
            fragments={each.name.value: each for each in fragments},
            conditions=_conditions(node),
        )

    def _parsed(self, text: str) -> DocumentNode:
        if len(text) > self._limits.max_characters:
            raise UserError(
                f"The document has {len(text)} characters; at most"
                f" {self._limits.max_characters} are allowed.",
                code=ErrorCode.GRAPHQL_PARSE_FAILED,
            )
        try:
            return parse(text, max_tokens=self._limits.max_tokens)
        except GraphQLSyntaxError as exc:
            raise InvalidDocument(ErrorCode.GRAPHQL_PARSE_FAILED, [exc]) from exc


class _FindConditions(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.names: dict[str, None] = {}

    def enter_directive(self, node: DirectiveNode, *_: object) -> None:
        if node.name.value in {"skip", "include"}:
            for argument in node.arguments or ():
                if isinstance(argument.value, VariableNode):
                    self.names[argument.value.name.value] = None


def _conditions(node: DocumentNode) -> tuple[str, ...]:
    finder = _FindConditions()
    visit(node, finder)
    return tuple(finder.names)


def _unresolved(message: str) -> UserError:
    return UserError(message, code=ErrorCode.OPERATION_RESOLUTION_FAILURE)
