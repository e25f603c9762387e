"""What nests say of a row itself: every kind of piece, byte by byte."""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from connectors.contract import Batch, Nest, Order
from connectors.nest import (
    BETWEEN,
    DOUBT,
    HOLE,
    Constant,
    Entry,
    Form,
    Hole,
    Identifier,
    Items,
    Object,
    Piece,
    RowCursor,
    Scalar,
    Texts,
)
from tests.connectors.native.filled import NOON, native
from tests.connectors.native.nested import (
    ADA,
    GRACE,
    OLD,
    answered,
    ask,
    filled_with,
    named,
    nest_of,
    of_customers,
    text,
    texts,
)

_KEY = ("source", "record_id")
_BEIJING = timezone(timedelta(hours=8))
_AWKWARD = '"it\'s" \\ / \n\t\x01\x02\x03\x1f\x7f\u2028 王小明 😀'
_ESCAPED = '"\\"it\'s\\" \\\\ / \\n\\t\\u0001\\u0002\\u0003\\u001f\x7f\u2028 王小明 😀"'
_ADDRESS = (("address", Entry("address", is_required=True)), ("label", Entry("label", False)))
_EMAILS = Items("emails", (*_ADDRESS, ("__typename", Constant('"E"'))), True, False)
_PRICED = (("amount", Scalar("unit_price", Form.DECIMAL, is_required=True)),)


def _written(url: str, entity: str, record: Mapping[str, Any], piece: Piece) -> str:
    """What stands for a piece of a record, which is not looked up as customers are."""
    own = {} if entity == "customer" else {"source": "shop", "record_id": "1"}
    batch = Batch(entity=entity, fields=(), nest=nest_of(named(v=piece)))
    answer = answered(url, {entity: [{**own, **record}]}, batch, ())
    ((made,),) = texts(answer).values()
    assert made.startswith('{"v":')
    assert made.endswith("}")
    return made[len('{"v":') : -1]


def _moment(at: datetime | None, *, is_required: bool = True) -> tuple[Any, ...]:
    return ("document", {"modified_at": at}, Scalar("modified_at", Form.DATETIME, is_required))


def _mark(value: int | None, *, is_required: bool = False) -> tuple[Any, ...]:
    return ("ticket", {"satisfaction": value}, Scalar("satisfaction", Form.INTEGER, is_required))


def _cost(value: str | None, *, is_required: bool = False) -> tuple[Any, ...]:
    cost = None if value is None else Decimal(value)
    return ("campaign", {"cost": cost}, Scalar("cost", Form.DECIMAL, is_required))


def _text(value: str | None, *, is_required: bool = False) -> tuple[Any, ...]:
    return ("purchase", {"number": value}, Scalar("number", Form.TEXT, is_required))


@pytest.mark.parametrize(
    ("entity", "record", "piece", "expected"),
    [
        (*_text(None, is_required=True), DOUBT),
        (*_text(None), "null"),
        (*_text(""), '""'),
        (*_text(_AWKWARD), _ESCAPED),
        ("ticket", {"status": "OPEN"}, Scalar("status", Form.TEXT, is_required=True), '"OPEN"'),
        ("ticket", {}, Scalar("priority", Form.TEXT, is_required=True), DOUBT),
        (*_mark(None, is_required=True), DOUBT),
        (*_mark(None), "null"),
        (*_mark(2**31), DOUBT),
        (*_mark(-(2**31) - 1), DOUBT),
        (*_mark(2**31 - 1), "2147483647"),
        (*_mark(-(2**31), is_required=True), "-2147483648"),
        ("purchase_line", {"position": 2**40}, Scalar("position", Form.INTEGER, True), DOUBT),
        ("customer_record", {}, Scalar("is_deleted", Form.BOOLEAN, is_required=True), "false"),
        (*_cost(None, is_required=True), DOUBT),
        (*_cost(None), "null"),
        (*_cost("1.50"), '"1.50"'),
        (*_cost("0.000"), '"0.000"'),
        (*_cost("-1E+3"), '"-1000"'),
        (*_cost("NaN"), '"NaN"'),
        (*_cost("12345678901234567890.123456789"), '"12345678901234567890.123456789"'),
        (*_moment(None), DOUBT),
        (*_moment(None, is_required=False), "null"),
        (*_moment(NOON), '"2026-05-04T12:00:00.000Z"'),
        (*_moment(NOON.replace(microsecond=120_000)), '"2026-05-04T12:00:00.120Z"'),
        (*_moment(NOON.replace(microsecond=999_999)), '"2026-05-04T12:00:00.999Z"'),
        (*_moment(datetime(26, 1, 1, 7, tzinfo=_BEIJING)), '"0025-12-31T23:00:00.000Z"'),
        ("customer", {}, Scalar("custom", Form.JSON, is_required=True), DOUBT),
        (
            "customer",
            {"custom": {"级": ["\x02", None], "a": 1.5}},
            Scalar("custom", Form.JSON, is_required=False),
            '{"a": 1.5, "级": ["\\u0002", null]}',
        ),
    ],
)
def test_a_scalar_is_written_in_its_form(
    database_url: str, entity: str, record: Mapping[str, Any], piece: Piece, expected: str
) -> None:
    """What is missing is null or a doubt; so is a number or a moment that JSON has no words for."""
    assert _written(database_url, entity, record, piece) == expected


@pytest.mark.parametrize(
    ("tags", "has_required_items", "expected"),
    [
        (["a", None], True, DOUBT),
        (["a", None], False, '["a", null]'),
        (["null", '"', "王\x02"], True, '["null", "\\"", "王\\u0002"]'),
        ([], True, "[]"),
    ],
)
def test_a_list_of_texts_is_copied(
    database_url: str, tags: list[str | None], *, has_required_items: bool, expected: str
) -> None:
    """A missing item is a doubt where items are required; the word null is none."""
    piece = Texts("tags", is_required=True, has_required_items=has_required_items)

    assert _written(database_url, "customer", {"tags": tags}, piece) == expected


@pytest.mark.parametrize(
    ("emails", "expected"),
    [
        ([{"label": "work"}], f'[{{"address":{DOUBT},"label":"work","__typename":"E"}}]'),
        ([{"address": None}], f'[{{"address":{DOUBT},"label":null,"__typename":"E"}}]'),
        ([None, {"address": '"'}], '[null,{"address":"\\"","label":null,"__typename":"E"}]'),
        ([], "[]"),
    ],
)
def test_a_list_of_mappings_keeps_some_entries(
    database_url: str, emails: list[Any], expected: str
) -> None:
    """In the order of the question; missing ones as with scalars, whether absent or null."""
    assert _written(database_url, "customer", {"emails": emails}, _EMAILS) == expected


def test_a_missing_mapping_is_a_doubt_where_items_are_required(database_url: str) -> None:
    """The list holds null where none may be."""
    piece = Items("emails", _ADDRESS, is_required=True, has_required_items=True)

    assert _written(database_url, "customer", {"emails": [None]}, piece) == f"[{DOUBT}]"


@pytest.mark.parametrize(
    ("price", "is_required", "expected"),
    [
        (None, True, DOUBT),
        (None, False, "null"),
        (Decimal("1.10"), True, '{"amount":"1.10"}'),
        (Decimal("1.10"), False, '{"amount":"1.10"}'),
    ],
)
def test_an_object_is_there_where_its_condition_is(
    database_url: str, price: Decimal | None, *, is_required: bool, expected: str
) -> None:
    """As money is where there is an amount; nothing inside of it matters otherwise."""
    piece = Object(_PRICED, condition="unit_price", is_required=is_required)

    found = _written(database_url, "purchase_line", {"unit_price": price}, piece)

    assert found == expected


def test_an_object_without_members_is_empty(database_url: str) -> None:
    """And so is the text of a row of which nothing is said."""
    assert _written(database_url, "customer", {}, Object(())) == "{}"


def test_identifiers_are_prefix_and_key(database_url: str) -> None:
    """Quoted as JSON where parts of the key may need it."""
    record = Identifier("Ticket", _KEY)
    odd = {"record_id": '1"\\:'}

    assert _written(database_url, "ticket", odd, record) == '"Ticket:shop:1\\"\\\\:"'


def test_an_identifier_of_a_uuid_needs_no_quoting(database_url: str) -> None:
    """It is in lower case, with hyphens."""
    found = _written(database_url, "customer", {"id": ADA}, Identifier("Customer", ("id",)))

    assert found == '"Customer:00000000-0000-0000-0000-000000000001"'


def test_a_hole_holds_exact_values(database_url: str) -> None:
    """Decimals keep their digits, moments their microseconds; keys, texts and nulls are as is."""
    record = {
        "total": Decimal("1.500"),
        "placed_at": NOON.replace(microsecond=1),
        "customer_id": ADA,
        "number": '"\x02',
    }
    fields = ("total", "placed_at", "customer_id", "number", "channel")

    found = _written(database_url, "purchase", record, Hole(7, fields))

    assert found == (
        f'{HOLE}7:["1.500", "2026-05-04T12:00:00.000001+00:00", "{ADA}", "\\"\\u0002", null]{HOLE}'
    )


@pytest.mark.parametrize("at", ["infinity", "-infinity", "10000-01-01", "0044-03-15 BC"])
def test_a_time_outside_the_calendar_is_a_doubt(database_url: str, at: str) -> None:
    """PostgreSQL knows more than RFC 3339 can say; so a scalar has none of it, and no hole."""
    pieces: list[Piece] = [
        Scalar("modified_at", Form.DATETIME, is_required=False),
        Hole(0, ("modified_at",)),
    ]

    async def run() -> None:
        async with native(database_url) as it:
            await filled_with(it, {"document": [{"source": "files", "record_id": "1"}]})
            async with it.store.connection() as connection:
                await connection.execute(f"UPDATE document SET modified_at = '{at}'")  # noqa: S608
            for piece in pieces:
                batch = Batch(entity="document", fields=(), nest=nest_of(named(v=piece)))
                ((text_,),) = texts(await ask(it, batch, ())).values()
                assert DOUBT in text_

    asyncio.run(run())


def test_the_cursor_of_a_row_holds_what_the_rows_are_sorted_by(database_url: str) -> None:
    """In the order of the batch; a missing value is null."""
    rows = [{"source": "files", "record_id": each, "modified_at": None} for each in "ba"]
    batch = Batch(
        entity="document",
        fields=("record_id",),
        order=(Order("modified_at", True), Order("source"), Order("record_id")),
        nest=nest_of(named(c=RowCursor(3))),
    )

    answer = answered(database_url, {"document": rows}, batch, ())

    assert [row[0] for row in answer.rows[()]] == ["a", "b"]
    assert texts(answer) == {
        (): [f'{{"c":{HOLE}3:[null, "files", "{each}"]{HOLE}}}' for each in "ab"]
    }


def test_several_objects_of_a_row_stand_apart(database_url: str) -> None:
    """With a character between them that no JSON holds."""
    nest = Nest((named(a=text("name")), named(b=text("language"))))

    answer = answered(
        database_url, {"customer": [{"id": ADA, "name": "Ada"}]}, of_customers(nest), (ADA,)
    )

    assert texts(answer) == {(ADA,): [f'{{"a":"Ada"}}{BETWEEN}{{"b":null}}']}


def test_constants_are_quoted_as_sql_wants_it(database_url: str) -> None:
    """A quote in known JSON ends nothing; backslashes and dollars are as they are."""
    odd = r"""{"it''s": '$1 \n %s :a ?'}"""
    members = (("a__b1", Constant(odd)), ("_", Constant(odd)))

    found = _written(database_url, "customer", {}, Object(members))

    assert found == f'{{"a__b1":{odd},"_":{odd}}}'


def test_fields_beside_a_text_are_canonical(database_url: str) -> None:
    """Also those in which times have to be read first, for customers by their ids."""
    origin = {"source": "crm", "record_id": "1", "observed_at": NOON, "alternatives": []}
    provenance = [{"field": "name", **origin}]
    tables = {"customer": [{"id": ADA, "name": "Ada", "provenance": provenance}]}
    batch = Batch(
        entity="customer",
        fields=("provenance", "name"),
        match=("id",),
        nest=nest_of(named(n=text("name"))),
    )

    answer = answered(database_url, tables, batch, (ADA,))

    assert answer.rows == {(ADA,): [(provenance, "Ada", b'{"n":"Ada"}')]}


def test_customers_are_found_at_their_keys(database_url: str) -> None:
    """Each once, however often it is asked for; nobody is left out in silence but who is not there.

    The text of one that was merged away says that it is worth nothing: who asks has to follow it.
    """
    tables = {
        "customer": [
            {"id": ADA, "name": "Ada"},
            {"id": GRACE, "name": "李雷"},
            {"id": OLD, "name": "A. L.", "superseded_by": ADA},
        ]
    }
    keys = [(GRACE,), (OLD,), (GRACE,), (ADA,), (UUID(int=9),)]

    answer = answered(database_url, tables, of_customers(nest_of(named(n=text("name")))), *keys)

    assert texts(answer) == {(ADA,): ['{"n":"Ada"}'], (GRACE,): ['{"n":"李雷"}'], (OLD,): [DOUBT]}
    assert (answer.calls, answer.nested_count, answer.failures) == (1, 0, {})
