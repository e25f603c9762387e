"""The settings of a GraphQL source: what to ask for each entity, to list and to look up."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, Self

from graphql import GraphQLError, parse_type
from graphql.language import ast
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PrivateAttr, model_validator

from connectors.contract import Op
from connectors.graphql.call import Call, call_of
from connectors.graphql.selection import selection_of, written_call
from connectors.http.options import HttpOptions
from connectors.mapping import Dialect, EntityMapping, MappedOptions
from domain.entity import FieldType

TYPES: Mapping[str, str] = {
    "key": "ID!",
    "keys": "[ID!]!",
    "size": "Int!",
    "cursor": "String!",
    "offset": "Int!",
    "page": "Int!",
    "changed": "String!",
}
"""The variables that the connector fills in, and their types where no others are written."""

_FILTER_OPS = frozenset({Op.EQ, Op.IN, Op.GT, Op.GTE, Op.LT, Op.LTE})
# Texts are not among them: sources sort them in the ways of languages, we by code point.
_SORTABLE = frozenset({FieldType.DATETIME, FieldType.INTEGER, FieldType.DECIMAL})
_FILTERABLE = frozenset(
    {FieldType.TEXT, FieldType.ENUM, FieldType.INTEGER, FieldType.BOOLEAN, FieldType.DATETIME}
)


class _Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


def _call(text: str) -> str:
    call_of(text)
    return text


def _type(text: str) -> str:
    """A type that is not null, because a variable without a value is never sent."""
    try:
        node = parse_type(text, no_location=True)
    except GraphQLError as exc:
        raise ValueError(f"'{text}' is no GraphQL type: {exc.message}") from None
    return text if isinstance(node, ast.NonNullTypeNode) else f"{text}!"


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as exc:
        raise ValueError(f"'{text}' is no regular expression: {exc}") from None
    return text


Query = Annotated[str, AfterValidator(_call)]
TypeName = Annotated[str, AfterValidator(_type)]
Pattern = Annotated[str, AfterValidator(_pattern)]
Argument = Annotated[str, AfterValidator(written_call)]


class ChangedSince(_Settings):
    """How the variable `$changed` asks only for records that changed since a time."""

    format: str = "iso"
    """How to write the time: `iso`, `seconds` or `milliseconds` since 1970, or a strftime format
    (in UTC), such as `updated_at:>='%Y-%m-%dT%H:%M:%SZ'`."""
    overlap_s: int = Field(300, ge=0)
    """How many seconds to look back behind the last change, for clocks that differ and changes
    that become visible late. Records in it are read again, which does no harm."""


class Sorting(_Settings):
    """How to ask for a sorted list, for one field. Records without a value may stand anywhere."""

    asc: dict[str, Any] = {}
    """The variables that sort from small to large and early to late, with their values."""
    desc: dict[str, Any] = {}
    """The variables that sort the other way round."""


class Place(_Settings):
    """Where records are: the fields that lead to them.

    Variables that the connector fills in: `$size` with the size of a page, `$cursor` with the end
    of the page before (Relay connections), `$offset` with the number of records before, `$page`
    with the number of a page. What depends on a variable that has no value is not sent.
    """

    query: Query
    """The field to ask, with its arguments, and the fields in it down to the records, for example
    `orders(first: $size, after: $cursor) { nodes }`, `orders(limit: $size, offset: $offset)`, or
    with `{ edges { node } }` at its end."""
    type: str | None = Field(None, pattern="^[_A-Za-z][_0-9A-Za-z]*$")
    """The type of the records, where the field gives an interface or a union, such as `Order` for
    `nodes(ids: $keys)`."""
    types: dict[str, TypeName] = {}
    """The types of variables where they differ from `ID`, `[ID!]` (`$keys`), `Int` (`$size`,
    `$offset`, `$page`) and `String` (`$cursor`, `$changed`), for example `keys: "[uuid!]"`. Those
    of `filters` and `orders` must be written."""
    size: int = Field(100, ge=1)
    """The size of a page, for `$size`."""
    first_page: int = 1
    """The number of the first page, for `$page`; usually 1 or 0."""
    ends: Literal["empty", "short"] = "empty"
    """What ends a list with `$offset` or `$page`: an `empty` page, or already one that is `short`er
    than `size`. `short` saves one request a list, and loses records where the source gives smaller
    pages than were asked for."""
    max_pages: int = Field(10_000, ge=1)
    """A list with more pages than this is taken for one that never ends."""
    filters: dict[str, dict[Op, str]] = {}
    """Comparisons that the source can do: the field, the comparison, the variable, for example
    `placed_at: {gte: from}` where `$from` stands in the `query`."""
    orders: dict[str, Sorting] = {}
    """Times and numbers that the source can sort by, for example
    `placed_at: {desc: {sort: PLACED_AT, reverse: true}}` where `$sort` and `$reverse` stand in the
    `query`. The first page then answers who wants the newest."""

    _compiled: Call = PrivateAttr()

    @property
    def call(self) -> Call:
        """The `query`, read."""
        return self._compiled

    def type_of(self, variable: str) -> str:
        """The type of a variable."""
        return self.types.get(variable) or TYPES[variable]

    def model_post_init(self, _context: Any, /) -> None:
        """Read the query once."""
        self._compiled = call_of(self.query)

    @model_validator(mode="after")
    def _knows_its_variables(self) -> Self:
        own = {name for params in self.filters.values() for name in params.values()}
        for each in self.orders.values():
            own |= {*each.asc, *each.desc}
        used = self._compiled.variables
        _refuse(used - TYPES.keys() - own, "which is none of {} and in no `filters` or `orders`")
        _refuse(own - used, "which does not stand in the `query`", kind="`filters` or `orders`")
        _refuse(own - self.types.keys(), "whose type is not known: write it under `types`")
        if len(used & {"cursor", "offset", "page"}) > 1:
            raise ValueError("a list goes on by one of $cursor, $offset and $page")
        strange = {op for params in self.filters.values() for op in params} - _FILTER_OPS
        if strange:
            raise ValueError(
                f"'{min(strange)}' cannot be sent as a variable; known are: "
                + ", ".join(sorted(_FILTER_OPS))
            )
        return self


def _refuse(names: set[str] | frozenset[str], why: str, *, kind: str = "`query`") -> None:
    if names:
        known = ", ".join(f"${each}" for each in TYPES)
        raise ValueError(f"the {kind} names ${min(names)}, {why.format(known)}")


class Listing(Place):
    """How to list all records."""

    changed_since: ChangedSince = ChangedSince()
    """How `$changed` is written, where it stands in the `query`."""


class Lookup(Place):
    """How to ask for the records of given keys.

    With `$keys` in the `query`, many keys are asked in one list. With `$key`, each is asked by an
    alias of its own, many in one request.
    """

    keys_per_call: int | None = Field(None, ge=1)
    """The most keys in one request: 100 in a list, 20 by aliases, unless it is written here."""
    key_pattern: Pattern | None = None
    """A regular expression that every key fits as a whole. Others are not asked, for sources that
    refuse a whole request where one key cannot be, for example `gid://shopify/Order/[0-9]+`. Keys
    of the types `Int` and `uuid` are looked at by themselves."""

    @property
    def is_aliased(self) -> bool:
        """Whether each key has an alias of its own."""
        return "key" in self.call.variables

    @property
    def most_keys(self) -> int:
        """The most keys in one request."""
        return self.keys_per_call or (20 if self.is_aliased else 100)

    @model_validator(mode="after")
    def _takes_keys(self) -> Self:
        if len(self.call.variables & {"key", "keys"}) != 1:
            raise ValueError("the `query` of a lookup must take either $keys (a list) or $key")
        return self


class GraphqlEntity(EntityMapping):
    """One entity of a GraphQL source. Paths in `key`, `changed` and `fields` are JMESPath.

    With `each`, records are parts of what the source lists. Then `_parent` is the whole that a
    part stands in, and `_position` its number in there, from 1.
    """

    dialect: ClassVar[Dialect] = Dialect.JMESPATH

    listing: Listing | None = Field(None, alias="list")
    """How to list all records. Without it, records can only be looked up."""
    by: dict[str, Lookup] = Field(default_factory=dict)
    """How to look up records by `record_id`, or by a relation such as `customer`."""
    each: Query | None = None
    """The fields, in what is listed or looked up, that lead to the parts that are the records, for
    example `lineItems(first: 100) { nodes }` in an order."""
    calls: dict[str, Argument] = Field(default_factory=dict)
    """Fields that need arguments: the path of the field in the mapping, and how it is asked, for
    example `tier: 'metafield(namespace: "crm", key: "tier")'` for the path `tier.value`."""
    json_values: frozenset[str] = frozenset()
    """Paths of fields that are whole JSON values, which are asked as they are though the mapping
    looks into them, for example `metadata`."""

    @model_validator(mode="after")
    def _can_be_read(self) -> Self:
        if self.listing is None and not self.by:
            raise ValueError("write `list`, or `by` with at least one lookup, or both")
        selection_of(self.all_paths(), calls=self.calls, values=self.json_values)
        if self.each is not None and call_of(self.each).variables:
            raise ValueError("`each` takes no variables: write the numbers, as in `first: 100`")
        if self.written_as:
            self._check_lookups()
            self._check_filters()
        return self

    def all_paths(self) -> list[str]:
        """Every path that the mapping names."""
        rules = [*self.fields.values()]
        paths = [path for each in self.key for path in each.raws]
        paths += [each.from_ for each in self.references.values()]
        paths += [self.changed] if self.changed else []
        while rules:
            rule: Any = rules.pop()
            if isinstance(rule, list | dict):
                rules += rule.values() if isinstance(rule, dict) else rule
            else:
                paths += rule.raws
        return paths

    def _check_lookups(self) -> None:
        known = {"record_id"} | {
            name.removesuffix("_ref") for name in self.entity.fields if name.endswith("_ref")
        }
        for name, lookup in self.by.items():
            if name not in known:
                raise ValueError(
                    f"`by` knows no '{name}' for this entity; known are: "
                    + ", ".join(sorted(known))
                )
            if name not in {"record_id", *self.references} and not lookup.is_aliased:
                raise ValueError(
                    f"`by: {name}` asks for many at once: map `references: {{{name}: …}}`, so that"
                    " the records that come can be told apart; or ask by $key"
                )

    def _check_filters(self) -> None:
        for place in (*self.by.values(), *([self.listing] if self.listing else [])):
            for name in place.filters:
                if not self._is_mapped(name, _FILTERABLE):
                    raise ValueError(f"`filters` names '{name}': no mapped field to compare")
            for name in place.orders:
                if not self._is_mapped(name, _SORTABLE):
                    raise ValueError(f"`orders` names '{name}', which is no mapped time or number")

    def _is_mapped(self, name: str, types: frozenset[FieldType]) -> bool:
        return name in self.fields and self.entity.fields[name].value_type in types


class GraphqlOptions(MappedOptions[GraphqlEntity], HttpOptions):
    """A source behind a GraphQL API."""

    kind: Literal["graphql"]
    """The kind of connector."""
    path: str = "/graphql"
    """Where the API is below `base_url`."""
