"""A bucket as a store of documents."""

from collections.abc import AsyncIterator, Sequence
from urllib.parse import quote

import httpx2

from connectors.contract import DocumentAddress, Environment, Finding, Severity, SourceError
from connectors.documents.disposition import attachment
from connectors.documents.store import Opened, RemoteFile
from connectors.http.content import Content, ContentWire, Message
from connectors.http.message import Run
from connectors.http.tls import context
from connectors.s3.failure import code, failure
from connectors.s3.listing import Page, page
from connectors.s3.options import S3Options
from connectors.s3.signing import Signed, Signer

_GONE = frozenset({"NoSuchKey", "NoSuchVersion", ""})
_NOT_FOUND = 404
_NEAR = 20


class S3Store:
    """The objects of a bucket below a prefix. `transport` is for tests."""

    def __init__(
        self,
        source: str,
        options: S3Options,
        environment: Environment,
        *,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        self._source = source
        self._options = options
        self._signer = Signer(source, options)
        inner = transport or _network(source, options, environment)
        self._wire = ContentWire(
            source,
            options=options.http,
            environment=environment,
            transport=Signed(inner, self._signer),
        )

    async def pages(
        self, folder: str, run: Run, *, depth: int | None
    ) -> AsyncIterator[Sequence[RemoteFile]]:
        """The objects below a folder, a thousand at a time. `depth` saves nothing here."""
        del depth
        params = (("prefix", self._options.prefix + folder),)
        token: str | None = None
        while True:
            more = (("continuation-token", token),) if token else ()
            found = await self._page((*params, *more), run)
            yield found.files
            token = found.next_token
            if token is None:
                return

    async def read(self, file: RemoteFile, run: Run) -> bytes | None:
        """A small object whole; `None` where it has gone."""
        found = await self._wire.read(_getting(file), run)
        return None if self._is_gone(found, run) else found.body

    async def open(self, file: RemoteFile, name: str) -> Opened | None:
        """An address that is signed for a while, or the content as a stream."""
        if self._options.download == "redirect":
            url = f"{self._options.base_url}/{_path(file)}"
            address = await self._signer.address(url, disposition=attachment(name))
            return Opened(body=DocumentAddress(address), size_bytes=file.size_bytes)
        run = Run()
        found = await self._wire.open(_getting(file), run)
        if self._is_gone(found, run) or found.stream is None:
            return None
        return Opened(body=found.stream, size_bytes=found.length)

    async def hints(self) -> Sequence[Finding]:
        """Where the prefix holds nothing: which folders there are beside it."""
        prefix = self._options.prefix
        if not prefix:
            return ()
        parent = prefix.rstrip("/").rpartition("/")[0]
        params = (("prefix", f"{parent}/" if parent else ""), ("delimiter", "/"))
        try:
            folders = (await self._page(params, Run())).folders
        except SourceError as error:
            return (Finding(Severity.ERROR, error.message, "bucket"),)
        there = ", ".join(folders[:_NEAR]) or "no folders"
        text = f"nothing in the bucket begins with '{prefix}'; there are: {there}"
        return (Finding(Severity.ERROR, text, "prefix"),)

    async def close(self) -> None:
        """Close all connections."""
        await self._wire.close()

    async def _page(self, params: tuple[tuple[str, str], ...], run: Run) -> Page:
        wanted = (("list-type", "2"), ("encoding-type", "url"), *params)
        message = Message(path="", params=wanted, follows=False)
        found = await self._wire.read(message, run)
        if found.failure is not None:
            raise failure(found, source=self._source, run=run) from found.failure
        return page(found.body, source=self._source, root=self._options.prefix)

    def _is_gone(self, found: Content, run: Run) -> bool:
        if found.failure is None:
            return False
        if found.status == _NOT_FOUND and code(found) in _GONE:
            return True
        raise failure(found, source=self._source, run=run) from found.failure


def _getting(file: RemoteFile) -> Message:
    return Message(path=_path(file), follows=False)


def _path(file: RemoteFile) -> str:
    return quote(file.key, safe="/~")


def _network(
    source: str, options: S3Options, environment: Environment
) -> httpx2.AsyncHTTPTransport:
    count = options.limits.concurrent + 1
    return httpx2.AsyncHTTPTransport(
        verify=context(options.tls, source=source, base_dir=environment.base_dir),
        limits=httpx2.Limits(max_connections=count, max_keepalive_connections=count),
    )
