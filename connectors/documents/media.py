"""Media types of files by their names, the same on every machine."""

import mimetypes
from collections.abc import Mapping
from types import MappingProxyType

UNKNOWN = "application/octet-stream"

_OFFICE = "application/vnd.openxmlformats-officedocument"
_OWN: Mapping[str, str] = MappingProxyType(
    {
        ".7z": "application/x-7z-compressed",
        ".csv": "text/csv",
        ".docx": f"{_OFFICE}.wordprocessingml.document",
        ".eml": "message/rfc822",
        ".heic": "image/heic",
        ".jsonl": "application/jsonl",
        ".md": "text/markdown",
        ".msg": "application/vnd.ms-outlook",
        ".odp": "application/vnd.oasis.opendocument.presentation",
        ".ods": "application/vnd.oasis.opendocument.spreadsheet",
        ".odt": "application/vnd.oasis.opendocument.text",
        ".ofd": "application/ofd",
        ".parquet": "application/vnd.apache.parquet",
        ".pptx": f"{_OFFICE}.presentationml.presentation",
        ".webp": "image/webp",
        ".wps": "application/vnd.ms-works",
        ".xlsx": f"{_OFFICE}.spreadsheetml.sheet",
    }
)


_KNOWN = MappingProxyType(dict(mimetypes.MimeTypes().types_map[True]))
"""Python's own list: a `MimeTypes` of its own does not read those of the system."""


def media_type(suffix: str, *, otherwise: str | None = None) -> str:
    """The media type of a suffix such as `.pdf`; for an unknown one what the source says."""
    return _OWN.get(suffix.lower()) or _KNOWN.get(suffix.lower()) or otherwise or UNKNOWN
