"""The engine: from a request's document to the bytes of its answer."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from graphql import (
    GraphQLError,
    GraphQLSchema,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    OperationType,
    specified_rules,
)
from graphql.execution import VariableValues

from connectors.aspects.account import Accounts
from connectors.health import SourceStatus
from resolvers.context import Context
from resolvers.execution import execute
from resolvers.fusion import Doubtful
from resolvers.introspection import introspect
from resolvers.limit import DocumentLimits
from resolvers.operation import Document, DocumentCache, InvalidDocument
from resolvers.planner import Nesting
from resolvers.problem import UserError
from resolvers.request import Request
from resolvers.result import ErrorCode, Result, ResultKind
from resolvers.run import Run

_STATUS = {each: each.value.lower() for each in SourceStatus}


class Engine:
    """Executes operations over a schema whose fields carry plan resolvers.

    `nesting` says of which entities rows are fused with what hangs on them.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        *,
        limits: DocumentLimits | None = None,
        allows_introspection: bool = True,
        nesting: Nesting | None = None,
    ) -> None:
        self._schema = schema
        self._nesting = nesting
        rules = list(specified_rules)
        if not allows_introspection:
            rules.append(NoSchemaIntrospectionCustomRule)
        self._documents = DocumentCache(schema, limits or DocumentLimits(), rules=rules)

    async def execute(self, request: Request, context: Context) -> Result:
        """The answer to a request. Errors of the client are answers; nothing is raised for them."""
        try:
            document = await self._documents.get(request.query)
            operation = document.operation(request.operation_name)
        except InvalidDocument as exc:
            return _refused([_formatted(each, exc.code) for each in exc.errors])
        except UserError as exc:
            return _told(exc)
        if operation.operation is OperationType.MUTATION and not request.may_mutate:
            return _refused(
                [
                    {
                        "message": "A mutation must be sent by POST.",
                        "extensions": {"code": ErrorCode.BAD_REQUEST},
                    }
                ],
                ResultKind.METHOD_REFUSED,
            )
        variables = document.variables(operation).values(request.variables)
        if isinstance(variables, list):
            return _refused([_formatted(each, ErrorCode.BAD_USER_INPUT) for each in variables])
        return await self._run(document, operation, variables, request, context)

    async def _run(
        self,
        document: Document,
        operation: OperationDefinitionNode,
        variables: VariableValues,
        request: Request,
        context: Context,
    ) -> Result:
        fuses = operation.operation is not OperationType.MUTATION
        nesting = self._nesting if fuses else None
        try:
            document.check_cost(operation, variables.coerced, context.limits)
            return await self._executed(
                document, operation, variables, request, context, nesting=nesting
            )
        except Doubtful:
            return await self._executed(
                document, operation, variables, request, context, nesting=None
            )
        except UserError as exc:
            return _told(exc)

    async def _executed(
        self,
        document: Document,
        operation: OperationDefinitionNode,
        variables: VariableValues,
        request: Request,
        context: Context,
        *,
        nesting: Nesting | None,
    ) -> Result:
        plan = await document.plan(operation, variables.coerced, nesting=nesting)
        run = Run(width=plan.width, sites=plan.sites, variables=variables, context=context)
        run.bound = [binding(arguments.values(variables)) for arguments, binding in plan.bindings]
        await execute(plan, run)
        roots: Mapping[str, Any] = {}
        if plan.introspection:
            roots = introspect(
                self._schema,
                plan.introspection,
                list(document.fragments.values()),
                operation,
                request.variables or {},
            )
        data = plan.shape(roots, 0, None, run)
        return Result(ResultKind.EXECUTED, _body(data, run))


def _body(data: Mapping[str, Any] | None, run: Run) -> bytes:
    answer: dict[str, Any] = {"data": data}
    if run.errors:
        answer["errors"] = run.errors
    accounts = run.context.session.accounts
    if accounts.by_source:
        answer["extensions"] = {"sources": _sources(accounts)}
    return orjson.dumps(answer)


def _sources(accounts: Accounts) -> Mapping[str, Any]:
    return {
        name: {
            "status": _STATUS[account.status],
            "ms": round(account.elapsed_ms, 1),
            "rows": account.row_count,
            "calls": account.call_count,
        }
        for name, account in accounts.by_source.items()
    }


def _refused(
    errors: Sequence[Mapping[str, Any]], kind: ResultKind = ResultKind.REQUEST_ERROR
) -> Result:
    return Result(kind, orjson.dumps({"errors": errors}))


def _told(error: UserError) -> Result:
    is_busy = error.code is ErrorCode.SERVICE_OVERLOADED
    kind = ResultKind.OVERLOADED if is_busy else ResultKind.REQUEST_ERROR
    return _refused([{"message": error.message, "extensions": {"code": error.code}}], kind)


def _formatted(error: GraphQLError, code: ErrorCode) -> Mapping[str, Any]:
    formatted: dict[str, Any] = {"message": error.message}
    if error.locations:
        formatted["locations"] = [
            {"line": place.line, "column": place.column} for place in error.locations
        ]
    return {**formatted, "extensions": {"code": code}}
