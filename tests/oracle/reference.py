"""The oracle: graphql-core executing the printed schema over records, one resolver at a time.

It shares with the engine only what is opaque to clients: the text of ids and cursors.
"""

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Any
from uuid import UUID

from graphql import GraphQLResolveInfo, GraphQLSchema, build_schema, execute_sync, parse
from strawberry.utils.str_converters import to_snake_case

from domain.catalogue import ENTITIES
from domain.order import Order
from resolvers import cursor, identifier
from schema import scalar
from schema.build import build_schema as build_our_schema
from schema.build import sdl
from tests.oracle.records import Company, Record

TYPES = {each.type_name: each.name for each in ENTITIES.values()}
DEFAULT_ORDERS = {
    "purchase": [("placed_at", True)],
    "purchase_line": [("position", False)],
    "ticket": [("opened_at", True)],
    "campaign": [("starts_at", True)],
    "campaign_membership": [("sent_at", True)],
    "document": [("modified_at", True)],
    "interaction": [("occurred_at", True)],
    "customer": [],
}


class Refusal(Exception):
    """An error that the client caused or a source: null at its field."""


@dataclass(frozen=True)
class Page:
    """A slice of a list."""

    entity: str
    rows: Sequence[Record]
    order: Sequence[tuple[str, bool]]
    has_next: bool
    has_previous: bool
    missing: Sequence[str]


def plain_schema() -> GraphQLSchema:
    """The schema made of its printed form, with the scalars of the graph."""
    schema = build_schema(sdl(build_our_schema()))
    for name, definition in (
        ("DateTime", scalar.DateTime),
        ("Decimal", scalar.ExactDecimal),
        ("JSON", scalar.JsonValue),
    ):
        type_: Any = schema.type_map[name]
        type_.coerce_output_value = _SERIALIZERS[name]
        type_.coerce_input_value = definition.parse_value
    return schema


_SERIALIZERS: Mapping[str, Callable[[Any], Any]] = {
    "DateTime": lambda value: (
        value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{value.microsecond // 1000:03}Z"
    ),
    "Decimal": lambda value: f"{value:f}",
    "JSON": lambda value: value,
}


class Reference:
    """Answers operations over the records of a company; `dead` sources fail."""

    def __init__(self, company: Company, *, dead: frozenset[str] = frozenset()) -> None:
        self._company = company
        self._dead = dead
        self._schema = plain_schema()

    def execute(
        self, document: str, variables: Mapping[str, Any], operation: str | None
    ) -> tuple[Any, list[Any]]:
        """The data, and the paths of the errors in their order."""
        result = execute_sync(
            self._schema,
            parse(document),
            root_value={"__typename": "Query"},
            variable_values=dict(variables),
            operation_name=operation,
            field_resolver=self._resolve,
            type_resolver=lambda value, _info, _type: value["__typename"],
        )
        return result.data, [each.path for each in result.errors or ()]

    def _resolve(self, parent: Any, info: GraphQLResolveInfo[Any], **arguments: Any) -> Any:
        type_name = info.parent_type.name
        if type_name.endswith("Connection"):
            return _of_connection(parent, info.field_name)
        if type_name.endswith("Edge"):
            return _of_edge(parent, info.field_name)
        if info.field_name == "id" and type_name in TYPES:
            key = [parent[name] for name in ENTITIES[TYPES[type_name]].key]
            return identifier.encode(type_name, *key)
        special: Any = getattr(self, f"_{type_name}_{info.field_name}", None)
        if special is not None:
            return special(parent, arguments)
        if info.field_name == "source" and type_name != "MissingSource":
            return {
                "__typename": "Source",
                "name": parent["source"],
                "kind": "memory",
                "status": "OK",
                "entities": [],
            }
        return parent.get(to_snake_case(info.field_name))

    # What records refer to.

    def _one(self, entity: str, **key: Any) -> Record | None:
        if None in key.values():
            return None
        if self._dead & {key.get("source", "native")} and entity in self._company.held_by(
            key.get("source", "native")
        ):
            raise Refusal
        for each in self._company.tables[entity]:
            if all(each.get(name) == value for name, value in key.items()):
                return {**each, "__typename": ENTITIES[entity].type_name}
        return None

    def _referred(self, parent: Record, relation: str) -> Record | None:
        return self._one(
            relation,
            source=parent.get(f"{relation}_source"),
            record_id=parent.get(f"{relation}_ref"),
        )

    def _customer_of(self, parent: Record, _arguments: Any) -> Record | None:
        return self._one("customer", id=parent.get("customer_id"))

    _Purchase_customer = _Ticket_customer = _Document_customer = _customer_of
    _Interaction_customer = _CampaignMembership_customer = _customer_of

    def _Customer_organization(self, parent: Record, _arguments: Any) -> Record | None:
        return self._one("customer", id=parent["organization_id"])

    def _PurchaseLine_product(self, parent: Record, _arguments: Any) -> Record | None:
        return self._referred(parent, "product")

    def _CampaignMembership_campaign(self, parent: Record, _arguments: Any) -> Record | None:
        return self._referred(parent, "campaign")

    def _Interaction_ticket(self, parent: Record, _arguments: Any) -> Record | None:
        return self._referred(parent, "ticket")

    def _Interaction_purchase(self, parent: Record, _arguments: Any) -> Record | None:
        return self._referred(parent, "purchase")

    def _Interaction_campaign(self, parent: Record, _arguments: Any) -> Record | None:
        return self._referred(parent, "campaign")

    # Money, lists of values, links.

    def _money(self, parent: Record, column: str) -> Record | None:
        if parent.get(column) is None:
            return None
        return {"amount": parent[column], "currency": parent.get("currency")}

    def _Purchase_total(self, parent: Record, _arguments: Any) -> Record | None:
        return self._money(parent, "total")

    def _PurchaseLine_total(self, parent: Record, _arguments: Any) -> Record | None:
        return self._money(parent, "total")

    def _PurchaseLine_unitPrice(self, parent: Record, _arguments: Any) -> Record | None:
        return self._money(parent, "unit_price")

    def _Product_price(self, parent: Record, _arguments: Any) -> Record | None:
        return self._money(parent, "price")

    def _Campaign_cost(self, parent: Record, _arguments: Any) -> Record | None:
        return self._money(parent, "cost")

    def _EmailAddress_verified(self, parent: Record, _arguments: Any) -> Any:
        return parent.get("is_verified")

    def _primary(self, parent: Record, _arguments: Any) -> Any:
        return parent.get("is_primary")

    _EmailAddress_primary = _PhoneNumber_primary = _PostalAddress_primary = _primary

    def _Document_downloadUrl(self, _parent: Record, _arguments: Any) -> None:
        return None

    def _Customer_provenance(self, parent: Record, arguments: Mapping[str, Any]) -> Any:
        wanted = arguments.get("fields")
        entries: Any = parent.get("provenance")
        if wanted is None:
            return entries
        return [each for each in entries if each["field"] in wanted]

    def _Customer_records(self, parent: Record, _arguments: Any) -> list[Record]:
        own = self._rows("customer_record", customer_id=parent["id"])
        return sorted(own, key=lambda each: (each["source"], each["record_id"]))

    # Lists.

    def _rows(self, entity: str, **match: Any) -> list[Record]:
        return [
            {**each, "__typename": ENTITIES[entity].type_name}
            for each in self._company.tables[entity]
            if all(each.get(name) == value for name, value in match.items())
        ]

    def _page(self, entity: str, arguments: Mapping[str, Any], **match: Any) -> Page:
        first, last = arguments.get("first"), arguments.get("last")
        if (first is not None and last is not None) or (first or 0) < 0 or (last or 0) < 0:
            raise Refusal
        if max(first or 0, last or 0) > 500:
            raise Refusal
        order = [
            (each["field"].lower(), each["direction"] == "DESC")
            for each in arguments.get("orderBy") or ()
        ] or list(DEFAULT_ORDERS[entity])
        order += [(name, False) for name in ENTITIES[entity].key]
        seen: dict[str, bool] = {}
        for name, is_down in order:
            seen.setdefault(name, is_down)
        order = list(seen.items())
        holders = self._holders(entity, match.get("customer_id"))
        dead = [each for each in holders if each in self._dead]
        rows = [
            each
            for each in self._rows(entity, **match)
            if ENTITIES[entity].key == ("id",) or each["source"] not in self._dead
        ]
        rows = [each for each in rows if passes(each, arguments.get("where"))]
        rows.sort(key=functools.cmp_to_key(functools.partial(_compare, order)))
        start = self._after(entity, rows, order, arguments.get("after"))
        stop = self._before(entity, rows, order, arguments.get("before"))
        if dead and len(dead) == len(holders):
            raise Refusal
        return _sliced(entity, rows, order, (start, stop), arguments, dead)

    def _holders(self, entity: str, customer_id: UUID | None) -> list[str]:
        """The sources that are asked: a live one only for customers that it has a record of."""
        known = {
            each["source"]
            for each in self._company.tables["customer_record"]
            if each["customer_id"] == customer_id
        }
        return [
            each
            for each in self._company.sources
            if entity in self._company.held_by(each)
            and (customer_id is None or each == "native" or each in known)
        ]

    def _after(self, entity: str, rows: Any, order: Any, text: str | None) -> int:
        if text is None:
            return 0
        marked = _marked(entity, order, text)
        return sum(_compare(order, each, marked) <= 0 for each in rows)

    def _before(self, entity: str, rows: Any, order: Any, text: str | None) -> int:
        if text is None:
            return len(rows)
        marked = _marked(entity, order, text)
        return sum(_compare(order, each, marked) < 0 for each in rows)

    def _Customer_purchases(self, parent: Record, arguments: Any) -> Page:
        return self._page("purchase", arguments, customer_id=parent["id"])

    def _Customer_tickets(self, parent: Record, arguments: Any) -> Page:
        return self._page("ticket", arguments, customer_id=parent["id"])

    def _Customer_campaigns(self, parent: Record, arguments: Any) -> Page:
        return self._page("campaign_membership", arguments, customer_id=parent["id"])

    def _Customer_documents(self, parent: Record, arguments: Any) -> Page:
        return self._page("document", arguments, customer_id=parent["id"])

    def _Customer_interactions(self, parent: Record, arguments: Any) -> Page:
        return self._page("interaction", arguments, customer_id=parent["id"])

    def _Customer_contacts(self, parent: Record, arguments: Any) -> Page:
        return self._page("customer", arguments, organization_id=parent["id"])

    def _Purchase_lines(self, parent: Record, arguments: Any) -> Page:
        return self._page(
            "purchase_line",
            arguments,
            purchase_source=parent["source"],
            purchase_ref=parent["record_id"],
        )

    def _Campaign_members(self, parent: Record, arguments: Any) -> Page:
        return self._page(
            "campaign_membership",
            arguments,
            campaign_source=parent["source"],
            campaign_ref=parent["record_id"],
        )

    # The root.

    def _Query_customers(self, _parent: Any, arguments: Any) -> Page:
        return self._page("customer", arguments)

    def _Query_purchases(self, _parent: Any, arguments: Any) -> Page:
        return self._page("purchase", arguments)

    def _Query_tickets(self, _parent: Any, arguments: Any) -> Page:
        return self._page("ticket", arguments)

    def _Query_campaigns(self, _parent: Any, arguments: Any) -> Page:
        return self._page("campaign", arguments)

    def _Query_customer(self, _parent: Any, arguments: Any) -> Record | None:
        ((name, value),) = arguments["by"].items()
        if name == "id":
            return self._named(value, only="Customer")
        assert name == "record"
        if value["source"] not in self._company.sources:
            raise Refusal
        rows = self._rows("customer_record", source=value["source"], record_id=value["recordId"])
        return self._one("customer", id=rows[0]["customer_id"]) if rows else None

    def _Query_node(self, _parent: Any, arguments: Any) -> Record | None:
        return self._named(arguments["id"])

    def _Query_nodes(self, _parent: Any, arguments: Any) -> list[Any]:
        return [self._attempt(each) for each in arguments["ids"]]

    def _attempt(self, value: str) -> Any:
        try:
            return self._named(value)
        except Refusal as exc:
            return exc

    def _named(self, value: str, only: str | None = None) -> Record | None:
        try:
            type_name, key = identifier.decode(value)
        except Exception as exc:
            raise Refusal from exc
        if only not in {None, type_name} or type_name not in TYPES:
            raise Refusal
        if type_name == "Customer":
            return self._one("customer", id=UUID(key[0]))
        return self._one(TYPES[type_name], source=key[0], record_id=key[1])

    def _Query_me(self, _parent: Any, _arguments: Any) -> Record:
        return {"name": "anonymous", "roles": [], "claims": {}, "purpose": None}

    def _Query_sources(self, _parent: Any, _arguments: Any) -> list[Record]:
        return [
            {"name": each, "kind": "memory", "status": "OK", "entities": []}
            for each in self._company.sources
        ]


def _sliced(
    entity: str, rows: Any, order: Any, bounds: Any, arguments: Mapping[str, Any], dead: Any
) -> Page:
    start, stop = bounds
    if arguments.get("last") is not None:
        begin = max(start, stop - arguments["last"])
        has = (arguments.get("before") is not None, begin > start)
        return Page(entity, rows[begin:stop] if stop > begin else [], order, *has, dead)
    first = arguments.get("first")
    end = min(stop, start + (20 if first is None else first))
    has = (end < stop, arguments.get("after") is not None)
    return Page(entity, rows[start:end] if end > start else [], order, *has, dead)


def _of_connection(page: Page, name: str) -> Any:
    if name == "nodes":
        return page.rows
    if name == "edges":
        return [(page, each) for each in page.rows]
    if name == "missingSources":
        return [
            {
                "source": each,
                "code": "SOURCE_UNAVAILABLE",
                "message": f"The source '{each}' is unavailable at the moment; try again later.",
            }
            for each in page.missing
        ]
    rows = page.rows
    return {
        "has_next_page": page.has_next,
        "has_previous_page": page.has_previous,
        "start_cursor": _cursor(page, rows[0]) if rows else None,
        "end_cursor": _cursor(page, rows[-1]) if rows else None,
    }


def _of_edge(edge: tuple[Page, Record], name: str) -> Any:
    page, row = edge
    return row if name == "node" else _cursor(page, row)


def _cursor(page: Page, row: Record) -> str:
    order = [Order(name, down) for name, down in page.order]
    values = [row.get(name) for name, _ in page.order]
    return cursor.encoder(order, range(len(values)))(values)


def _marked(entity: str, order: Any, text: str) -> Record:
    try:
        bound = cursor.decode(text, ENTITIES[entity], [Order(name, down) for name, down in order])
    except Exception as exc:
        raise Refusal from exc
    return dict(zip((name for name, _ in order), bound.values, strict=True))


def _compare(order: Sequence[tuple[str, bool]], one: Record, other: Record) -> int:
    for name, is_down in order:
        a, b = one.get(name), other.get(name)
        if a is None and b is None:
            continue
        if a is None or b is None:
            return 1 if a is None else -1
        if a != b:
            return -1 if (a < b) is not is_down else 1
    return 0


def passes(record: Record, where: Mapping[str, Any] | None) -> bool:
    """Whether a record passes a filter; `Refusal` where the filter says nothing."""
    return all(_holds(record, name, value) for name, value in _checked(where))


def _checked(where: Mapping[str, Any] | None) -> list[tuple[str, Any]]:
    conditions = list((where or {}).items())
    _refuse_empty(conditions)
    return conditions


def _refuse_empty(conditions: list[tuple[str, Any]]) -> None:
    for name, value in conditions:
        if value is None:
            raise Refusal
        if name in {"and", "or"}:
            for each in value:
                _refuse_empty(list(each.items()))
        elif name == "not":
            _refuse_empty(list(value.items()))
        elif any(each is None and op not in {"eq", "ne"} for op, each in value.items()):
            raise Refusal


def _holds(record: Record, name: str, value: Any) -> bool:
    if name == "and":
        return all(passes(record, each) for each in value)
    if name == "or":
        return any(passes(record, each) for each in value)
    if name == "not":
        return not passes(record, value)
    found = record.get(to_snake_case(name))
    return all(_test(found, op, each) for op, each in value.items())


def _test(found: Any, op: str, value: Any) -> bool:
    if op == "isNull":
        return (found is None) is value
    if op in {"ne", "notIn"}:
        return not _test(found, {"ne": "eq", "notIn": "in"}[op], value)
    if op == "eq":
        return bool(found == value)
    if op == "in":
        return found is not None and found in value
    if found is None:
        return False
    tests: Mapping[str, Callable[[Any, Any], bool]] = {
        "lt": lambda a, b: a < b,
        "lte": lambda a, b: a <= b,
        "gt": lambda a, b: a > b,
        "gte": lambda a, b: a >= b,
        "contains": lambda a, b: b in a,
        "startsWith": lambda a, b: a.startswith(b),
    }
    return tests[op](found, value)
