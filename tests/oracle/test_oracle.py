"""The engine answers like graphql-core does: data, nulls, order and error paths."""

import asyncio
import os
import random
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import orjson
import pytest
from graphql import GraphQLSchema, parse, validate

from connectors.contract import Answer, Batch, Connector, Unavailable
from connectors.federation import Federation, Mode
from connectors.health import HealthBoard
from connectors.memory import MemoryConnector
from connectors.session import Session
from domain.catalogue import ENTITIES
from resolvers import identifier
from resolvers.context import Context
from resolvers.engine import Engine
from resolvers.limit import DocumentLimits
from resolvers.request import Request
from resolvers.result import ResultKind
from schema.build import build_schema, executable
from tests.oracle.generator import Generator, Operation
from tests.oracle.records import OBSERVED_AT, Company, company
from tests.oracle.reference import Reference, plain_schema

OPERATIONS = int(os.environ.get("CUSTOMER360_ORACLE_OPERATIONS", "2000"))
"""How many operations to compare in all."""

CHUNK = 250
LIMITS = DocumentLimits(max_fields=100_000, max_aliases=10_000, max_depth=100)


class _Dead(MemoryConnector):
    """A source that never answers."""

    async def fetch(self, batch: Batch) -> Answer:
        raise Unavailable(self.name, f"{batch.entity} is not to be had")


def federation(company: Company, dead: frozenset[str]) -> Federation:
    """The company's sources, some of them dead."""

    def connector(name: str) -> Connector:
        kind = _Dead if name in dead else MemoryConnector
        return kind(name, company.held_by(name), observed_at=OBSERVED_AT)

    native = connector("native")
    others = {name: connector(name) for name in company.sources if name != "native"}
    modes = {("native", entity): Mode.SYNCED for entity in ("document", "campaign")}
    return Federation(native, others, modes=modes, board=HealthBoard(lambda: OBSERVED_AT))


async def _nobody(_source: str, _record_id: str) -> bool:
    return False


def context(federation: Federation, company: Company) -> Context:
    """A request's context over memory."""
    return Context(
        session=Session(federation, deadline_s=30),
        journal=None,  # type: ignore[arg-type]  # queries write nothing
        now=lambda: OBSERVED_AT,
        new_id=lambda: str(uuid4()),
        sources={
            name: {"name": name, "kind": "memory", "status": "OK", "entities": []}
            for name in company.sources
        },
        document_url=lambda _source, _record_id: None,
        adopt=_nobody,
    )


def ids(company: Company) -> Sequence[str]:
    """Ids of records of every type, and some that mean nothing."""
    known = [
        identifier.encode(entity.type_name, *(each[name] for name in entity.key))
        for entity in ENTITIES.values()
        if entity.name != "campaign_membership"
        for each in company.tables[entity.name]
    ]
    customers = [identifier.encode("Customer", each["id"]) for each in company.tables["customer"]]
    return [*known, *customers * 4, "nonsense", identifier.encode("Ticket", "desk", "none")]


def cursors_in(data: Any) -> list[str]:
    """All cursors in an answer."""
    if isinstance(data, list):
        return [each for one in data for each in cursors_in(one)]
    if not isinstance(data, dict):
        return []
    own = [each for each in data.values() if isinstance(each, str) and each.startswith("Wy")]
    return own + [each for one in data.values() for each in cursors_in(one)]


@pytest.mark.parametrize("dead", [frozenset(), frozenset({"desk"})], ids=["well", "one dead"])
@pytest.mark.parametrize("seed", range(max(1, OPERATIONS // CHUNK // 2)))
def test_the_engine_answers_random_operations_as_graphql_core_does(
    seed: int, dead: frozenset[str]
) -> None:
    """Data, nulls, order and error paths are equal for every operation."""
    _compare(seed, dead, executable(build_schema()), plain_schema())


def _compare(seed: int, dead: frozenset[str], schema: GraphQLSchema, plain: GraphQLSchema) -> None:
    chance = random.Random(f"{seed} {sorted(dead)}")
    records = company(seed % 50)
    reference = Reference(records, dead=dead)
    engine = Engine(schema, limits=LIMITS)
    sources = federation(records, dead)
    cursors: list[str] = ["garbage"]
    generator = Generator(plain, records, chance, ids=ids(records), cursors=cursors)
    compared = 0
    while compared < CHUNK:
        operation = generator.operation()
        answer = asyncio.run(_answered(engine, operation, sources, records))
        if answer is None:
            # Two uses of one response key clashed: graphql-core has to say so too.
            assert validate(plain, parse(operation.text)), operation.text
            continue
        compared += 1
        expected = reference.execute(operation.text, operation.variables, operation.name)
        assert answer == expected, f"{operation.text}\n{operation.variables}"
        cursors += cursors_in(expected[0])


async def _answered(
    engine: Engine, operation: Operation, sources: Federation, records: Company
) -> tuple[Any, list[Any]] | None:
    """The data and the paths of the errors; none where the operation was refused."""
    request = Request(
        query=operation.text, operation_name=operation.name, variables=operation.variables
    )
    result = await engine.execute(request, context(sources, records))
    if result.kind is not ResultKind.EXECUTED:
        return None
    answer = orjson.loads(result.body)
    return answer["data"], [each["path"] for each in answer.get("errors", ())]
