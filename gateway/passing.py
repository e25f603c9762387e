"""The answer that passes a document on from its spool to a client."""

import asyncio
from collections.abc import Mapping

import structlog
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from connectors.contract import SourceError
from gateway.spool import Spool

log = structlog.get_logger(__name__)


class Passing(Response):
    """A document, as far as its source gives it.

    Where the source fails in the midst, the answer is left without an end and the connection is
    broken, so that no client takes a part for the whole. So it is for a client that takes nothing
    for `client_timeout_s`.
    """

    def __init__(
        self, spool: Spool, *, headers: Mapping[str, str], media_type: str, client_timeout_s: float
    ) -> None:
        super().__init__(headers=headers, media_type=media_type)
        self._spool = spool
        self._client_timeout_s = client_timeout_s
        if "content-length" not in headers:
            del self.headers["content-length"]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it, until it is there or the client has gone."""
        del scope
        tasks = [asyncio.create_task(self._sent(send)), asyncio.create_task(_gone(receive))]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in tasks:
                each.cancel()
            await asyncio.wait(tasks)
            await self._spool.close()

    async def _sent(self, send: Send) -> None:
        try:
            await send(
                {
                    "type": "http.response.start",
                    "status": self.status_code,
                    "headers": self.raw_headers,
                }
            )
            async for piece in self._spool.pieces():
                async with asyncio.timeout(self._client_timeout_s):
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        except SourceError as error:
            log.warning("download_broken", source=error.source, error=error.message)
        except TimeoutError:
            log.warning("download_not_taken", after_s=self._client_timeout_s)
        except OSError:
            log.info("download_left")


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
