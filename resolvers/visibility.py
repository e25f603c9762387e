"""The schema of a role: what the role may not see does not exist in it.

Documents are validated against it, introspection shows it, and plans are made with it. So no error,
suggestion or type can tell of what is hidden.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
)
from strawberry.schema.schema_converter import CustomGraphQLEnumType
from strawberry.utils.str_converters import to_camel_case

from domain.access.policy import EntityAccess, Mask, RoleAccess
from domain.catalogue import ENTITIES

MASK: Final = "mask"
"""The key of a field's extensions under which its mask stands."""

VISIBILITY: Final = "visibility"
"""The key of a schema's extensions under which its `Visibility` stands."""

_ALWAYS = frozenset({"id"})
_OF_RECORDS = frozenset({"source", "record_id", "observed_at", "matched_by"})
_ITEMS = ("nodes", "node")
_LOGIC = frozenset({"and", "or", "not"})
_CONTACTS: Mapping[str, str] = {"email": "emails", "phone": "phones", "record": "records"}
"""How a customer may be named, and the field whose values that would tell of."""
_REPEATED: Mapping[str, str] = {"primary_email": "emails", "primary_phone": "phones"}
"""What is only filtered and ordered by, and the field whose values it repeats."""


@dataclass(frozen=True)
class Visibility:
    """What a role sees of entities, by the names of the graph."""

    role: RoleAccess

    def access(self, entity: str) -> EntityAccess | None:
        """What of an entity is seen; `None` for nothing of it."""
        if self.role.sees_everything:
            return EntityAccess()
        if entity != "customer_record":
            return self.role.entities.get(entity)
        golden = self.role.entities.get("customer")
        if golden is None or not _names(golden, "records"):
            return None
        fields = None if golden.fields is None else golden.fields | _OF_RECORDS
        return EntityAccess(fields=fields, masks=golden.masks)

    def shows(self, entity: str, name: str) -> bool:
        """Whether a field is there, whole or masked. `name` is in snake case."""
        access = self.access(entity)
        return access is not None and (name in _ALWAYS or _names(access, name))

    def tells(self, entity: str, name: str) -> bool:
        """Whether a field may be filtered, ordered and searched by: it is there, and whole.

        What identifies a record stands in its id, and so is told with it.
        """
        if name in ENTITIES[entity].key:
            return self.access(entity) is not None
        whole = _REPEATED.get(name, name)
        return self.shows(entity, whole) and self.mask(entity, whole) is None

    def mask(self, entity: str, name: str) -> Mask | None:
        """The mask of a field, or of all that is told by what it lists."""
        access = self.access(entity)
        return access.masks.get(name) if access else None


def _names(access: EntityAccess, name: str) -> bool:
    return access.fields is None or name in access.fields


def visible(schema: GraphQLSchema, role: RoleAccess) -> GraphQLSchema:
    """The part of a schema that a role may see; the schema itself where that is all of it."""
    return schema if role.sees_everything else _Pruning(schema, Visibility(role)).schema()


@dataclass
class _Pruning:
    whole: GraphQLSchema
    visibility: Visibility
    made: dict[str, GraphQLNamedType] = field(default_factory=dict)

    def schema(self) -> GraphQLSchema:
        kwargs = self.whole.to_kwargs()
        mutation = self.whole.mutation_type
        return GraphQLSchema(
            **{
                **kwargs,
                "query": self._type(self._root(self.whole.query_type)),
                "mutation": self._type(mutation)
                if mutation and mutation.name in self.kept
                else None,
                "types": [
                    self._type(each)
                    for each in kwargs["types"] or ()
                    if each.name in self.kept and _is_reached_by_interface(each)
                ],
                "extensions": {**self.whole.extensions, VISIBILITY: self.visibility},
                "assume_valid": False,
            }
        )

    def _root(self, type_: GraphQLObjectType | None) -> GraphQLObjectType:
        if type_ is None:
            raise ValueError("a schema has a query type")
        return type_

    @cached_property
    def kept(self) -> Mapping[str, frozenset[str]]:
        """The types that are left, with the names of their fields or values."""
        kept = {
            name: frozenset(self._allowed(type_)) for name, type_ in self.whole.type_map.items()
        }
        kept = {
            name: members
            for name, members in kept.items()
            if members or not _has_members(self.whole.type_map[name])
        }
        while True:
            fewer = dict(self._without_lost(kept))
            if fewer == kept:
                return kept
            kept = fewer

    def _allowed(self, type_: GraphQLNamedType) -> Iterator[str]:
        """What the role's rules leave of a type, whatever becomes of other types."""
        match type_:
            case GraphQLObjectType(name=name):
                yield from self._allowed_fields(type_, _entity_of(name))
            case GraphQLInterfaceType():
                yield from type_.fields
            case GraphQLInputObjectType(name="CustomerBy"):
                yield from filter(self._may_name_by, type_.fields)
            case GraphQLInputObjectType(name=name):
                entity = _entity_of(name.removesuffix("Filter"))
                yield from (
                    each
                    for each in type_.fields
                    if (entity is None and self._may_refer(type_, each))
                    or each in _LOGIC
                    or (entity is not None and self._tells(entity, each))
                )
            case GraphQLEnumType(name=name):
                entity = _entity_of(name.removesuffix("OrderField"))
                is_order = entity is not None and name.endswith("OrderField")
                for value, definition in type_.values.items():
                    if not is_order or self.visibility.tells(str(entity), _text(definition.value)):
                        yield value

    def _allowed_fields(self, type_: GraphQLObjectType, entity: str | None) -> Iterator[str]:
        if type_ is self.whole.mutation_type:
            yield from (each for each in type_.fields if each in self.visibility.role.mutations)
        elif type_.name == "Source":
            yield from (each for each in type_.fields if self._shows_source(each))
        elif type_ is self.whole.query_type:
            yield from (each for each in type_.fields if each != "sources" or self._sees_sources)
        elif entity is None:
            yield from type_.fields
        else:
            for name in type_.fields:
                if self.visibility.shows(entity, snake(name)):
                    yield name

    @property
    def _sees_sources(self) -> bool:
        return "source" in self.visibility.role.entities

    def _shows_source(self, name: str) -> bool:
        access = self.visibility.access("source")
        return name == "name" or (access is not None and _names(access, snake(name)))

    def _tells(self, entity: str, name: str) -> bool:
        return self.visibility.tells(entity, snake(name))

    def _may_refer(self, type_: GraphQLInputObjectType, name: str) -> bool:
        """Whether an input has a field: not where it takes the id of a record that is not seen."""
        is_id = name in ENTITIES and type_.fields[name].type is self.whole.type_map.get("ID")
        return not is_id or self.visibility.access(name) is not None

    def _may_name_by(self, name: str) -> bool:
        told_by = _CONTACTS.get(name)
        return told_by is None or self.visibility.tells("customer", told_by)

    def _without_lost(
        self, kept: Mapping[str, frozenset[str]]
    ) -> Iterator[tuple[str, frozenset[str]]]:
        """What is left where fields, arguments and members of types that are gone go too."""
        for name, members in kept.items():
            type_ = self.whole.type_map[name]
            if isinstance(type_, GraphQLUnionType):
                if any(each.name in kept for each in type_.types):
                    yield name, members
                continue
            left = members
            if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
                left = frozenset(
                    each for each in members if get_named_type(type_.fields[each].type).name in kept
                )
            if not _is_hollow(type_, left):
                yield name, left

    def _type(self, type_: GraphQLNamedType) -> Any:
        found = self.made.get(type_.name)
        if found is None:
            found = self.made[type_.name] = self._new(type_)
        return found

    def _new(self, type_: GraphQLNamedType) -> GraphQLNamedType:
        kwargs: dict[str, Any] = {**type_.to_kwargs()}
        members = self.kept[type_.name]
        match type_:
            case GraphQLObjectType() | GraphQLInterfaceType():
                kwargs["fields"] = lambda: {
                    name: self._field(type_, name, each)
                    for name, each in type_.fields.items()
                    if name in members
                }
                kwargs["interfaces"] = lambda: [
                    self._type(each)
                    for each in type_.interfaces
                    if self.kept.get(each.name, frozenset()) <= members
                ]
                return type(type_)(**kwargs)
            case GraphQLInputObjectType():
                kwargs["fields"] = lambda: {
                    name: self._input_field(each)
                    for name, each in type_.fields.items()
                    if name in members
                }
                return GraphQLInputObjectType(**kwargs)
            case GraphQLEnumType() if len(members) < len(type_.values):
                return _with_values(type_, members)
            case GraphQLUnionType():
                kwargs["types"] = lambda: [
                    self._type(each) for each in type_.types if each.name in self.kept
                ]
                return GraphQLUnionType(**kwargs)
        return type_

    def _field(
        self, type_: GraphQLObjectType | GraphQLInterfaceType, name: str, each: GraphQLField
    ) -> GraphQLField:
        kwargs = each.to_kwargs()
        kwargs["args"] = {
            argument: self._argument(definition)
            for argument, definition in each.args.items()
            if get_named_type(definition.type).name in self.kept
        }
        kwargs["type_"] = self._wrapped(each.type)
        mask = self._mask(type_.name, name)
        if mask is not None:
            kwargs["extensions"] = {**each.extensions, MASK: mask}
        if self._may_be_null(type_, name) and isinstance(kwargs["type_"], GraphQLNonNull):
            kwargs["type_"] = kwargs["type_"].of_type
        return GraphQLField(**kwargs)

    def _may_be_null(self, type_: GraphQLObjectType | GraphQLInterfaceType, name: str) -> bool:
        """Whether a mask leaves nothing of a field, of an interface in any of its types."""
        if isinstance(type_, GraphQLInterfaceType):
            objects = self.whole.get_implementations(type_).objects
            return any(self._mask(each.name, name) is Mask.NULL for each in objects)
        return self._mask(type_.name, name) is Mask.NULL

    def _mask(self, type_name: str, name: str) -> Mask | None:
        entity = _entity_of(type_name)
        if entity is not None:
            return None if name in _LISTS else self.visibility.mask(entity, snake(name))
        holder, parts = _PARTS.get(type_name, ("", frozenset()))
        return self.visibility.mask("customer", holder) if name in parts else None

    def _argument(self, each: GraphQLArgument) -> GraphQLArgument:
        return GraphQLArgument(**{**each.to_kwargs(), "type_": self._wrapped(each.type)})

    def _input_field(self, each: GraphQLInputField) -> GraphQLInputField:
        return GraphQLInputField(**{**each.to_kwargs(), "type_": self._wrapped(each.type)})

    def _wrapped(self, type_: Any) -> Any:
        if isinstance(type_, GraphQLNonNull | GraphQLList):
            return type(type_)(self._wrapped(type_.of_type))
        return self._type(type_)


_PARTS: Mapping[str, tuple[str, frozenset[str]]] = {
    "EmailAddress": ("emails", frozenset({"address"})),
    "PhoneNumber": ("phones", frozenset({"e164", "original"})),
    "PostalAddress": (
        "addresses",
        frozenset({"street", "city", "region", "postalCode", "country"}),
    ),
}
"""The types of which customers hold lists: the field that holds them, and what tells of whom."""

_LISTS = frozenset(holder for holder, _ in _PARTS.values())

HOLDERS: Final[Mapping[str, str]] = {name: holder for name, (holder, _) in _PARTS.items()}
"""The types of which customers hold lists, with the field that holds them."""

ENTITY_OF_TYPE: Final[Mapping[str, str]] = {each.type_name: name for name, each in ENTITIES.items()}
"""The entities by the names of their types."""


def _entity_of(type_name: str) -> str | None:
    return ENTITY_OF_TYPE.get(type_name)


def _is_reached_by_interface(type_: GraphQLNamedType) -> bool:
    """Whether a type may come back where no field names it. Others are found by their fields."""
    return isinstance(type_, GraphQLObjectType) and bool(type_.interfaces)


def _has_members(type_: GraphQLNamedType) -> bool:
    return isinstance(
        type_,
        GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType | GraphQLEnumType,
    )


def _is_hollow(type_: GraphQLNamedType, members: frozenset[str]) -> bool:
    """Whether so little is left of a type that it says nothing any more."""
    if not _has_members(type_):
        return False
    if not members or (isinstance(type_, GraphQLInputObjectType) and members <= _LOGIC):
        return True
    if isinstance(type_, GraphQLInputObjectType):
        # An order without the field that it sorts by.
        return any(each not in members for each in type_.fields if each == "field")
    fields = getattr(type_, "fields", {})
    return any(each in fields and each not in members for each in _ITEMS)


def _with_values(type_: GraphQLEnumType, names: frozenset[str]) -> GraphQLEnumType:
    """The same enum with some of its values, of strawberry's class, which knows the Python enum."""
    kwargs: dict[str, Any] = {**type_.to_kwargs()}
    kwargs["values"] = {name: each for name, each in type_.values.items() if name in names}
    return CustomGraphQLEnumType(enum=type_.extensions["strawberry-definition"], **kwargs)


def _text(value: Any) -> str:
    return str(getattr(value, "value", value))


_SNAKE: Mapping[str, str] = {
    to_camel_case(name): name for each in ENTITIES.values() for name in each.fields
}


def snake(name: str) -> str:
    """The name in snake case, as configurations write it."""
    known = _SNAKE.get(name)
    if known is not None:
        return known
    return "".join(f"_{each.lower()}" if each.isupper() else each for each in name)
