"""Making a document smaller while something still holds of it."""

from collections.abc import Callable, Iterator

from graphql import (
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    Node,
    VariableDefinitionNode,
    VariableNode,
    parse,
)

_LISTS = ("definitions", "selections", "arguments", "directives", "variable_definitions", "fields")


def reduced(text: str, holds: Callable[[str], bool]) -> str:
    """A document of which `holds` and of which no part can be taken away without losing that."""
    largest = len(text)
    while True:
        for start, end in _parts(text, largest):
            made = _without(text, start, end)
            if made is not None and holds(made):
                # What is as large as this or larger was needed; it may not be any more in the end.
                text, largest = made, end - start
                break
        else:
            if largest >= len(text):
                return text
            largest = len(text)


def _parts(text: str, largest: int) -> list[tuple[int, int]]:
    """Where the parts are that may be left out, the largest first."""
    spans = [each for each in _spans(parse(text)) if each[1] - each[0] <= largest]
    return sorted(spans, key=lambda span: span[0] - span[1])


def _without(text: str, start: int, end: int) -> str | None:
    """The document without a part, and without what only that part used."""
    made: str | None = text[:start] + text[end:]
    while made is not None:
        for empty in ("()", "( )", "(, )", "{ }", "{  }"):
            made = made.replace(empty, "")
        try:
            unused = next(_unused(parse(made)), None)
        except GraphQLError:
            return None
        if unused is None:
            return made
        made = made[: unused[0]] + made[unused[1] :]
    return None


def _unused(document: Node) -> Iterator[tuple[int, int]]:
    """Where fragments and variables are defined that nothing uses."""
    nodes = list(_below(document))
    spread = {each.name.value for each in nodes if isinstance(each, FragmentSpreadNode)}
    defining = [each for each in nodes if isinstance(each, VariableDefinitionNode)]
    defined = {id(each.variable) for each in defining}
    used = {
        each.name.value
        for each in nodes
        if isinstance(each, VariableNode) and id(each) not in defined
    }
    for each in nodes:
        is_fragment = isinstance(each, FragmentDefinitionNode) and each.name.value not in spread
        is_variable = isinstance(each, VariableDefinitionNode) and (
            each.variable.name.value not in used
        )
        if (is_fragment or is_variable) and each.loc is not None:
            yield each.loc.start, each.loc.end


def _spans(node: Node) -> Iterator[tuple[int, int]]:
    for name in node.keys:
        for each in _children(node, name):
            if name in _LISTS and each.loc is not None:
                yield each.loc.start, each.loc.end
            yield from _spans(each)


def _below(node: Node) -> Iterator[Node]:
    for name in node.keys:
        for each in _children(node, name):
            yield each
            yield from _below(each)


def _children(node: Node, name: str) -> list[Node]:
    value = getattr(node, name, None)
    below = value if isinstance(value, (list, tuple)) else [value]
    return [each for each in below if isinstance(each, Node)]
