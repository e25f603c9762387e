"""One entity proposed: how to list it, how to look it up, and its mapping."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from connectors.mapping.entity import mappable, relations
from connectors.mapping.guess import bare, confidence, entity_of, singular
from connectors.rest.openapi.document import Document
from connectors.rest.openapi.field import changed, fields, key, reference, words_of
from connectors.rest.openapi.operation import (
    Operation,
    Parameter,
    Records,
    listed,
    operations,
    single,
)
from connectors.rest.openapi.paging import is_paging, paging
from connectors.rest.openapi.record import Record

_SINCE = ("updatedsince", "updatedafter", "modifiedsince", "modifiedafter", "changedsince",
          "updatedatmin", "lastmodifiedafter", "updatedgte", "updatedatgte")  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A list of the document, and what its records look like."""

    operation: Operation
    records: Records
    record: Record
    key: str | None

    @property
    def entity(self) -> str | None:
        """The entity that the records probably are."""
        return entity_of(self.operation.word)

    @property
    def rank(self) -> tuple[int, int, int]:
        """Comes first where this is more likely what its name says."""
        return (
            -confidence(self.operation.word),
            self.operation.path.count("/"),
            len(self.operation.path),
        )


@dataclass(frozen=True, slots=True)
class Api:
    """All GET operations of a document, and its lists."""

    document: Document
    operations: Sequence[Operation]
    lists: Sequence[Listed]

    @property
    def customer_word(self) -> str:
        """What customers are called here."""
        found = [each for each in self.lists if each.entity == "customer"]
        return singular(min(found, key=lambda each: each.rank).operation.word) if found else ""


def api(document: Document) -> Api:
    """What a document offers."""
    found = list(operations(document))
    lists = []
    for operation in found:
        records = listed(document, operation)
        if records is not None:
            record = Record(document, records.schema)
            known_key = key(record, singular(operation.word))
            lists.append(Listed(operation=operation, records=records, record=record, key=known_key))
    return Api(document, found, lists)


def settings(found: Api, each: Listed) -> dict[str, Any] | None:
    """The settings of the entity that a list holds; `None` where they would not work."""
    entity, operation = each.entity, each.operation
    if entity is None or each.key is None or operation.holes:
        return None
    fixed = _fixed(operation)
    mapped = fields(entity, each.record)
    if fixed is None or mapped is None:
        return None
    references = _references(found, each, entity)
    place = _place(found, each, each.records.items) | fixed
    by = _lookups(found, each, references, place)
    is_listed_only = "customer" in relations(mappable()[entity]) and "customer" not in by
    made: dict[str, Any] = {"mode": "synced"} if is_listed_only else {}
    made["key"] = each.key
    made |= _changes(each, place)
    made |= {"references": references} if references else {}
    return made | ({"by": by} if by else {}) | {"fields": mapped}


def _fixed(operation: Operation) -> dict[str, Any] | None:
    """The parameters that must be sent always; `None` where nothing tells their values."""
    params: dict[str, Any] = {}
    for each in operation.parameters:
        if each.is_required and not is_paging(each):
            schema = each.schema
            choices = [schema.get("default"), schema.get("example"), *(schema.get("enum") or ())]
            value = next((one for one in choices if isinstance(one, str | int)), None)
            if value is None:
                return None
            params[each.name] = value
    return {"params": params} if params else {}


def _place(found: Api, each: Listed, items: str) -> dict[str, Any]:
    place: dict[str, Any] = {"path": each.operation.path}
    if items != "@":
        place["items"] = items
    pages = paging(found.document, each.operation, each.key or "id")
    return place | ({"paging": pages} if pages else {})


def _changes(each: Listed, place: dict[str, Any]) -> dict[str, Any]:
    """The list, with how to ask for what changed where both parameter and time are known."""
    since = _named(each.operation, _SINCE)
    moment = changed(each.record)
    if since is None or moment is None:
        return {"list": place}
    numeric = since.schema.get("type") in {"integer", "number"}
    asked = {"param": since.name} | ({"format": "seconds"} if numeric else {})
    return {"changed": moment.path, "list": place | {"changed_since": asked}}


def _named(operation: Operation, names: Sequence[str]) -> Parameter | None:
    found = {bare(each.name): each for each in operation.parameters}
    return next((found[name] for name in names if name in found), None)


def _references(found: Api, each: Listed, entity: str) -> dict[str, str]:
    paths = {
        relation: reference(each.record, words_of(relation, found.customer_word))
        for relation in sorted(relations(mappable()[entity]))
        if relation != entity
    }
    return {relation: path for relation, path in paths.items() if path is not None}


def _lookups(
    found: Api, each: Listed, references: dict[str, str], place: dict[str, Any]
) -> dict[str, Any]:
    by: dict[str, Any] = {}
    one = _one(found, each) or _by_param(each, ["id", bare(singular(each.operation.word))], place)
    if one is not None:
        by["record_id"] = one
    if "customer" in relations(mappable()[each.entity or ""]):
        words = words_of("customer", found.customer_word)
        several = _by_param(each, words, place) or _below(found, each, words)
        if several is not None and ("customer" in references or several["how"] == "single"):
            by["customer"] = several
    return by


def _one(found: Api, each: Listed) -> dict[str, Any] | None:
    path = each.operation.path.rstrip("/")
    for operation in found.operations:
        rest = operation.path.rstrip("/").removeprefix(path + "/")
        if [rest] == operation.holes and not any(p.is_required for p in operation.parameters):
            items = single(found.document, operation, each.key or "id")
            shown = {} if items == "@" else {"items": items}
            return {"path": f"{path}/{{key}}", "how": "single"} | shown
    return None


def _by_param(each: Listed, words: Sequence[str], place: dict[str, Any]) -> dict[str, Any] | None:
    """A lookup by a parameter that takes one key, or several."""
    names = [name for word in words for name in (f"{bare(word)}ids", f"{bare(word)}id", bare(word))]
    if "id" in words:
        names = ["ids", *names]
    param = _named(each.operation, names)
    if param is None:
        return None
    how = "single"
    if param.schema.get("type") == "array":
        how = "repeat" if param.is_repeated else "comma"
    elif bare(param.name).endswith("ids"):
        how = "comma"
    return place | {"how": how, "param": param.name}


def _below(found: Api, each: Listed, words: Sequence[str]) -> dict[str, Any] | None:
    """A lookup by a list that stands below a customer, such as `/customers/{id}/orders`."""
    wanted = {bare(word) for word in words}
    for other in found.lists:
        parts = other.operation.path.strip("/").split("/")
        is_below = (
            len(other.operation.holes) == 1
            and len(parts) > 2  # noqa: PLR2004  # customers, {id}, orders
            and parts[-2] == other.operation.holes[0]
            and bare(singular(parts[-3])) in wanted
        )
        if is_below and other.operation.word == each.operation.word:
            place = _place(found, other, other.records.items)
            path = other.operation.path.replace(other.operation.holes[0], "{key}")
            return place | {"path": path, "how": "single"}
    return None
