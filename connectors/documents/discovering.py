"""Discovering: the folders at the top of a store, and a layout that fits most of what is there."""

from collections import Counter
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
_INNER = ("{name}", "{customer}/{name}", "{customer}/{kind}/{name}", "{customer}/{kind}/**/{name}")
"""Layouts by how many folders there are."""
_FEW = 5
"""So many folders at the top may be shelves; more are taken for those of customers."""
_MANY = 20


async def discovered(store: DocumentStore) -> Sequence[DiscoveredEntity]:
    """The folders among the first files of a store; raises `SourceError`.

    The one with the most files comes first, with a layout for it.
    """
    files, is_all = await sample(store, depth=None)
    folders: dict[str, list[str]] = {}
    for file in files:
        folder, slash, _ = file.name.partition("/")
        folders.setdefault(f"{folder}/" if slash else "", []).append(file.name)
    if len(folders) > _FEW:
        folders = {"": [each.name for each in files]}
    ranked = sorted(folders.items(), key=lambda each: (-len(each[1]), each[0]))
    return [
        DiscoveredEntity(
            name=folder or "(top)",
            fields={"path": f"text, such as {names[0]}", **_FACTS},
            key="path",
            record_count=len(names) if is_all else None,
            entity="document",
            settings={"layout": layout(folder, names)},
        )
        for folder, names in ranked[:_MANY]
    ]


def layout(folder: str, names: Sequence[str]) -> str:
    """A guess: the customer's folder first, then that of the kind, if most paths are so long."""
    depths = Counter(each.removeprefix(folder).count("/") for each in names)
    depth = depths.most_common(1)[0][0]
    return folder + _INNER[min(depth, len(_INNER) - 1)]
