"""What of a document becomes one statement, what does not and why, and what a doubt costs."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
import pytest

from connectors.federation import Federation, Mode
from connectors.health import HealthBoard
from connectors.memory import MemoryConnector
from resolvers import identifier
from resolvers.request import Request
from tests.connectors.native.filled import Native, fill, native
from tests.resolvers.asking import NOW, engine, given

ADA, GRACE, FIRM, OLD_FIRM = (UUID(int=each) for each in range(1, 5))
_OURS = {"source": "shop", "customer_id": ADA}
_TABLES: Mapping[str, Sequence[Mapping[str, Any]]] = {
    "customer": [
        {"id": ADA, "name": "Ada", "organization_id": FIRM},
        {"id": GRACE, "name": "李雷", "organization_id": OLD_FIRM},
        {"id": FIRM, "name": "Firm"},
        {"id": OLD_FIRM, "name": "Old", "superseded_by": FIRM},
    ],
    "customer_record": [
        {"source": "desk", "record_id": "ada", "customer_id": ADA},
        {"source": "desk", "record_id": "grace", "customer_id": GRACE},
    ],
    "purchase": [
        {
            **_OURS,
            "record_id": f"p{n}",
            "number": f"N{n}",
            "placed_at": NOW + timedelta(days=n),
            "total": Decimal(n),
            "currency": "EUR",
        }
        for n in range(3)
    ],
    "purchase_line": [
        {
            "source": "shop",
            "record_id": f"l{n}",
            "position": position,
            "purchase_source": "shop",
            "purchase_ref": f"p{n}",
        }
        for n, position in enumerate((2**31, 1, 2))
    ],
    "document": [{**_OURS, "record_id": "d1", "name": "Vertrag"}],
}
_TICKETS = [
    {**given("ticket", record_id=f"t-{name}", subject=f"of {name}", customer_ref=name)}
    | {"kind": "INQUIRY", "status": "OPEN", "opened_at": NOW}
    for name in ("ada", "grace")
]


@dataclass(frozen=True, slots=True)
class Company:
    """Customers and what they bought in a real store; their tickets in a live help desk."""

    store: Native
    desk: MemoryConnector
    federation: Federation

    async def ask(self, query: str, **variables: object) -> Mapping[str, Any]:
        """What the engine answers, whose counters begin anew."""
        self.store.store.asked.clear()
        self.desk.batches.clear()
        asking = engine(self.federation)
        context = replace(
            asking.context(),
            document_url=lambda source, record_id: f"/{source}/{record_id}",
            journal=self.store.connector,
        )
        given_variables = {"ada": identifier.encode("Customer", ADA), **variables}
        request = Request(query=query, variables=given_variables)
        answer: Mapping[str, Any] = orjson.loads(
            (await asking.engine.execute(request, context)).body
        )
        return answer

    @property
    def counts(self) -> tuple[int, int]:
        """How many statements the last answer took, and how many questions to the help desk."""
        return len(self.store.store.asked), len(self.desk.batches)


def _story(url: str, story: Callable[[Company], Awaitable[None]]) -> None:
    async def run() -> None:
        async with native(url) as it:
            for entity, records in _TABLES.items():
                await fill(it.store, entity, *records)
            desk = MemoryConnector("desk", {"ticket": _TICKETS}, observed_at=NOW)
            modes = {("shop", each): Mode.SYNCED for each in _TABLES if "customer" not in each}
            board = HealthBoard(lambda: NOW)
            federation = Federation(it.connector, {"desk": desk}, modes=modes, board=board)
            await story(Company(it, desk, federation))

    asyncio.run(run())


def _of_ada(selection: str) -> str:
    return f"query ($ada: ID!) {{ customer(by: {{id: $ada}}) {{ {selection} }} }}"


_SUBJECTS = "tickets { nodes { subject } }"
_ADAS = {"nodes": [{"subject": "of ada"}]}
_GRACES = {"nodes": [{"subject": "of grace"}]}


@pytest.mark.parametrize(
    ("query", "counts", "data"),
    [
        pytest.param(
            _of_ada("a__b1: name _: __typename purchases(first: 1) { p__1: nodes { number } }"),
            (1, 0),
            {
                "customer": {
                    "a__b1": "Ada",
                    "_": "Customer",
                    "purchases": {"p__1": [{"number": "N2"}]},
                }
            },
            id="aliases stand in the text as they are",
        ),
        pytest.param(
            _of_ada(
                "records { recordId source { name } }"
                " purchases(first: 1) { nodes { source { name } } }"
                " documents { nodes { name downloadUrl } }"
            ),
            (1, 0),
            {
                "customer": {
                    "records": [{"recordId": "ada", "source": {"name": "desk"}}],
                    "purchases": {"nodes": [{"source": {"name": "shop"}}]},
                    "documents": {"nodes": [{"name": "Vertrag", "downloadUrl": "/shop/d1"}]},
                }
            },
            id="what only we can say fills holes",
        ),
        pytest.param(
            _of_ada(f"name {_SUBJECTS}"),
            (2, 1),
            {"customer": {"name": "Ada", "tickets": _ADAS}},
            id="a live child of one customer: the store is asked too who it is there",
        ),
        pytest.param(
            f"{{ customers(first: 2) {{ nodes {{ name {_SUBJECTS} }} }} }}",
            (2, 1),
            {
                "customers": {
                    "nodes": [
                        {"name": "Ada", "tickets": _ADAS},
                        {"name": "李雷", "tickets": _GRACES},
                    ]
                }
            },
            id="a live child under a list: its rows come one by one, and are asked for at once",
        ),
        pytest.param(
            _of_ada(
                f"name purchases(first: 2) {{ nodes {{ number customer {{ {_SUBJECTS} }} }} }}"
            ),
            (4, 1),
            {
                "customer": {
                    "name": "Ada",
                    "purchases": {
                        "nodes": [
                            {"number": f"N{n}", "customer": {"tickets": _ADAS}} for n in (2, 1)
                        ]
                    },
                }
            },
            id="a live child under a nested list: the list is a step, and so are its customers",
        ),
        pytest.param(
            "{ tickets(first: 1) { nodes { subject customer { name organization { name } } } } }",
            (2, 1),
            {
                "tickets": {
                    "nodes": [
                        {
                            "subject": "of ada",
                            "customer": {"name": "Ada", "organization": {"name": "Firm"}},
                        }
                    ]
                }
            },
            id="a live list: the customers of its rows with all that hangs on them are one",
        ),
    ],
)
def test_a_document_is_as_few_statements_as_can_be(
    database_url: str, query: str, counts: tuple[int, int], data: Mapping[str, Any]
) -> None:
    """One for all that is in the store, and more where something live hangs on a list in it."""

    async def story(company: Company) -> None:
        answer = await company.ask(query)

        assert "errors" not in answer
        assert answer["data"] == data
        assert company.counts == counts

    _story(database_url, story)


def test_cursors_of_nested_pages_go_on_where_they_say(database_url: str) -> None:
    """They are made of the values in the text, and read like those of any page."""
    page = _of_ada(
        "purchases(first: 1, after: $after)"
        " { edges { cursor node { number } } pageInfo { endCursor hasNextPage } }"
    ).replace("($ada: ID!)", "($ada: ID!, $after: String)")

    async def story(company: Company) -> None:
        numbers, after, has_next = [], None, True
        while has_next:
            answer = await company.ask(page, after=after)
            assert company.counts == (1, 0)
            found = answer["data"]["customer"]["purchases"]
            (edge,) = found["edges"]
            numbers.append(edge["node"]["number"])
            assert edge["cursor"] == found["pageInfo"]["endCursor"]
            after, has_next = edge["cursor"], found["pageInfo"]["hasNextPage"]
        assert numbers == ["N2", "N1", "N0"]

    _story(database_url, story)


def test_a_doubt_gives_the_errors_of_the_way_row_by_row(database_url: str) -> None:
    """At the exact path; what else was asked for is there."""
    lines = "purchases(last: 2) { nodes { number lines { nodes { position } } } }"

    async def story(company: Company) -> None:
        answer = await company.ask(_of_ada(f"name {lines}"))

        assert [(each["path"], each["message"]) for each in answer["errors"]] == [
            (
                ["customer", "purchases", "nodes", 1, "lines", "nodes", 0, "position"],
                "Int cannot represent the number 2147483648.",
            )
        ]
        assert company.counts == (4, 0)

    _story(database_url, story)


def test_a_doubt_asks_no_live_source_twice(database_url: str) -> None:
    """What the help desk said before the doubt arose is known to the way row by row."""
    lines = (
        "purchases { nodes { lines { nodes { position } } customer"
        " { tickets(first: 1) { nodes { subject } } } } }"
    )

    async def story(company: Company) -> None:
        answer = await company.ask(_of_ada(f"{_SUBJECTS} {lines}"))

        assert len(answer["errors"]) == 1
        # The tickets of the customer, and those of the one who bought, of which one is wanted.
        assert [each.limit for each in company.desk.batches] == [21, 2]
        assert answer["extensions"]["sources"]["desk"]["calls"] == 2

    _story(database_url, story)


def test_a_customer_that_was_merged_away_is_followed(database_url: str) -> None:
    """A relation to it shows what it became, without an error."""
    grace = identifier.encode("Customer", GRACE)

    async def story(company: Company) -> None:
        answer = await company.ask(_of_ada("name organization { name }"), ada=grace)

        assert answer["data"] == {"customer": {"name": "李雷", "organization": {"name": "Firm"}}}
        assert "errors" not in answer
        assert company.counts == (3, 0)

    _story(database_url, story)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("first: -1", "`first` must not be negative."),
        ("first: 1, last: 1", "Use either `first` or `last`, not both."),
        (
            'after: "x"',
            "This is no cursor of this graph; use a `cursor` that a query answered.",
        ),
    ],
)
def test_a_wrong_argument_of_a_relation_is_an_error_at_its_path(
    database_url: str, arguments: str, message: str
) -> None:
    """For every row that the relation hangs on; the other fields are answered."""
    wrong = f"wrong: purchases({arguments}) {{ nodes {{ number }} }}"

    async def story(company: Company) -> None:
        one = await company.ask(_of_ada(f"name {wrong}"))
        both = await company.ask(f"{{ customers(first: 2) {{ nodes {{ name {wrong} }} }} }}")

        assert [(each["path"], each["message"]) for each in one["errors"]] == [
            (["customer", "wrong"], message)
        ]
        assert [(each["path"], each["message"]) for each in both["errors"]] == [
            (["customers", "nodes", n, "wrong"], message) for n in range(2)
        ]

    _story(database_url, story)


def test_a_doubt_in_the_payload_of_a_mutation_does_not_repeat_it(database_url: str) -> None:
    """The interaction is logged once, and the error stands at its path in the payload."""
    lines = "purchases(last: 1) { nodes { lines { nodes { position } } } }"
    log = f"""
    mutation ($ada: ID!) {{
      logInteraction(input: {{customer: {{id: $ada}}, channel: PHONE, subject: "退货"}}) {{
        interaction {{ subject customer {{ name {lines} }} }}
        problems {{ code }}
      }}
    }}
    """

    async def story(company: Company) -> None:
        answer = await company.ask(log)
        found = await company.store.store.fetch("SELECT subject FROM interaction")

        path = "logInteraction interaction customer purchases nodes 0 lines nodes 0 position"
        assert [" ".join(map(str, each["path"])) for each in answer["errors"]] == [path]
        assert [each["subject"] for each in found] == ["退货"]

    _story(database_url, story)
