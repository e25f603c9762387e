"""The help desk as a service: cursors, at most 200 records a page, user and password."""

import base64
import binascii
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.demo.reply import at_most, bad_request, number, refused, reply, require_basic

Json: TypeAlias = dict[str, Any]

PAGE_LIMIT = 200
BATCH_LIMIT = 100


class DeskService:
    """Answers for `users` and `tickets`, to who knows the password."""

    def __init__(self, data: Mapping[str, Sequence[Json]], *, user: str, password: str) -> None:
        self._user = user
        self._password = password
        self._users = data["users"]
        self._tickets = sorted(data["tickets"], key=_opened_at, reverse=True)
        self._user_by_id = {str(each["id"]): each for each in self._users}
        self._ticket_by_id = {str(each["id"]): each for each in self._tickets}
        self._of_user: dict[str, list[Json]] = defaultdict(list)
        for each in self._tickets:
            self._of_user[str(each["requester_id"])].append(each)

    def app(self) -> Starlette:
        """The service as an application."""
        routes = [
            Route("/v1/users", self.users),
            Route("/v1/users/show_many", self.users_by_id),
            Route("/v1/tickets", self.tickets),
            Route("/v1/tickets/show_many", self.tickets_by_id),
            Route("/v1/tickets/{id}", self.ticket),
        ]
        return Starlette(routes=routes, exception_handlers={HTTPException: refused})

    async def users(self, request: Request) -> Response:
        """All users."""
        self._admit(request)
        return _page(request, "users", self._users)

    async def users_by_id(self, request: Request) -> Response:
        """The users with `ids`, a comma list."""
        self._admit(request)
        return reply({"users": _picked(self._user_by_id, request)})

    async def tickets(self, request: Request) -> Response:
        """Tickets, the newest first: all, or those of every `requester_id`, which repeats."""
        self._admit(request)
        users = request.query_params.getlist("requester_id")
        if not users:
            return _page(request, "tickets", self._tickets)
        asked = dict.fromkeys(at_most(users, BATCH_LIMIT, "requester_id"))
        return _page(request, "tickets", [each for key in asked for each in self._of_user[key]])

    async def tickets_by_id(self, request: Request) -> Response:
        """The tickets with `ids`, a comma list."""
        self._admit(request)
        return reply({"tickets": _picked(self._ticket_by_id, request)})

    async def ticket(self, request: Request) -> Response:
        """One ticket."""
        self._admit(request)
        found = self._ticket_by_id.get(request.path_params["id"])
        if found is None:
            raise HTTPException(404, "there is no such ticket")
        return reply({"ticket": found})

    def _admit(self, request: Request) -> None:
        require_basic(request, self._user, self._password)


def _opened_at(ticket: Json) -> tuple[int, int]:
    moment = ticket["opened_at"]
    return (moment if isinstance(moment, int) else 0), ticket["id"]


def _picked(records: Mapping[str, Json], request: Request) -> Sequence[Json]:
    keys = [each for each in request.query_params.get("ids", "").split(",") if each]
    if not keys:
        raise bad_request("ids must be a list of ids with commas between them")
    return [records[k] for k in dict.fromkeys(at_most(keys, BATCH_LIMIT, "ids")) if k in records]


def _page(request: Request, name: str, found: Sequence[Json]) -> Response:
    size = number(request, "limit", default=50, most=PAGE_LIMIT)
    first = _place(request.query_params.get("cursor"))
    last = first + size
    cursor = _cursor(last) if last < len(found) else None
    return reply({name: found[first:last], "meta": {"next_cursor": cursor}})


def _cursor(place: int) -> str:
    return base64.urlsafe_b64encode(f"after {place}".encode()).decode()


def _place(cursor: str | None) -> int:
    if cursor is None:
        return 0
    try:
        word, _, place = base64.urlsafe_b64decode(cursor).decode().partition(" ")
        number = int(place)
    except (binascii.Error, ValueError) as exc:
        raise bad_request("this cursor is none of ours") from exc
    if word != "after":
        raise bad_request("this cursor is none of ours")
    return number
