"""Ready-made row rules for portals: how far around themselves viewers see customers.

The claim `customer` is the customer that the viewer is, `company` the organization that the viewer
belongs to; both are ids as the graph shows them. An organization below another one is a customer of
the kind `ORGANIZATION` whose `organization` is that other one.
"""

import enum
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from domain.access.rule import row_rule
from domain.catalogue import ENTITIES
from domain.filter import Filter


class Level(enum.StrEnum):
    """How far around themselves viewers see customers."""

    OWN = "own"
    """The customer that the viewer is."""
    COMPANY = "company"
    """The viewer's organization and its contacts."""
    SUBSIDIARIES = "subsidiaries"
    """Also the organizations directly below it, and their contacts."""
    HIERARCHY = "hierarchy"
    """Also all organizations below those, and their contacts."""


ORGANIZATIONS: Final = "organizations"
"""The claim that stands for the organization of the claim `company` and all that are below it. It
is not told by the viewer's key or token but found in the store; see `Level.HIERARCHY`."""

COMPANY: Final = "company"
"""The claim with the organization that a viewer belongs to."""

_CONTACT: Final = {"kind": {"ne": "ORGANIZATION"}}

_OF_COMPANY: Final = (
    {"id": {"eq": "$company"}},
    {**_CONTACT, "organization": {"id": {"eq": "$company"}}},
)

_RULES: Final[Mapping[Level, Any]] = MappingProxyType(
    {
        Level.OWN: {"id": {"eq": "$customer"}},
        Level.COMPANY: {"or": _OF_COMPANY},
        Level.SUBSIDIARIES: {
            "or": (
                {"id": {"eq": "$company"}},
                {"organization": {"id": {"eq": "$company"}}},
                {**_CONTACT, "organization": {"organization": {"id": {"eq": "$company"}}}},
            )
        },
        Level.HIERARCHY: {
            "or": (
                {"id": {"in": f"${ORGANIZATIONS}"}},
                {**_CONTACT, "organization": {"id": {"in": f"${ORGANIZATIONS}"}}},
            )
        },
    }
)


def level_rule(level: Level) -> Filter:
    """The row rule of a level, with claims for values."""
    return row_rule(ENTITIES["customer"], _RULES[level])
