"""Where in a document and schema a field stands, for the errors about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from graphql import FieldNode, get_location


@dataclass(frozen=True, slots=True)
class SiteNote:
    """The field's coordinate (`Customer.name`) and the places in the document that ask for it."""

    coordinate: str
    locations: Sequence[Mapping[str, int]]


def note(parent_type: str, nodes: Sequence[FieldNode]) -> SiteNote:
    """The note of one field of a response."""
    locations = []
    for node in nodes:
        if node.loc is not None:
            place = get_location(node.loc.source, node.loc.start)
            locations.append({"line": place.line, "column": place.column})
    return SiteNote(f"{parent_type}.{nodes[0].name.value}", locations)
