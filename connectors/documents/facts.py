"""Facts: what a path and its sidecars tell about a document, for mappings to look into."""

from collections.abc import Mapping
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Any

from connectors.documents.media import media_type
from connectors.documents.stored import StoredFile
from domain.document import DocumentKind

_WORDS: Mapping[str, DocumentKind] = MappingProxyType(
    {
        "合同": DocumentKind.CONTRACT,
        "协议": DocumentKind.CONTRACT,
        "报价": DocumentKind.PROPOSAL,
        "报价单": DocumentKind.PROPOSAL,
        "方案": DocumentKind.PROPOSAL,
        "发票": DocumentKind.INVOICE,
        "报告": DocumentKind.REPORT,
        "函件": DocumentKind.CORRESPONDENCE,
        "往来": DocumentKind.CORRESPONDENCE,
    }
)
"""Words in paths that name a kind, besides the kinds' own names in singular and plural."""

_KINDS = frozenset(each.name for each in DocumentKind)


def facts(
    file: StoredFile,
    *,
    layout: Mapping[str, str],
    meta: Mapping[str, Any],
    sidecar: Mapping[str, Any],
    kinds: Mapping[str, str],
) -> Mapping[str, Any]:
    """The raw record of a document: the sidecar of the file wins over the path, that over the rest.

    `layout` are the parts of the path, `meta` is the file's own sidecar, `sidecar` that of its
    folder; `kinds` are the configured words for kinds.
    """
    path = PurePosixPath(file.name)
    return {
        "path": file.name,
        "name": meta.get("name") or path.name,
        "suffix": path.suffix,
        "folder": path.parent.name,
        "media_type": meta.get("media_type") or media_type(path.suffix, otherwise=file.media_type),
        "size_bytes": file.size_bytes,
        "modified_at": file.modified_at,
        "version": meta.get("version") or layout.get("version") or file.version,
        "kind": kind(meta.get("kind") or layout.get("kind"), kinds=kinds),
        "customer": meta.get("customer") or layout.get("customer") or sidecar.get("id"),
        "layout": layout,
        "meta": meta,
        "sidecar": sidecar,
    }


def kind(word: object, *, kinds: Mapping[str, str]) -> str:
    """The kind that a word means, such as `invoices` or `合同`; `OTHER` where nobody knows it."""
    text = str(word or "").strip()
    own = kinds.get(text) or _WORDS.get(text)
    guesses = [own, text.upper(), text.upper().removesuffix("S")]
    return next((each for each in guesses if each in _KINDS), DocumentKind.OTHER.name)
