"""Checking: whether a store can be reached, and whether what is in it fits the layout."""

from collections.abc import Sequence
from itertools import islice

from connectors.contract import Finding, Severity, Skipped, SourceError
from connectors.documents.remote import Listing, RemoteShelf
from connectors.documents.sampling import sample
from connectors.documents.store import DocumentStore, RemoteFile
from connectors.http.message import Run

SETTING = "entities.document.layout"
MAX_SIDECARS = 20


async def check(shelf: RemoteShelf, store: DocumentStore) -> Sequence[Finding]:
    """What does not fit, by the first files of the store."""
    try:
        files, is_all = await sample(store, depth=None)
        if not files:
            return await store.hints() or (_nothing(),)
        return await _of_files(shelf, files, is_all=is_all)
    except SourceError as error:
        return (Finding(Severity.ERROR, error.message),)


async def _of_files(
    shelf: RemoteShelf, files: Sequence[RemoteFile], *, is_all: bool
) -> Sequence[Finding]:
    listing = Listing()
    shelf.sort(files, listing)
    sidecars = list(islice(listing.sidecars, MAX_SIDECARS))
    listed, neighbours = await shelf.listed(Listing(listing.files, sidecars), Run())
    now = shelf.now()
    found = shelf.shelf.catalogue(listed, now=now, earlier={})
    findings = [*_fitting(found.unmatched, len(listing.files), found.example, is_all=is_all)]
    skipped: list[Skipped] = [*found.snapshot.skipped, *neighbours.skipped()]
    if skipped:
        text = f"{len(skipped)} documents or sidecars are skipped; the first: {skipped[0].reason}"
        findings.append(Finding(Severity.WARNING, text, SETTING))
    if shelf.places.head is None:
        findings.append(_slow())
    return findings


def _fitting(unmatched: int, count: int, example: str | None, *, is_all: bool) -> Sequence[Finding]:
    which = f"the {count} files" if is_all else f"the first {count} files"
    if not unmatched:
        return ()
    if unmatched == count:
        text = f"none of {which} fits the layout, such as {example}; correct the layout"
        return (Finding(Severity.ERROR, text, SETTING),)
    text = f"{unmatched} of {which} do not fit the layout, such as {example}"
    return (Finding(Severity.WARNING, text, SETTING),)


def _nothing() -> Finding:
    return Finding(Severity.WARNING, "there are no files in the store", SETTING)


def _slow() -> Finding:
    return Finding(
        Severity.INFO,
        "the layout does not begin with the customer, such as customers/{customer}/{name}: the"
        " whole store is listed every 'refresh_s' instead of one folder for each customer; for"
        " more than some ten thousand files write 'mode: synced'",
        SETTING,
    )
