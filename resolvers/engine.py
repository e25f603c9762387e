"""The engine: from a request's document to the bytes of its answer."""

import asyncio
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
from graphql.execution import VariableValues, get_variable_values

from connectors.aspects import Accounts
from resolvers.context import Context
from resolvers.introspection import introspect
from resolvers.limit import DocumentLimits
from resolvers.operation import Document, DocumentCache, InvalidDocument
from resolvers.planner import Plan
from resolvers.problem import UserError
from resolvers.request import Request
from resolvers.result import ErrorCode, Result, ResultKind
from resolvers.run import Run
from resolvers.scope import Scope, Step


class Engine:
    """Executes operations over a schema whose fields carry plan resolvers."""

    def __init__(
        self,
        schema: GraphQLSchema,
        *,
        limits: DocumentLimits | None = None,
        allows_introspection: bool = True,
    ) -> None:
        self._schema = schema
        rules = list(specified_rules)
        if not allows_introspection:
            rules.append(NoSchemaIntrospectionCustomRule)
        self._documents = DocumentCache(schema, limits or DocumentLimits(), rules=rules)

    async def execute(self, request: Request, context: Context) -> Result:
        """The answer to a request. Errors of the client are answers; nothing is raised for them."""
        try:
            document = self._documents.get(request.query)
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
        definitions = operation.variable_definitions or ()
        variables = get_variable_values(
            self._schema, definitions, dict(request.variables or {}), max_errors=20
        )
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
        try:
            plan = document.plan(operation, variables.coerced)
            bound = [binding(arguments.values(variables)) for arguments, binding in plan.bindings]
        except UserError as exc:
            return _told(exc)
        run = Run(width=plan.width, sites=plan.sites, variables=variables, context=context)
        run.bound = bound
        await _execute(plan, run)
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


async def _execute(plan: Plan, run: Run) -> None:
    if not plan.is_serial:
        await _all(plan.root, [()], run)
        return
    for step in plan.root.steps:
        await _one(step, [()], run)
        if isinstance(run.places[step.index][0], Exception):
            # The payload of a mutation is required: its failure ends the operation.
            return


async def _all(scope: Scope, parents: Sequence[Any], run: Run) -> None:
    if len(scope.steps) == 1:
        await _one(scope.steps[0], parents, run)
    elif scope.steps:
        await asyncio.gather(*(_one(step, parents, run) for step in scope.steps))


async def _one(step: Step, parents: Sequence[Any], run: Run) -> None:
    run.places[step.index] = await step.places(run, parents)
    for index, scope in step.outputs.items():
        if scope.steps and run.rows[index]:
            await _all(scope, run.rows[index], run)


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
            "status": account.status.value.lower(),
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
    return _refused([{"message": error.message, "extensions": {"code": error.code}}])


def _formatted(error: GraphQLError, code: ErrorCode) -> Mapping[str, Any]:
    formatted: dict[str, Any] = {"message": error.message}
    if error.locations:
        formatted["locations"] = [
            {"line": place.line, "column": place.column} for place in error.locations
        ]
    return {**formatted, "extensions": {"code": code}}
