"""Values in documents, checked against the types of the places where they stand."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    BooleanValueNode,
    EnumValueNode,
    FloatValueNode,
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLError,
    GraphQLFloat,
    GraphQLID,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInt,
    GraphQLNamedType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLString,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    StringValueNode,
    Undefined,
    ValueNode,
    VariableNode,
    is_required_input_field,
)
from graphql.utilities import validate_input_literal


class Unsure(Exception):
    """Something that may be wrong, or that is not understood here."""


class InputType(ABC):
    """A type of values, less the question whether they may be null."""

    @abstractmethod
    def check(self, node: ValueNode, usages: "Usages") -> None:
        """Let pass what is certainly such a value, else raise `Unsure`; null and variables apart.

        The variables within are added to `usages`.
        """


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """Where a value stands: an argument, a field of an input object, an item of a list.

    `text` is its type as the schema writes it. `is_choice` is true of the fields of which exactly
    one is to be given.
    """

    text: str
    type: InputType
    has_default: bool = False
    is_choice: bool = False

    def check(self, node: ValueNode, usages: "Usages") -> None:
        """Let pass what is certainly a value for this place, else raise `Unsure`."""
        kind = type(node)
        if kind is VariableNode:
            usages.append((node.name.value, self))  # type: ignore[attr-defined]  # its kind is known
        elif kind is not NullValueNode:
            self.type.check(node, usages)
        elif self.is_choice or self.text.endswith("!"):
            raise Unsure


Usages = list[tuple[str, Place]]
"""The variables that were met, each with the place where it stands."""


@dataclass(frozen=True, slots=True)
class _Scalar(InputType):
    kinds: frozenset[type]

    def check(self, node: ValueNode, usages: Usages) -> None:
        del usages
        if type(node) not in self.kinds:
            raise Unsure


class _Int(InputType):
    def check(self, node: ValueNode, usages: Usages) -> None:
        del usages
        if type(node) is not IntValueNode or not -(2**31) <= _bounded(node.value) < 2**31:
            raise Unsure


@dataclass(frozen=True, slots=True)
class _Custom(InputType):
    """A scalar of our own: what it makes of a simple literal is asked of itself."""

    type_: GraphQLScalarType

    def check(self, node: ValueNode, usages: Usages) -> None:
        del usages
        if type(node) not in _SIMPLE:
            raise Unsure
        errors: list[GraphQLError] = []
        validate_input_literal(node, self.type_, lambda error, _path: errors.append(error))
        if errors:
            raise Unsure


@dataclass(frozen=True, slots=True)
class _Enum(InputType):
    names: frozenset[str]

    def check(self, node: ValueNode, usages: Usages) -> None:
        del usages
        if type(node) is not EnumValueNode or node.value not in self.names:
            raise Unsure


@dataclass(frozen=True, slots=True)
class _List(InputType):
    item: Place

    def check(self, node: ValueNode, usages: Usages) -> None:
        # One value alone may stand for a list of it; that is left to the specification's rules.
        if type(node) is not ListValueNode:
            raise Unsure
        for each in node.values:
            self.item.check(each, usages)


@dataclass(slots=True)
class _Object(InputType):
    is_one_of: bool
    fields: dict[str, Place] = field(default_factory=dict)
    required: frozenset[str] = frozenset()

    def check(self, node: ValueNode, usages: Usages) -> None:
        if type(node) is not ObjectValueNode:
            raise Unsure
        given: set[str] = set()
        for each in node.fields:
            name = each.name.value
            place = self.fields.get(name)
            if place is None or name in given:
                raise Unsure
            given.add(name)
            place.check(each.value, usages)
        if not self.required <= given or (self.is_one_of and len(given) != 1):
            raise Unsure


class InputTypes:
    """The types of inputs of a schema, as it writes them: bare, required, and in lists."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._by_text: dict[str, Place] = {}
        objects: list[tuple[GraphQLInputObjectType, _Object]] = []
        for type_ in schema.type_map.values():
            made = _named(type_)
            if made is None:
                continue
            if isinstance(made, _Object) and isinstance(type_, GraphQLInputObjectType):
                objects.append((type_, made))
            self._by_text.update(_wrapped(type_.name, made))
        for type_, made in objects:
            made.fields.update(
                {name: self._field(type_, each) for name, each in type_.fields.items()}
            )
            made.required = frozenset(
                name for name, each in type_.fields.items() if is_required_input_field(each)
            )

    def get(self, text: str) -> Place | None:
        """A place of a type such as `[ID!]!`; none for lists of lists and what is unknown."""
        return self._by_text.get(text)

    def place(self, definition: Any, *, is_choice: bool = False) -> Place:
        """The place that an argument or a field of an input object is."""
        text = str(definition.type)
        known = self._by_text.get(text)
        has_default = definition.default is not None or definition.default_value is not Undefined
        type_ = known.type if known else _UNKNOWN
        return Place(text, type_, has_default=has_default, is_choice=is_choice)

    def _field(self, parent: GraphQLInputObjectType, definition: GraphQLInputField) -> Place:
        return self.place(definition, is_choice=parent.is_one_of)


def is_usable(declared: str, place: Place, *, has_default: bool) -> bool:
    """Whether a variable of the type `declared`, perhaps with a default, may stand at a place."""
    wanted = place.text
    if place.is_choice and not declared.endswith("!"):
        return False
    if wanted.endswith("!") and not declared.endswith("!"):
        return (has_default or place.has_default) and _is_narrower(declared, wanted[:-1])
    return _is_narrower(declared, wanted)


def _is_narrower(declared: str, wanted: str) -> bool:
    """Whether every value of a type is one of another: AreTypesCompatible in the specification."""
    if declared == wanted:
        return True
    if wanted.endswith("!"):
        return declared.endswith("!") and _is_narrower(declared[:-1], wanted[:-1])
    if declared.endswith("!"):
        return _is_narrower(declared[:-1], wanted)
    if wanted.startswith("[") and declared.startswith("["):
        return _is_narrower(declared[1:-1], wanted[1:-1])
    return False


def _wrapped(name: str, type_: InputType) -> Mapping[str, Place]:
    bare = {text: Place(text, type_) for text in (name, f"{name}!")}
    lists = {f"[{text}]{end}": _List(item) for text, item in bare.items() for end in ("", "!")}
    return bare | {text: Place(text, each) for text, each in lists.items()}


def _named(type_: GraphQLNamedType) -> InputType | None:
    if type_ in _SCALARS:
        return _SCALARS[type_]
    if isinstance(type_, GraphQLScalarType):
        return _Custom(type_)
    if isinstance(type_, GraphQLEnumType):
        return _Enum(frozenset(type_.values))
    if isinstance(type_, GraphQLInputObjectType):
        return _Object(type_.is_one_of)
    return None


def _bounded(digits: str) -> int:
    # Python refuses to read numbers of thousands of digits; these are too large all the same.
    return int(digits) if len(digits) <= _MAX_DIGITS else 2**31


_MAX_DIGITS = 12
_UNKNOWN = _Scalar(frozenset())
_SIMPLE = frozenset({BooleanValueNode, FloatValueNode, IntValueNode, StringValueNode})
_SCALARS: Mapping[GraphQLNamedType, InputType] = {
    GraphQLInt: _Int(),
    GraphQLFloat: _Scalar(frozenset({FloatValueNode, IntValueNode})),
    GraphQLString: _Scalar(frozenset({StringValueNode})),
    GraphQLBoolean: _Scalar(frozenset({BooleanValueNode})),
    GraphQLID: _Scalar(frozenset({StringValueNode, IntValueNode})),
}
