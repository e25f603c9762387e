"""Limits of documents, checked before validation in one linear pass over each definition.

Fragments are measured once and their measure reused where they are spread, so that chains of
fragments that double at every step cost nothing to refuse. A document that is kept keeps its
measure too: whoever sends it again is held to their own limits by a few comparisons.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)

from resolvers.problem import UserError
from resolvers.result import ErrorCode


@dataclass(frozen=True, slots=True)
class DocumentLimits:
    """How large a document may be, and the answer that it asks for.

    `max_fields` counts fields with all fragments spread out. `max_nesting` counts fragments beside
    fields: deeper documents overflow the stack of who validates them. `max_nodes` counts the
    objects of the answer, all pages full.
    """

    max_characters: int = 100_000
    max_tokens: int = 10_000
    max_depth: int = 20
    max_fields: int = 2_000
    max_aliases: int = 200
    max_nesting: int = 60
    max_nodes: int = 100_000


@dataclass(frozen=True, slots=True)
class Terms:
    """What a viewer may send: within which limits, and whether they may ask for the schema."""

    limits: DocumentLimits
    allows_introspection: bool = True


@dataclass(frozen=True, slots=True)
class Measure:
    """How large a document is; of several definitions the most of each. See `DocumentLimits`."""

    depth: int = 0
    fields: int = 0
    aliases: int = 0
    nesting: int = 0
    has_introspection: bool = False


_OF_INTROSPECTION = frozenset({"__schema", "__type"})


@dataclass(slots=True)
class _Measurer:
    fragments: Mapping[str, FragmentDefinitionNode]
    limits: DocumentLimits
    known: dict[str, Measure] = field(default_factory=dict)

    def measure(self, selections: SelectionSetNode, level: int = 0) -> Measure:
        if level > self.limits.max_nesting:
            raise _too_much(
                "is nested {} fields and fragments deep", level, self.limits.max_nesting
            )
        depth = fields = aliases = nesting = 0
        has_introspection = False
        for node in selections.selections:
            if isinstance(node, FieldNode):
                if node.selection_set is None:
                    aliases += node.alias is not None
                    fields += 1
                    depth, nesting = depth or 1, nesting or 1
                    continue
                inner = self.measure(node.selection_set, level + 1)
                aliases += node.alias is not None
                fields += 1
                depth = max(depth, inner.depth + 1)
                has_introspection |= node.name.value in _OF_INTROSPECTION
            elif isinstance(node, FragmentSpreadNode):
                inner = self._fragment(node.name.value, level + 1)
            elif isinstance(node, InlineFragmentNode):
                inner = self.measure(node.selection_set, level + 1)
            else:
                raise TypeError(f"a selection is no {type(node).__name__}")
            depth = max(depth, inner.depth)
            fields += inner.fields
            aliases += inner.aliases
            nesting = max(nesting, inner.nesting + 1)
            has_introspection |= inner.has_introspection
        # An empty selection set, which graphql-core allows, is as much work as a field: fragments
        # of nothing else would be free, and spread a million times.
        return Measure(depth, fields or 1, aliases, nesting, has_introspection)

    def _fragment(self, name: str, level: int) -> Measure:
        if name not in self.known:
            # A fragment that spreads itself measures nothing here; validation refuses it.
            self.known[name] = Measure()
            fragment = self.fragments.get(name)
            if fragment is not None:
                self.known[name] = self.measure(fragment.selection_set, level)
        return self.known[name]


def check_limits(document: DocumentNode, limits: DocumentLimits) -> Measure:
    """Refuse, as `UserError`, a document that is too deep, too wide, or has too many aliases.

    Gives the measure of its largest definitions, with all fragments spread out.
    """
    most = Measure()
    fragments = {
        each.name.value: each
        for each in document.definitions
        if isinstance(each, FragmentDefinitionNode)
    }
    measurer = _Measurer(fragments, limits)
    for definition in document.definitions:
        # Fragments that nothing uses are validated too, and are as dangerous.
        if isinstance(definition, (OperationDefinitionNode, FragmentDefinitionNode)):
            found = measurer.measure(definition.selection_set)
            refuse_excess(found, limits)
            most = Measure(
                max(most.depth, found.depth),
                max(most.fields, found.fields),
                max(most.aliases, found.aliases),
                max(most.nesting, found.nesting),
                most.has_introspection or found.has_introspection,
            )
    return most


def refuse_excess(found: Measure, limits: DocumentLimits) -> None:
    """Refuse, as `UserError`, a document of this measure if it is beyond the limits."""
    for what, size, most in (
        ("is nested {} fields deep", found.depth, limits.max_depth),
        ("is nested {} fields and fragments deep", found.nesting, limits.max_nesting),
        ("has {} fields with its fragments spread out", found.fields, limits.max_fields),
        ("has {} aliases", found.aliases, limits.max_aliases),
    ):
        if size > most:
            raise _too_much(what, size, most)


def refuse_length(text: str, limits: DocumentLimits) -> None:
    """Refuse, as `UserError`, a text that is too long to be read."""
    if len(text) > limits.max_characters:
        raise UserError(
            f"The document has {len(text)} characters; at most {limits.max_characters} are"
            " allowed.",
            code=ErrorCode.GRAPHQL_PARSE_FAILED,
        )


def _too_much(what: str, size: int, most: int) -> UserError:
    return UserError(
        f"The operation {what.format(size)}; at most {most} are allowed.",
        code=ErrorCode.GRAPHQL_VALIDATION_FAILED,
    )
