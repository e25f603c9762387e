"""Parsing: a quick parser for what clients write, and graphql-core's for all the rest.

graphql-core reads character by character and makes an object of every token; for a document that
was never seen before that is as much work as all else together. The parser here finds the tokens by
one regular expression, and gives the same syntax tree with the same places. It knows operations and
fragments; at block strings, escapes, carriage returns, descriptions, definitions of types, empty
selection sets and every error it stops, and graphql-core reads the document anew, so that errors
are its own. `tests/resolvers/test_parsing.py` compares both.
"""

import re
from collections.abc import Callable
from functools import partial
from typing import TypeVar, cast

from graphql import DocumentNode, OperationType, Source, parse
from graphql.language import ast

from resolvers.span import Span

MAX_NESTING = 100
"""How deep braces and brackets may be nested; graphql-core stops at twice of that."""

_TOKEN = re.compile(
    r"""[ \t\n,\ufeff]*(?:\#[^\n\ud800-\udfff]*[ \t\n,\ufeff]*)*(?:
    ( [A-Za-z_][0-9A-Za-z_]*
    | [!$():=@\[\]{}]
    | \.\.\.
    | "[^"\\\n\ud800-\udfff]*"(?!")
    | -?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?(?![0-9A-Za-z_.])
    | \Z
    ) | . )""",
    re.VERBOSE,
)
"""What is ignored, and then a token or, outside of the group, something that is not known here."""

_NAME_STARTS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_")
_NUMBER_STARTS = frozenset("-0123456789")
_OPERATIONS = {each.value: each for each in OperationType}


class _Unusual(Exception):
    """Something that graphql-core is to read."""


def parsed(text: str, *, max_tokens: int) -> DocumentNode:
    """The syntax tree of a document; `GraphQLSyntaxError` where it is none.

    Its `token_count` is the number of its tokens.
    """
    if "\r" not in text:
        try:
            return _Parser(text, max_tokens).document()
        except _Unusual:
            pass
    return parse(text, max_tokens=max_tokens)


Item = TypeVar("Item")


class _Parser:
    """Walks the tokens; the last one is the empty text at the end."""

    def __init__(self, text: str, max_tokens: int) -> None:
        self._source = Source(text)
        found = [(each[1], each.start(1)) for each in _TOKEN.finditer(text)]
        self._values = [value for value, _ in found]
        self._starts = [start for _, start in found]
        self._at = 0
        self._depth = 0
        # graphql-core counts comments too.
        if None in self._values or len(found) + text.count("#") > max_tokens:
            raise _Unusual

    def document(self) -> DocumentNode:
        """The whole document."""
        definitions: list[ast.ExecutableDefinitionNode] = []
        while self._values[self._at] or not definitions:
            definitions.append(self._definition())
        end = len(self._source.body)
        node = DocumentNode(definitions=tuple(definitions), loc=Span(0, end, self._source))
        # Where graphql-core leaves it too.
        object.__setattr__(node, "token_count", self._at)
        return node

    def _span(self, first: int) -> Span:
        """From a token to the one before the next."""
        last = self._at - 1
        end = self._starts[last] + len(self._values[last])
        return Span(self._starts[first], end, self._source)

    def _take(self, value: str) -> None:
        if self._values[self._at] != value:
            raise _Unusual
        self._at += 1

    def _name(self) -> ast.NameNode:
        at = self._at
        value = self._values[at]
        if value[:1] not in _NAME_STARTS:
            raise _Unusual
        self._at = at + 1
        start = self._starts[at]
        return ast.NameNode(value=value, loc=Span(start, start + len(value), self._source))

    def _many(
        self, opening: str, item: Callable[[], Item], closing: str, *, least: int = 1
    ) -> tuple[Item, ...]:
        """Items between signs."""
        self._take(opening)
        self._depth += 1
        if self._depth > MAX_NESTING:
            raise _Unusual
        items: list[Item] = []
        while self._values[self._at] != closing:
            items.append(item())
        if len(items) < least:
            raise _Unusual
        self._at += 1
        self._depth -= 1
        return tuple(items)

    def _definition(self) -> ast.ExecutableDefinitionNode:
        first = self._at
        value = self._values[first]
        if value == "fragment":
            return self._fragment()
        name, variables, directives = None, None, None
        operation = OperationType.QUERY
        if value != "{":
            if value not in _OPERATIONS:
                raise _Unusual
            operation = _OPERATIONS[value]
            self._at += 1
            if self._values[self._at][:1] in _NAME_STARTS:
                name = self._name()
            if self._values[self._at] == "(":
                variables = self._many("(", self._variable_definition, ")")
            directives = self._directives()
        return ast.OperationDefinitionNode(
            operation=operation,
            description=None,
            name=name,
            variable_definitions=variables,
            directives=directives,
            selection_set=self._selections(),
            loc=self._span(first),
        )

    def _fragment(self) -> ast.FragmentDefinitionNode:
        first = self._at
        self._at += 1
        if self._values[self._at] == "on":
            raise _Unusual
        name = self._name()
        self._take("on")
        return ast.FragmentDefinitionNode(
            description=None,
            name=name,
            variable_definitions=(),
            type_condition=self._named_type(),
            directives=self._directives(),
            selection_set=self._selections(),
            loc=self._span(first),
        )

    def _variable_definition(self) -> ast.VariableDefinitionNode:
        first = self._at
        variable = self._variable()
        self._take(":")
        type_ = self._type()
        default = None
        if self._values[self._at] == "=":
            self._at += 1
            default = cast("ast.ConstValueNode", self._value(is_constant=True))
        if self._values[self._at] == "@":
            raise _Unusual
        return ast.VariableDefinitionNode(
            description=None,
            variable=variable,
            type=type_,
            default_value=default,
            directives=None,
            loc=self._span(first),
        )

    def _type(self) -> ast.TypeNode:
        first = self._at
        type_: ast.NamedTypeNode | ast.ListTypeNode
        if self._values[first] == "[":
            inner = self._many("[", self._type, "]")
            if len(inner) > 1:
                raise _Unusual
            type_ = ast.ListTypeNode(type=inner[0], loc=self._span(first))
        else:
            type_ = self._named_type()
        if self._values[self._at] != "!":
            return type_
        self._at += 1
        return ast.NonNullTypeNode(type=type_, loc=self._span(first))

    def _named_type(self) -> ast.NamedTypeNode:
        name = self._name()
        return ast.NamedTypeNode(name=name, loc=name.loc)

    def _selections(self) -> ast.SelectionSetNode:
        first = self._at
        return ast.SelectionSetNode(
            selections=self._many("{", self._selection, "}"), loc=self._span(first)
        )

    def _selection(self) -> ast.SelectionNode:
        first = self._at
        if self._values[first] == "...":
            return self._spread()
        alias, name = None, self._name()
        if self._values[self._at] == ":":
            self._at += 1
            alias, name = name, self._name()
        return ast.FieldNode(
            alias=alias,
            name=name,
            arguments=self._arguments(),
            directives=self._directives(),
            selection_set=self._selections() if self._values[self._at] == "{" else None,
            loc=self._span(first),
        )

    def _spread(self) -> ast.FragmentSpreadNode | ast.InlineFragmentNode:
        first = self._at
        self._at += 1
        has_condition = self._values[self._at] == "on"
        if not has_condition and self._values[self._at][:1] in _NAME_STARTS:
            return ast.FragmentSpreadNode(
                name=self._name(), directives=self._directives(), loc=self._span(first)
            )
        self._at += has_condition
        return ast.InlineFragmentNode(
            type_condition=self._named_type() if has_condition else None,
            directives=self._directives(),
            selection_set=self._selections(),
            loc=self._span(first),
        )

    def _directives(self) -> tuple[ast.DirectiveNode, ...] | None:
        directives: list[ast.DirectiveNode] = []
        while self._values[self._at] == "@":
            first = self._at
            self._at += 1
            directives.append(
                ast.DirectiveNode(
                    name=self._name(), arguments=self._arguments(), loc=self._span(first)
                )
            )
        return tuple(directives) or None

    def _arguments(self) -> tuple[ast.ArgumentNode, ...] | None:
        if self._values[self._at] != "(":
            return None
        return self._many("(", partial(self._pair, ast.ArgumentNode), ")")

    def _variable(self) -> ast.VariableNode:
        first = self._at
        self._take("$")
        return ast.VariableNode(name=self._name(), loc=self._span(first))

    def _value(self, *, is_constant: bool = False) -> ast.ValueNode:
        value = self._values[self._at]
        if value == "$" and not is_constant:
            return self._variable()
        if value in {"[", "{"}:
            return self._listed(is_constant=is_constant)
        self._at += 1
        span = self._span(self._at - 1)
        if value[:1] in _NAME_STARTS:
            return _named(value, span)
        if value[:1] in _NUMBER_STARTS:
            kind = ast.IntValueNode if value.lstrip("-").isdigit() else ast.FloatValueNode
            return kind(value=value, loc=span)
        if value[:1] == '"':
            return ast.StringValueNode(value=value[1:-1], block=False, loc=span)
        raise _Unusual

    def _listed(self, *, is_constant: bool) -> ast.ListValueNode | ast.ObjectValueNode:
        first = self._at
        if self._values[first] == "[":
            item = partial(self._value, is_constant=is_constant)
            values = self._many("[", item, "]", least=0)
            return ast.ListValueNode(values=values, loc=self._span(first))
        pair = partial(self._pair, ast.ObjectFieldNode, is_constant=is_constant)
        fields = self._many("{", pair, "}", least=0)
        return ast.ObjectValueNode(fields=fields, loc=self._span(first))

    def _pair(self, kind: Callable[..., Item], *, is_constant: bool = False) -> Item:
        first = self._at
        name = self._name()
        self._take(":")
        return kind(name=name, value=self._value(is_constant=is_constant), loc=self._span(first))


def _named(value: str, span: Span) -> ast.ValueNode:
    if value in {"true", "false"}:
        return ast.BooleanValueNode(value=value == "true", loc=span)
    return (
        ast.NullValueNode(loc=span) if value == "null" else ast.EnumValueNode(value=value, loc=span)
    )
