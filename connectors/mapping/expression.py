"""Expressions: how one canonical value is made from a source's record, as the user writes it."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Literal, Self, TypeAlias
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    model_validator,
)

Scalar: TypeAlias = bool | int | float | str


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (OSError, ValueError, KeyError):  # KeyError: ZoneInfoNotFoundError
        raise ValueError(
            f"there is no time zone '{name}'; write an IANA name such as Europe/Berlin"
        ) from None
    return name


ZoneName = Annotated[str, AfterValidator(_zone)]
"""The IANA name of a time zone."""


class Settings(BaseModel):
    """What every part of a mapping has in common: frozen, unknown keys refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


def word(value: object) -> str:
    """The text under which a raw value stands in a `map`: `true` and `false` for booleans."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _worded(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {word(key): each for key, each in value.items()}
    return value


class Expression(Settings):
    """One value: where it comes from (`from`, `constant` or `join`) and how it is converted."""

    from_: str | None = Field(None, alias="from", min_length=1)
    """The column, or for JSON sources the JMESPath, that holds the value."""

    constant: Scalar | None = None
    """The same value for every record."""

    join: tuple[str, ...] | None = Field(None, min_length=1)
    """Several columns or paths whose texts are joined; missing ones are left out."""

    with_: str = Field(" ", alias="with")
    """What stands between joined texts."""

    map: Annotated[Mapping[str, Scalar], BeforeValidator(_worded)] | None = None
    """The source's words and the values they stand for; a word that is not listed is unreadable
    unless there is a `default`."""

    default: Scalar | None = None
    """The value where the source has none, or one that `map` does not list."""

    multiply_by: Decimal | None = None
    """A factor for numbers."""

    divide_by: Decimal | None = None
    """A divisor for numbers, such as 100 for amounts in cents."""

    time_zone: ZoneName | None = None
    """The IANA time zone of times that come without one; else that of the source."""

    format: str | None = None
    """How a date is written, in the words of strptime, such as `%d/%m/%Y %H:%M`; else ISO 8601."""

    unit: Literal["seconds", "milliseconds"] | None = None
    """The unit of a time that is a number since 1970-01-01 UTC."""

    separator: str | None = Field(None, min_length=1)
    """What stands between the parts of a list that is written as one text."""

    @model_validator(mode="after")
    def _has_one_origin(self) -> Self:
        origins = [self.from_ is not None, self.constant is not None, self.join is not None]
        if sum(origins) != 1:
            raise ValueError("write exactly one of 'from', 'constant' and 'join'")
        if self.divide_by is not None and self.divide_by == 0:
            raise ValueError("'divide_by' must not be 0")
        if self.format is not None and self.unit is not None:
            raise ValueError("write 'format' for texts or 'unit' for numbers, not both")
        return self

    @property
    def raws(self) -> tuple[str, ...]:
        """The columns or paths that the value is made from."""
        return self.join or (() if self.from_ is None else (self.from_,))

    @property
    def conversions(self) -> frozenset[str]:
        """The settings that make something else of the raw value."""
        return frozenset(self.model_fields_set - {"from_", "constant", "join", "with_"})


def _shorthand(value: Any) -> Any:
    if isinstance(value, bool | int | float) or value is None:
        raise ValueError(
            f"is {value!r}, expected the name of a column or path; YAML reads some words as other"
            " things (no, yes, on, off): put the name in quotes, or write {constant: …}"
        )
    return {"from": value} if isinstance(value, str) else value


Value = Annotated[Expression, BeforeValidator(_shorthand, json_schema_input_type=str | Expression)]
"""A column or path alone, or an expression."""

Parts: TypeAlias = dict[str, Value]
"""Several named values: a JSON object, or one e-mail address, phone number or postal address."""


def _is_expression(value: Any) -> bool:
    if isinstance(value, Mapping):
        return bool({"from", "constant", "join"} & value.keys())
    return not isinstance(value, list | tuple)


def _item_tag(value: Any) -> str:
    return "expression" if _is_expression(value) else "parts"


def _rule_tag(value: Any) -> str:
    return "items" if isinstance(value, list | tuple) else _item_tag(value)


Item = Annotated[
    Annotated[Value, Tag("expression")] | Annotated[Parts, Tag("parts")],
    Discriminator(_item_tag),
]
"""One entry of a list."""

Rule = Annotated[
    Annotated[Value, Tag("expression")]
    | Annotated[Parts, Tag("parts")]
    | Annotated[list[Item], Tag("items")],
    Discriminator(_rule_tag),
]
"""How a field is made: one expression, an object of expressions, or a list of either."""


class ReferenceInto(Settings):
    """A relation whose key points into another source."""

    from_: str = Field(alias="from", min_length=1)
    """The column or path that holds the other record's key."""

    source: str | None = None
    """The source that the key belongs to; else this one."""


Reference = Annotated[
    ReferenceInto, BeforeValidator(_shorthand, json_schema_input_type=str | ReferenceInto)
]
"""A column or path alone, or one that points into another source."""
