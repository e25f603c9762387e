"""An OpenAPI document, with its references followed and its schemas merged."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from urllib.parse import unquote

import orjson
import yaml

Node: TypeAlias = Mapping[str, Any]

_VERSION = re.compile(r"3\.[0-9]+(\.[0-9]+)?\S*")


class NoDocument(Exception):
    """What was read is no OpenAPI document that could be used; says why."""


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed document. `root` is the whole, `known` what was merged of it already."""

    root: Node
    known: dict[str, Node] = field(default_factory=dict)

    def resolved(self, node: object) -> Node:
        """What a node means: the end of its references; nothing where they lead nowhere."""
        seen: set[str] = set()
        while isinstance(node, Mapping) and isinstance(node.get("$ref"), str):
            place = node["$ref"]
            if place in seen:
                return {}
            seen.add(place)
            node = self._at(place)
        return node if isinstance(node, Mapping) else {}

    def _at(self, place: str) -> object:
        # References into other files are not followed: they are empty.
        if not place.startswith("#/"):
            return {}
        found: object = self.root
        for part in place[2:].split("/"):
            name = unquote(part).replace("~1", "/").replace("~0", "~")
            found = found.get(name) if isinstance(found, Mapping) else None
        return found

    def schema(self, node: object, above: frozenset[str] = frozenset()) -> Node:
        """A schema with `allOf` merged, and of alternatives the first that is not null.

        `above` are the references that led here: a schema that is a part of itself has an end.
        """
        place = node.get("$ref") if isinstance(node, Mapping) else None
        if not isinstance(place, str):
            return self._merged(self.resolved(node), above)
        if place in above:
            return {}
        if place not in self.known:
            self.known[place] = self._merged(self.resolved(node), above | {place})
        return self.known[place]

    def _merged(self, found: Node, above: frozenset[str]) -> Node:
        parts = [self.schema(each, above) for each in _listed(found, "allOf")]
        for name in ("oneOf", "anyOf"):
            others = [self.schema(each, above) for each in _listed(found, name)]
            parts += [each for each in others if each.get("type") != "null"][:1]
        merged: dict[str, Any] = {}
        for part in [*parts, {k: v for k, v in found.items() if k not in _COMBINING}]:
            properties = {**merged.get("properties", {}), **_mapping(part, "properties")}
            merged = {**merged, **part}
            if properties:
                merged["properties"] = properties
        return {**merged, "type": _type(merged)}

    def properties(self, schema: Node) -> Iterator[tuple[str, Node]]:
        """The properties of a merged schema, each merged."""
        for name, each in _mapping(schema, "properties").items():
            yield str(name), self.schema(each)

    def items(self, schema: Node) -> Node:
        """The schema of what stands in an array."""
        return self.schema(schema.get("items"))


_COMBINING = frozenset({"allOf", "oneOf", "anyOf"})


def parse(text: str) -> Document:
    """A document from JSON or YAML. Raises `NoDocument` where it is none, in words."""
    try:
        is_json = text.lstrip().startswith("{")
        # A subclass of the safe loader, written in C.
        root = orjson.loads(text) if is_json else yaml.load(text, yaml.CSafeLoader)
    except (ValueError, yaml.YAMLError, RecursionError) as exc:
        raise NoDocument("it is neither JSON nor YAML that can be read") from exc
    if not isinstance(root, Mapping):
        raise NoDocument("it holds no OpenAPI document")
    if "swagger" in root:
        raise NoDocument(
            "it is Swagger 2; convert it to OpenAPI 3, for example with swagger2openapi"
        )
    if not _VERSION.fullmatch(str(root.get("openapi", ""))):
        raise NoDocument("it does not say `openapi: 3.…` at its top")
    return Document(root)


def _listed(node: Node, name: str) -> Sequence[Any]:
    found = node.get(name)
    return found if isinstance(found, list) else ()


def _mapping(node: Node, name: str) -> Node:
    found = node.get(name)
    return found if isinstance(found, Mapping) else {}


def _type(schema: Node) -> str | None:
    """The type of a schema: the first one that is not null, or the one that follows from it."""
    found = schema.get("type")
    if isinstance(found, list):
        found = next((each for each in found if each != "null"), "null")
    if isinstance(found, str):
        return found
    if "properties" in schema:
        return "object"
    if "items" in schema:
        return "array"
    return "string" if "enum" in schema else None
