"""Validation: the quick pass lets nothing pass that graphql-core refuses, and most of the rest."""

import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from graphql import (
    FieldNode,
    GraphQLError,
    GraphQLSyntaxError,
    ValidationRule,
    parse,
    specified_rules,
    validate,
)
from graphql import build_schema as schema_of
from hypothesis import given, settings
from hypothesis import strategies as st

from resolvers.acceptance import is_certainly_valid
from resolvers.type_table import TypeTable
from resolvers.validation import Validator
from schema.build import build_schema, executable
from tests.oracle.generator import Generator
from tests.oracle.records import company
from tests.resolvers.mutation import Mutation

SCHEMA = executable(build_schema())
TABLE = TypeTable(SCHEMA)
EXAMPLES = Path(__file__).parents[2] / "examples" / "queries"

WHOLE = """
query Whole($id: ID!) {
  customer(by: { id: $id }) {
    id kind name givenName familyName language lifecycleStage tags createdAt
    emails { address label primary }
    phones { e164 label }
    addresses { street city country }
    purchases(first: 10) {
      nodes { id number status placedAt total { amount currency } channel }
    }
    tickets(first: 5) { nodes { id number subject status priority openedAt } }
    interactions(first: 20) { nodes { id channel direction subject content occurredAt } }
    documents(first: 5) { nodes { id name kind mediaType sizeBytes modifiedAt } }
    campaigns(first: 10) { nodes { status sentAt campaign { name kind } } }
  }
}
"""

LIST = """
query List($until: DateTime!) {
  customers(
    first: 50
    where: { createdAt: { lte: $until } }
    orderBy: [{ field: CREATED_AT, direction: DESC }]
  ) {
    nodes {
      id name createdAt
      purchases(first: 5) { nodes { number status placedAt total { amount currency } } }
      tickets(first: 3) { nodes { number subject status openedAt } }
    }
  }
}
"""

SMALL = schema_of("""
  directive @loud on FIELD | QUERY
  scalar Odd
  enum Color { RED GREEN }
  input Point { x: Int! y: Int! = 0 next: Point colors: [Color!] }
  input Choice @oneOf { id: ID name: String }
  interface Named { name: String }
  type Dog implements Named { name: String age: Int friend(of: Choice): Named }
  type Cat implements Named { name: String! age: Float friend(of: Choice): Named }
  type Rock { weight: Float }
  union Thing = Dog | Cat
  type Query {
    dog: Dog named: Named rock: Rock thing: Thing
    at(point: Point!): Int
    one(choice: Choice!): Dog
    list(of: [Int!]! = [1]): Int
    deep(of: [[Int]]): Int
    default(first: Int! = 3): Int
    all(i: Int f: Float s: String b: Boolean id: ID c: Color odd: Odd): Int
  }
  type Mutation { set(i: Int!): Dog }
""")
SMALL_TABLE = TypeTable(SMALL)


def _operations(seed: int) -> Iterator[str]:
    """Valid operations over the real schema, but for clashes of response keys now and then."""
    records = company(seed % 50)
    chance = random.Random(seed)
    generator = Generator(SCHEMA, records, chance, ids=["x"], cursors=["garbage"])
    while True:
        yield generator.operation().text


@settings(max_examples=60, deadline=None)
@given(st.integers(min_value=0, max_value=10**9))
def test_what_graphql_core_refuses_is_never_let_pass(seed: int) -> None:
    """Of valid documents with changes by chance, those that still can be read."""
    operations = _operations(seed)
    mutation = Mutation(SCHEMA, random.Random(seed))
    for _ in range(10):
        text = mutation.changed(next(operations))
        try:
            document = parse(text)
        except GraphQLSyntaxError:
            continue
        if is_certainly_valid(TABLE, document):
            assert not validate(SCHEMA, document), text


def test_what_clients_usually_ask_passes_without_graphql_core() -> None:
    """All examples, a whole customer, a list with relations, and most random operations."""
    usual = [each.read_text() for each in sorted(EXAMPLES.glob("*.graphql"))]
    assert len(usual) == 6
    assert all(is_certainly_valid(TABLE, parse(each)) for each in [*usual, WHOLE, LIST])
    operations = _operations(7)
    documents = [parse(next(operations)) for _ in range(200)]
    valid = [each for each in documents if not validate(SCHEMA, each)]
    passed = [each for each in valid if is_certainly_valid(TABLE, each)]
    assert len(passed) >= 0.9 * len(valid) >= 0.9 * 180


UNDERSTOOD = [
    "{ dog { name } }",
    "query A { __typename dog { n: name __typename } } query B { rock { weight } }",
    "mutation ($i: Int!) { set(i: $i) { name } }",
    '{ all(i: 1, f: 1, s: "a", b: true, id: 7, c: RED, odd: "x") }',
    '{ all(i: null, f: 1.5, id: "a") default list }',
    "{ at(point: {x: 1, next: {x: -2147483648, y: 2147483647}, colors: [RED]}) }",
    "query ($x: Int!, $c: Color!) { at(point: {x: $x, colors: [$c]}) }",
    "query ($i: Int = 1) { default(first: $i) all(i: $i, f: 2) }",
    "query ($i: Int) { default(first: $i) }",
    "query ($l: [Int!]!, $p: Point!) { list(of: $l) at(point: $p) }",
    "query ($p: Point! = {x: 1}) { at(point: $p) }",
    'query ($id: ID!) { one(choice: {id: $id}) { friend(of: {name: "a"}) { name } } }',
    "query ($b: Boolean!) { dog @skip(if: $b) { name @include(if: true) } }",
    "query ($b: Boolean = true) { dog { ...F @skip(if: $b) } } fragment F on Dog { age }",
    "{ named { ... on Dog { age } ... on Cat { friend { name } } ... { name } } }",
    "{ thing { ... on Named { name } } named { ...F } } fragment F on Thing { __typename }",
    "{ dog { name ...A ...B } } fragment A on Dog { name ...B } fragment B on Dog { name }",
    "{ dog { friend { name } } ... on Query { dog { friend { ... on Dog { age } } } } }",
    (
        'query ($n: String) { dog { ...A friend(of: {name: "x"}) { name } } ...B }'
        ' fragment A on Dog { friend(of: {name: "x"}) { ... on Cat { age } } }'
        " fragment B on Query { all(s: $n) }"
    ),
]


@pytest.mark.parametrize("text", UNDERSTOOD)
def test_it_understands(text: str) -> None:
    """All parts of queries and mutations that clients use, in their simple forms."""
    document = parse(text)
    assert validate(SMALL, document) == []
    assert is_certainly_valid(SMALL_TABLE, document)


@pytest.mark.parametrize(
    "text",
    [
        "{ list(of: 1) }",
        "{ deep(of: [[1]]) }",
        "query ($l: [[Int]]) { deep(of: $l) }",
        "{ all(odd: {any: [1]}) }",
        "query Q @loud { dog { name } }",
        "{ dog @loud { name } }",
        "{ __schema { queryType { name } } }",
        '{ __type(name: "Dog") { name } }',
        "{ named { ... on Dog { friend { x: name } } ... on Cat { friend { x: __typename } } } }",
        "{ dog { } }",
        # The specification refuses this one; graphql-core overlooks it where the input is required.
        "query ($i: ID) { one(choice: {id: $i}) { name } }",
        "{ named { ... on Dog { friend { name } } ... on Cat { friend(of: null) { name } } } }",
    ],
)
def test_what_is_unusual_is_left_to_graphql_core(text: str) -> None:
    """It is valid all the same; some of it the pass may understand one day."""
    assert Validator(SMALL, SMALL_TABLE).errors(parse(text)) == []


REFUSED = [
    "{ nothing }",
    "{ dog }",
    "{ dog { name { x } } }",
    "{ thing { name } }",
    "{ named { age } }",
    "{ dog { nothing: nothing } }",
    "{ all(x: 1) }",
    "{ all(i: 1, i: 1) }",
    "{ at }",
    "{ at(point: null) }",
    "{ at(point: {y: 1}) }",
    "{ at(point: {x: 1, z: 1}) }",
    "{ at(point: {x: 1, x: 1}) }",
    "{ at(point: {x: 1, y: null}) }",
    "{ at(point: {x: 1, colors: [null]}) }",
    "{ at(point: {x: 1, colors: [PINK]}) }",
    '{ at(point: "x") }',
    "{ all(i: 2147483648) }",
    "{ all(i: " + "9" * 5000 + ") }",
    "{ all(i: 1.0) }",
    '{ all(i: "1") }',
    "{ all(s: 1) }",
    "{ all(b: 1) }",
    "{ all(id: 1.5) }",
    '{ all(c: "RED") }',
    "{ all(c: BLUE) }",
    "{ all(i: RED) }",
    '{ all(f: "1") }',
    "{ list(of: [1, null]) }",
    "{ list(of: null) }",
    '{ one(choice: {id: 1, name: "a"}) { name } }',
    "{ one(choice: {}) { name } }",
    "{ one(choice: {id: null}) { name } }",
    "query ($i: ID) { dog { friend(of: {id: $i}) { name } } }",
    "query ($i: ID = 1) { dog { friend(of: {id: $i}) { name } } }",
    "query ($i: Int!) { one(choice: {id: $i}) { name } }",
    "{ all(i: $i) }",
    "query ($i: Int) { dog { name } }",
    "query ($i: Int, $i: Int) { all(i: $i) }",
    "query ($i: Nothing) { all(i: $i) }",
    "query ($i: Dog) { all(i: $i) }",
    "query ($i: String) { all(i: $i) }",
    'query ($i: Int = "a") { all(i: $i) }',
    "query ($i: Int! = null) { all(i: $i) }",
    "query ($i: Int = null) { at(point: {x: $i}) }",
    "query ($i: Int = null) { set: all(i: $i) list(of: [$i]) }",
    "query ($l: [Int]) { list(of: $l) }",
    "query ($l: [Int]!) { list(of: $l) }",
    "query ($i: Int!) { list(of: $i) }",
    "query ($l: [Int!]!) { all(i: $l) }",
    "query ($i: Int) { at(point: {x: $i}) }",
    "query ($p: Point = {y: 1}) { at(point: $p) }",
    "query A($i: Int) { ...F } query B { ...F } fragment F on Query { all(i: $i) }",
    "query A($i: Int) { ...F } query B($i: String) { ...F } fragment F on Query { all(i: $i) }",
    "{ ...F }",
    "{ ...F } fragment F on Nothing { name }",
    "{ ...F } fragment F on Int { name }",
    "{ dog { name } } fragment F on Dog { name }",
    "{ dog { ...F } } fragment F on Dog { name } fragment F on Dog { name }",
    "{ dog { ...F } } fragment F on Dog { ...F }",
    (
        "{ dog { ...A } } fragment A on Dog { ...B } fragment B on Dog { ...C }"
        " fragment C on Dog { friend { ...A } }"
    ),
    "{ dog { name } } fragment A on Dog { ...B } fragment B on Dog { ...A }",
    "{ dog { ... on Cat { name } } }",
    "{ dog { ... on Rock { weight } } }",
    "{ dog { ...F } } fragment F on Rock { weight }",
    "{ rock { ... on Named { name } } }",
    "{ dog { ... on Nothing { name } } }",
    "{ dog { ... on Int { name } } }",
    "{ dog @nothing { name } }",
    "{ dog @skip { name } }",
    "{ dog @skip(if: null) { name } }",
    '{ dog @skip(if: "x") { name } }',
    "{ dog @skip(if: true, if: true) { name } }",
    "{ dog @skip(unless: true) { name } }",
    "{ dog @skip(if: true) @skip(if: true) { name } }",
    "query ($b: Boolean) { dog @skip(if: $b) { name } }",
    "query @skip(if: true) { dog { name } }",
    "{ dog { ...F } } fragment F on Dog @skip(if: true) { name }",
    "query ($b: Boolean! @skip(if: true)) { dog @skip(if: $b) { name } }",
    "query A { dog { name } } query A { dog { name } }",
    "{ dog { name } } { dog { name } }",
    "query A { dog { name } } { dog { name } }",
    "subscription { dog { name } }",
    "{ dog { x: name x: age } }",
    "{ all(i: 1) all(i: 2) }",
    "{ all(i: 1) all }",
    "query ($i: Int) { all(i: $i) all(i: 1) }",
    "{ dog { friend { x: name } } dog { friend { x: __typename } } }",
    "{ dog { name: age ...F } } fragment F on Dog { name }",
    "{ named { ... on Dog { x: age } ... on Cat { x: age } } }",
    "{ named { ... on Dog { name } ... on Cat { name } } }",
    "type A { a: Int } query { dog { name } }",
    "extend type Dog { a: Int }",
    "{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }",
]


@pytest.mark.parametrize("text", REFUSED)
def test_refusals_are_those_of_the_specification(text: str) -> None:
    """Word for word, and at the same places: the pass only says that it is not sure."""
    document = parse(text)
    expected = validate(SMALL, document)
    assert expected
    assert not is_certainly_valid(SMALL_TABLE, document)
    assert _words(Validator(SMALL, SMALL_TABLE).errors(document)) == _words(expected)


def _words(errors: Sequence[GraphQLError]) -> list[Any]:
    return [each.formatted for each in errors]


def _doubling(levels: int) -> str:
    chain = [
        f"fragment F{n} on Dog {{ friend {{ ...F{n + 1} ...F{n + 1} }} }}" for n in range(levels)
    ]
    return " ".join(["{ dog { ...F0 } }", *chain, f"fragment F{levels} on Named {{ name }}"])


def _nested(levels: int) -> str:
    chain = [f"fragment F{n} on Dog {{ ... {{ ...F{n + 1} }} }}" for n in range(levels)]
    return " ".join(["{ dog { ...F0 } }", *chain, f"fragment F{levels} on Dog {{ name }}"])


@pytest.mark.parametrize(
    "text",
    [
        _doubling(40),
        _nested(99),
        _nested(199),
        "{ " + "dog { name } " * 800 + "}",
        "{ dog { " + "...F " * 3000 + "} } fragment F on Dog { name }",
        "fragment F on Query { "
        + " ".join(f"x{n}: all(i: $i)" for n in range(300))
        + " } "
        + " ".join(f"query Q{n}($i: Int) {{ ...F }}" for n in range(300)),
    ],
    ids=["doubling", "nested", "too deep", "repeated", "spread often", "shared by many"],
)
def test_what_graphql_core_might_give_up_on_is_left_to_it(text: str) -> None:
    """It bounds the work that fragments and repeated fields make; the pass stops far before."""
    assert not is_certainly_valid(SMALL_TABLE, parse(text))


def test_documents_made_to_be_compared_for_long_are_given_up_on_early() -> None:
    """Hundreds of equal fields are compared each with each; thousands would hold up everybody."""
    validator = Validator(SMALL, SMALL_TABLE)
    assert validator.errors(parse("{ " + "dog { name } " * 70 + "}")) == []
    errors = validator.errors(parse("{ " + "dog { name } " * 300 + "}"))
    assert [each.message for each in errors] == ["Validation aborted."]


@settings(max_examples=60, deadline=None)
@given(st.integers(min_value=0, max_value=10**9))
def test_nothing_that_is_refused_passes_when_it_is_changed(seed: int) -> None:
    """All the documents above, with changes by chance and pieces of each other."""
    chance = random.Random(seed)
    mutation = Mutation(SMALL, chance, others=[*UNDERSTOOD, *REFUSED])
    for _ in range(20):
        text = mutation.changed(chance.choice([*UNDERSTOOD, *UNDERSTOOD, *REFUSED]))
        try:
            document = parse(text)
        except GraphQLSyntaxError:
            continue
        if is_certainly_valid(SMALL_TABLE, document):
            assert not validate(SMALL, document), text


class _NoDogs(ValidationRule):
    """A rule of our own."""

    def enter_field(self, node: FieldNode, *_: object) -> None:
        if node.name.value == "dog":
            self.report_error(GraphQLError("No dogs.", node))


def test_other_rules_are_kept_too() -> None:
    """Where there is one that the pass does not know, it is not asked at all."""
    document = parse("{ dog { name } }")
    validator = Validator(SMALL, SMALL_TABLE, [*specified_rules, _NoDogs])
    assert [each.message for each in validator.errors(document)] == ["No dogs."]


def test_introspection_can_be_banned() -> None:
    """The pass understands none of it, so the rule is always asked."""
    validator = Validator(SMALL, SMALL_TABLE)
    plain = parse("{ __typename dog { __typename } }")
    assert validator.errors(plain, may_introspect=False) == ()
    for text in ("{ __schema { description } }", '{ dog { name } t: __type(name: "A") { name } }'):
        assert validator.errors(parse(text)) == []
        (error, *_) = validator.errors(parse(text), may_introspect=False)
        assert "introspection has been disabled" in error.message


def test_the_pass_stands_in_for_the_rules_that_it_was_written_for() -> None:
    """A new rule of a new graphql-core must be taught to the pass before it is used."""
    assert {each.__name__.removesuffix("Rule") for each in specified_rules} == {
        "DeferStreamDirectiveLabel",
        "DeferStreamDirectiveOnRootField",
        "DeferStreamDirectiveOnValidOperations",
        "ExecutableDefinitions",
        "FieldsOnCorrectType",
        "FragmentsOnCompositeTypes",
        "KnownArgumentNames",
        "KnownDirectives",
        "KnownFragmentNames",
        "KnownOperationTypes",
        "KnownTypeNames",
        "LoneAnonymousOperation",
        "MaxIntrospectionDepth",
        "NoFragmentCycles",
        "NoUndefinedVariables",
        "NoUnusedFragments",
        "NoUnusedVariables",
        "OverlappingFieldsCanBeMerged",
        "PossibleFragmentSpreads",
        "ProvidedRequiredArguments",
        "ScalarLeafs",
        "SingleFieldSubscriptions",
        "StreamDirectiveOnListField",
        "UniqueArgumentNames",
        "UniqueDirectivesPerLocation",
        "UniqueFragmentNames",
        "UniqueInputFieldNames",
        "UniqueOperationNames",
        "UniqueVariableNames",
        "ValuesOfCorrectType",
        "VariablesAreInputTypes",
        "VariablesInAllowedPosition",
    }
