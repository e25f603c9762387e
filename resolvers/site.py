"""Where in a document and schema a field stands, for the errors about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from graphql import FieldNode


@dataclass(frozen=True, slots=True)
class SiteNote:
    """The field's coordinate (`Customer.name`) and the places in the document that ask for it."""

    coordinate: str
    locations: Sequence[Mapping[str, int]]


def note(parent_type: str, nodes: Sequence[FieldNode]) -> SiteNote:
    """The note of one field of a response."""
    # The lexer has counted the lines; to count them again for each field would take a time that
    # grows with the square of the document.
    tokens = [node.loc.start_token for node in nodes if node.loc is not None]
    locations = [{"line": each.line, "column": each.column} for each in tokens]
    return SiteNote(f"{parent_type}.{nodes[0].name.value}", locations)
