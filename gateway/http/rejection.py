"""A request that is answered before, or instead of, being executed."""

from collections.abc import Mapping

import orjson

from resolvers.result import ErrorCode


class Rejected(Exception):
    """The request is answered with `status` and one error; `message` is what the client reads.

    `headers` go out with the answer, e.g. `Allow`. Who makes the context of a request may raise it
    too (401, 403, 429).
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: str = ErrorCode.BAD_REQUEST,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.headers: Mapping[str, str] = headers or {}


class Disconnected(Exception):
    """The client left before its request was complete: there is nobody to answer."""


def error_body(message: str, *, code: str, **extensions: str) -> bytes:
    """A GraphQL response of one error and no `data`."""
    error = {"message": message, "extensions": {"code": str(code), **extensions}}
    return orjson.dumps({"errors": [error]})
