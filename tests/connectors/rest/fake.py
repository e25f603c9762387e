"""A fake help desk behind HTTP: it checks the token, limits batches, pages, and logs requests."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

TOKEN = "s3cret-token"
MAX_KEYS = 10


@dataclass
class Desk:
    """The data of the help desk, what it was asked, and how big its pages are at most.

    `ignores` names query parameters that it does as if it had not seen.
    """

    tickets: list[dict[str, Any]] = field(default_factory=list)
    orders: list[dict[str, Any]] = field(default_factory=list)
    max_size: int = 1000
    ignores: frozenset[str] = frozenset()
    log: list[str] = field(default_factory=list)

    def app(self) -> Starlette:
        """The help desk as an ASGI application."""
        paths: Mapping[str, Callable[[Request], Any]] = {
            "/api/page": self._by_page,
            "/api/offset": self._by_offset,
            "/api/cursor": self._by_cursor,
            "/api/beyond": self._beyond,
            "/api/from": self._from,
            "/api/next": self._by_next,
            "/api/link": self._by_link,
            "/api/whole": lambda _: JSONResponse(self.tickets),
            "/api/tickets": self._by_keys,
            "/api/tickets/{key:path}": self._one,
            "/api/customers/{key:path}/tickets": self._of_customer,
            "/api/orders": self._orders,
        }
        routes = [Route(path, self._guarded(answer)) for path, answer in paths.items()]
        search = Route("/api/search", self._guarded_post(), methods=["POST"])
        return Starlette(routes=[search, *routes])

    def _guarded(self, answer: Callable[[Request], Any]) -> Callable[[Request], Any]:
        async def endpoint(request: Request) -> Response:
            raw = request.scope["raw_path"].decode()
            query = request.scope["query_string"].decode()
            self.log.append(f"{raw}?{query}" if query else raw)
            if request.headers.get("authorization") != f"Bearer {TOKEN}":
                return JSONResponse({"error": "who are you?"}, status_code=401)
            made: Response = answer(request)
            return made

        return endpoint

    def _guarded_post(self) -> Callable[[Request], Any]:
        async def endpoint(request: Request) -> Response:
            body = json.loads(await request.body())
            return await self._guarded(lambda _: self._search(body))(request)  # type: ignore[no-any-return]  # an endpoint

        return endpoint

    def _size(self, request: Request) -> int:
        return min(int(request.query_params.get("size", 7)), self.max_size)

    def _by_page(self, request: Request) -> Response:
        size, page = self._size(request), int(request.query_params.get("page", 1))
        if "page" in self.ignores:
            page = 1
        first = int(request.query_params.get("first", 1))
        start = (page - first) * size
        count = len(self.tickets)
        meta = {
            "total": count,
            "pages": -(-count // size),
            "more": start + size < count,
        }
        return JSONResponse({"data": self.tickets[start : start + size], "meta": meta})

    def _by_offset(self, request: Request) -> Response:
        start = int(request.query_params.get("offset", 0))
        some = self.tickets[start : start + self._size(request)]
        return JSONResponse({"data": some, "meta": {"total": len(self.tickets)}})

    def _by_cursor(self, request: Request) -> Response:
        start = int(request.query_params.get("cursor", "at:0").removeprefix("at:"))
        end = start + self._size(request)
        following = f"at:{end}" if end < len(self.tickets) else None
        return JSONResponse({"data": self.tickets[start:end], "next": following})

    def _beyond(self, request: Request) -> Response:
        """Keyset paging by id, newest ids last, as payment services do it."""
        ids = [each["id"] for each in self.tickets]
        after = request.query_params.get("starting_after")
        if after is not None and after not in ids:
            return JSONResponse({"error": "no such ticket"}, status_code=400)
        start = 0 if after is None else ids.index(after) + 1
        end = start + self._size(request)
        body = {"data": self.tickets[start:end], "has_more": end < len(ids)}
        return JSONResponse(body)

    def _from(self, request: Request) -> Response:
        """Keyset paging by time: the records that changed at the moment or later."""
        since = request.query_params.get("changed[gte]", "")
        found = sorted(
            (each for each in self.tickets if each["changed"] >= since),
            key=lambda each: str(each["changed"]),
        )
        return JSONResponse({"data": found[: self._size(request)]})

    def _linked(self, request: Request) -> tuple[list[dict[str, Any]], str | None]:
        start, size = int(request.query_params.get("start", 0)), self._size(request)
        end = start + size
        following = f"{request.url.path}?start={end}&size={size}"
        return self.tickets[start:end], following if end < len(self.tickets) else None

    def _by_next(self, request: Request) -> Response:
        some, following = self._linked(request)
        return JSONResponse({"data": some, "links": {"next": following}})

    def _by_link(self, request: Request) -> Response:
        some, following = self._linked(request)
        headers = {"Link": f'<{following}>; title="a, b"; rel="next last"'} if following else {}
        return JSONResponse(some, headers=headers)

    def _by_keys(self, request: Request) -> Response:
        params = request.query_params
        for name, of in (("ids", "id"), ("customers", "customer_id")):
            if name in params and name not in self.ignores:
                return self._chosen(of, params[name].split(","))
        for name, of in (("id[]", "id"), ("customer", "customer_id")):
            if name in params:
                return self._chosen(of, params.getlist(name))
        tickets = self.tickets
        if "status" in params:
            tickets = [each for each in tickets if each["status"] == params["status"]]
        if "since" in params:
            tickets = [each for each in tickets if each["changed"] >= params["since"]]
        return JSONResponse({"data": tickets})

    def _chosen(self, of: str, keys: Sequence[Any]) -> Response:
        if len(keys) > MAX_KEYS:
            return JSONResponse({"error": "too many keys"}, status_code=400)
        return JSONResponse({"data": [each for each in self.tickets if each[of] in keys]})

    def _search(self, body: dict[str, Any]) -> Response:
        return self._chosen("customer_id", body["query"]["customers"])

    def _one(self, request: Request) -> Response:
        key = request.path_params["key"]
        found = next((each for each in self.tickets if each["id"] == key), None)
        return JSONResponse(found or {}, status_code=200 if found else 404)

    def _of_customer(self, request: Request) -> Response:
        key = request.path_params["key"]
        known = {each["customer_id"] for each in self.tickets}
        if key not in known:
            return JSONResponse({"error": "no such customer"}, status_code=404)
        some = [each for each in self.tickets if each["customer_id"] == key]
        return JSONResponse({"data": some})

    def _orders(self, request: Request) -> Response:
        keys = request.query_params.getlist("id")
        orders = [each for each in self.orders if not keys or each["id"] in keys]
        return JSONResponse({"orders": orders})


def ticket(number: int, *, customer: str = "c1", **other: Any) -> dict[str, Any]:
    """A ticket as the help desk has it."""
    return {
        "id": f"t{number}",
        "customer_id": customer,
        "subject": f"工单 {number}",
        "status": "open",
        "created": "2026-01-02T03:04:05Z",
        "changed": f"2026-02-01T00:00:{number % 60:02d}Z",
    } | other
