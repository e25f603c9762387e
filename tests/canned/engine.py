"""Plain graphql-core with canned answers, behind the gateway's real endpoint and page."""

from pathlib import Path
from typing import Any

import orjson
from graphql import (
    ExecutionResult,
    GraphQLAbstractType,
    GraphQLEnumType,
    GraphQLError,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
    GraphQLScalarType,
    GraphQLSchema,
    OperationType,
    build_schema,
    execute_sync,
    get_operation_ast,
    parse,
    validate,
)
from graphql.execution.values import get_variable_values
from starlette.applications import Starlette
from starlette.routing import Route

from gateway import graphiql, health
from gateway.http.door import GraphQL
from resolvers.request import Request
from resolvers.result import ErrorCode, Result, ResultKind

SCHEMA = Path(__file__).with_name("schema.graphql")
ITEMS = 2

_VALUES: dict[str, object] = {
    "ID": "canned-id",
    "String": "王琳 Lin",
    "Int": 7,
    "Float": 0.5,
    "Boolean": True,
    "DateTime": "2026-01-15T09:30:00.000Z",
    "Decimal": "129.90",
}


def canned(_source: object, info: GraphQLResolveInfo[Any], **_arguments: object) -> object:
    """The same answer for every field of a type: two of a list, the first of an enum."""
    return _value(info.return_type, info.schema)


def _value(kind: GraphQLOutputType, schema: GraphQLSchema) -> object:
    match kind:
        case GraphQLNonNull():
            return _value(kind.of_type, schema)
        case GraphQLList():
            return [_value(kind.of_type, schema)] * ITEMS
        case GraphQLEnumType():
            return next(iter(kind.values.values())).value
        case GraphQLScalarType():
            return _VALUES.get(kind.name, "canned")
        case GraphQLObjectType():
            return {}
        case _:
            return {"__typename": schema.get_possible_types(_abstract(kind))[0].name}


def _abstract(kind: object) -> GraphQLAbstractType:
    if not isinstance(kind, GraphQLAbstractType):
        raise TypeError(f"No canned value for {kind}.")
    return kind


class Canned:
    """An engine for the gateway's endpoint."""

    def __init__(self, sdl: str) -> None:
        self._schema = build_schema(sdl)

    async def execute(self, request: Request, context: Any) -> Result:
        """Parse, validate and execute with graphql-core."""
        del context
        try:
            document = parse(request.query)
        except GraphQLError as exc:
            return _refused(exc, code=ErrorCode.GRAPHQL_PARSE_FAILED)
        if errors := validate(self._schema, document):
            return _refused(*errors, code=ErrorCode.GRAPHQL_VALIDATION_FAILED)
        operation = get_operation_ast(document, request.operation_name)
        if operation is None:
            error = GraphQLError("Which operation?")
            return _refused(error, code=ErrorCode.OPERATION_RESOLUTION_FAILURE)
        if operation.operation is OperationType.MUTATION and not request.may_mutate:
            error = GraphQLError("Mutations need POST.")
            kind = ResultKind.METHOD_REFUSED
            return _refused(error, code=ErrorCode.BAD_REQUEST, kind=kind)
        variables = dict(request.variables or {})
        definitions = operation.variable_definitions or ()
        coerced = get_variable_values(self._schema, definitions, variables)
        if isinstance(coerced, list):
            return _refused(*coerced, code=ErrorCode.BAD_USER_INPUT)
        result = execute_sync(
            self._schema,
            document,
            variable_values=variables,
            operation_name=request.operation_name,
            field_resolver=canned,
        )
        assert isinstance(result, ExecutionResult)
        return Result(ResultKind.EXECUTED, orjson.dumps(result.formatted))


def _refused(
    *errors: GraphQLError, code: ErrorCode, kind: ResultKind = ResultKind.REQUEST_ERROR
) -> Result:
    formatted = [{**error.formatted, "extensions": {"code": str(code)}} for error in errors]
    return Result(kind, orjson.dumps({"errors": formatted}))


async def _ready() -> None:
    """A store that is always there."""


def application(sdl: str | None = None) -> Starlette:
    """The gateway's HTTP surface over canned answers."""
    engine = Canned(sdl if sdl is not None else SCHEMA.read_text(encoding="utf-8"))
    return Starlette(
        routes=[
            Route("/graphql", GraphQL(engine=engine)),
            *graphiql.routes(),
            *health.routes(_ready),
        ]
    )
