"""What a bucket says it holds: answers of ListObjectsV2."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import unquote_plus
from xml.etree.ElementTree import Element

from connectors.contract import Malformed
from connectors.documents.store import RemoteFile
from connectors.http.xml import parsed, text_of


@dataclass(frozen=True, slots=True)
class Page:
    """Some objects, the folders where the listing is by folders, and how it goes on."""

    files: Sequence[RemoteFile]
    folders: Sequence[str]
    next_token: str | None


def page(body: bytes, *, source: str, root: str) -> Page:
    """A page of a listing; names are those below `root`. Raises `Malformed`."""
    document = parsed(body, source=source, what="the list of objects")
    _without_namespaces(document)
    if document.tag != "ListBucketResult":
        raise Malformed(source, f"a list of objects was expected, and <{document.tag}> came")
    is_encoded = text_of(document, "EncodingType") == "url"
    files = [_file(each, root, source, is_encoded) for each in document.iterfind("Contents")]
    folders = [text_of(each, "Prefix") or "" for each in document.iterfind("CommonPrefixes")]
    is_cut = text_of(document, "IsTruncated") == "true"
    token = text_of(document, "NextContinuationToken") if is_cut else None
    if is_cut and token is None:
        raise Malformed(source, "the list of objects is cut off, and does not say how it goes on")
    return Page(
        files=[each for each in files if each is not None],
        folders=[unquote_plus(each) if is_encoded else each for each in folders],
        next_token=token,
    )


def _file(entry: Element, root: str, source: str, is_encoded: bool) -> RemoteFile | None:  # noqa: FBT001  # private
    key = entry.findtext("Key") or ""
    key = unquote_plus(key) if is_encoded else key
    name = key.removeprefix(root)
    steps = name.split("/")
    # Markers of folders, and keys that no path can name: browsers and proxies resolve such steps.
    if not steps[-1] or {".", ".."} & set(steps) or not key.startswith(root):
        return None
    try:
        modified_at = datetime.fromisoformat(entry.findtext("LastModified") or "")
        size_bytes = int(entry.findtext("Size") or "")
    except ValueError as exc:
        raise Malformed(source, f"{name}: its time or its size cannot be read") from exc
    return RemoteFile(
        name=name if name.isascii() else unicodedata.normalize("NFC", name),
        key=key,
        size_bytes=size_bytes,
        modified_at=modified_at,
        version=(text_of(entry, "ETag") or "").strip('"') or None,
    )


def _without_namespaces(document: Element) -> None:
    """Stores name the namespace differently, or not at all."""
    for each in document.iter():
        each.tag = each.tag.rpartition("}")[2]
