"""What one part of the configuration says about another: names must be those of something."""

from collections.abc import Collection, Iterator, Sequence

from connectors.federation import INDEXED
from domain.catalogue import ENTITIES
from domain.customer import Profile
from domain.entity import value_fields
from gateway.config.document import Node
from gateway.config.problem import Place
from gateway.config.role_reference import of_roles
from gateway.config.wording import dotted, suggestion


def dangling(root: Node) -> Iterator[tuple[Place, str]]:
    """A place and a sentence for each name that means nothing."""
    sources = root.parts.get("sources")
    yield from _precedence(root, set(sources.parts) if sources else set())
    for name, source in sources.parts.items() if sources else ():
        yield from _kept(str(name), source)
    yield from of_roles(root)


def _kept(name: str, source: Node) -> Iterator[tuple[Place, str]]:
    """Of which entities answers can be kept: of those that may be live."""
    cache = source.parts.get("cache")
    if cache is None:
        return
    known = ENTITIES.keys() - INDEXED
    for entity in cache.parts:
        path = dotted(("sources", name, "cache"))
        if entity in INDEXED:
            yield cache.keys[entity], f"{path}: customers are in the index, which is always asked"
        elif entity not in known:
            hint = suggestion(str(entity), known)
            yield cache.keys[entity], f"{path}: there is no entity '{entity}'{hint}"


def _precedence(root: Node, sources: Collection[object]) -> Iterator[tuple[Place, str]]:
    identity = root.parts.get("identity")
    if identity is None:
        return
    names = {str(source) for source in sources} - {"native"}
    if "precedence" in identity.parts:
        path: tuple[str | int, ...] = ("identity", "precedence")
        yield from _unknown(identity.parts["precedence"], path, names)
    if "precedence_by_field" not in identity.parts:
        return
    by_field = identity.parts["precedence_by_field"]
    known = set(value_fields(Profile))
    for field, listed in by_field.parts.items():
        path = ("identity", "precedence_by_field", field)
        if str(field) not in known:
            hint = suggestion(str(field), known)
            yield by_field.keys[field], f"{dotted(path)}: customers have no such field{hint}"
        yield from _unknown(listed, path, names)


def _unknown(
    listed: Node, path: Sequence[str | int], names: Collection[str]
) -> Iterator[tuple[Place, str]]:
    for part in listed.parts.values():
        if isinstance(part.value, str) and part.value not in names:
            hint = suggestion(part.value, names)
            yield part.place, f"{dotted(path)}: there is no source '{part.value}'{hint}"
