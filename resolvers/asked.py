"""A field that a document asks for."""

from collections.abc import Sequence
from dataclasses import dataclass

from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLObjectType,
    SelectionSetNode,
    get_named_type,
    is_enum_type,
)

from resolvers.shape import Slot


@dataclass(frozen=True, slots=True)
class Asked:
    """A field of an object: its place in the response, its definition, and all nodes of its key."""

    slot: Slot
    definition: GraphQLField
    nodes: Sequence[FieldNode]

    @property
    def selections(self) -> Sequence[SelectionSetNode]:
        """What is asked for of its value."""
        return [node.selection_set for node in self.nodes if node.selection_set is not None]

    @property
    def type_name(self) -> str:
        """The name of its type without wrappings."""
        return get_named_type(self.definition.type).name

    @property
    def is_enum(self) -> bool:
        """Whether its values are of an enum."""
        return is_enum_type(get_named_type(self.definition.type))

    @property
    def object_type(self) -> GraphQLObjectType:
        """Its type, which must be an object's."""
        type_ = get_named_type(self.definition.type)
        if not isinstance(type_, GraphQLObjectType):
            raise TypeError(f"{type_} is no object type; its plan resolver must name the type")
        return type_
