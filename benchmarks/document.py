"""Documents of the questions, in the words of each schema, from one tree of what is asked for."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Protocol

from benchmarks.data import customer_id
from resolvers import identifier


@dataclass(frozen=True, slots=True)
class Node:
    """A field of the gateway's schema. With `first` it is a connection and `fields` its nodes'."""

    name: str
    fields: tuple["Node", ...] = ()
    first: int | None = None
    alias: str = ""

    @property
    def key(self) -> str:
        """Its name in the answer."""
        return self.alias or self.name


class Dialect(Protocol):
    """How a schema says what the gateway's says."""

    id_type: str
    """The type of the variable that says which customer."""

    time_type: str
    """The type of the variable that says until when."""

    cursor_type: str
    """The type of the variable that says after which place."""

    customer: str
    """The root field of one customer, by the variable `$id`."""

    newest: str
    """The root field of customers until `$until`, the newest first; `{first}` is how many."""

    page: str
    """The root field of the page after `$after` of customers in the stage REPEAT."""

    def customer_key(self, number: int) -> str:
        """The key of a customer by its number."""

    def selection(self, fields: Sequence[Node]) -> str:
        """What is asked for, without the braces around it."""


class OwnWords:
    """The gateway's own words, which the contenders of this project speak too."""

    id_type, time_type, cursor_type = "ID!", "DateTime!", "String!"
    customer = "customer(by: { id: $id })"
    newest = (
        "customers(first: {first}, where: { createdAt: { lte: $until } },"
        " orderBy: [{ field: CREATED_AT, direction: DESC }])"
    )
    page = (
        "customers(first: 50, after: $after, where: { lifecycleStage: { eq: REPEAT } },"
        " orderBy: [{ field: CREATED_AT, direction: DESC }])"
    )

    def customer_key(self, number: int) -> str:
        """The global id."""
        return identifier.encode("Customer", customer_id(number))

    def selection(self, fields: Sequence[Node]) -> str:
        """As the tree has it."""
        return " ".join(self._field(each) for each in fields)

    def _field(self, node: Node) -> str:
        named = f"{node.alias}: {node.name}" if node.alias else node.name
        if node.first is not None:
            return f"{named}(first: {node.first}) {{ nodes {{ {self.selection(node.fields)} }} }}"
        return f"{named} {{ {self.selection(node.fields)} }}" if node.fields else named


class PostGraphileWords:
    """PostGraphile's words: columns as they are, with aliases that say where a value belongs.

    `a__b` is `b` inside of `a`, which the comparison of answers puts there.
    """

    id_type, time_type, cursor_type = "UUID!", "Datetime!", "Cursor!"
    customer = "customer: customerById(id: $id)"
    newest = (
        "customers: allCustomers(first: {first}, orderBy: [CREATED_AT_DESC, ID_ASC],"
        " filter: { createdAt: { lessThanOrEqualTo: $until }, supersededBy: { isNull: true } })"
    )
    page = (
        "customers: allCustomers(first: 50, after: $after, orderBy: [CREATED_AT_DESC, ID_ASC],"
        ' filter: { lifecycleStage: { equalTo: "REPEAT" }, supersededBy: { isNull: true } })'
    )

    def customer_key(self, number: int) -> str:
        """The key in the table."""
        return str(customer_id(number))

    def selection(self, fields: Sequence[Node]) -> str:
        """The same data from columns and relations."""
        return " ".join(self._field(each) for each in fields)

    def _field(self, node: Node) -> str:
        if node.first is not None:
            relation, order = _RELATIONS[node.name]
            inside = self.selection(node.fields)
            orders = f"{order}_DESC, SOURCE_ASC, RECORD_ID_ASC"
            arguments = f"first: {node.first}, orderBy: [{orders}]"
            return f"{node.key}: {relation}({arguments}) {{ nodes {{ {inside} }} }}"
        if node.name == "total":
            return " ".join(f"{node.key}__{each.key}: {_MONEY[each.name]}" for each in node.fields)
        if node.name == "campaign":
            return f"{node.key}: {_CAMPAIGN} {{ {self.selection(node.fields)} }}"
        return f"{node.key}: {'nodeId' if node.name == 'id' else node.name}"


class RestWords(OwnWords):
    """The words of a gateway over REST: lists have no pages, tickets are a list of their own."""

    id_type = time_type = "String!"
    customer = "customer(id: $id)"
    newest = "customers(until: $until, limit: {first})"

    def _field(self, node: Node) -> str:
        inside = self.selection(node.fields)
        if node.name == "tickets":
            return f"{node.key}__nodes: tickets {{ {inside} }}"
        if node.first is not None:
            return f"{node.key}: {node.name} {{ nodes {{ {inside} }} }}"
        return super()._field(node)


_MONEY = {"amount": "total", "currency": "currency"}
_CAMPAIGN = "campaignByCampaignSourceAndCampaignRef"
_RELATIONS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "purchases": ("purchasesByCustomerId", "PLACED_AT"),
        "tickets": ("ticketsByCustomerId", "OPENED_AT"),
        "interactions": ("interactionsByCustomerId", "OCCURRED_AT"),
        "documents": ("documentsByCustomerId", "MODIFIED_AT"),
        "campaigns": ("campaignMembershipsByCustomerId", "SENT_AT"),
    }
)


def leaves(names: str) -> tuple[Node, ...]:
    """Fields without fields of their own, from their names with blanks between them."""
    return tuple(Node(each) for each in names.split())


_TOTAL = Node("total", leaves("amount currency"))

WHOLE = (
    *leaves("id kind name givenName familyName language lifecycleStage tags createdAt"),
    Node("emails", leaves("address label primary")),
    Node("phones", leaves("e164 label")),
    Node("addresses", leaves("street city country")),
    Node("purchases", (*leaves("id number status placedAt channel"), _TOTAL), first=10),
    Node("tickets", leaves("id number subject status priority openedAt"), first=5),
    Node("interactions", leaves("id channel direction subject content occurredAt"), first=20),
    Node("documents", leaves("id name kind mediaType sizeBytes modifiedAt"), first=5),
    Node("campaigns", (*leaves("status sentAt"), Node("campaign", leaves("name kind"))), first=10),
)
"""Everything of one customer."""

LISTED = (
    *leaves("id name createdAt"),
    Node("purchases", (*leaves("number status placedAt"), _TOTAL), first=5),
    Node("tickets", leaves("number subject status openedAt"), first=3),
)
"""What a list tells of each customer."""

LIVE_LISTED = (*leaves("id name createdAt"), LISTED[-1])
"""What a list tells of each customer whose tickets are asked for live."""


# They keep their names: answers are compared without them where schemas differ there.
_NEVER_RENAMED = frozenset({"id", "emails", "phones", "addresses"})


def never_seen(fields: Sequence[Node], chance: random.Random) -> tuple[Node, ...]:
    """The same question otherwise: other pages, other names, some fields left out.

    Half of the fields get a name of their own, so that no normal form makes two of these the same.
    """
    kept = [each for each in fields if each.fields or chance.random() < 0.9] or fields[:1]
    return tuple(_varied(each, chance) for each in kept)


def _varied(node: Node, chance: random.Random) -> Node:
    return replace(
        node,
        # 70 of them at most, of the 100 that a gateway's limits may let through.
        alias=_name(chance) if node.name not in _NEVER_RENAMED else "",
        first=None if node.first is None else node.first + chance.randrange(3),
        fields=never_seen(node.fields, chance) if node.fields else (),
    )


def _name(chance: random.Random) -> str:
    return f"a{chance.getrandbits(32):x}" if chance.random() < 0.5 else ""
