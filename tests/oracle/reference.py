"""The oracle: graphql-core executing the printed schema over records, one resolver at a time.

It shares with the engine only what is opaque to clients: the text of ids and cursors.
"""

import functools
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from graphql import ExecutionResult, GraphQLResolveInfo, execute_sync, parse, validate
from strawberry.utils.str_converters import to_snake_case

from domain.catalogue import ENTITIES
from resolvers import identifier
from tests.oracle.listing import (
    DEFAULT_ORDERS,
    Page,
    Refusal,
    compare,
    marked,
    of_connection,
    of_edge,
    passes,
    refuse_empty,
    sliced,
)
from tests.oracle.plain import plain_schema
from tests.oracle.records import Company, Record

TYPES = {each.type_name: each.name for each in ENTITIES.values()}
_GONE = "It is not configured any more; what it once gave is still in the store."


class Reference:
    """Answers operations over the records of a company; `dead` sources fail."""

    def __init__(self, company: Company, *, dead: frozenset[str] = frozenset()) -> None:
        self._company = company
        self._dead = dead
        self.schema = plain_schema()
        self.default_orders = DEFAULT_ORDERS

    def execute(
        self, document: str, variables: Mapping[str, Any], operation: str | None
    ) -> ExecutionResult | None:
        """What graphql-core answers; none where it refuses the document or its variables."""
        node = parse(document)
        if validate(self.schema, node):
            return None
        result = execute_sync(
            self.schema,
            node,
            root_value={"__typename": "Query"},
            variable_values=dict(variables),
            operation_name=operation,
            field_resolver=self.resolve,
            type_resolver=lambda value, _info, _type: value["__typename"],
        )
        is_refused = result.data is None and not any(each.path for each in result.errors or ())
        return None if is_refused else result

    def resolve(self, parent: Any, info: GraphQLResolveInfo[Any], **arguments: Any) -> Any:
        """The value of a field."""
        type_name = info.parent_type.name
        if type_name.endswith("Connection"):
            return of_connection(parent, info.field_name)
        if type_name.endswith("Edge"):
            return of_edge(parent, info.field_name)
        if info.field_name == "id" and type_name in TYPES:
            key = [parent[name] for name in ENTITIES[TYPES[type_name]].key]
            return identifier.encode(type_name, *key)
        special: Any = getattr(self, f"_{type_name}_{info.field_name}", None)
        if special is not None:
            return special(parent, arguments)
        if info.field_name == "source" and type_name != "MissingSource":
            return self._source(parent.get("source"))
        return parent.get(to_snake_case(info.field_name))

    # What records refer to.

    def _source(self, name: str | None) -> Record | None:
        if name is None:
            return None
        known = {"kind": "unknown", "status": "UNKNOWN", "problem": _GONE}
        if name in self._company.sources:
            known = {"kind": "memory", "status": "OK"}
        return {"__typename": "Source", "name": name, "entities": [], **known}

    def _one(self, entity: str, **key: Any) -> Record | None:
        if None in key.values():
            return None
        source = key.get("source", "native")
        if source in self._dead and entity in self._company.held_by(source):
            raise _dead(source)
        for each in self._rows(entity, **key):
            return each
        return None

    def _customer(self, id_: UUID | None) -> Record | None:
        """A customer, or the one into which it was merged."""
        seen: set[UUID] = set()
        while id_ is not None and id_ not in seen:
            seen.add(id_)
            found = self._one("customer", id=id_)
            if found is None or found.get("superseded_by") is None:
                return found
            id_ = found["superseded_by"]
        return None

    def _referred(self, parent: Record, relation: str) -> Record | None:
        return self._one(
            relation,
            source=parent.get(f"{relation}_source"),
            record_id=parent.get(f"{relation}_ref"),
        )

    def _customer_of(self, parent: Record, _arguments: Any) -> Record | None:
        return self._customer(parent.get("customer_id"))

    _Purchase_customer = _Ticket_customer = _Document_customer = _customer_of
    _Interaction_customer = _CampaignMembership_customer = _customer_of

    def _Customer_organization(self, parent: Record, _arguments: Any) -> Record | None:
        return self._customer(parent["organization_id"])

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

    def _Document_downloadUrl(self, parent: Record, _arguments: Any) -> str | None:
        return document_url(parent["source"], parent["record_id"])

    def _Customer_provenance(self, parent: Record, arguments: Mapping[str, Any]) -> Any:
        wanted = arguments.get("fields")
        entries: Any = parent.get("provenance")
        if wanted is None:
            return entries
        return [each for each in entries if each["field"] in wanted]

    def _Customer_records(self, parent: Record, _arguments: Any) -> list[Record]:
        own = self._rows("customer_record", customer_id=parent["id"], is_deleted=False)
        return sorted(own, key=lambda each: (each["source"], each["record_id"]))

    # Lists.

    def _rows(self, entity: str, **match: Any) -> list[Record]:
        return [
            {**each, "__typename": ENTITIES[entity].type_name}
            for each in self._company.visible(entity)
            if all(each.get(name) == value for name, value in match.items())
        ]

    def _listed(self, entity: str, match: Mapping[str, Any]) -> list[Record]:
        """The rows of a list: those that match, without what was merged away or is not had."""
        customer_id = match.get("customer_id")
        if entity == "customer":
            rows = self._rows(entity, **match)
            return [each for each in rows if each.get("superseded_by") is None]
        rows = self._rows(entity, **{} if customer_id is not None else match)
        return [
            {**each, **match}
            for each in rows
            if each["source"] not in self._dead
            and (customer_id is None or self._company.is_owned(each, customer_id))
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
        ] or list(self.default_orders[entity])
        order += [(name, False) for name in ENTITIES[entity].key]
        seen: dict[str, bool] = {}
        for name, is_down in order:
            seen.setdefault(name, is_down)
        order = list(seen.items())
        refuse_empty(arguments.get("where"))
        bounds = [
            None if arguments.get(each) is None else marked(entity, order, arguments[each])
            for each in ("after", "before")
        ]
        holders = self._holders(entity, match.get("customer_id"))
        dead = [each for each in holders if each in self._dead]
        if dead and len(dead) == len(holders):
            raise _dead(dead[0])
        rows = [
            each for each in self._listed(entity, match) if passes(each, arguments.get("where"))
        ]
        rows.sort(key=functools.cmp_to_key(functools.partial(compare, order)))
        after, before = bounds
        start = 0 if after is None else sum(compare(order, each, after) <= 0 for each in rows)
        stop = (
            len(rows) if before is None else sum(compare(order, each, before) < 0 for each in rows)
        )
        return sliced(entity, rows, order, (start, stop), arguments, dead)

    def _holders(self, entity: str, customer_id: UUID | None) -> list[str]:
        """The sources that are asked: a live one only for customers that it has a record of."""
        known = {
            each["source"]
            for each in self._company.tables["customer_record"]
            if each["customer_id"] == customer_id and not each.get("is_deleted")
        }
        return [
            each
            for each in self._company.sources
            if entity in self._company.held_by(each)
            and (customer_id is None or each not in self._company.live or each in known)
        ]

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

    def _Customer_accessLog(self, parent: Record, arguments: Any) -> Page:
        return self._page("access_record", arguments, customer_id=parent["id"])

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
        if name in {"email", "phone"}:
            return self._identified(name, value)
        if value["source"] not in self._company.sources:
            raise Refusal
        rows = self._rows("customer_record", source=value["source"], record_id=value["recordId"])
        return self._customer(rows[0]["customer_id"]) if rows else None

    def _identified(self, kind: str, text: str) -> Record | None:
        """The one customer with this address or number on a record that is still there."""
        written = "".join(text.split()).lower()
        carriers = {
            (each.source, each.record_id)
            for each in self._company.identifiers
            if (each.type, each.value) == (kind, written)
        }
        ids = [
            each["customer_id"]
            for each in self.identified_records()
            if not each["is_deleted"] and (each["source"], each["record_id"]) in carriers
        ]
        found = [each for each in map(self._customer, ids) if each is not None]
        if len({each["id"] for each in found}) > 1:
            raise Refusal
        return found[0] if found else None

    def identified_records(self) -> Sequence[Record]:
        """The records whose addresses and numbers lead to customers."""
        return self._company.visible("customer_record")

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
            customer_id = UUID(key[0]) if type_name == "Customer" else None
        except Exception as exc:
            raise Refusal from exc
        if only not in {None, type_name} or type_name not in TYPES:
            raise Refusal
        if type_name == "Customer":
            if len(key) != 1:
                raise Refusal
            return self._customer(customer_id)
        if len(key) != 2 or type_name == "CampaignMembership":
            raise Refusal
        return self._one(TYPES[type_name], source=key[0], record_id=key[1])

    def _Query_me(self, _parent: Any, _arguments: Any) -> Record:
        who: Record = {
            "name": "anonymous",
            "roles": [],
            "role": None,
            "claims": {},
            "purpose": None,
        }
        return {**who, **self.may()}

    def may(self) -> Record:
        """What the viewer may do: without any rules everything."""
        names = {each.type_name for each in ENTITIES.values()} - {"CustomerRecord"} | {"Source"}
        whole: Record = {"fields": None, "masks": [], "has_row_rule": False}
        seen = [{"entity": each, **whole} for each in sorted(names)]
        return {"permissions": seen, "mutations": None}

    def _Query_sources(self, _parent: Any, _arguments: Any) -> list[Record | None]:
        return [self._source(each) for each in self._company.sources]


def document_url(source: str, record_id: str) -> str | None:
    """The download link of a document; the built-in source opens no files."""
    return None if source == "native" else f"https://files.test/{source}/{record_id}"


def _dead(source: str) -> Refusal:
    return Refusal("SOURCE_UNAVAILABLE", source)
