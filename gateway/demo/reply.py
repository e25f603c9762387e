"""What the demo's two HTTP services have in common: JSON replies, and asking for less at once."""

import base64
import binascii
import hmac
from collections.abc import Sequence
from typing import Any

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response


def reply(content: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A JSON response."""
    body = orjson.dumps(content)
    return Response(body, status, headers, media_type="application/json")


async def refused(_request: Request, problem: Exception) -> Response:
    """The response for an `HTTPException`: a JSON object that says what is wrong."""
    if not isinstance(problem, HTTPException):
        raise problem
    content = {"error": {"status": problem.status_code, "message": problem.detail}}
    return reply(content, problem.status_code, dict(problem.headers or {}))


def bad_request(message: str) -> HTTPException:
    """What to raise for a request that makes no sense."""
    return HTTPException(400, message)


def number(request: Request, name: str, *, default: int, most: int | None = None) -> int:
    """A query parameter that is a whole number from 1; raises what becomes 400."""
    text = request.query_params.get(name, str(default))
    if not text.isdecimal() or int(text) < 1:
        raise bad_request(f"{name} must be a whole number, at least 1")
    if most is not None and int(text) > most:
        raise bad_request(f"{name} must not be more than {most}")
    return int(text)


def at_most(keys: Sequence[str], most: int, name: str) -> Sequence[str]:
    """The same keys, where they are not too many; raises what becomes 400."""
    if len(keys) > most:
        raise bad_request(f"{name} takes at most {most} ids at once")
    return keys


def require_bearer(request: Request, token: str) -> None:
    """Raise what becomes 401 where a request does not carry the token."""
    _require(request, f"Bearer {token}", 'Bearer realm="crm"')


def require_basic(request: Request, user: str, password: str) -> None:
    """Raise what becomes 401 where a request does not carry the user and password."""
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    try:
        given = base64.b64decode(encoded, validate=True) if scheme.lower() == "basic" else b""
    except binascii.Error:
        given = b""
    if not hmac.compare_digest(given, f"{user}:{password}".encode()):
        raise _unauthorised('Basic realm="desk"')


def _require(request: Request, wanted: str, challenge: str) -> None:
    given = request.headers.get("authorization", "")
    if not hmac.compare_digest(given.encode(), wanted.encode()):
        raise _unauthorised(challenge)


def _unauthorised(challenge: str) -> HTTPException:
    headers = {"www-authenticate": challenge}
    return HTTPException(401, "these credentials are not known here", headers)
