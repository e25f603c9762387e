"""What changed: dropped from what this process keeps, and told to all others."""

import os
from collections.abc import Awaitable, Callable

import orjson
import structlog

from connectors.cache.reader import Reader
from connectors.errors import SourceError

log = structlog.get_logger(__name__)

Tell = Callable[[str], Awaitable[None]]
"""Sends a short text to all processes on the same store, this one too."""

_WIDTH = 4


async def _nobody(_text: str) -> None:
    """There is no other process."""


class Invalidation:
    """Drops what is kept where it may not be true any more, here and in other processes.

    `tell` sends what they are to hear.
    """

    def __init__(self, reader: Reader, *, tell: Tell = _nobody) -> None:
        self.reader = reader
        self._tell = tell
        self._own = os.urandom(8).hex()

    async def changed(self, source: str, entity: str, *, customer_ref: str | None = None) -> None:
        """An entity of a source changed, or that of one customer, in the words of the source.

        Where others cannot be told, they go on until what they keep is too old.
        """
        self.reader.forget(source, entity, customer_ref=customer_ref)
        text = orjson.dumps([self._own, source, entity, customer_ref]).decode()
        try:
            await self._tell(text)
        except SourceError as exc:
            log.warning("invalidation_not_told", source=source, entity=entity, error=exc.message)

    def heard(self, text: str) -> None:
        """Another process says that something changed."""
        said = _read(text)
        if said is None:
            # Another release may say it otherwise: then nothing that is kept is certain.
            self.reader.forget_all()
            return
        origin, source, entity, customer_ref = said
        if origin != self._own:
            self.reader.forget(source, entity, customer_ref=customer_ref)

    def missed(self) -> None:
        """Something may have been said that was not heard."""
        self.reader.forget_all()


def _read(text: str) -> tuple[str, str, str, str | None] | None:
    try:
        said = orjson.loads(text)
    except ValueError:
        return None
    return tuple(said) if isinstance(said, list) and len(said) == _WIDTH else None
