"""What the roles of `access` name: entities, fields, mutations, and masks that fit."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from domain.access.policy import Mask
from domain.access.rule import row_rule
from domain.catalogue import ENTITIES
from gateway.config.document import Node
from gateway.config.problem import Place
from gateway.config.wording import dotted, suggestion
from resolvers.mask import TYPES
from schema.outline import GraphField, outline

_IMPLIED = frozenset({"customer_record"})
"""What is seen by a relation, and never named itself."""

_TEXT_LISTS = frozenset({"emails", "phones", "addresses"})
_OF_TEXTS = frozenset({Mask.EMAIL, Mask.LAST_FOUR, Mask.HASH})

_Told = Iterator[tuple[Place, str]]
_Path = tuple[str | int, ...]


def of_roles(root: Node) -> _Told:
    """A place and a sentence for each name that means nothing, and each rule that cannot hold."""
    access = root.parts.get("access")
    roles = access.parts.get("roles") if access else None
    for name, role in roles.parts.items() if roles else ():
        path = ("access", "roles", str(name))
        if "may" in role.parts and isinstance(role.parts["may"].value, list):
            yield from _names(role.parts["may"], (*path, "may"), outline().mutations, "mutation")
        reads = role.parts.get("reads")
        for entity, rule in reads.parts.items() if reads else ():
            if isinstance(entity, str) and reads is not None:
                yield from _entity(entity, rule, reads.keys[entity], (*path, "reads", entity))


def _entity(name: str, rule: Node, place: Place, path: _Path) -> _Told:
    known = outline().fields.keys() - _IMPLIED
    if name not in known:
        yield place, f"{dotted(path)}: there is no entity '{name}'{suggestion(name, known)}"
        return
    if "level" in rule.parts and name != "customer":
        yield rule.parts["level"].place, f"{dotted((*path, 'level'))}: only customers have levels"
    fields = outline().fields[name]
    if "fields" in rule.parts:
        yield from _names(rule.parts["fields"], (*path, "fields"), fields, "field")
    if "masks" in rule.parts:
        yield from _masks(rule.parts["masks"], (*path, "masks"), fields)
    if "rows" in rule.parts and isinstance(rule.parts["rows"].value, dict):
        yield from _rows(name, rule.parts["rows"], (*path, "rows"))


def _rows(name: str, rows: Node, path: _Path) -> _Told:
    if name not in ENTITIES:
        yield rows.place, f"{dotted(path)}: {name}s are seen all or not at all"
        return
    try:
        row_rule(ENTITIES[name], rows.value)
    except ValueError as exc:
        yield rows.place, f"{dotted(path)}: {exc}"


def _names(listed: Node, path: _Path, known: Collection[str], what: str) -> _Told:
    for part in listed.parts.values():
        if isinstance(part.value, str) and part.value not in known:
            hint = suggestion(part.value, known)
            yield part.place, f"{dotted(path)}: there is no {what} '{part.value}'{hint}"


def _masks(masks: Node, path: _Path, fields: Mapping[str, GraphField]) -> _Told:
    if path[-2] not in ENTITIES:
        for place in masks.keys.values():
            yield place, f"{dotted(path)}: nothing of a source is masked; leave it out of `fields`"
        return
    for name, part in masks.parts.items():
        field = fields.get(str(name))
        if field is None:
            hint = suggestion(str(name), fields)
            yield masks.keys[name], f"{dotted(path)}: there is no field '{name}'{hint}"
        elif not _fits(str(name), field, part.value):
            what = f"'{part.value}' is no mask for a {field.type_name}"
            instead = "leave the field out of `fields` to hide it"
            yield part.place, f"{dotted((*path, name))}: {what}; {instead}"


def _fits(name: str, field: GraphField, value: Any) -> bool:
    """Whether a mask is one for the field; what is no mask at all is told elsewhere."""
    if value not in {each.value for each in Mask}:
        return True
    mask = Mask(value)
    if name in _TEXT_LISTS:
        return mask in _OF_TEXTS
    return field.is_single and (mask is Mask.NULL or field.type_name in TYPES[mask])
