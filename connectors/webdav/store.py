"""A folder of a WebDAV server as a store of documents."""

import unicodedata
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

import httpx2

from connectors.contract import Environment, Finding, Malformed, Misconfigured, Refused
from connectors.documents.store import Opened, RemoteFile
from connectors.http.content import Content, ContentWire, Message
from connectors.http.message import Run
from connectors.webdav.multistatus import WANTED, Resource, resources, steps
from connectors.webdav.options import WebdavOptions

_GONE = frozenset({404, 410})
_FORBIDDEN = 403
_NO_WEBDAV = frozenset({400, 405, 501})


@dataclass(frozen=True, slots=True)
class _Entry:
    """Something below the folder that was asked about. `name` is its path below the root."""

    name: str
    key: str
    resource: Resource


class WebdavStore:
    """The files below an address. `transport` is for tests."""

    def __init__(
        self,
        source: str,
        options: WebdavOptions,
        environment: Environment,
        *,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        self._source = source
        self._depth = options.depth
        self._max_folders = options.max_folders
        self._root = steps(urlsplit(options.base_url).path)
        self._wire = ContentWire(
            source, options=options, environment=environment, transport=transport
        )

    async def pages(
        self, folder: str, run: Run, *, depth: int | None
    ) -> AsyncIterator[Sequence[RemoteFile]]:
        """The files below a folder, folder by folder, in the order of their names."""
        waiting = [(folder, quote(folder, safe="/"))]
        count = 0
        while waiting:
            count += 1
            if count > self._max_folders:
                raise self._too_many(folder)
            name, key = waiting.pop()
            entries = sorted(await self._listed(name, key, run), key=lambda each: each.name)
            yield [_file(each) for each in entries if not each.resource.is_folder]
            if self._depth == "1":
                below = [each for each in entries if each.resource.is_folder]
                waiting += [
                    (f"{each.name}/", f"{each.key}/")
                    for each in reversed(below)
                    if depth is None or _steps_between(folder, each.name) < depth
                ]

    async def read(self, file: RemoteFile, run: Run) -> bytes | None:
        """A small file whole; `None` where it has gone."""
        found = await self._wire.read(Message(path=file.key), run)
        return None if _is_gone(found) else found.body

    async def open(self, file: RemoteFile, name: str) -> Opened | None:
        """The content as a stream; its client gets the name from the gateway."""
        del name
        found = await self._wire.open(Message(path=file.key), Run())
        if _is_gone(found) or found.stream is None:
            return None
        return Opened(body=found.stream, size_bytes=found.length)

    async def hints(self) -> Sequence[Finding]:
        """Nothing: a root that is not there says so itself."""
        return ()

    async def close(self) -> None:
        """Close all connections."""
        await self._wire.close()

    async def _listed(self, name: str, key: str, run: Run) -> Sequence[_Entry]:
        """What is in a folder; nothing where it is not there, unless it is the root."""
        message = Message(
            method="PROPFIND",
            path=key,
            headers={"Depth": self._depth, "Content-Type": "application/xml; charset=utf-8"},
            body=WANTED,
        )
        found = await self._wire.read(message, run)
        if name and found.status in _GONE:
            return ()
        self._check(found)
        what = f"the list of {name or 'the root'}"
        answered = list(resources(found.body, source=self._source, what=what))
        return list(self._entries(answered, name, key))

    def _entries(self, answered: Sequence[Resource], name: str, key: str) -> Iterator[_Entry]:
        """What is below the folder itself.

        Behind a proxy a server may write another prefix than the one that it was asked at, so only
        what comes after the folder's own path is used.
        """
        own = self._own(answered, name)
        for each in answered:
            inner = _steps(each, self._source)
            if inner[: len(own)] != own:
                raise Malformed(
                    self._source,
                    f"the list of {name or 'the root'} names {each.path}, which is not below it",
                )
            rest = inner[len(own) :]
            if rest and not any(step in {".", ".."} or "/" in step for step in rest):
                yield _Entry(
                    name=_normal(name + "/".join(rest)),
                    key=key + "/".join(quote(step, safe="") for step in rest),
                    resource=each,
                )

    def _own(self, answered: Sequence[Resource], name: str) -> tuple[str, ...]:
        """The path of the folder itself, as the server has it: the shortest one."""
        own = min(answered, key=lambda each: len(_steps(each, self._source)), default=None)
        if own is None or not own.is_folder:
            text = f"{name or 'the root'} is no folder: check `base_url` and the layout"
            raise Misconfigured(self._source, text)
        found = _steps(own, self._source)
        if name and _normal("/".join(found[-1:])) != _normal(name.strip("/").rpartition("/")[2]):
            text = f"the list of {name} is one of {own.path}; does the server list the folder?"
            raise Malformed(self._source, text)
        return found

    def _check(self, found: Content) -> None:
        """Raise where an answer is no list."""
        if found.failure is None:
            return
        if found.status == _FORBIDDEN and b"propfind-finite-depth" in found.body:
            text = "the server lists folders one by one only; write `depth: 1`"
            raise Misconfigured(self._source, text)
        if found.status not in _NO_WEBDAV:
            raise found.failure
        raise Misconfigured(
            self._source,
            f"PROPFIND {found.url.path} answered {found.status}: no WebDAV is spoken there; check"
            " `base_url`, which is often longer than the address for browsers",
        )

    def _too_many(self, folder: str) -> Refused:
        where = f"below {folder}" if folder else "below the root"
        return Refused(
            self._source,
            f"there are more than {self._max_folders} folders {where}; raise `max_folders`, make"
            " `base_url` a narrower folder, or write `depth: infinity` if the server allows it",
        )


def _file(entry: _Entry) -> RemoteFile:
    found = entry.resource
    return RemoteFile(
        name=entry.name,
        key=entry.key,
        size_bytes=found.size_bytes,
        modified_at=found.modified_at,
        version=found.etag or _version(found),
        media_type=found.media_type,
    )


def _version(found: Resource) -> str | None:
    if found.modified_at is None:
        return None
    return f"{int(found.modified_at.timestamp()):x}-{found.size_bytes or 0:x}"


def _is_gone(found: Content) -> bool:
    if found.status in _GONE:
        return True
    if found.failure is not None:
        raise found.failure
    return False


def _steps(found: Resource, source: str) -> tuple[str, ...]:
    try:
        return found.steps
    except UnicodeDecodeError as exc:
        raise Malformed(source, f"{found.path}: its name is not UTF-8; rename it") from exc


def _steps_between(folder: str, name: str) -> int:
    return name.removeprefix(folder).count("/") + 1


def _normal(name: str) -> str:
    return name if name.isascii() else unicodedata.normalize("NFC", name)
