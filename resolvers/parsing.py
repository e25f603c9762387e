"""Parsing: a quick parser for what clients write, and graphql-core's for all the rest.

graphql-core reads character by character and makes an object of every token; for a document that
was never seen before that is as much work as all else together. The parser here finds the tokens by
one regular expression, and gives the same syntax tree with the same places. It knows operations and
fragments; at block strings, escapes, carriage returns, descriptions, definitions of types, empty
selection sets and every error it stops, and graphql-core reads the document anew, so that errors
are its own. `tests/resolvers/test_parsing.py` compares both.
"""

from collections.abc import Callable
from functools import partial
from typing import cast

from graphql import DocumentNode, OperationType, parse
from graphql.language import ast

from resolvers.reading import NAME_STARTS, Item, Reader, Unusual
from resolvers.span import Span

_NUMBER_STARTS = frozenset("-0123456789")
_OPERATIONS = {each.value: each for each in OperationType}


def parsed(text: str, *, max_tokens: int) -> DocumentNode:
    """The syntax tree of a document; `GraphQLSyntaxError` where it is none.

    Its `token_count` is the number of its tokens.
    """
    if "\r" not in text:
        try:
            return _Parser(text, max_tokens).document()
        except Unusual:
            pass
    return parse(text, max_tokens=max_tokens)


class _Parser(Reader):
    """Makes nodes of tokens; each method begins at the first token of what it reads."""

    def document(self) -> DocumentNode:
        """The whole document."""
        definitions: list[ast.ExecutableDefinitionNode] = []
        while self.values[self.at] or not definitions:
            definitions.append(self._definition())
        end = len(self.source.body)
        node = DocumentNode(definitions=tuple(definitions), loc=Span(0, end, self.source))
        # Where graphql-core leaves it too.
        object.__setattr__(node, "token_count", self.at)
        return node

    def _definition(self) -> ast.ExecutableDefinitionNode:
        first = self.at
        value = self.values[first]
        if value == "fragment":
            return self._fragment()
        name, variables, directives = None, None, None
        operation = OperationType.QUERY
        if value != "{":
            if value not in _OPERATIONS:
                raise Unusual
            operation = _OPERATIONS[value]
            self.at += 1
            if self.values[self.at][:1] in NAME_STARTS:
                name = self.name()
            if self.values[self.at] == "(":
                variables = self.many("(", self._variable_definition, ")")
            directives = self._directives()
        return ast.OperationDefinitionNode(
            operation=operation,
            description=None,
            name=name,
            variable_definitions=variables,
            directives=directives,
            selection_set=self._selections(),
            loc=self.span(first),
        )

    def _fragment(self) -> ast.FragmentDefinitionNode:
        first = self.at
        self.at += 1
        if self.values[self.at] == "on":
            raise Unusual
        name = self.name()
        self.take("on")
        return ast.FragmentDefinitionNode(
            description=None,
            name=name,
            variable_definitions=(),
            type_condition=self._named_type(),
            directives=self._directives(),
            selection_set=self._selections(),
            loc=self.span(first),
        )

    def _variable_definition(self) -> ast.VariableDefinitionNode:
        first = self.at
        variable = self._variable()
        self.take(":")
        type_ = self._type()
        default = None
        if self.values[self.at] == "=":
            self.at += 1
            default = cast("ast.ConstValueNode", self._value(is_constant=True))
        if self.values[self.at] == "@":
            raise Unusual
        return ast.VariableDefinitionNode(
            description=None,
            variable=variable,
            type=type_,
            default_value=default,
            directives=None,
            loc=self.span(first),
        )

    def _type(self) -> ast.TypeNode:
        first = self.at
        type_: ast.NamedTypeNode | ast.ListTypeNode
        if self.values[first] == "[":
            inner = self.many("[", self._type, "]")
            if len(inner) > 1:
                raise Unusual
            type_ = ast.ListTypeNode(type=inner[0], loc=self.span(first))
        else:
            type_ = self._named_type()
        if self.values[self.at] != "!":
            return type_
        self.at += 1
        return ast.NonNullTypeNode(type=type_, loc=self.span(first))

    def _named_type(self) -> ast.NamedTypeNode:
        name = self.name()
        return ast.NamedTypeNode(name=name, loc=name.loc)

    def _selections(self) -> ast.SelectionSetNode:
        first = self.at
        return ast.SelectionSetNode(
            selections=self.many("{", self._selection, "}"), loc=self.span(first)
        )

    def _selection(self) -> ast.SelectionNode:
        first = self.at
        if self.values[first] == "...":
            return self._spread()
        alias, name = None, self.name()
        if self.values[self.at] == ":":
            self.at += 1
            alias, name = name, self.name()
        return ast.FieldNode(
            alias=alias,
            name=name,
            arguments=self._arguments(),
            directives=self._directives(),
            selection_set=self._selections() if self.values[self.at] == "{" else None,
            loc=self.span(first),
        )

    def _spread(self) -> ast.FragmentSpreadNode | ast.InlineFragmentNode:
        first = self.at
        self.at += 1
        has_condition = self.values[self.at] == "on"
        if not has_condition and self.values[self.at][:1] in NAME_STARTS:
            return ast.FragmentSpreadNode(
                name=self.name(), directives=self._directives(), loc=self.span(first)
            )
        self.at += has_condition
        return ast.InlineFragmentNode(
            type_condition=self._named_type() if has_condition else None,
            directives=self._directives(),
            selection_set=self._selections(),
            loc=self.span(first),
        )

    def _directives(self) -> tuple[ast.DirectiveNode, ...] | None:
        directives: list[ast.DirectiveNode] = []
        while self.values[self.at] == "@":
            first = self.at
            self.at += 1
            directives.append(
                ast.DirectiveNode(
                    name=self.name(), arguments=self._arguments(), loc=self.span(first)
                )
            )
        return tuple(directives) or None

    def _arguments(self) -> tuple[ast.ArgumentNode, ...] | None:
        if self.values[self.at] != "(":
            return None
        return self.many("(", partial(self._pair, ast.ArgumentNode), ")")

    def _variable(self) -> ast.VariableNode:
        first = self.at
        self.take("$")
        return ast.VariableNode(name=self.name(), loc=self.span(first))

    def _value(self, *, is_constant: bool = False) -> ast.ValueNode:
        value = self.values[self.at]
        if value == "$" and not is_constant:
            return self._variable()
        if value in {"[", "{"}:
            return self._listed(is_constant=is_constant)
        self.at += 1
        span = self.span(self.at - 1)
        if value[:1] in NAME_STARTS:
            return _named(value, span)
        if value[:1] in _NUMBER_STARTS:
            kind = ast.IntValueNode if value.lstrip("-").isdigit() else ast.FloatValueNode
            return kind(value=value, loc=span)
        if value[:1] == '"':
            return ast.StringValueNode(value=value[1:-1], block=False, loc=span)
        raise Unusual

    def _listed(self, *, is_constant: bool) -> ast.ListValueNode | ast.ObjectValueNode:
        first = self.at
        if self.values[first] == "[":
            item = partial(self._value, is_constant=is_constant)
            values = self.many("[", item, "]", least=0)
            return ast.ListValueNode(values=values, loc=self.span(first))
        pair = partial(self._pair, ast.ObjectFieldNode, is_constant=is_constant)
        fields = self.many("{", pair, "}", least=0)
        return ast.ObjectValueNode(fields=fields, loc=self.span(first))

    def _pair(self, kind: Callable[..., Item], *, is_constant: bool = False) -> Item:
        first = self.at
        name = self.name()
        self.take(":")
        return kind(name=name, value=self._value(is_constant=is_constant), loc=self.span(first))


def _named(value: str, span: Span) -> ast.ValueNode:
    if value in {"true", "false"}:
        return ast.BooleanValueNode(value=value == "true", loc=span)
    return (
        ast.NullValueNode(loc=span) if value == "null" else ast.EnumValueNode(value=value, loc=span)
    )
