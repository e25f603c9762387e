"""The audit: what a plan reads of customers, and the entry that is kept of each request.

The fields are known from the plan. Whom the rows are about is read off the rows: the planner has
them bring along the customer's id, and texts of nests tell those of the rows in them behind the
text. Only ids and names of fields are kept, never what they hold.
"""

import copy
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson
from graphql import GraphQLField, GraphQLSchema

from connectors.contract import SourceError
from connectors.federation import Question
from domain.access.subject import is_personal
from domain.access_record import AccessKind
from domain.audit import Entry
from resolvers.problem import UserError
from resolvers.result import ErrorCode
from resolvers.run import Run
from resolvers.scope import RowScope
from resolvers.trail import Trail
from resolvers.visibility import ENTITY_OF_TYPE, HOLDERS, MASK, snake

AUDITED: Final = "audited"
"""The key of a schema's extensions that says whether plans are to tell what they read."""

_REFUSED: Final = (
    "It cannot be recorded at the moment who reads this, so that it is not shown. Try again."
)
_UNTOLD: Final = (
    "It cannot be recorded at the moment what came of this. It may have been done: try again with"
    " the same `idempotencyKey`."
)


def audited(schema: GraphQLSchema) -> GraphQLSchema:
    """The same schema, whose plans tell what they read."""
    made = copy.copy(schema)
    made.extensions = {**schema.extensions, AUDITED: True}
    return made


@dataclass(slots=True)
class Reading:
    """What a plan reads: fields, which of them behind masks, and where customers' ids stand.

    `subjects` are places in the rows of the run: the index of a step and the position in its rows.
    """

    fields: Sequence[str]
    masked: Sequence[str]
    subjects: Sequence[tuple[int, int]]
    commands: Sequence[int]
    _digest: str | None = None

    def digest(self, text: str) -> str:
        """The SHA-256 of the document, which is the same whenever the plan is used."""
        if self._digest is None:
            self._digest = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
        return self._digest


@dataclass(slots=True)
class Notes:
    """What is noted about a plan while it is made."""

    is_personal: bool = False
    _fields: dict[str, None] = field(default_factory=dict)
    _masked: dict[str, None] = field(default_factory=dict)
    _scopes: list[tuple[int, RowScope, int]] = field(default_factory=list)

    def field(self, type_name: str, definition: GraphQLField, name: str) -> None:
        """A field of an object is answered."""
        entity, own = ENTITY_OF_TYPE.get(type_name), snake(name)
        if entity is None:
            entity, own = "customer", HOLDERS.get(type_name, "")
        if not own or not is_personal(entity):
            return
        self._fields[f"{entity}.{own}"] = None
        if MASK in definition.extensions:
            self._masked[f"{entity}.{own}"] = None

    def rows(self, index: int, scope: RowScope, subject: str | None) -> None:
        """Rows are read; `subject` is the field that says whom they are about, where it is new."""
        self.is_personal |= is_personal(scope.entity.name)
        if subject is not None:
            self._scopes.append((index, scope, scope.position(subject)))

    def reading(self, commands: Sequence[int]) -> Reading | None:
        """What it comes to; `None` where nothing is personal."""
        if not (self.is_personal or commands):
            return None
        subjects = [
            (index, position)
            for index, scope, position in self._scopes
            # The rows of these are texts, which tell it themselves.
            if scope.fusion is None or not scope.fusion.is_page
        ]
        return Reading(sorted(self._fields), sorted(self._masked), subjects, commands)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a request is: the operation by its name, and the text of its document."""

    operation: str | None
    document: str


async def announce(reading: Reading, run: Run, asked: Asked, *, trail: Trail) -> None:
    """Leave an entry that something is about to be changed; raises `UserError` where it cannot."""
    entry = _entry(reading, run, asked, AccessKind.INTENT, (), {})
    await _left(trail, entry, _REFUSED)


async def record(reading: Reading, run: Run, asked: Asked, *, trail: Trail, status: str) -> None:
    """Leave the entry of a request whose answer is made; raises `UserError` where it cannot."""
    customers = set(_read_customers(reading, run))
    asked_sources = sorted(run.context.session.accounts.by_source)
    more: dict[str, Any] = {"status": status, "sources": asked_sources}
    kind, problem = AccessKind.READ, _REFUSED
    if reading.commands:
        kind, problem = AccessKind.WRITE, _UNTOLD
        written = list(_written(reading, run))
        more["written"] = [":".join(each) for each in written]
        customers.update(await _owners(run, written))
    entry = _entry(reading, run, asked, kind, sorted(customers), more)
    await _left(trail, entry, problem)


async def _left(trail: Trail, entry: Entry, problem: str) -> None:
    try:
        await trail.leave(entry)
    except SourceError as exc:
        raise UserError(problem, code=ErrorCode.SERVICE_OVERLOADED) from exc


def _read_customers(reading: Reading, run: Run) -> Iterator[UUID]:
    for index, position in reading.subjects:
        for row in run.rows[index]:
            found: Any = row[position]
            if found is not None:
                yield found
    if run.witnesses:
        told = b"".join(run.witnesses).decode().split(",")
        yield from map(UUID, {each for each in told if each})


def _written(reading: Reading, run: Run) -> Iterator[tuple[str, str, str]]:
    """The records that were written, as the payloads name them: `x_source` and `x_id`."""
    for index in reading.commands:
        for payload in run.rows[index]:
            said: Mapping[str, Any] = payload  # type: ignore[assignment]  # rows of commands are mappings
            for name, source in said.items():
                entity = name.removesuffix("_source")
                key = said.get(f"{entity}_id")
                if entity != name and source is not None and key is not None:
                    yield entity, str(source), str(key)


async def _owners(run: Run, written: Sequence[tuple[str, str, str]]) -> Sequence[UUID]:
    found: list[UUID] = []
    for entity, source, key in written:
        question = Question(entity=entity, fields=("customer_id",), match=("source", "record_id"))
        (answer,) = await run.ask(question, [(source, key)])
        if not isinstance(answer, SourceError):
            owners: list[Any] = [row[0] for row in answer.rows]
            found += [each for each in owners if each is not None]
    return found


def _entry(  # noqa: PLR0917  # the parts of one entry, each named by the two that call it
    reading: Reading,
    run: Run,
    asked: Asked,
    kind: AccessKind,
    customers: Sequence[UUID],
    more: Mapping[str, Any],
) -> Entry:
    context = run.context
    viewer, at = context.viewer, context.now()
    origin = context.origin()
    body = {
        "at": _moment(at),
        "kind": kind,
        "viewer": _plain(viewer.name),
        "role": viewer.role,
        "purpose": _plain(viewer.purpose),
        "policy": context.policy.key,
        "operation": asked.operation,
        "document": reading.digest(asked.document),
        "client": origin.client,
        "request_id": origin.request_id,
        "customers": list(map(str, customers)),
        "fields": reading.fields,
        "masked": reading.masked,
        **more,
    }
    return Entry(orjson.dumps(body, option=orjson.OPT_SORT_KEYS), at, customers)


def _moment(at: datetime) -> str:
    return at.isoformat(timespec="microseconds")


def _plain(text: str | None) -> str | None:
    """A text from outside that every database can hold."""
    if text is None or (text.isascii() and text.isprintable()):
        return text
    kept = text.encode("utf-8", "replace").decode()
    return "".join(each if each.isprintable() else "�" for each in kept)
