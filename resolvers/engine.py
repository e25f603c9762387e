"""The engine: from a request's document to the bytes of its answer."""

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

import orjson
from graphql import (
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
)
from graphql.execution import VariableValues

from connectors.aspects.account import Accounts
from connectors.health import SourceStatus
from domain.access.policy import RoleAccess
from resolvers.audit import Asked, Reading, announce, audited, record
from resolvers.context import Context
from resolvers.execution import execute
from resolvers.freshness import max_stale_s
from resolvers.fusion import Doubtful
from resolvers.introspection import introspect
from resolvers.limit import DocumentLimits, Terms
from resolvers.operation import Document, DocumentCache, InvalidDocument
from resolvers.planner import Nesting, Plan
from resolvers.problem import UserError
from resolvers.request import Request
from resolvers.result import ErrorCode, Result, ResultKind
from resolvers.run import Run
from resolvers.tally import OperationTallies
from resolvers.trail import Trail
from resolvers.visibility import visible

_KEPT_SCHEMAS = 64
"""Of how many different roles schemas are kept; to make one takes some 30 ms and 0.4 MB."""

_STATUS = {each: each.value.lower() for each in SourceStatus}


class Task(NamedTuple):
    """An operation of a request that nothing is wrong with."""

    document: Document
    operation: OperationDefinitionNode
    variables: VariableValues
    request: Request
    context: Context
    terms: Terms
    began_s: float


Executed: TypeAlias = Callable[[Task, Nesting | None], Awaitable[Result]]
"""Gives the answer to an operation; it fuses what the second argument allows."""


class Engine:
    """Executes operations over a schema whose fields carry plan resolvers.

    `nesting` says of which entities rows are fused with what hangs on them. With a
    `trail` nobody gets an answer about customers before the entry of it is left there.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        *,
        limits: DocumentLimits | None = None,
        allows_introspection: bool = True,
        nesting: Nesting | None = None,
        trail: Trail | None = None,
    ) -> None:
        self.tallies = OperationTallies()
        self._trail = trail
        self._schema = schema if trail is None else audited(schema)
        self._nesting = nesting
        self._terms = Terms(limits or DocumentLimits(), allows_introspection)
        self._documents = DocumentCache(self._schema, self._terms.limits)
        self._of_roles: OrderedDict[str, DocumentCache] = OrderedDict()

    @property
    def documents_bytes(self) -> int:
        """The size of the documents and plans that are kept, as estimated."""
        return self._documents.size + sum(each.size for each in self._of_roles.values())

    async def execute(
        self, request: Request, context: Context, *, executed: Executed | None = None
    ) -> Result:
        """The answer to a request. Errors of the client are answers; nothing is raised for them.

        `executed` gives the answer to an operation that nothing is wrong with; if it is not given,
        the operation is executed.
        """
        began_s = time.perf_counter()
        terms = context.terms or self._terms
        try:
            document = await self._documents_for(context.policy.role).get(request.query, terms)
            operation = document.operation(request.operation_name)
        except InvalidDocument as exc:
            return self._refused(exc.errors, exc.code)
        except UserError as exc:
            return self._told(exc)
        if operation.operation is OperationType.MUTATION and not request.may_mutate:
            error = GraphQLError("A mutation must be sent by POST.")
            return self._refused([error], ErrorCode.BAD_REQUEST, ResultKind.METHOD_REFUSED)
        variables = document.variables(operation).values(
            request.variables, may_introspect=terms.allows_introspection
        )
        if isinstance(variables, list):
            return self._refused(variables, ErrorCode.BAD_USER_INPUT)
        task = Task(document, operation, variables, request, context, terms, began_s)
        return await self._run(task, executed or self._executed)

    def _documents_for(self, role: RoleAccess) -> DocumentCache:
        """Documents over what a role sees of the schema; roles that see alike share them."""
        if role.sees_everything:
            return self._documents
        documents = self._of_roles.get(role.structure)
        if documents is None:
            schema = visible(self._schema, role)
            documents = DocumentCache(schema, self._terms.limits)
            self._of_roles[role.structure] = documents
            if len(self._of_roles) > _KEPT_SCHEMAS:
                self._of_roles.popitem(last=False)
        else:
            self._of_roles.move_to_end(role.structure)
        return documents

    async def _run(self, task: Task, executed: Executed) -> Result:
        fuses = task.operation.operation is not OperationType.MUTATION
        nesting = self._nesting if fuses else None
        try:
            task.document.check_cost(
                task.operation,
                task.variables.coerced,
                task.context.limits,
                max_nodes=task.terms.limits.max_nodes,
            )
            if task.operation.directives:
                wanted_s = max_stale_s(task.operation, task.variables.coerced)
                task.context.session.max_stale_s = wanted_s
            return await executed(task, nesting)
        except Doubtful:
            return await executed(task, None)
        except UserError as exc:
            return self._told(exc)

    async def _executed(self, task: Task, nesting: Nesting | None) -> Result:
        document, operation, variables, _, context, *_ = task
        plan = await document.plan(operation, variables.coerced, nesting=nesting)
        run = Run(width=plan.width, sites=plan.sites, variables=variables, context=context)
        return await self.carry_out(plan, run, task)

    async def carry_out(self, plan: Plan, run: Run, task: Task) -> Result:
        """The answer that a plan makes of a new run."""
        variables = task.variables
        if plan.reading is not None and plan.is_serial:
            await self._announce(plan.reading, run, task)
        run.bound = [binding(arguments.values(variables)) for arguments, binding in plan.bindings]
        await execute(plan, run)
        roots: Mapping[str, Any] = {}
        if plan.introspection:
            roots = introspect(
                task.document.schema,
                plan.introspection,
                list(task.document.fragments.values()),
                task.operation,
                task.request.variables or {},
            )
        data = plan.shape(roots, 0, None, run)
        if plan.reading is not None:
            await self._record(plan.reading, run, task, data)
        body = _body(data, run)
        elapsed_s = time.perf_counter() - task.began_s
        self.tallies.executed(task.operation, elapsed_s=elapsed_s, error_count=len(run.errors))
        return Result(ResultKind.EXECUTED, body)

    async def _announce(self, reading: Reading, run: Run, task: Task) -> None:
        if self._trail is not None:
            await announce(reading, run, _asked(task), trail=self._trail)

    async def _record(
        self, reading: Reading, run: Run, task: Task, data: Mapping[str, Any] | None
    ) -> None:
        if self._trail is not None:
            status = "ok" if not run.errors else "partial" if data else "failed"
            await record(reading, run, _asked(task), trail=self._trail, status=status)

    def _refused(
        self,
        errors: Sequence[GraphQLError],
        code: ErrorCode,
        kind: ResultKind = ResultKind.REQUEST_ERROR,
    ) -> Result:
        self.tallies.refused(code)
        return Result(kind, orjson.dumps({"errors": [_formatted(each, code) for each in errors]}))

    def _told(self, error: UserError) -> Result:
        is_busy = error.code is ErrorCode.SERVICE_OVERLOADED
        kind = ResultKind.OVERLOADED if is_busy else ResultKind.REQUEST_ERROR
        return self._refused([GraphQLError(error.message)], error.code, kind)


def _asked(task: Task) -> Asked:
    name = task.operation.name
    return Asked(operation=name.value if name else None, document=task.request.query)


def _body(data: Mapping[str, Any] | None, run: Run) -> bytes:
    answer: dict[str, Any] = {"data": data}
    if run.errors:
        answer["errors"] = run.errors
    accounts = run.context.session.accounts
    if accounts.by_source:
        # Rows that the viewer may not see are counted too, where a source cannot leave them out.
        told = _sources(accounts) if not run.context.policy.rows else _troubled(accounts)
        if told:
            answer["extensions"] = {"sources": told}
    return orjson.dumps(answer)


def _troubled(accounts: Accounts) -> Mapping[str, Any]:
    # Of the others not even that they were asked: a row that is hidden leads to further questions.
    return {
        name: {"status": _STATUS[account.status]}
        for name, account in accounts.by_source.items()
        if account.troubles
    }


def _sources(accounts: Accounts) -> Mapping[str, Any]:
    told: dict[str, Any] = {}
    for name, account in accounts.by_source.items():
        told[name] = of_source = {
            "status": _STATUS[account.status] if account.troubles else "ok",
            "ms": round(account.elapsed_ms, 1),
            "rows": account.row_count,
            "calls": account.call_count,
        }
        if account.age_s is not None:
            of_source["age"] = round(account.age_s)
    return told


def _formatted(error: GraphQLError, code: ErrorCode) -> Mapping[str, Any]:
    formatted: dict[str, Any] = {"message": error.message}
    if error.locations:
        formatted["locations"] = [
            {"line": place.line, "column": place.column} for place in error.locations
        ]
    return {**formatted, "extensions": {"code": code}}
