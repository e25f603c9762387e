"""What one part of the configuration says about another: names must be those of something."""

from collections.abc import Collection, Iterator

from domain.catalogue import ENTITIES
from domain.customer import Profile
from domain.entity import value_fields
from gateway.config.document import Node
from gateway.config.problem import Place
from gateway.config.wording import dotted, suggestion

_INDEXED = frozenset({"customer", "customer_record"})


def dangling(root: Node) -> Iterator[tuple[Place, str]]:
    """A place and a sentence for each name that means nothing."""
    sources = root.parts.get("sources")
    yield from _precedence(root, set(sources.parts) if sources else set())
    for name, source in sources.parts.items() if sources else ():
        if "synced" in source.parts:
            yield from _synced(source.parts["synced"], ("sources", name, "synced"))


def _precedence(root: Node, sources: Collection[object]) -> Iterator[tuple[Place, str]]:
    identity = root.parts.get("identity")
    if identity is None:
        return
    names = {str(source) for source in sources} - {"native"}
    if "precedence" in identity.parts:
        path: tuple[str | int, ...] = ("identity", "precedence")
        yield from _unknown(identity.parts["precedence"], path, "source", names)
    if "precedence_by_field" not in identity.parts:
        return
    by_field = identity.parts["precedence_by_field"]
    known = set(value_fields(Profile))
    for field, listed in by_field.parts.items():
        path = ("identity", "precedence_by_field", field)
        if str(field) not in known:
            hint = suggestion(str(field), known)
            yield by_field.keys[field], f"{dotted(path)}: customers have no such field{hint}"
        yield from _unknown(listed, path, "source", names)


def _synced(listed: Node, path: tuple[str | int, ...]) -> Iterator[tuple[Place, str]]:
    for part in listed.parts.values():
        if part.value in _INDEXED:
            yield part.place, f"{dotted(path)}: customers are always pulled; leave them out here"
    yield from _unknown(listed, path, "entity", set(ENTITIES) - _INDEXED, accepted=_INDEXED)


def _unknown(
    listed: Node,
    path: tuple[str | int, ...],
    what: str,
    names: Collection[str],
    *,
    accepted: Collection[str] = (),
) -> Iterator[tuple[Place, str]]:
    for part in listed.parts.values():
        value = part.value
        if isinstance(value, str) and value not in names and value not in accepted:
            hint = suggestion(value, names)
            yield part.place, f"{dotted(path)}: there is no {what} '{value}'{hint}"
