"""Where in a document and schema a field stands, for the errors about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from graphql import FieldNode, get_location


@dataclass(frozen=True, slots=True)
class SiteNote:
    """The field's coordinate (`Customer.name`) and the nodes of the document that ask for it."""

    coordinate: str
    nodes: Sequence[FieldNode]

    @property
    def locations(self) -> Sequence[Mapping[str, int]]:
        """The places of the nodes in the document. Lines are counted anew: for errors only."""
        places = [get_location(each.loc.source, each.loc.start) for each in self.nodes if each.loc]
        return [{"line": each.line, "column": each.column} for each in places]


def note(parent_type: str, nodes: Sequence[FieldNode]) -> SiteNote:
    """The note of one field of a response."""
    return SiteNote(f"{parent_type}.{nodes[0].name.value}", nodes)
