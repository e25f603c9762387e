"""What a WebDAV server says is in a folder: answers of PROPFIND (RFC 4918)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import unquote, urlsplit
from xml.etree.ElementTree import Element

from connectors.contract import Malformed
from connectors.http.xml import parsed, text_of

_DAV = "{DAV:}"
_OK = "200"

WANTED = b"""<?xml version="1.0" encoding="utf-8"?>
<propfind xmlns="DAV:"><prop><resourcetype/><getcontentlength/><getlastmodified/><getetag/>\
<getcontenttype/></prop></propfind>"""
"""The body of a question for what is needed, and no more: some properties are dear."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """A file or a folder. `path` is the path of its address, escaped as the server has it."""

    path: str
    is_folder: bool
    size_bytes: int | None
    modified_at: datetime | None
    etag: str | None
    media_type: str | None

    @property
    def steps(self) -> tuple[str, ...]:
        """The steps of the path, as names; raises `UnicodeDecodeError` where one is no UTF-8."""
        return steps(self.path)


def steps(path: str) -> tuple[str, ...]:
    """The steps of an escaped path, as names; raises `UnicodeDecodeError` where it is no UTF-8."""
    return tuple(unquote(each, errors="strict") for each in path.strip("/").split("/") if each)


def resources(body: bytes, *, source: str, what: str) -> Iterator[Resource]:
    """The files and folders of an answer; raises `Malformed`."""
    document = parsed(body, source=source, what=what)
    if document.tag != f"{_DAV}multistatus":
        raise Malformed(source, f"{what}: <{document.tag}> came where a multistatus was expected")
    for response in document.iterfind(f"{_DAV}response"):
        href = text_of(response, f"{_DAV}href")
        found = _properties(response)
        if href is not None and found is not None:
            yield _resource(urlsplit(href).path, found)


def _properties(response: Element) -> Element | None:
    """The properties that are there; none for what the server may not show."""
    for each in response.iterfind(f"{_DAV}propstat"):
        if _OK in (text_of(each, f"{_DAV}status") or "").split():
            return each.find(f"{_DAV}prop")
    return None


def _resource(path: str, found: Element) -> Resource:
    length = text_of(found, f"{_DAV}getcontentlength") or ""
    etag = (text_of(found, f"{_DAV}getetag") or "").removeprefix("W/").strip('"')
    media_type = (text_of(found, f"{_DAV}getcontenttype") or "").partition(";")[0].strip()
    return Resource(
        path=path,
        is_folder=found.find(f"{_DAV}resourcetype/{_DAV}collection") is not None,
        size_bytes=int(length) if length.isascii() and length.isdigit() else None,
        modified_at=_moment(text_of(found, f"{_DAV}getlastmodified")),
        etag=etag or None,
        media_type=media_type or None,
    )


def _moment(text: str | None) -> datetime | None:
    """A time as HTTP writes it; `None` where it is none."""
    try:
        found = parsedate_to_datetime(text or "")
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
