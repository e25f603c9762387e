"""Variables of an operation, coerced by functions that are made once for their types.

They understand what clients ordinarily send. Whatever they do not, graphql-core coerces, so that
its rules hold to the letter and every refusal has its words.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, TypeAlias

from graphql import (
    GraphQLError,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLSchema,
    Undefined,
    VariableDefinitionNode,
    is_input_object_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_required_input_field,
)
from graphql.execution import VariableValues, get_variable_values
from graphql.execution.get_variable_signature import (
    GraphQLVariableSignature,
    get_variable_signature,
)
from graphql.execution.values import VariableValueSource
from graphql.utilities.coerce_input_value import coerce_default_value

MAX_ERRORS = 20
"""How many of the errors of one request's variables are told."""

_MAX_DEPTH = 30
_MIN_INT, _MAX_INT = -(2**31), 2**31 - 1

Coerce: TypeAlias = Callable[[Any, int], Any]
"""From a JSON value, and how deep it lies, to the value of a type; raises `Unsure`."""


class Unsure(Exception):
    """A value is not of the ordinary kind: graphql-core has to decide."""


class Variables:
    """The variables of one operation."""

    def __init__(
        self, coercions: "Coercions", definitions: Sequence[VariableDefinitionNode]
    ) -> None:
        self._schema = coercions.schema
        self._definitions = definitions
        signatures = [get_variable_signature(self._schema, each) for each in definitions]
        self._readers = [
            _Reader(each, coercions.of(each.type))
            for each in signatures
            if isinstance(each, GraphQLVariableSignature)
        ]
        self._is_understood = len(self._readers) == len(signatures)

    def values(
        self, given: Mapping[str, Any] | None, *, may_introspect: bool = True
    ) -> VariableValues | list[GraphQLError]:
        """The coerced values of what a request gave; the errors, where it is not acceptable.

        Who may not ask for the schema is not told what they might have meant.
        """
        inputs = given or {}
        if self._is_understood:
            try:
                return self._read(inputs)
            except Unsure:
                pass
        return get_variable_values(
            self._schema,
            self._definitions,
            dict(inputs),
            max_errors=MAX_ERRORS,
            hide_suggestions=not may_introspect,
        )

    def _read(self, given: Mapping[str, Any]) -> VariableValues:
        sources: dict[str, VariableValueSource] = {}
        coerced: dict[str, Any] = {}
        for reader in self._readers:
            name = reader.name
            value = given.get(name, Undefined)
            if value is Undefined:
                sources[name] = reader.absent
                value = reader.default()
                if value is not Undefined:
                    coerced[name] = value
            else:
                sources[name] = VariableValueSource(reader.signature, value)
                coerced[name] = reader.coerce(value, 0)
        return VariableValues(sources, coerced)


class _Reader:
    def __init__(self, signature: GraphQLVariableSignature, coerce: Coerce) -> None:
        self.name = signature.name
        self.signature = signature
        self.absent = VariableValueSource(signature)
        self.coerce = coerce
        self._default: Any = Unsure
        if signature.default is not None or not is_non_null_type(signature.type):
            self._default = _default_of(signature)

    def default(self) -> Any:
        """The value where none is given; `Undefined` for none at all."""
        if self._default is Unsure:
            raise Unsure
        return self._default


def _default_of(declared: GraphQLVariableSignature | GraphQLInputField) -> Any:
    try:
        return coerce_default_value(declared)
    except (TypeError, RecursionError):
        return Unsure


class Coercions:
    """What coerces values to the input types of a schema; made once for each input object."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self.schema = schema
        self._objects: dict[str, _Object] = {}

    def of(self, type_: Any) -> Coerce:
        """What coerces values to an input type."""
        if is_non_null_type(type_):
            return partial(_present, self._nullable(type_.of_type))
        return partial(_absent_or, self._nullable(type_))

    def _nullable(self, type_: Any) -> Coerce:
        if is_list_type(type_):
            return partial(_list, self.of(type_.of_type))
        if is_input_object_type(type_):
            return self._objects.setdefault(type_.name, _Object(type_, self))
        if is_leaf_type(type_):
            return _SCALARS.get(type_.name) or partial(_leaf, type_.coerce_input_value)
        return _never


def _absent_or(inner: Coerce, value: Any, depth: int) -> Any:
    return None if value is None else inner(value, depth)


def _present(inner: Coerce, value: Any, depth: int) -> Any:
    if value is None:
        raise Unsure
    return inner(value, depth)


def _list(item: Coerce, value: Any, depth: int) -> list[Any]:
    # One value in place of a list of one is left to graphql-core.
    if type(value) is not list or depth > _MAX_DEPTH:
        raise Unsure
    return [item(each, depth + 1) for each in value]


def _leaf(read: Callable[[Any], Any], value: Any, _depth: int) -> Any:
    try:
        coerced = read(value)
    except Exception as exc:  # a scalar may raise what it likes
        raise Unsure from exc
    if coerced is Undefined:
        raise Unsure
    return coerced


def _text(value: Any, _depth: int) -> Any:
    if type(value) is not str:
        raise Unsure
    return value


def _boolean(value: Any, _depth: int) -> Any:
    if type(value) is not bool:
        raise Unsure
    return value


def _integer(value: Any, _depth: int) -> Any:
    if type(value) is not int or not _MIN_INT <= value <= _MAX_INT:
        raise Unsure
    return value


def _number(value: Any, _depth: int) -> Any:
    if type(value) is not float or not math.isfinite(value):
        raise Unsure
    return value


def _never(_value: Any, _depth: int) -> Any:
    raise Unsure


_SCALARS: Mapping[str, Coerce] = {
    "String": _text,
    "ID": _text,
    "Boolean": _boolean,
    "Int": _integer,
    "Float": _number,
}


class _Object:
    """Coerces to an input object. Its fields are read at the first value: types may be circular."""

    def __init__(self, type_: GraphQLInputObjectType, coercions: Coercions) -> None:
        self._type = type_
        self._coercions = coercions
        self._fields: dict[str, tuple[str, Coerce, Any]] = {}

    def __call__(self, value: Any, depth: int) -> Any:
        """The coerced object, with all fields that are given or have a default."""
        if type(value) is not dict or depth > _MAX_DEPTH:
            raise Unsure
        fields = self._fields or self._read_fields()
        coerced: dict[str, Any] = {}
        given_count = 0
        for name, (out_name, coerce, default) in fields.items():
            if name in value:
                given_count += 1
                coerced[out_name] = coerce(value[name], depth + 1)
            elif default is Unsure:
                raise Unsure
            elif default is not Undefined:
                coerced[out_name] = default
        if given_count != len(value):
            raise Unsure
        if self._type.is_one_of and (len(coerced) != 1 or None in coerced.values()):
            raise Unsure
        return self._type.out_type(coerced)

    def _read_fields(self) -> Mapping[str, tuple[str, Coerce, Any]]:
        self._fields = {
            name: (
                field.out_name or name,
                self._coercions.of(field.type),
                Unsure if is_required_input_field(field) else _default_of(field),
            )
            for name, field in self._type.fields.items()
        }
        return self._fields
