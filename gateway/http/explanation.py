"""The header `X-Explain`: who may see what an operation asks of whom, and in which form."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from gateway.http.rejection import Rejected
from resolvers.context import Context
from resolvers.explain.tree import Extent
from resolvers.request import Request
from resolvers.result import ErrorCode, Result

HEADER: Final = b"x-explain"

_ASKED: Final[Mapping[bytes, Extent]] = {each.value.encode(): each for each in Extent}
_REACH: Final[Mapping[Extent, frozenset[Extent]]] = {
    Extent.PLAN: frozenset({Extent.PLAN}),
    Extent.ANALYZE: frozenset(Extent),
}


class Explainer(Protocol):
    """What explains operations."""

    async def explain(self, request: Request, context: Context, *, mode: Extent) -> Result:
        """The answer to a request with its explanation."""
        ...


class Explanations(Protocol):
    """What answers requests that come with the header."""

    async def answer(self, asked: bytes, request: Request, context: Any) -> Result:
        """The answer to a request whose header says `asked`; raises `Rejected`."""
        ...


class NoExplanations:
    """Explains nothing to anybody."""

    async def answer(self, asked: bytes, request: Request, context: Any) -> Result:
        """Refuse."""
        del request, context
        raise _refusal(_mode(asked))


UNEXPLAINED: Final = NoExplanations()
"""Nothing is explained."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowedExplanations:
    """Explains as far as `reach` goes, to viewers who act in one of `roles`, or to all if none."""

    explainer: Explainer
    reach: Extent
    roles: frozenset[str] = frozenset()

    async def answer(self, asked: bytes, request: Request, context: Context) -> Result:
        """Explain; raises `Rejected` with 400 for another mode, 403 for who may not see it."""
        mode = _mode(asked)
        is_known = not self.roles or context.viewer.role in self.roles
        if mode not in _REACH[self.reach] or not is_known:
            raise _refusal(mode)
        return await self.explainer.explain(request, context, mode=mode)


def _mode(asked: bytes) -> Extent:
    mode = _ASKED.get(asked.strip().lower())
    if mode is None:
        raise Rejected(400, "'X-Explain' has to be 'plan' or 'analyze', or not be there at all.")
    return mode


def _refusal(mode: Extent) -> Rejected:
    text = (
        f"'X-Explain: {mode.value}' is not allowed to you here. Send the request without it, or"
        " have the operators of the gateway allow it: `server.explain`."
    )
    return Rejected(403, text, code=ErrorCode.FORBIDDEN)
