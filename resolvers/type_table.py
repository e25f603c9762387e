"""The schema as tables: what validation and cost ask of it, looked up and never computed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DirectiveLocation,
    GraphQLArgument,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    OperationType,
    get_named_type,
    get_nullable_type,
    is_list_type,
    is_required_argument,
)

from resolvers.literal import InputTypes, Place


@dataclass(frozen=True, slots=True)
class TableField:
    """A field. `text` is its type as the schema writes it; `inner` the table of an object's type.

    `required` are the arguments that must be given.
    """

    text: str
    inner: "TableType | None" = None
    is_list: bool = False
    arguments: Mapping[str, Place] = field(default_factory=dict)
    required: frozenset[str] = frozenset()


@dataclass(slots=True)
class TableType:
    """An object, interface or union. `possible` are the objects that a value of it may be."""

    name: str
    possible: frozenset[str]
    fields: dict[str, TableField] = field(default_factory=dict)


class TypeTable:
    """The tables of one schema. Of introspection it has `__typename` alone.

    `directives` are the places of the argument of `@skip` and `@include`, `of_queries` those of the
    directives that may stand at a query and have one argument, which is required, with its name.
    """

    def __init__(self, schema: GraphQLSchema) -> None:
        self.inputs = InputTypes(schema)
        self.types = {
            name: TableType(name, _possible(schema, type_))
            for name, type_ in schema.type_map.items()
            if isinstance(type_, _COMPOSITE) and not name.startswith("__")
        }
        for name, type_ in self.types.items():
            type_.fields["__typename"] = TableField("String!")
            definitions: Mapping[str, GraphQLField] = getattr(schema.type_map[name], "fields", {})
            for key, definition in definitions.items():
                type_.fields[key] = self._field(definition)
        self.roots = {
            operation: self.types[root.name]
            for operation in (OperationType.QUERY, OperationType.MUTATION)
            if (root := schema.get_root_type(operation)) is not None
        }
        self.directives: Mapping[str, Place] = {
            each.name: self.inputs.place(each.args["if"])
            for each in schema.directives
            if each.name in {"skip", "include"} and set(each.args) == {"if"}
        }
        self.of_queries: Mapping[str, tuple[str, Place]] = {
            each.name: (name, self.inputs.place(argument))
            for each in schema.directives
            if DirectiveLocation.QUERY in each.locations and len(each.args) == 1
            for name, argument in each.args.items()
            if is_required_argument(argument)
        }

    def _field(self, definition: GraphQLField) -> TableField:
        arguments: Mapping[str, GraphQLArgument] = definition.args
        return TableField(
            text=str(definition.type),
            inner=self.types.get(get_named_type(definition.type).name),
            is_list=is_list_type(get_nullable_type(definition.type)),
            arguments={name: self.inputs.place(each) for name, each in arguments.items()},
            required=frozenset(
                name for name, each in arguments.items() if is_required_argument(each)
            ),
        )


_COMPOSITE = (GraphQLObjectType, GraphQLInterfaceType, GraphQLUnionType)


def _possible(schema: GraphQLSchema, type_: Any) -> frozenset[str]:
    if isinstance(type_, GraphQLObjectType):
        return frozenset({type_.name})
    return frozenset(each.name for each in schema.get_possible_types(type_))
