"""A source proposed from a document: its settings, and the lists that it has."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.contract import DiscoveredEntity
from connectors.rest.openapi.document import parse
from connectors.rest.openapi.entity import Api, Listed, api, settings
from connectors.rest.openapi.security import auth, base_url


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """`settings` are those of the source without its entities; `offered` are its lists."""

    title: str
    settings: Mapping[str, Any]
    offered: Sequence[DiscoveredEntity]


def propose(text: str, *, name: str, address: str | None = None) -> Proposal:
    """What a document says about a source that will have this name.

    `address` is where the document was found, for servers that are named relative to it. Raises
    `NoDocument` where it is none that can be used.
    """
    document = parse(text)
    found = api(document)
    offered = _offered(found)
    asked = [each.operation.security for each in found.lists]
    source: dict[str, Any] = {"kind": "rest", "base_url": base_url(document, address, name)}
    credentials = auth(document, name, asked)
    if credentials:
        source["auth"] = credentials
    title = document.resolved(document.root.get("info")).get("title")
    return Proposal(title=str(title or "an API"), settings=source, offered=offered)


def _offered(found: Api) -> list[DiscoveredEntity]:
    """The lists; those whose settings would work come first, the likeliest of each entity."""
    made: list[DiscoveredEntity] = []
    lists = sorted(found.lists, key=lambda each: each.rank)
    known = [(each, settings(found, each)) for each in lists]
    for each, its_settings in sorted(known, key=lambda pair: pair[1] is None):
        is_first = all(other.entity != each.entity for other in made if other.settings)
        made.append(_entity(each, its_settings if is_first else None))
    return made


def _entity(each: Listed, its_settings: Mapping[str, Any] | None) -> DiscoveredEntity:
    return DiscoveredEntity(
        name=each.operation.path,
        fields=each.record.types(),
        key=each.key,
        entity=each.entity if its_settings else None,
        settings=its_settings,
    )
