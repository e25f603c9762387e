"""The operations of a document that list records, and those that give one of them."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connectors.mapping.guess import bare, singular
from connectors.rest.openapi.document import Document, Node

_PLACEHOLDER = re.compile(r"\{[^}]*\}")
_LISTS = ("data", "items", "results", "records", "value", "values", "content", "entries", "list")
_ONES = ("data", "item", "result", "record")
_GOOD = ("200", "2XX", "2xx", "default")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A query parameter. `is_repeated` says how a list of values is written."""

    name: str
    schema: Node
    is_required: bool
    is_repeated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """A GET operation. `envelope` is the schema of its answer, `headers` those that it names."""

    path: str
    parameters: Sequence[Parameter]
    envelope: Node
    headers: frozenset[str] = field(default_factory=frozenset)
    security: Sequence[Node] | None = None

    @property
    def word(self) -> str:
        """The last word of the path that is no placeholder: what the operation is about."""
        parts = [each for each in self.path.split("/") if each and "{" not in each]
        return parts[-1].partition(".")[0] if parts else ""

    @property
    def holes(self) -> Sequence[str]:
        """The placeholders of the path."""
        return _PLACEHOLDER.findall(self.path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """Where records stand in an answer, and what they look like."""

    items: str
    schema: Node


def operations(document: Document) -> Iterator[Operation]:
    """All GET operations that answer JSON."""
    for path, item in document.resolved(document.root.get("paths")).items():
        place = document.resolved(item)
        if not isinstance(place.get("get"), Mapping):
            continue
        asked = document.resolved(place["get"])
        answer = _answer(document, asked)
        if answer is None:
            continue
        schema, headers = answer
        given = [*(place.get("parameters") or ()), *(asked.get("parameters") or ())]
        yield Operation(
            path=str(path),
            parameters=_parameters(document, given),
            envelope=schema,
            headers=headers,
            security=asked.get("security"),
        )


def _answer(document: Document, asked: Node) -> tuple[Node, frozenset[str]] | None:
    responses = {str(k): v for k, v in document.resolved(asked.get("responses")).items()}
    response = document.resolved(next((responses[s] for s in _GOOD if s in responses), None))
    content = document.resolved(response.get("content"))
    kind = next((each for each in content if "json" in str(each)), None)
    if kind is None:
        return None
    headers = frozenset(bare(str(each)) for each in document.resolved(response.get("headers")))
    return document.schema(document.resolved(content[kind]).get("schema")), headers


def _parameters(document: Document, given: Sequence[Any]) -> list[Parameter]:
    found: dict[str, Parameter] = {}
    for each in map(document.resolved, given):
        if each.get("in") == "query" and isinstance(each.get("name"), str):
            style = each.get("style", "form")
            found[each["name"]] = Parameter(
                name=each["name"],
                schema=document.schema(each.get("schema")),
                is_required=each.get("required") is True,
                is_repeated=style == "form" and each.get("explode", True) is True,
            )
    return list(found.values())


def listed(document: Document, operation: Operation) -> Records | None:
    """The records that an operation lists; `None` where it lists none."""
    if operation.path.rstrip("/").endswith("}"):
        return None
    return _within(document, operation.envelope, operation.word, "", 2)


def _within(document: Document, schema: Node, word: str, before: str, depth: int) -> Records | None:
    if schema.get("type") == "array":
        inner = document.items(schema)
        is_record = inner.get("type") == "object"
        return Records(items=before or "@", schema=inner) if is_record else None
    if schema.get("type") != "object" or depth == 0:
        return None
    properties = dict(document.properties(schema))
    for name in sorted(properties, key=lambda each: _rank(each, word)):
        path = f"{before}.{quoted(name)}" if before else quoted(name)
        found = _within(document, properties[name], word, path, depth - 1)
        if found is not None:
            return found
    return None


def _rank(name: str, word: str) -> tuple[int, int]:
    if bare(name) == bare(word):
        return (0, 0)
    return (1, _LISTS.index(bare(name))) if bare(name) in _LISTS else (2, 0)


def single(document: Document, operation: Operation, key: str) -> str:
    """Where the one record stands that an operation gives: the whole, or a part of it."""
    properties = dict(document.properties(operation.envelope))
    if key in properties:
        return "@"
    for name, schema in properties.items():
        is_named = bare(name) in _ONES or bare(name) == bare(singular(operation.word))
        if is_named and schema.get("type") == "object":
            return quoted(name)
    return "@"


def quoted(name: str) -> str:
    """A name as JMESPath writes it."""
    return name if name.isidentifier() and name.isascii() else f'"{name}"'
