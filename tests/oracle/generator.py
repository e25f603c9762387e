"""Random valid operations over the whole schema: fields, arguments, fragments, directives."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_enum_type,
    is_input_object_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
)

from tests.oracle.records import OBSERVED_AT, START, TEXTS, Company

Pool = Mapping[str, Sequence[Any]]
"""Values that mean something, by the name of an argument."""


@dataclass(frozen=True, slots=True)
class Operation:
    """A document, which of its operations to run, and the variables."""

    text: str
    name: str | None
    variables: Mapping[str, Any]


@dataclass(slots=True)
class _Made:
    definitions: list[str] = field(default_factory=list)
    variables: dict[str, Any] = field(default_factory=dict)
    fragments: dict[str, tuple[str, str]] = field(default_factory=dict)
    fields_left: int = 0


class Generator:
    """Makes operations. `ids` and `cursors` are such as earlier answers held."""

    def __init__(
        self,
        schema: GraphQLSchema,
        company: Company,
        chance: random.Random,
        *,
        ids: Sequence[str],
        cursors: list[str],
    ) -> None:
        self._schema = schema
        self._company = company
        self._chance = chance
        self._ids = ids
        self._cursors = cursors
        self._made = _Made()
        self._taken: dict[str, tuple[str, str]] = {}

    def operation(self) -> Operation:
        """A new operation."""
        self._made = _Made(fields_left=self._chance.choice([3, 6, 12, 35]))
        root: Any = self._schema.query_type
        body = self._selections(root, depth=0)
        name = "Asked" if self._maybe(0.4) else None
        definitions = ", ".join(self._made.definitions)
        head = "query" + (f" {name}" if name else "") + (f"({definitions})" if definitions else "")
        plain = name is None and not definitions and self._maybe(0.5)
        text = ("" if plain else head + " ") + body
        for fragment, (on, selections) in self._made.fragments.items():
            text += f"\nfragment {fragment} on {on} {selections}"
        if name and self._maybe(0.3):
            text += "\nquery Other { me { name } }"
        return Operation(text, name, self._made.variables)

    def _maybe(self, share: float) -> bool:
        return self._chance.random() < share

    def _selections(self, type_: Any, depth: int) -> str:
        parts = [self._selection(type_, depth, n) for n in range(self._chance.randint(1, 5))]
        return "{ " + " ".join(parts) + " }"

    def _selection(self, type_: Any, depth: int, n: int) -> str:
        if isinstance(type_, (GraphQLObjectType, GraphQLInterfaceType)) and depth > 0 and n > 0:
            if self._maybe(0.12):
                on = self._narrower(type_)
                condition = f" on {on.name}" if on is not type_ or self._maybe(0.5) else ""
                inner = self._selections(on, depth)
                return f"...{condition}{self._directive()} {inner}"
            if self._maybe(0.1):
                return self._fragment(type_, depth)
        return self._field(type_, depth)

    def _narrower(self, type_: Any) -> Any:
        if isinstance(type_, GraphQLInterfaceType) and self._maybe(0.85):
            return self._chance.choice(self._schema.get_possible_types(type_))
        if isinstance(type_, GraphQLObjectType) and type_.interfaces and self._maybe(0.4):
            return self._chance.choice(type_.interfaces)
        return type_

    def _fragment(self, type_: Any, depth: int) -> str:
        known = [name for name, (on, _) in self._made.fragments.items() if on == type_.name]
        if known and self._maybe(0.4):
            return f"...{self._chance.choice(known)}{self._directive()}"
        selections = self._selections(type_, depth)
        name = f"F{len(self._made.fragments)}"
        self._made.fragments[name] = (type_.name, selections)
        return f"...{name}{self._directive()}"

    def _number(self) -> int:
        usual = self._chance.choice([0, 1, 2, 2, 3, 3, 5, 10, 20, 500])
        return self._chance.choice([-1, 501]) if self._maybe(0.03) else usual

    def _field(self, type_: Any, depth: int) -> str:
        self._made.fields_left -= 1
        if self._maybe(0.08):
            return self._aliased("__typename", "", depth) + self._directive()
        fields: Mapping[str, GraphQLField] = type_.fields
        leaves = [name for name, each in fields.items() if is_leaf_type(get_named_type(each.type))]
        is_ending = depth >= 7 or self._made.fields_left < 0
        names = leaves if leaves and (is_ending or self._maybe(0.35)) else list(fields)
        if is_ending and not leaves:
            names = ["pageInfo"] if "pageInfo" in fields else list(fields)
        if "pageInfo" in fields and not is_ending and self._maybe(0.8):
            names = ["nodes", "edges"]
        name = self._chance.choice(names)
        definition = fields[name]
        arguments = self._arguments(definition.args, name)
        # The same response key must mean the same everywhere, so every use gets its own alias.
        text = self._aliased(name, arguments, depth) + arguments + self._directive()
        named = get_named_type(definition.type)
        return text if is_leaf_type(named) else f"{text} {self._selections(named, depth + 1)}"

    def _aliased(self, name: str, arguments: str, _depth: int) -> str:
        if not arguments and self._maybe(0.7):
            return name
        return f"a{len(self._made.definitions)}_{self._chance.randrange(10**9)}: {name}"

    def _directive(self) -> str:
        if not self._maybe(0.08):
            return ""
        name = self._chance.choice(["skip", "include"])
        if self._maybe(0.5):
            return f" @{name}(if: {self._chance.choice(['true', 'false'])})"
        return f" @{name}(if: {self._variable('Boolean!', self._maybe(0.5))})"

    def _variable(self, type_: str, value: Any) -> str:
        name = f"v{len(self._made.definitions)}"
        definition = f"${name}: {type_}"
        if self._maybe(0.2):
            definition += f" = {_literal(value)}"
        else:
            self._made.variables[name] = _json(value)
        self._made.definitions.append(definition)
        return f"${name}"

    def _arguments(self, arguments: Mapping[str, GraphQLArgument], field_name: str) -> str:
        said: list[str] = []
        wanted = {name for name in arguments if self._maybe(0.3)}
        if "first" in wanted and self._maybe(0.95):
            wanted.discard("last")
        # A cursor fits one order only, so most random ones are refused.
        if self._maybe(0.6):
            wanted -= {"after", "before"}
        for name, argument in arguments.items():
            if name in wanted or is_non_null_type(argument.type):
                value = self._value(argument.type, name, field_name, 0)
                as_variable = self._maybe(0.35)
                said.append(
                    f"{name}: {self._variable(str(argument.type), value)}"
                    if as_variable
                    else f"{name}: {_literal(value)}"
                )
        return f"({', '.join(said)})" if said else ""

    def _value(self, type_: Any, name: str, field_name: str, depth: int) -> Any:
        if is_non_null_type(type_):
            return self._value(type_.of_type, name, field_name, depth)
        if is_list_type(type_):
            count = self._chance.randint(0 if depth else 1, 3)
            return [self._value(type_.of_type, name, field_name, depth + 1) for _ in range(count)]
        if is_input_object_type(type_):
            return self._input(type_, field_name, depth)
        if is_enum_type(type_):
            return _Enum(self._chance.choice(list(type_.values)))
        return self._scalar(type_.name, name)

    def _input(self, type_: GraphQLInputObjectType, field_name: str, depth: int) -> Any:
        if type_.name == "CustomerBy":
            return self._chance.choice([self._by_id, self._by_record])()
        required = [name for name, each in type_.fields.items() if is_non_null_type(each.type)]
        optional = [name for name in type_.fields if name not in required]
        if depth > 3:
            optional = [name for name in optional if name not in {"and", "or", "not"}]
        chosen = required + self._chance.sample(
            optional, min(len(optional), self._chance.choice([1, 1, 1, 2]))
        )
        made: dict[str, Any] = {}
        for name in chosen:
            if name == "direction" and name not in required and self._maybe(0.3):
                continue
            is_null = name in {"eq", "ne"} and self._maybe(0.1)
            made[name] = (
                None
                if is_null
                else self._value(type_.fields[name].type, name, field_name, depth + 1)
            )
        return made

    def _by_id(self) -> Any:
        return {"id": self._chance.choice(self._ids)}

    def _by_record(self) -> Any:
        record = self._chance.choice(self._company.tables["customer_record"])
        number = record["record_id"] if self._maybe(0.8) else "nobody"
        return {"record": {"source": record["source"], "recordId": number}}

    def _scalar(self, type_name: str, name: str) -> Any:
        options: Mapping[str, Callable[[], Any]] = {
            "Int": self._number,
            "Boolean": lambda: self._maybe(0.5),
            "DateTime": lambda: _time(self._chance),
            "Decimal": lambda: self._chance.choice(["1.50", "1.5", "0", "1000", "-7.123"]),
            "ID": lambda: self._chance.choice(self._ids),
        }
        if type_name in options:
            return options[type_name]()
        if name in {"after", "before"}:
            return "garbage" if self._maybe(0.1) else self._chance.choice(self._cursors[-60:])
        if name == "fields":
            return self._chance.choice(["name", "givenName", "language"])
        return self._chance.choice([*TEXTS, "a", "小", "00"])


class _Enum(str):
    """A name that is written without quotes in a document."""

    __slots__ = ()


def _time(chance: random.Random) -> str:
    at = chance.choice([START, OBSERVED_AT])
    return at.replace(minute=chance.choice([0, 3, at.minute])).isoformat().replace("+00:00", "Z")


def _json(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _json(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_json(each) for each in value]
    return str(value) if isinstance(value, _Enum) else value


def _literal(value: Any) -> str:
    if isinstance(value, _Enum):
        return str(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {_literal(each)}" for name, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_literal, value)) + "]"
    # What is left is written in JSON as it is in GraphQL.
    return orjson.dumps(value).decode()
