"""A schema of inputs of every kind, and texts and values for them, good and bad."""

from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLSchema,
    build_schema,
    is_input_object_type,
    is_list_type,
    is_non_null_type,
)
from hypothesis import strategies as st

SCHEMA: GraphQLSchema = build_schema("""
    scalar Any
    enum Colour { RED GREEN BLUE }
    input Point { x: Int!, y: Int = 7, tags: [String!] = ["a"] }
    input Which @oneOf { id: ID, point: Point, colour: Colour }
    input Tree {
      name: String, weight: Float, on: Boolean! = true, colour: Colour = RED, point: Point
      which: Which, and: [Tree!], not: Tree, grid: [[Int]], any: Any
    }
    type Query {
      all(
        tree: Tree, trees: [Tree!], which: Which, must: Which!, id: ID!, ids: [ID!] = ["1"]
        n: Int = 5, m: Int! = 6, colour: Colour = GREEN, colours: [Colour], f: Float, b: Boolean
        s: String, any: Any, grid: [[Int!]]
      ): Int
    }
""")

ARGUMENTS = SCHEMA.query_type.fields["all"].args if SCHEMA.query_type else {}

_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**33), 2**33)
    | st.floats()
    | st.text("aR1é", max_size=3)
    | st.just("RED"),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("xy"), inner),
    max_leaves=4,
)
_LEAVES: dict[str, st.SearchStrategy[Any]] = {
    "Int": st.integers(-(2**31), 2**31 - 1),
    "Float": st.floats(allow_nan=False, allow_infinity=False) | st.integers(-9, 9),
    "Boolean": st.booleans(),
    "String": st.text(max_size=3),
    "ID": st.text(max_size=3) | st.integers(0, 99),
    "Any": _JSON,
}
_LITERALS: dict[str, st.SearchStrategy[str]] = {
    "Int": st.sampled_from(["0", "-3", "99"]),
    "Float": st.sampled_from(["0.5", "2"]),
    "Boolean": st.sampled_from(["true", "false"]),
    "String": st.sampled_from(['"é"', '""']),
    "ID": st.sampled_from(['"a"', "7"]),
    "Any": st.sampled_from(["{x: [1]}", "TWO", '"x"']),
}


@st.composite
def value_of(draw: st.DrawFn, type_: Any, depth: int = 0) -> Any:
    """A JSON value for a type, which it mostly fits."""
    if draw(st.integers(0, 19)) == 0:
        return draw(_JSON)
    if is_non_null_type(type_):
        return draw(value_of(type_.of_type, depth))
    if draw(st.integers(0, 5)) == 0:
        return None
    return draw(_present_of(type_, depth))


@st.composite
def _present_of(draw: st.DrawFn, type_: Any, depth: int) -> Any:
    if is_list_type(type_):
        many = draw(st.integers(0, 2)) if depth < 4 else 0
        return [draw(value_of(type_.of_type, depth + 1)) for _ in range(many)]
    if is_input_object_type(type_):
        return draw(_object_of(type_, depth))
    if isinstance(type_, GraphQLEnumType):
        return draw(st.sampled_from([*type_.values, "NONE"]))
    return draw(_LEAVES[type_.name])


@st.composite
def _object_of(draw: st.DrawFn, type_: GraphQLInputObjectType, depth: int) -> dict[str, Any]:
    names = draw(_names(type_, depth))
    made = {each: draw(value_of(type_.fields[each].type, depth + 1)) for each in names}
    return {**made, "odd": 1} if draw(st.integers(0, 29)) == 0 else made


def _names(type_: GraphQLInputObjectType, depth: int) -> st.SearchStrategy[list[str]]:
    simple = [each for each in type_.fields if each not in {"and", "not", "point", "which"}]
    offered = list(type_.fields) if depth < 3 else simple
    most = 1 if type_.is_one_of else 3
    wanted = [name for name, each in type_.fields.items() if is_non_null_type(each.type)]
    chosen = st.lists(st.sampled_from(offered), max_size=most, min_size=most // 3, unique=True)
    return chosen.map(lambda names: list(dict.fromkeys([*wanted, *names])))


@st.composite
def literal_of(draw: st.DrawFn, type_: Any, variables: dict[str, Any], depth: int = 0) -> str:
    """The text of a value of a type; puts the variables in it into `variables`, with their type."""
    if draw(st.integers(0, 2)) == 0:
        name = f"v{len(variables)}"
        looser = type_.of_type if is_non_null_type(type_) and draw(st.booleans()) else type_
        variables[name] = looser
        return f"${name}"
    if is_non_null_type(type_):
        return draw(literal_of(type_.of_type, variables, depth))
    if draw(st.integers(0, 7)) == 0:
        return "null"
    return draw(_constant_of(type_, variables, depth))


@st.composite
def _constant_of(draw: st.DrawFn, type_: Any, variables: dict[str, Any], depth: int) -> str:
    if is_list_type(type_):
        if draw(st.integers(0, 4)) == 0:
            return draw(literal_of(type_.of_type, variables, depth + 1))
        many = draw(st.integers(0, 2))
        items = [draw(literal_of(type_.of_type, variables, depth + 1)) for _ in range(many)]
        return f"[{', '.join(items)}]"
    if is_input_object_type(type_):
        fields = [
            f"{name}: {draw(literal_of(type_.fields[name].type, variables, depth + 1))}"
            for name in draw(_names(type_, depth))
        ]
        return f"{{{', '.join(fields)}}}"
    if isinstance(type_, GraphQLEnumType):
        return str(draw(st.sampled_from(list(type_.values))))
    return draw(_LITERALS[type_.name])
