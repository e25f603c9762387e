"""From the bytes of a body or a query string to a GraphQL request."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

import orjson

from gateway.http.rejection import Rejected
from resolvers.request import Request

PARAMETERS = ("query", "documentId", "operationName", "variables", "extensions")
_BOM = b"\xef\xbb\xbf"
_MAX_QUERY_FIELDS = 100
_MAX_ID_LENGTH = 200


def from_body(body: bytes) -> Request:
    """The request in a JSON body.

    A byte order mark is passed over; of a key given twice the last one counts, as in JavaScript.

    Raises:
        Rejected: 400, and why.
    """
    payload = _parse(body.removeprefix(_BOM), "The body")
    if isinstance(payload, dict):
        return _request(payload, may_mutate=True)
    if isinstance(payload, list):
        raise Rejected(400, "Batches are not supported: send one JSON object per request.")
    raise Rejected(400, "The body has to be a JSON object with a 'query'.")


def from_query_string(query_string: bytes) -> Request:
    """The request in a URL; it must not change anything.

    Raises:
        Rejected: 400, and why.
    """
    given = _fields(query_string)
    payload: dict[str, Any] = dict(given)
    # An empty operationName means none, by the specification; other empty parameters likewise.
    for name in ("operationName", "documentId"):
        payload[name] = given.get(name) or None
    for name in ("variables", "extensions"):
        text = given.get(name)
        payload[name] = _parse(text.encode(), f"'{name}'") if text else None
    return _request(payload, may_mutate=False)


def _fields(query_string: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(
            query_string.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=_MAX_QUERY_FIELDS,
        )
    except ValueError as exc:
        raise Rejected(400, "The query string is not valid UTF-8, percent-encoded.") from exc
    known = [pair for pair in pairs if pair[0] in PARAMETERS]
    fields = dict(known)
    if len(fields) < len(known):
        raise Rejected(400, "A parameter is given twice in the query string.")
    return fields


def _parse(text: bytes, what: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as exc:
        raise Rejected(400, f"{what} is not valid JSON in UTF-8: {exc.msg}.") from exc


def _request(payload: Mapping[str, Any], *, may_mutate: bool) -> Request:
    operation_name = payload.get("operationName")
    if operation_name is not None and not isinstance(operation_name, str):
        raise Rejected(400, "'operationName' has to be a string or null.")
    extensions = _map(payload, "extensions")
    document_id = _document_id(payload, extensions)
    return Request(
        query=_query(payload, is_named=document_id is not None),
        operation_name=operation_name,
        variables=_map(payload, "variables"),
        extensions=extensions,
        may_mutate=may_mutate,
        document_id=document_id,
    )


def _query(payload: Mapping[str, Any], *, is_named: bool) -> str:
    query = payload.get("query")
    if query is None and is_named:
        return ""
    if not isinstance(query, str) or not query:
        raise Rejected(400, "'query' has to be a string that holds a GraphQL document.")
    return query


def _document_id(payload: Mapping[str, Any], extensions: Mapping[str, Any] | None) -> str | None:
    """By which name the document is asked for, if it is."""
    found = payload.get("documentId")
    if found is None and extensions and "persistedQuery" in extensions:
        persisted = extensions["persistedQuery"]
        found = persisted.get("sha256Hash") if isinstance(persisted, dict) else ""
    if found is None or (isinstance(found, str) and 0 < len(found) <= _MAX_ID_LENGTH):
        return found
    raise Rejected(400, "'documentId', or the hash of a persisted query, has to be a short string.")


def _map(payload: Mapping[str, Any], name: str) -> Mapping[str, Any] | None:
    value = payload.get(name)
    if value is not None and not isinstance(value, dict):
        raise Rejected(400, f"'{name}' has to be a JSON object or null.")
    return value
