"""Filters, orders and windows in the words of clients, as the domain says them."""

import pytest

from domain.catalogue import ENTITIES
from domain.filter import And, Compare, Filter, Not, Op, Or
from domain.order import Bound, Order
from resolvers.cursor import encoder
from resolvers.problem import UserError
from resolvers.selection import Limits, Window, filter_of, order_of, window_of

TICKET = ENTITIES["ticket"]
ORDER = (Order("subject"), Order("source"), Order("record_id"))
LIMITS = Limits(default_first=20, max_first=500)
CURSOR = encoder(ORDER, (0, 1, 2))(("工单", "desk", "7"))
BOUND = Bound(("工单", "desk", "7"))


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ({"subject": None}, "`subject: null` says nothing"),
        ({"and": None}, "`and: null` says nothing"),
        ({"not": None}, "`not: null` says nothing"),
        ({"subject": {"lt": None}}, "`subject: {lt: null}` says nothing"),
        ({"openedAt": {"in": None}}, "`openedAt: {in: null}` says nothing"),
        ({"or": [{"subject": {"contains": None}}]}, "`subject: {contains: null}` says nothing"),
    ],
)
def test_null_where_it_means_nothing_is_refused(where: dict[str, object], words: str) -> None:
    """It would be a guess whether all or none is meant."""
    with pytest.raises(UserError) as raised:
        filter_of(TICKET, where)
    assert raised.value.message.startswith(words)


@pytest.mark.parametrize(
    ("where", "wanted"),
    [
        (None, None),
        ({}, None),
        ({"subject": {}}, And(())),
        ({"and": []}, And(())),
        ({"or": []}, Or(())),
        ({"not": {}}, Not(And(()))),
        ({"subject": {"eq": None}}, Compare("subject", Op.IS_NULL, True)),
        ({"subject": {"ne": None}}, Compare("subject", Op.IS_NULL, False)),
        ({"subject": {"isNull": False}}, Compare("subject", Op.IS_NULL, False)),
        ({"openedAt": {"gte": 1}}, Compare("opened_at", Op.GTE, 1)),
        ({"status": {"in": ["NEW", "OPEN"]}}, Compare("status", Op.IN, ("NEW", "OPEN"))),
        ({"status": {"notIn": []}}, Compare("status", Op.NOT_IN, ())),
        (
            {"subject": {"startsWith": "a", "contains": "b"}, "queue": {"eq": "q"}},
            And(
                (
                    Compare("subject", Op.STARTS_WITH, "a"),
                    Compare("subject", Op.CONTAINS, "b"),
                    Compare("queue", Op.EQ, "q"),
                )
            ),
        ),
        (
            {"or": [{"queue": {"eq": "q"}}, {"not": {"queue": {"lt": "r"}}}]},
            Or((Compare("queue", Op.EQ, "q"), Not(Compare("queue", Op.LT, "r")))),
        ),
    ],
)
def test_filters_say_what_the_client_said(
    where: dict[str, object] | None, wanted: Filter | None
) -> None:
    """All conditions beside each other must hold; an empty `or` never does."""
    assert filter_of(TICKET, where) == wanted


def test_orders_end_with_the_key_and_name_each_field_once() -> None:
    """The first mention of a field counts; without any, the default of the list does."""
    key = (Order("source"), Order("record_id"))
    down = Order("opened_at", is_descending=True)
    assert order_of(TICKET, None, ()) == key
    assert order_of(TICKET, [], (down,)) == (down, *key)
    asked = [
        {"field": "opened_at", "direction": "DESC"},
        {"field": "subject", "direction": "ASC"},
        {"field": "opened_at", "direction": "ASC"},
    ]
    assert order_of(TICKET, asked, (Order("queue"),)) == (down, Order("subject"), *key)
    by_id = [{"field": "id", "direction": "DESC"}]
    assert order_of(ENTITIES["customer"], by_id, ()) == (Order("id", is_descending=True),)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"first": 1, "last": 1}, "Use either `first` or `last`, not both."),
        ({"first": 0, "last": 0}, "Use either `first` or `last`, not both."),
        ({"first": -1}, "`first` must not be negative."),
        ({"last": -5}, "`last` must not be negative."),
        ({"first": 501}, "`first` must be at most 500; use a cursor to go on."),
        ({"last": 10_000_000}, "`last` must be at most 500; use a cursor to go on."),
        ({"after": "x"}, "This is no cursor of this graph"),
        ({"before": ""}, "This is no cursor of this graph"),
    ],
)
def test_windows_that_cannot_be_are_refused(arguments: dict[str, object], words: str) -> None:
    """Each in its own words."""
    with pytest.raises(UserError) as raised:
        window_of(TICKET, ORDER, arguments, LIMITS)
    assert raised.value.message.startswith(words)


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        ({}, Window(20, is_backward=False, after=None, before=None)),
        ({"first": None, "last": None}, Window(20, is_backward=False, after=None, before=None)),
        ({"first": 0}, Window(0, is_backward=False, after=None, before=None)),
        ({"first": 500}, Window(500, is_backward=False, after=None, before=None)),
        ({"last": 3}, Window(3, is_backward=True, after=None, before=None)),
        ({"first": None, "last": 3}, Window(3, is_backward=True, after=None, before=None)),
        ({"first": 2, "after": CURSOR}, Window(2, is_backward=False, after=BOUND, before=None)),
        ({"last": 2, "before": CURSOR}, Window(2, is_backward=True, after=None, before=BOUND)),
        (
            {"after": CURSOR, "before": CURSOR},
            Window(20, is_backward=False, after=BOUND, before=BOUND),
        ),
    ],
)
def test_windows_say_which_end_how_many_and_between_what(
    arguments: dict[str, object], wanted: Window
) -> None:
    """Null is as if it were left out."""
    assert window_of(TICKET, ORDER, arguments, LIMITS) == wanted
