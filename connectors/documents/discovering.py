"""Discovering: the folders at the top of a store, with an example of what is below each."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from connectors.contract import DiscoveredEntity
from connectors.documents.sampling import sample
from connectors.documents.store import DocumentStore

_FACTS: Mapping[str, str] = MappingProxyType(
    {
        "name": "text",
        "suffix": "text",
        "folder": "text",
        "media_type": "text",
        "size_bytes": "number",
        "modified_at": "time",
        "version": "text",
    }
)


async def discovered(store: DocumentStore) -> Sequence[DiscoveredEntity]:
    """The folders among the first files of a store; raises `SourceError`."""
    files, is_all = await sample(store, depth=None)
    folders: dict[str, list[str]] = {}
    for file in files:
        folder, slash, _ = file.name.partition("/")
        folders.setdefault(f"{folder}/" if slash else "(top)", []).append(file.name)
    return [
        DiscoveredEntity(
            name=folder,
            fields={"path": f"text, such as {names[0]}", **_FACTS},
            key="path",
            record_count=len(names) if is_all else None,
        )
        for folder, names in sorted(folders.items())
    ]
