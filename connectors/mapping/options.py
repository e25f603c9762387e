"""Options that the kinds of connectors with a mapping share."""

from collections.abc import Mapping
from typing import Any, Generic, TypeVar

from pydantic import Field, field_validator

from connectors.contract import Options
from connectors.mapping.entity import EntityMapping, mappable, unknown
from connectors.mapping.expression import ZoneName

E = TypeVar("E", bound=EntityMapping)


class MappedOptions(Options, Generic[E]):
    """A source whose records are mapped to entities."""

    time_zone: ZoneName = "UTC"
    """The IANA time zone of times in this source that come without one."""

    phone_region: str | None = Field(None, pattern=r"^[A-Z]{2}$")
    """The country, such as `CN`, of phone numbers that are written without a country code."""

    entities: dict[str, E] = Field(default_factory=dict)
    """The entities that the source has: `customer`, `purchase`, `ticket` and so on."""

    @property
    def synced(self) -> frozenset[str]:
        """The entities of mode `synced`, besides customers."""
        modes = {each.entity.name: each.mode for each in self.entities.values()}
        return frozenset(
            name for name, mode in modes.items() if mode == "synced" and name != "customer_record"
        )

    @field_validator("entities", mode="before")
    @classmethod
    def _named(cls, value: Any) -> Any:
        if not isinstance(value, Mapping):
            return value
        return {name: _with_name(name, each) for name, each in value.items()}


def _with_name(name: str, value: Any) -> Any:
    known = mappable()
    if name not in known:
        raise ValueError(unknown("entity", name, known))
    if not isinstance(value, Mapping):
        return value
    if "written_as" in value:
        raise ValueError("'written_as' is no setting of an entity")
    return {**value, "written_as": name}
