"""A first look into a store: some of its files, without listing all of it."""

from connectors.documents.store import DocumentStore, RemoteFile
from connectors.http.message import Run

SAMPLE_FILES = 1_000


async def sample(store: DocumentStore, *, depth: int | None) -> tuple[list[RemoteFile], bool]:
    """The first files of a store, and whether these are all of them. Raises `SourceError`."""
    found: list[RemoteFile] = []
    pages = store.pages("", Run(), depth=depth)
    async for page in pages:
        found += page
        if len(found) > SAMPLE_FILES:
            return found[:SAMPLE_FILES], False
    return found, True
