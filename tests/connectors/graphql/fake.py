"""A fake GraphQL upstream: a real executor, a limit of page sizes, a token, and points.

It refuses what such an API refuses, and logs what it was asked.
"""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLResolveInfo,
    build_schema,
    execute_sync,
    parse,
    validate,
)
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.conformance.canonical import RELATION
from tests.connectors.graphql.sdl import LISTS, SINGLES, TYPES, sdl

TOKEN = "s3cret-token"
MAX_FIRST = 250
MAX_KEYS = 100

Values = Mapping[str, Any]


@dataclass
class Points:
    """A leaky bucket as the vendor counts: every question costs the same, nothing comes back."""

    cost: float = 10
    available: float = 1000
    most: float = 1000
    rate: float = 50

    def told(self) -> dict[str, Any]:
        """What stands in `extensions`."""
        status = {
            "maximumAvailable": self.most,
            "currentlyAvailable": self.available,
            "restoreRate": self.rate,
        }
        return {"cost": {"requestedQueryCost": self.cost, "throttleStatus": status}}


@dataclass
class Shop:
    """The data of the shop by entity, what it was asked, and what is wrong with it.

    `broken` are records of which the fields named there fail, with the code.
    """

    records: Mapping[str, Sequence[Values]]
    token: str | None = None
    points: Points | None = None
    tells_schema: bool = True
    broken: dict[tuple[str, str], str] = field(default_factory=dict)
    log: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Build the schema."""
        self._schema = build_schema(sdl(self.records))
        self._known: dict[str, tuple[DocumentNode, list[GraphQLError]]] = {}

    def app(self) -> Starlette:
        """The shop as an ASGI application."""
        return Starlette(routes=[Route("/graphql", self._endpoint, methods=["POST"])])

    async def _endpoint(self, request: Request) -> Response:
        given = request.headers.get("authorization")
        status, answer = self.answer(json.loads(await request.body()), authorization=given)
        return JSONResponse(answer, status_code=status)

    def answer(self, asked: dict[str, Any], *, authorization: str | None) -> tuple[int, Any]:
        """The status and the JSON of an answer."""
        if self.token is not None and authorization != f"Bearer {self.token}":
            return 200, _failed("Who are you?", "UNAUTHENTICATED")
        self.log.append(asked)
        if "__schema" in asked["query"] and not self.tells_schema:
            return 400, _failed("introspection is not allowed", "GRAPHQL_VALIDATION_FAILED")
        if self.points is not None and self.points.available < self.points.cost:
            return 200, _failed("Throttled", "THROTTLED") | {"extensions": self.points.told()}
        result = self._result(asked)
        answer: dict[str, Any] = {"data": result.data}
        if result.errors:
            answer["errors"] = [each.formatted for each in result.errors]
        if self.points is not None:
            self.points.available -= self.points.cost
            answer["extensions"] = self.points.told()
        is_refused = result.data is None and not any(each.path for each in result.errors or ())
        return (400 if is_refused else 200), answer

    def _result(self, asked: dict[str, Any]) -> ExecutionResult:
        text = asked["query"]
        if text not in self._known:
            document = parse(text)
            self._known[text] = (document, validate(self._schema, document))
        document, errors = self._known[text]
        if errors:
            return ExecutionResult(data=None, errors=errors)
        return execute_sync(
            self._schema,
            document,
            variable_values=asked["variables"],
            field_resolver=self._resolve,
            type_resolver=lambda value, *_: value["__typename"],
        )

    def _resolve(self, parent: Any, info: GraphQLResolveInfo[Any], **args: Any) -> Any:
        if info.parent_type is info.schema.query_type:
            return self._root(info.field_name, args)
        code = self.broken.get((parent.get("record_id"), info.field_name))
        if code is not None:
            raise GraphQLError("卖完了", extensions={"code": code})
        entity = next((name for name, each in LISTS.items() if each == info.field_name), None)
        if entity is not None and "record_id" in parent:
            mine = (e for e in self._of(entity) if e[f"{RELATION[entity]}_ref"] == _id(parent))
            return _connection([*mine], args)
        return parent.get(info.field_name)

    def _root(self, name: str, args: dict[str, Any]) -> Any:
        if name == "nodes":
            return self._nodes(args["ids"])
        for entity in self.records:
            if name == SINGLES[entity]:
                return next((e for e in self._of(entity) if _id(e) == args["record_id"]), None)
            if name == LISTS[entity]:
                return _connection(_filtered(self._of(entity), args), args)
            if name == f"{LISTS[entity]}_list":
                return _listed(self._of(entity), args)
        raise LookupError(name)

    def _nodes(self, ids: Sequence[str]) -> list[Any]:
        if len(ids) > MAX_KEYS:
            raise GraphQLError(f"at most {MAX_KEYS} ids", extensions={"code": "MAX_COST_EXCEEDED"})
        every = {_id(each): each for name in self.records for each in self._of(name)}
        return [every.get(each) for each in ids]

    def _of(self, entity: str) -> list[Values]:
        return [{**each, "__typename": TYPES[entity]} for each in self.records[entity]]


def _id(record: Values) -> str:
    return str(record["record_id"])


def _failed(message: str, code: str) -> dict[str, Any]:
    return {"errors": [{"message": message, "extensions": {"code": code}}]}


def _filtered(records: Sequence[Values], args: Values) -> list[Values]:
    tests: Mapping[str, Callable[[Values, str], bool]] = {
        "status": lambda each, value: each["status"] == value,
        "from": lambda each, value: each["placed_at"] >= value,
        "changed": lambda each, value: each["changed"] >= value,
    }
    wanted = [(tests[name], args[name]) for name in tests if name in args]
    return [each for each in records if all(test(each, value) for test, value in wanted)]


def _listed(records: Sequence[Values], args: Values) -> list[Values]:
    where = args.get("where") or {}
    chosen = [r for r in records if all(r[name] in each["_in"] for name, each in where.items())]
    start = args.get("offset") or 0
    return chosen[start:][: args.get("limit")]


def _connection(records: Sequence[Values], args: Values) -> dict[str, Any]:
    first = args.get("first")
    if first is None or first > MAX_FIRST:
        message = f"give `first`, at most {MAX_FIRST}"
        raise GraphQLError(message, extensions={"code": "BAD_USER_INPUT"})
    if "sort" in args:
        column = {"PLACED": "placed_at", "CHANGED": "changed"}[args["sort"]]
        reverse = bool(args.get("reverse"))
        records = sorted(records, key=lambda each: str(each[column]), reverse=reverse)
    start = _place(args["after"]) + 1 if args.get("after") else 0
    some = records[start : start + first]
    cursors = [_cursor(start + n) for n in range(len(some))]
    return {
        "nodes": some,
        "edges": [{"node": r, "cursor": c} for r, c in zip(some, cursors, strict=True)],
        "pageInfo": {
            "hasNextPage": start + first < len(records),
            "endCursor": cursors[-1] if cursors else None,
        },
    }


def _cursor(place: int) -> str:
    return base64.b64encode(f"at:{place}".encode()).decode()


def _place(cursor: str) -> int:
    try:
        return int(base64.b64decode(cursor, validate=True).decode().removeprefix("at:"))
    except ValueError:
        raise GraphQLError("Invalid cursor", extensions={"code": "BAD_USER_INPUT"}) from None
