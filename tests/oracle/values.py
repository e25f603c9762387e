"""Random arguments and variables: mostly such as the records make meaningful."""

import base64
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

import orjson
from graphql import (
    GraphQLArgument,
    GraphQLInputObjectType,
    is_enum_type,
    is_input_object_type,
    is_list_type,
    is_non_null_type,
)
from strawberry.utils.str_converters import to_snake_case

from domain.catalogue import ENTITIES
from tests.oracle.records import OBSERVED_AT, START, TEXTS, Company

Make = Callable[[], Any]
ENTITY_OF = {each.type_name: each.name for each in ENTITIES.values()}
FILTERS = {f"{type_name}Filter": name for type_name, name in ENTITY_OF.items()}
_SPELLINGS: Sequence[Callable[[str], str]] = (str, str.upper, lambda text: f" {text} ")


class Name(str):
    """What is written without quotes in a document: an enum value or a variable."""

    __slots__ = ()


@dataclass(slots=True)
class Variables:
    """The variables of an operation: their definitions, their values, and how to draw others."""

    definitions: list[str] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)
    makers: dict[str, Make] = field(default_factory=dict)

    def again(self) -> Mapping[str, Any]:
        """Other values for the same variables."""
        return {
            name: None if value is None else as_json(self.makers[name]())
            for name, value in self.values.items()
        }


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a value stands: in a filter, of which entity and column."""

    entity: str | None = None
    column: str | None = None


class Values:
    """Draws arguments. `ids` and `cursors` are such as earlier answers held."""

    def __init__(
        self, company: Company, chance: random.Random, ids: Sequence[str], cursors: Sequence[str]
    ) -> None:
        self.variables = Variables()
        self._company = company
        self._chance = chance
        self._ids = ids
        self._cursors = cursors
        self._is_in_variable = False

    def _maybe(self, share: float) -> bool:
        return self._chance.random() < share

    def arguments(self, arguments: Mapping[str, GraphQLArgument], entity: str | None) -> str:
        """The arguments of a field in brackets, or nothing."""
        wanted = {name for name in arguments if self._maybe(0.3)}
        if "first" in wanted and self._maybe(0.95):
            wanted.discard("last")
        said: dict[str, Any] = {}
        if wanted & {"after", "before"} and self._maybe(0.7):
            wanted -= {"after", "before"}
            said = self._onward(arguments, entity)
            wanted -= {"orderBy"}
        for name, argument in arguments.items():
            if name in wanted or is_non_null_type(argument.type):
                said[name] = self._argument(argument.type, name)
        texts = [f"{name}: {literal(value)}" for name, value in said.items()]
        return f"({', '.join(texts)})" if texts else ""

    def _argument(self, type_: Any, name: str) -> Any:
        if self._maybe(0.4):
            return self.variable(type_, lambda: self._value(type_, name, _Place(), 0))
        if not is_non_null_type(type_) and self._maybe(0.03):
            return None
        return self._value(type_, name, _Place(), 0)

    def _onward(
        self, arguments: Mapping[str, GraphQLArgument], entity: str | None
    ) -> dict[str, Any]:
        """A cursor of an earlier answer, with the order that it belongs to."""
        fitting = [
            (text, order)
            for text in self._cursors[-300:]
            if (order := _order_of_cursor(text, arguments, entity)) is not None
        ]
        if not fitting:
            return {}
        text, order = self._chance.choice(fitting)
        name = self._chance.choice(["after", "before"])
        cursor: Any = text
        if self._maybe(0.4):
            same = [each for each, other in fitting if other == order]
            cursor = self.variable(arguments[name].type, lambda: self._chance.choice(same))
        return {name: cursor, **({"orderBy": order} if order else {})}

    def variable(self, type_: Any, make: Make, type_text: str | None = None) -> Name:
        """A new variable, with a value or a default or, where that is allowed, without."""
        name = f"v{len(self.variables.definitions)}"
        text = type_text or str(type_)
        definition = f"${name}: {text}"
        self.variables.definitions.append(definition)
        with self._in_variable():
            value = make()
        has_default = self._maybe(0.2)
        if has_default:
            self.variables.definitions[-1] = f"{definition} = {literal(value)}"
        is_nullable = not text.endswith("!")
        if self._maybe(0.6 if has_default else 0.1 if is_nullable else 0):
            return Name(f"${name}")
        is_null = is_nullable and self._maybe(0.06)
        self.variables.values[name] = None if is_null else as_json(value)
        self.variables.makers[name] = lambda: self._made(make)
        return Name(f"${name}")

    def _made(self, make: Make) -> Any:
        with self._in_variable():
            return make()

    @contextmanager
    def _in_variable(self) -> Iterator[None]:
        """What is drawn meanwhile becomes JSON, which can hold no variables."""
        before, self._is_in_variable = self._is_in_variable, True
        yield
        self._is_in_variable = before

    def _inner(self, type_: Any, name: str, place: _Place, depth: int) -> Any:
        def make() -> Any:
            return self._value(type_, name, place, depth)

        if not self._is_in_variable and self._maybe(0.15):
            return self.variable(type_, make)
        return make()

    def _value(self, type_: Any, name: str, place: _Place, depth: int) -> Any:
        if is_non_null_type(type_):
            return self._value(type_.of_type, name, place, depth)
        if is_list_type(type_):
            count = self._chance.randint(0 if depth else 1, 3)
            return [self._inner(type_.of_type, name, place, depth + 1) for _ in range(count)]
        if is_input_object_type(type_):
            return self._input(type_, place, depth)
        if is_enum_type(type_):
            return Name(self._chance.choice(list(type_.values)))
        return self._scalar(type_.name, name, place)

    def _input(self, type_: GraphQLInputObjectType, place: _Place, depth: int) -> Any:
        if type_.name == "CustomerBy":
            return self._by(type_)
        if type_.name in FILTERS and self._maybe(0.03):
            return {}
        entity = FILTERS.get(type_.name)
        made: dict[str, Any] = {}
        for name in self._chosen(type_, depth):
            inner = _Place(entity, to_snake_case(name)) if entity else place
            is_null = name in {"eq", "ne", "isNull"} and self._maybe(0.07)
            made[name] = (
                None if is_null else self._inner(type_.fields[name].type, name, inner, depth + 1)
            )
        return made

    def _chosen(self, type_: GraphQLInputObjectType, depth: int) -> list[str]:
        required = [name for name, each in type_.fields.items() if is_non_null_type(each.type)]
        if "direction" in required and self._maybe(0.3):
            required.remove("direction")
        further = {"and", "or", "not"} if depth > 3 else set()
        optional = [n for n in type_.fields if n not in {"direction", *required, *further}]
        count = min(len(optional), self._chance.choice([1, 1, 1, 2]))
        return required + self._chance.sample(optional, count)

    def _by(self, type_: GraphQLInputObjectType) -> Mapping[str, Any]:
        makers: dict[str, Make] = {
            "id": lambda: self._chance.choice(self._ids),
            "record": self._record,
        }
        if self._company.identifiers:
            makers |= {"email": lambda: self._address("email")}
            makers |= {"phone": lambda: self._address("phone")}
        name = self._chance.choice([each for each in makers if each in type_.fields])
        if self._is_in_variable or self._maybe(0.7):
            return {name: makers[name]()}
        inner = type_.fields[name].type
        return {name: self.variable(inner, makers[name], f"{inner}!")}

    def _record(self) -> Mapping[str, Any]:
        record = self._chance.choice(self._company.tables["customer_record"])
        number = record["record_id"] if self._maybe(0.9) else "nobody"
        return {"source": record["source"], "recordId": number}

    def _address(self, kind: str) -> str:
        known = [each.value for each in self._company.identifiers if each.type == kind]
        if self._maybe(0.1):
            return self._chance.choice(["nobody", "", "nobody@example.com", "+4930123456"])
        return self._chance.choice(_SPELLINGS)(self._chance.choice(known))

    def number(self) -> int:
        """A size of a page."""
        usual = self._chance.choice([0, 1, 2, 2, 3, 3, 5, 10, 20, 500])
        return self._chance.choice([-1, 501]) if self._maybe(0.03) else usual

    def _scalar(self, type_name: str, name: str, place: _Place) -> Any:
        if place.column is not None and type_name != "Boolean":
            found = self._of_column(place, name)
            if found is not None:
                return found
        options: Mapping[str, Make] = {
            "Int": self.number,
            "Boolean": lambda: self._maybe(0.5),
            "DateTime": self._time,
            "Decimal": lambda: self._chance.choice(["1.50", "1.5", "0", 1000, -7.123, "1E+200000"]),
            "ID": lambda: self._chance.choice(self._ids),
        }
        if type_name in options:
            return options[type_name]()
        if name in {"after", "before"}:
            return "garbage" if self._maybe(0.3) else self._chance.choice(self._cursors[-60:])
        if name == "fields":
            return self._chance.choice(["name", "givenName", "language", "customerId"])
        return self._chance.choice([*TEXTS, "a", "小", "00", "\0", "a\0b", "\u2028"])

    def _of_column(self, place: _Place, op: str) -> Any:
        """A value that some record has, as it is written in JSON; mostly."""
        if place.entity is None or self._maybe(0.25):
            return None
        records = self._company.tables[place.entity]
        found = self._chance.choice(records).get(place.column or "") if records else None
        if isinstance(found, Decimal):
            return f"{found:f}" if found.is_finite() else None
        if isinstance(found, datetime):
            return found.isoformat()
        if isinstance(found, int):
            return found if abs(found) < 2**31 else None
        if isinstance(found, str) and op in {"contains", "startsWith"}:
            start = 0 if op == "startsWith" else self._chance.randint(0, len(found))
            return found[start : start + self._chance.randint(0, 4)]
        return found

    def _time(self) -> str:
        at = self._chance.choice([START, OBSERVED_AT])
        minute = self._chance.choice([0, 3, at.minute])
        return at.replace(minute=minute).isoformat().replace("+00:00", "Z")


def _order_of_cursor(
    text: str, arguments: Mapping[str, GraphQLArgument], entity: str | None
) -> list[Any] | None:
    """The `orderBy` of the list that a cursor is of; none where it is of no such list."""
    signature = _signature(text)
    fields = ENTITIES[entity].fields if entity else {}
    names = [each.removeprefix("-") for each in signature]
    if entity is None or not names or not set(names) <= set(fields):
        return None
    if names[-len(ENTITIES[entity].key) :] != list(ENTITIES[entity].key):
        return None
    said = [each for each in signature if each not in ENTITIES[entity].key]
    if "orderBy" not in arguments:
        return []
    pairs = [(each.removeprefix("-").upper(), each.startswith("-")) for each in said]
    return [{"field": Name(n), "direction": Name("DESC" if d else "ASC")} for n, d in pairs]


def _signature(text: str) -> list[str]:
    try:
        decoded = orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except ValueError:
        return []
    return str(decoded[0]).split()


def as_json(value: Any) -> Any:
    """The value as a variable has it."""
    if isinstance(value, dict):
        return {name: as_json(each) for name, each in value.items()}
    if isinstance(value, list):
        return [as_json(each) for each in value]
    return str(value) if isinstance(value, Name) else value


def literal(value: Any) -> str:
    """The value as a document has it."""
    if isinstance(value, Name):
        return str(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {literal(each)}" for name, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(literal, value)) + "]"
    # What is left is written in JSON as it is in GraphQL.
    return orjson.dumps(value).decode()
