"""Nests: a row together with what hangs on it, as one JSON text made by the source.

A connector whose capability says `can_nest` is a `Nester`. It gives with every row of a `Batch`
that has a `nest` one value more, the last: the UTF-8 bytes of the JSON objects that the nest
describes. Relations inside of it lead to entities of the same connector. How much of a relation is
wanted may change from question to question, so it stands beside the nest, in `Batch.slices`.

What JSON alone cannot say is marked by control characters, which no JSON text holds:

- `DOUBT` stands where a required value is missing or an integer has more than 32 bits. The text
  is then worth nothing, and the caller asks again without a nest.
- `HOLE` surrounds what the caller completes: the number of the hole, `:`, and a JSON array of
  values. In it times are RFC 3339 texts, decimals and UUIDs texts.
- `WITNESS` stands behind the text where a relation has a `witness`: what follows are the values of
  that field of all rows of such relations, each with a comma behind it, in no order.

A nest is made once and asked many times: it is compared by identity.
"""

import enum
from dataclasses import dataclass
from typing import Final, TypeAlias

from domain.filter import Filter
from domain.order import Bound, Order

DOUBT: Final = "\x01"
HOLE: Final = "\x02"
BETWEEN: Final = "\x03"
WITNESS: Final = "\x04"


class Form(enum.Enum):
    """How a value is written in JSON."""

    TEXT = enum.auto()
    """A string; also the name of an enum value."""

    INTEGER = enum.auto()
    """A number of at most 32 bits, with its sign; a larger one is `DOUBT`."""

    BOOLEAN = enum.auto()

    DECIMAL = enum.auto()
    """A string with the exact number, never in exponent form."""

    DATETIME = enum.auto()
    """A string by RFC 3339 in UTC with milliseconds, cut and not rounded: `…T09:30:00.120Z`."""

    JSON = enum.auto()
    """JSON as it is stored."""


@dataclass(frozen=True, slots=True, eq=False)
class Constant:
    """JSON that is known beforehand."""

    json: str


@dataclass(frozen=True, slots=True, eq=False)
class Scalar:
    """A field of the row. A missing value is `null`, or `DOUBT` where it is required."""

    field: str
    form: Form
    is_required: bool


@dataclass(frozen=True, slots=True, eq=False)
class Texts:
    """A field that holds a list of texts."""

    field: str
    is_required: bool
    has_required_items: bool


@dataclass(frozen=True, slots=True, eq=False)
class Identifier:
    """A string: a prefix, and fields of the row that are never missing, with `:` between them."""

    prefix: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """A part of a mapping in a list, copied as it is stored; a missing one as with `Scalar`."""

    name: str
    is_required: bool


@dataclass(frozen=True, slots=True, eq=False)
class Items:
    """A field that holds a list of mappings: of each a JSON object with some of its entries."""

    field: str
    members: "tuple[tuple[str, Entry | Constant], ...]"
    is_required: bool
    has_required_items: bool


@dataclass(frozen=True, slots=True, eq=False)
class Object:
    """A JSON object of the row: keys and pieces. Missing where the field `condition` is."""

    members: "tuple[tuple[str, Piece], ...]"
    condition: str | None = None
    is_required: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Hole:
    """What the caller completes from fields of the row."""

    number: int
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class RowCursor:
    """A hole with the values by which the row is sorted in the list that it stands in."""

    number: int


@dataclass(frozen=True, slots=True, eq=False)
class Relation:
    """Rows of `entity` whose fields `match` equal the fields `key` of the row.

    `number` is the place of its slice in `Batch.slices`. `witness` is a field of the rows, a UUID,
    whose values are told behind the text.
    """

    number: int
    entity: str
    match: tuple[str, ...]
    key: tuple[str, ...]
    witness: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class RelatedOne:
    """The one row of a relation; `null`, or `DOUBT` where it is required, if there is none."""

    relation: Relation
    item: Object
    is_required: bool


@dataclass(frozen=True, slots=True, eq=False)
class RelatedMany:
    """All rows of a relation."""

    relation: Relation
    rows: "PageRows"


@dataclass(frozen=True, slots=True, eq=False)
class PageRows:
    """A JSON array of the rows of the page, or of all rows where they are not paged."""

    item: Object


@dataclass(frozen=True, slots=True, eq=False)
class PageEdge:
    """Whether rows lie beyond the end of the page, or before its start; `true` or `false`."""

    is_end: bool


@dataclass(frozen=True, slots=True, eq=False)
class PageCursor:
    """A hole with the sort values of the last or first row of the page; `null` if it is empty."""

    number: int
    is_end: bool


@dataclass(frozen=True, slots=True, eq=False)
class PageObject:
    """A JSON object of a page."""

    members: "tuple[tuple[str, PagePiece], ...]"


@dataclass(frozen=True, slots=True, eq=False)
class RelatedPage:
    """A page of the rows of a relation, as large as the slice says."""

    relation: Relation
    page: PageObject


PagePiece: TypeAlias = Constant | PageRows | PageEdge | PageCursor | PageObject
Piece: TypeAlias = (
    Constant
    | Scalar
    | Texts
    | Identifier
    | Items
    | Object
    | Hole
    | RowCursor
    | RelatedOne
    | RelatedMany
    | RelatedPage
)


@dataclass(frozen=True, slots=True, eq=False)
class Nest:
    """What the text of a row holds: objects, with `BETWEEN` between them where they are several.

    `relations` are all that are in them, in the order of their numbers. With a `page` the text is
    that of a page of the whole entity, a relation without keys, in a single row without fields.
    """

    items: tuple[Object, ...]
    relations: tuple[Relation, ...] = ()
    page: RelatedPage | None = None

    @property
    def has_witness(self) -> bool:
        """Whether values are told behind the text."""
        return any(each.witness is not None for each in self.relations)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """Which rows of a relation are wanted, for each row that it hangs on.

    `order` is total. `limit` rows of those between the bounds are given, in that order, or with
    `is_backward` in the reverse of it.
    """

    where: Filter | None = None
    order: tuple[Order, ...] = ()
    limit: int | None = None
    after: Bound | None = None
    until: Bound | None = None
    is_backward: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Slices:
    """The slices of all relations of a nest, by number.

    Those in which nothing changes are made once and `is_constant`; they are compared by identity.
    """

    each: tuple[Slice, ...] = ()
    is_constant: bool = False


NO_SLICES: Final = Slices(is_constant=True)
"""The slices of a nest without relations."""
