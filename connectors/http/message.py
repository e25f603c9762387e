"""Questions and replies: what is sent to a source and what comes back, without any network."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, urlencode

import httpx2

from connectors.contract import SourceError


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One request. `path` is escaped, below the base URL, or the whole address of a next page.

    `params` are pairs, because a parameter may repeat. With a `body` the request is a POST.
    `answered` are statuses other than success whose JSON is an answer all the same.
    """

    path: str
    params: tuple[tuple[str, str], ...] = ()
    body: Mapping[str, Any] | None = None
    answered: frozenset[int] = frozenset()

    def with_params(self, params: Mapping[str, str | int], *, place: str = "query") -> "Question":
        """The same question with more parameters, which take the place of those of that name."""
        if place == "body":
            return replace(self, body={**(self.body or {}), **params})
        kept = tuple(pair for pair in self.params if pair[0] not in params)
        return replace(self, params=(*kept, *((name, str(v)) for name, v in params.items())))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer: its JSON, and what is needed to find the next page.

    `is_empty` tells an answer without content (204) from one that says `null`.
    """

    url: httpx2.URL
    value: Any
    links: Mapping[str, str]
    is_empty: bool = False


@dataclass(slots=True)
class Run:
    """What the requests for one question share.

    `calls` counts requests. `stopped_by` is a failure that all further requests would share (bad
    credentials, a rate limit, nobody there), so that they are not made. `headers` are those of the
    client's request that go on to the source.
    """

    calls: int = 0
    stopped_by: SourceError | None = None
    headers: tuple[tuple[str, str], ...] = ()


def encoded(params: tuple[tuple[str, str], ...]) -> str:
    """A query string with everything escaped that could be read as something else."""
    return urlencode(params, quote_via=quote, safe="")
