"""What a policy hides might as well not be there: no answer tells of it, nor of its absence."""

import os
import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pytest
from graphql import GraphQLSchema
from strawberry.utils.str_converters import to_snake_case

from domain.access.policy import EntityAccess, RoleAccess
from domain.catalogue import ENTITIES
from tests.oracle.comparison import cursors_in
from tests.oracle.database import ALIVE, Databases, Kind
from tests.oracle.differing import compared
from tests.oracle.generator import Generator
from tests.oracle.plain import plain_schema_of
from tests.oracle.records import company
from tests.oracle.restricted import RestrictedWorld, restricted, weakened
from tests.oracle.role import draw
from tests.oracle.world import DESK

OPERATIONS = int(os.environ.get("CUSTOMER360_POLICY_OPERATIONS", "900"))
"""How many operations to compare in all."""

AT_ONCE = 4
ALIASES = {"primary_email": "emails", "primary_phone": "phones"}
"""What is filtered and ordered by, and the field that it is told with."""

CHUNK = 25
"""How many operations each role asks."""

ROLES = 3
"""How many roles share a world, all asking at the same time."""

KINDS: Mapping[str, Kind] = {
    "all in memory": Kind(None),
    "all in memory, one source dead": Kind(None, DESK),
    "all in the store": Kind(ALIVE, share=3),
    "one source live": Kind(DESK),
    "one source live, its answers kept": Kind(DESK, kept=DESK),
    "one source live and dead": Kind(DESK, DESK),
    "one source live that can do little": Kind(DESK),
}
COMPANIES = max(2, OPERATIONS // 5000)


def _chunks() -> list[tuple[str, int]]:
    share = sum(each.share for each in KINDS.values())
    count = max(1, OPERATIONS // CHUNK // ROLES // share)
    return [(name, n) for name, kind in KINDS.items() for n in range(count * kind.share)]


@contextmanager
def _worlds(databases: Databases, name: str, number: int) -> Iterator[list[RestrictedWorld]]:
    kind = KINDS[name]
    with databases.world(kind, number % COMPANIES) as opened:
        world = weakened(opened) if name.endswith("can do little") else opened
        chance = random.Random(f"roles {name} {number}")
        parts = [draw(chance, world.company) for _ in range(ROLES)]
        yield [restricted(world, each, dead=kind.dead) for each in parts]


@pytest.mark.parametrize(("name", "number"), _chunks())
def test_what_is_hidden_might_as_well_not_be_there(
    databases: Databases, name: str, number: int
) -> None:
    """Under a policy over all records, the answers are those over what it leaves of them.

    Data, nulls, order, cursors and errors are equal, for every operation of roles at random.
    """
    with _worlds(databases, name, number) as worlds:
        for n, world in enumerate(worlds):
            chance = random.Random(f"{name} {number} {n}")
            cursors: list[str] = ["garbage"]
            generator = Generator(
                world.schema, world.company, chance, ids=world.ids(), cursors=cursors
            )
            done = 0
            while done < CHUNK:
                operations = [generator.operation() for _ in range(AT_ONCE)]
                found = [each for each in compared(world, operations) if each is not None]
                done += max(1, len(found))
                cursors += [cursor for data, _ in found for cursor in cursors_in(data)]


@pytest.mark.parametrize("seed", range(25))
def test_the_schema_of_a_role_names_nothing_that_is_hidden(seed: int) -> None:
    """Types, fields, filters and orders are those that the role names, of masked fields neither."""
    role = draw(random.Random(f"schema {seed}"), company(seed)).role
    schema = plain_schema_of(role)

    for entity in ENTITIES.values():
        access = _access(role, entity.name)
        if access is None:
            for suffix in ("", "Filter", "Order", "OrderField", "Connection", "Edge"):
                assert entity.type_name + suffix not in schema.type_map
            continue
        seen = {"id"} if access.fields is None else {"id", *access.fields}
        told = (seen - access.masks.keys()) | set(entity.key)
        told |= {alias for alias, of in ALIASES.items() if of in told}
        if access.fields is not None:
            assert _members(schema, entity.type_name) <= seen
            assert _members(schema, f"{entity.type_name}Filter") <= told | {"and", "or", "not"}
            assert _members(schema, f"{entity.type_name}OrderField") <= told
        masked = access.masks.keys() - set(entity.key)
        for name in masked | {alias for alias, of in ALIASES.items() if of in masked}:
            assert name not in _members(schema, f"{entity.type_name}Filter")
            assert name not in _members(schema, f"{entity.type_name}OrderField")
    sources = role.entities.get("source", EntityAccess(fields=frozenset()))
    if sources.fields is not None:
        assert _members(schema, "Source") <= {"name", *sources.fields}
    assert ("sources" in _members(schema, "Query")) is ("source" in role.entities)
    assert schema.mutation_type is None


def _access(role: RoleAccess, entity: str) -> EntityAccess | None:
    if entity != "customer_record":
        return role.entities.get(entity)
    golden = role.entities.get("customer")
    if golden is None or (golden.fields is not None and "records" not in golden.fields):
        return None
    own = {"source", "record_id", "observed_at", "matched_by"}
    fields = None if golden.fields is None else golden.fields | own
    return EntityAccess(fields=fields, masks=golden.masks)


def _members(schema: GraphQLSchema, type_name: str) -> set[str]:
    """The names of the fields or values of a type, in snake case; none where there is no type."""
    type_ = schema.type_map.get(type_name)
    known = getattr(type_, "fields", None) or getattr(type_, "values", None) or {}
    return {to_snake_case(each) if each != each.upper() else each.lower() for each in known}
