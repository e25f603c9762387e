"""The CRM as a service: numbered pages of at most 100, up to 50 ids at once, a bearer token."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.demo.reply import at_most, bad_request, number, refused, reply, require_bearer

Json: TypeAlias = dict[str, Any]

PAGE_LIMIT = 100
BATCH_LIMIT = 50


class CrmService:
    """Answers for `parties` and `activities`, to who knows the token."""

    def __init__(self, data: Mapping[str, Sequence[Json]], *, token: str) -> None:
        self._token = token
        self._parties = data["parties"]
        self._party = {each["id"]: each for each in self._parties if each["id"]}
        self._activities = sorted(data["activities"], key=_started_at, reverse=True)
        self._activity = {each["id"]: each for each in self._activities}
        self._of_party: dict[str, list[Json]] = defaultdict(list)
        for each in self._activities:
            self._of_party[each["party_id"]].append(each)

    def app(self) -> Starlette:
        """The service as an application."""
        routes = [
            Route("/api/v2/parties", self.parties),
            Route("/api/v2/parties/{id}", self.party),
            Route("/api/v2/activities", self.activities),
        ]
        return Starlette(routes=routes, exception_handlers={HTTPException: refused})

    async def parties(self, request: Request) -> Response:
        """People and companies: all, those with `ids`, or those `updated_since` a time."""
        require_bearer(request, self._token)
        if "ids" in request.query_params:
            return _page(request, _picked(self._party, request, "ids"))
        return _page(request, _changed(self._parties, request))

    async def party(self, request: Request) -> Response:
        """One person or company."""
        require_bearer(request, self._token)
        found = self._party.get(request.path_params["id"])
        if found is None:
            raise HTTPException(404, "there is no such party")
        return reply({"data": found})

    async def activities(self, request: Request) -> Response:
        """Activities, the latest first: all, those with `ids`, or those of `party_ids`."""
        require_bearer(request, self._token)
        if "ids" in request.query_params:
            return _page(request, _picked(self._activity, request, "ids"))
        if "party_ids" in request.query_params:
            parties = _ids(request, "party_ids")
            return _page(request, [each for key in parties for each in self._of_party[key]])
        return _page(request, self._activities)


def _started_at(activity: Json) -> tuple[float, str]:
    text = activity["started_at"]
    return (datetime.fromisoformat(text).timestamp() if text else 0.0), activity["id"]


def _ids(request: Request, name: str) -> Sequence[str]:
    keys = [each for each in request.query_params[name].split(",") if each]
    return list(dict.fromkeys(at_most(keys, BATCH_LIMIT, name)))


def _picked(records: Mapping[str, Json], request: Request, name: str) -> Sequence[Json]:
    return [records[key] for key in _ids(request, name) if key in records]


def _changed(parties: Sequence[Json], request: Request) -> Sequence[Json]:
    text = request.query_params.get("updated_since")
    if text is None:
        return parties
    try:
        since = datetime.fromisoformat(text)
        return [each for each in parties if datetime.fromisoformat(each["updated_at"]) >= since]
    except (ValueError, TypeError):
        raise bad_request("updated_since must be a time such as 2026-01-15T09:00:00Z") from None


def _page(request: Request, found: Sequence[Json]) -> Response:
    page = number(request, "page", default=1)
    size = number(request, "per_page", default=25, most=PAGE_LIMIT)
    first = (page - 1) * size
    meta = {"page": page, "per_page": size, "total": len(found), "pages": -(-len(found) // size)}
    return reply({"data": found[first : first + size], "meta": meta})
