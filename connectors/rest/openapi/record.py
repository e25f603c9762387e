"""A record as a document describes it: the paths in it, and what stands there."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.mapping.guess import bare
from connectors.rest.openapi.document import Document, Node
from connectors.rest.openapi.operation import quoted

_DEPTH = 3
_SHOWN = 2
_ENTRIES = ("address", "email", "value", "number", "phone", "name")


@dataclass(frozen=True, slots=True)
class Leaf:
    """One value of a record: its path, the JSON type and the schema.

    Of an array it is the type `array`, and `inner` is the path to texts in it, if there are any.
    """

    path: str
    kind: str
    schema: Node
    inner: str | None = None

    @property
    def text(self) -> str:
        """What its description says, in small letters."""
        return str(self.schema.get("description") or "").lower()

    @property
    def words(self) -> Sequence[str]:
        """The values that it may have, where the document lists them."""
        found = self.schema.get("enum")
        return [str(each) for each in found if each is not None] if isinstance(found, list) else ()


class Record:
    """What a document says of the records of one list."""

    def __init__(self, document: Document, schema: Node) -> None:
        found = list(_leaves(document, schema, "", _DEPTH))
        # Of like names the outermost counts: sorting is stable.
        found.sort(key=lambda leaf: leaf.path.count("."))
        self.leaves: Mapping[str, Leaf] = {leaf.path: leaf for leaf in found}
        self._by_name: dict[str, Leaf] = {}
        for leaf in found:
            self._by_name.setdefault(bare(leaf.path), leaf)

    def leaf(self, names: Sequence[str], kinds: frozenset[str] | set[str]) -> Leaf | None:
        """The first of these names, without case and punctuation, that has one of the types."""
        for name in names:
            found = self._by_name.get(name)
            if found is not None and found.kind in kinds:
                return found
        return None

    def under(self, names: Sequence[str]) -> dict[str, Leaf]:
        """What stands in the first object of these names, by bare name."""
        for name in names:
            found = {
                bare(leaf.path.rpartition(".")[2]): leaf
                for leaf in self.leaves.values()
                if bare(leaf.path.rpartition(".")[0]) == name
            }
            if found:
                return found
        return {}

    def types(self) -> dict[str, str]:
        """The paths, and what stands there in words; without those deep inside."""
        return {
            path: "text" if leaf.kind == "string" else leaf.kind
            for path, leaf in self.leaves.items()
            if path.count(".") < _SHOWN
        }


def _leaves(document: Document, schema: Node, before: str, depth: int) -> Iterator[Leaf]:
    for name, each in document.properties(schema):
        path = f"{before}.{quoted(name)}" if before else quoted(name)
        kind = str(each.get("type") or "string")
        if kind == "object" and depth > 1 and each.get("properties"):
            yield from _leaves(document, each, path, depth - 1)
        elif kind == "array":
            yield Leaf(path, kind, each, _texts(document, each, path))
        else:
            yield Leaf(path, kind, each)


def _texts(document: Document, schema: Node, path: str) -> str | None:
    inner = document.items(schema)
    if inner.get("type") in {"string", None}:
        return path
    properties: dict[str, Any] = {bare(name): name for name, _ in document.properties(inner)}
    found = next((properties[name] for name in _ENTRIES if name in properties), None)
    return f"{path}[].{quoted(found)}" if found else None
