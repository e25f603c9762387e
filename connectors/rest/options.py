"""The settings of a REST source: how to reach it, and for each entity how to list and look up."""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from connectors.contract import Op
from connectors.http.options import HttpOptions
from connectors.mapping import Dialect, EntityMapping, MappedOptions
from connectors.rest.paging import OnePage, Paging, Path
from domain.entity import FieldType

KEY = "{key}"
"""What stands for the key in the path of a single lookup."""
KEYS = "$keys"
"""What stands for the list of keys in a body."""

_FILTER_OPS = frozenset({Op.EQ, Op.GT, Op.GTE, Op.LT, Op.LTE})
# Texts are not among them: sources sort them in the ways of languages, we by code point.
_SORTABLE = frozenset({FieldType.DATETIME, FieldType.INTEGER, FieldType.DECIMAL})
_FILTERABLE = frozenset(
    {FieldType.TEXT, FieldType.ENUM, FieldType.INTEGER, FieldType.BOOLEAN, FieldType.DATETIME}
)


class _Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Place(_Settings):
    """Where records are: a path, and where in its answer."""

    path: str
    """The path below `base_url`, for example `/contacts`."""
    items: Path = "@"
    """JMESPath to the list of records in the answer, for example `data`; `@` is the whole."""
    params: dict[str, str | int] = {}
    """Query parameters to send always."""
    paging: Paging = OnePage()
    """How the list goes on."""


class ChangedSince(_Settings):
    """How to ask only for records that changed since a time."""

    param: str
    """The query parameter that takes the time, for example `updated_after`."""
    format: str = "iso"
    """How to write the time: `iso`, `seconds` or `milliseconds` since 1970, or a strftime format
    (in UTC)."""
    overlap_s: int = Field(300, ge=0)
    """How many seconds to look back behind the last change, for clocks that differ and changes
    that become visible late. Records in it are read again, which does no harm."""


class Sorting(_Settings):
    """How to ask for a sorted list, for one field. Records without a value may stand anywhere."""

    asc: dict[str, str] = {}
    """The query parameters that sort from small to large and early to late."""
    desc: dict[str, str] = {}
    """The query parameters that sort the other way round."""


class Listing(Place):
    """How to list all records."""

    changed_since: ChangedSince | None = None
    """How to ask only for what changed; without it each pull reads everything."""
    filters: dict[str, dict[Op, str]] = {}
    """Comparisons that the source can do: the field, the comparison, the query parameter, for
    example `opened_at: {gte: opened_after}`."""

    orders: dict[str, Sorting] = {}
    """Times and numbers that the source can sort by, for example
    `opened_at: {desc: {sort: -created}}`. The first page then answers who wants the newest."""

    @field_validator("filters")
    @classmethod
    def _has_known_ops(cls, value: dict[str, dict[Op, str]]) -> dict[str, dict[Op, str]]:
        strange = {op for params in value.values() for op in params} - _FILTER_OPS
        if strange:
            raise ValueError(
                f"'{min(strange)}' cannot be sent as a parameter; known are: "
                + ", ".join(sorted(_FILTER_OPS))
            )
        return value


class Lookup(Place):
    """How to ask for the records of given keys."""

    how: Literal["repeat", "comma", "terms", "body", "single"]
    """`repeat`: one parameter, repeated for each key. `comma`: one parameter with a comma list.
    `terms`: one parameter in the query language of the source, with a term for each key.
    `body`: a POST with the list of keys in its JSON. `single`: one request for each key."""
    param: str | None = None
    """The query parameter for the keys, for example `ids` or `ids[]`."""
    term: str | None = None
    """For `terms`: what asks for one key, with `{key}` in quotes, such as `owner = '{key}'`."""
    join: str = " OR "
    """For `terms`: what stands between two terms."""
    escape: Literal["backslash", "double"] | None = None
    """For `terms`: how the language writes a quote within quotes: `\\'` or `''`. Where it is not
    set, keys with a quote or a backslash are not asked for."""
    body: dict[str, Any] | None = None
    """For `body`: the JSON to send; the text `$keys` in it stands for the list of keys."""
    keys_per_call: int = Field(100, ge=1)
    """The most keys that the source takes in one request."""
    key_type: Literal["text", "integer"] = "text"
    """What keys are in a JSON body."""
    when_404: Literal["empty", "fail"] = "empty"
    """For `single`: whether 404 means that there are no records, or that something is wrong."""
    otherwise: "Lookup | None" = None
    """For `comma`: how to look up keys that hold a comma themselves."""

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        in_path = KEY in self.path
        if self.how == "single" and in_path == (self.param is not None):
            raise ValueError(f"a `single` lookup needs either {KEY} in its path or a `param`")
        if self.how != "single" and in_path:
            raise ValueError(f"{KEY} in the path needs `how: single`")
        if self.how in {"repeat", "comma", "terms"} and self.param is None:
            raise ValueError(f"`how: {self.how}` needs the `param` that takes the keys")
        if (self.how == "terms") != (self.term is not None):
            raise ValueError(f"`how: terms` and a `term` with {KEY} in it belong together")
        if self.term is not None and KEY not in self.term:
            raise ValueError(f"the `term` must hold {KEY}, which stands for one key")
        if (self.how == "body") != (self.body is not None):
            raise ValueError(f"`how: body` and a `body` with {KEYS} in it belong together")
        if self.body is not None and not _holds(self.body, KEYS):
            raise ValueError(f"the `body` must hold {KEYS}, which stands for the list of keys")
        if self.otherwise is not None and (self.how != "comma" or self.otherwise.how == "comma"):
            raise ValueError("`otherwise` belongs to `how: comma`, and must be another way")
        return self


class RestEntity(EntityMapping):
    """One entity of a REST source. Paths in `key`, `changed` and `fields` are JMESPath.

    With `each`, records are parts of what the source lists. Then `_parent` is the whole that a
    part stands in, and `_position` its number in there, from 1.
    """

    dialect: ClassVar[Dialect] = Dialect.JMESPATH

    listing: Listing | None = Field(None, alias="list")
    """How to list all records. Without it, records can only be looked up."""
    by: dict[str, Lookup] = Field(default_factory=dict)
    """How to look up records by `record_id`, or by a relation such as `customer`."""
    each: Path | None = None
    """JMESPath, in what is listed, to a list of parts that are the records, for example
    `line_items` in an order."""

    @model_validator(mode="after")
    def _can_be_read(self) -> Self:
        if self.listing is None and not self.by:
            raise ValueError("write `list`, or `by` with at least one lookup, or both")
        if self.written_as:
            self._check_lookups()
            self._check_filters()
        return self

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
            if name not in {"record_id", *self.references} and lookup.how != "single":
                raise ValueError(
                    f"`by: {name}` asks for many at once: map `references: {{{name}: …}}`, so that"
                    " the records that come can be told apart"
                )

    def _check_filters(self) -> None:
        if self.listing is None:
            return
        for name in self.listing.filters:
            if not self._is_mapped(name, _FILTERABLE):
                raise ValueError(f"`filters` names '{name}', which is no mapped field to compare")
        for name in self.listing.orders:
            if not self._is_mapped(name, _SORTABLE):
                raise ValueError(f"`orders` names '{name}', which is no mapped time or number")

    def _is_mapped(self, name: str, types: frozenset[FieldType]) -> bool:
        return name in self.fields and self.entity.fields[name].value_type in types


class RestOptions(MappedOptions[RestEntity], HttpOptions):
    """A source behind an HTTP API that speaks JSON."""

    kind: Literal["rest"]
    """The kind of connector."""

    openapi: str | None = None
    """An OpenAPI document (3.0 or 3.1) that describes the source: a file, relative to the
    configuration, or an address. `customer360 discover` then starts from it; nothing else does."""


def _holds(value: object, text: str) -> bool:
    match value:
        case Mapping():
            return any(_holds(each, text) for each in value.values())
        case list():
            return any(_holds(each, text) for each in value)
    return value == text
