"""Reading an OpenAPI document, from a file or from an address."""

from pathlib import Path

import httpx2

from connectors.contract import Malformed, Misconfigured, Unavailable
from connectors.rest.openapi.document import NoDocument
from connectors.rest.openapi.proposal import Proposal, propose

_MAX_BYTES = 64 * 1024 * 1024
_TIMEOUT_S = 30.0


async def proposed(
    place: str,
    *,
    name: str,
    base_dir: Path,
    transport: httpx2.AsyncBaseTransport | None = None,
) -> Proposal:
    """What the document at a place proposes for a source of this name.

    Relative paths start at `base_dir`. Raises `SourceError` where there is no such document.
    """
    is_address = place.startswith(("http://", "https://"))
    data = await _fetched(place, name, transport) if is_address else _read(base_dir / place, name)
    try:
        return propose(data.decode("utf-8-sig"), name=name, address=place if is_address else None)
    except (NoDocument, UnicodeDecodeError) as exc:
        why = exc if isinstance(exc, NoDocument) else "it is not in UTF-8"
        raise Misconfigured(name, f"the OpenAPI document {place} cannot be used: {why}") from exc


def _read(path: Path, name: str) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_BYTES + 1)
    except OSError as exc:
        text = f"the OpenAPI document {path} cannot be read: {exc.strerror}"
        raise Misconfigured(name, text) from exc
    _refuse_huge(data, str(path), name)
    return data


async def _fetched(url: str, name: str, transport: httpx2.AsyncBaseTransport | None) -> bytes:
    body = bytearray()
    try:
        async with (
            httpx2.AsyncClient(
                transport=transport, timeout=_TIMEOUT_S, follow_redirects=True
            ) as client,
            client.stream("GET", url) as response,
        ):
            if not response.is_success:
                text = f"the OpenAPI document: {url} answered {response.status_code}"
                raise Misconfigured(name, text)
            async for chunk in response.aiter_bytes():
                body += chunk
                _refuse_huge(body, url, name)
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as exc:
        text = f"the OpenAPI document {url} cannot be read ({type(exc).__name__})"
        raise Unavailable(name, text) from exc
    return bytes(body)


def _refuse_huge(data: bytes | bytearray, place: str, name: str) -> None:
    if len(data) > _MAX_BYTES:
        raise Malformed(name, f"the OpenAPI document {place} is larger than 64 MiB")
