"""The schema of the shop behind GraphQL, with the ways of asking that upstreams really have.

Relay connections, a list with `where`, `limit` and `offset`, `nodes(ids:)`, single objects, and
connections that hang on a customer or a purchase.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from domain.entity import FieldType
from tests.conformance.canonical import RELATION, column_type

TYPES: Mapping[str, str] = {
    "customer_record": "Customer",
    "purchase": "Purchase",
    "purchase_line": "Line",
    "ticket": "Ticket",
    "document": "File",
}
LISTS: Mapping[str, str] = {
    "customer_record": "customers",
    "purchase": "purchases",
    "purchase_line": "lines",
    "ticket": "tickets",
    "document": "files",
}
SINGLES: Mapping[str, str] = {name: each.removesuffix("s") for name, each in LISTS.items()}
_SCALARS: Mapping[FieldType, str] = {FieldType.INTEGER: "Int", FieldType.BOOLEAN: "Boolean"}
_PAGE = "first: Int, after: String, sort: Sort, reverse: Boolean"
_FILTER = "status: String, from: String, changed: String"


def sdl(records: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    """The schema over flat records, by entity."""
    names = [name for name in TYPES if name in records]
    parts = [_type(name, records[name], names) for name in names]
    return "\n".join([_COMMON, *parts, _query(names)])


_COMMON = """
interface Node { record_id: ID! }
enum Sort { CHANGED PLACED }
input Keys { _in: [String!]! }
input Where { record_id: Keys customer_ref: Keys purchase_ref: Keys }
type PageInfo { hasNextPage: Boolean! endCursor: String }
"""


def _type(name: str, records: Sequence[Mapping[str, Any]], names: Sequence[str]) -> str:
    columns = [each for each in records[0] if each != "record_id"] if records else []
    fields = [f"{each}: {_SCALARS.get(column_type(name, each), 'String')}" for each in columns]
    for other, relation in RELATION.items():
        target = "customer_record" if relation == "customer" else relation
        if other in names and target == name:
            fields.append(f"{LISTS[other]}({_PAGE}): {TYPES[other]}Connection!")
    type_ = TYPES[name]
    return f"""
type {type_} implements Node {{ record_id: ID! {" ".join(fields)} }}
type {type_}Edge {{ node: {type_}! cursor: String! }}
type {type_}Connection {{ nodes: [{type_}!]! edges: [{type_}Edge!]! pageInfo: PageInfo! }}
"""


def _query(names: Sequence[str]) -> str:
    fields = ["nodes(ids: [ID!]!): [Node]!"]
    for name in names:
        type_, plural = TYPES[name], LISTS[name]
        fields += [
            f"{plural}({_PAGE}, {_FILTER}): {type_}Connection!",
            f"{plural}_list(where: Where, limit: Int, offset: Int): [{type_}!]!",
            f"{SINGLES[name]}(record_id: ID!): {type_}",
        ]
    return "type Query {" + " ".join(fields) + "}"
