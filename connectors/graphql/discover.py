"""What of a schema looks like an entity: objects with a field that identifies them."""

import re
from collections.abc import Sequence

from graphql import (
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_object_type,
    is_required_argument,
)

from connectors.contract import DiscoveredEntity

_WRAPPERS = re.compile(r".*(Connection|Edge|Payload|PageInfo|_aggregate\w*|_mutation_response)")


def discover(schema: GraphQLSchema) -> Sequence[DiscoveredEntity]:
    """The types that look like entities, with those of their fields that need no arguments."""
    roots = {schema.query_type, schema.mutation_type, schema.subscription_type}
    found = []
    for name, type_ in sorted(schema.type_map.items()):
        if not isinstance(type_, GraphQLObjectType) or type_ in roots or name.startswith("__"):
            continue
        key = _key(type_)
        if key is None or _WRAPPERS.fullmatch(name):
            continue
        fields = {each: str(field.type) for each, field in type_.fields.items() if _is_plain(field)}
        found.append(DiscoveredEntity(name=name, fields=fields, key=key))
    return found


def _key(type_: GraphQLObjectType) -> str | None:
    """The field that identifies: `id`, else the first that is an `ID`."""
    ids = [
        name
        for name, field in type_.fields.items()
        if str(get_named_type(field.type)) == "ID" and not is_object_type(field.type)
    ]
    return "id" if "id" in type_.fields else next(iter(ids), None)


def _is_plain(field: GraphQLField) -> bool:
    return not any(is_required_argument(each) for each in field.args.values())
