"""Requests that name their document instead of sending it.

By `documentId`, as in the appendix of GraphQL-over-HTTP on persisted documents, or by
`extensions.persistedQuery.sha256Hash`, as Apollo's clients do.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol

from gateway.documents import EMPTY, Library, Sent, sha256_of
from gateway.http.rejection import Rejected
from resolvers.context import Context
from resolvers.request import Request
from resolvers.result import ErrorCode

_PREFIX: Final = "sha256:"
_HASH: Final = re.compile(r"[0-9a-f]{64}")


class Documents(Protocol):
    """What finds the documents of requests."""

    def resolved(self, request: Request, context: Any) -> Request:
        """The request with its document. Raises `Rejected` where there is none for the viewer."""
        ...


class AsSent:
    """Knows no documents: each has to be sent."""

    def resolved(self, request: Request, context: Any) -> Request:
        """The request as it is; raises `Rejected` where it names a document only."""
        del context
        if not request.query:
            raise _unsupported()
        return request


AS_SENT: Final = AsSent()
"""No documents are known."""


@dataclass(frozen=True, slots=True)
class KnownDocuments:
    """Finds documents in the library of the viewer's role, and among those `sent` before.

    Who may send any document may also have it remembered by its hash.
    """

    libraries: Mapping[str, Library]
    sent: Sent

    def resolved(self, request: Request, context: Context) -> Request:
        """The request with its document. Raises `Rejected` where there is none for the viewer."""
        library = EMPTY
        if self.libraries:
            library = self.libraries.get(context.viewer.role or "", EMPTY)
        key = request.document_id
        if key is None:
            if library.is_closed and request.query not in library.texts:
                raise _untrusted()
            return request
        key = key.removeprefix(_PREFIX)
        if request.query:
            return self._checked(request, key, library)
        text = library.by_id.get(key)
        if text is None and not library.is_closed:
            text = self.sent.get(key)
        if text is None:
            raise self._unknown(library)
        return replace(request, query=text)

    def _checked(self, request: Request, key: str, library: Library) -> Request:
        text = request.query
        if library.by_id.get(key) != text:
            if not _HASH.fullmatch(key) or sha256_of(text) != key:
                raise Rejected(400, "The document is not the one that its id or hash names.")
            if library.is_closed:
                raise _untrusted()
            self.sent.add(key, text)
        return request

    def _unknown(self, library: Library) -> Rejected:
        if library.is_closed:
            return Rejected(
                400,
                "Your role may only ask what is in its manifests; there is no such document.",
                code=ErrorCode.PERSISTED_QUERY_NOT_IN_LIST,
            )
        if not self.sent.is_kept:
            return _unsupported()
        # Apollo's clients look for exactly this text, and then send the document with its hash.
        code = ErrorCode.PERSISTED_QUERY_NOT_FOUND
        return Rejected(400, "PersistedQueryNotFound", code=code)


def _unsupported() -> Rejected:
    # Apollo's clients look for exactly this text, and then send the document itself.
    code = ErrorCode.PERSISTED_QUERY_NOT_SUPPORTED
    return Rejected(400, "PersistedQueryNotSupported", code=code)


def _untrusted() -> Rejected:
    return Rejected(
        403,
        "Your role may only ask what is in its manifests, and this document is not.",
        code=ErrorCode.QUERY_NOT_IN_SAFELIST,
    )
