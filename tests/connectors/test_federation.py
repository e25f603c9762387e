"""One question to several sources: what is merged, what is missing, and who is asked how often."""

import asyncio
from datetime import timedelta

import pytest

from connectors.contract import Answer, Batch, Compare, Not, Op, Order, Skipped
from connectors.errors import (
    Malformed,
    Misconfigured,
    Refused,
    SourceError,
    TimedOut,
    Unavailable,
)
from connectors.federation import Found, Question
from connectors.health import SourceStatus
from connectors.session import Session
from domain.order import Bound
from tests.connectors.federated import (
    ADA,
    BOB,
    NOW,
    asked,
    federation,
    index,
    raising,
    rows,
    source,
    talk,
    ticket,
    tickets_of,
)

BY_ID = (Order("source"), Order("record_id"))


def test_a_source_that_is_down_is_missing_and_the_others_answer() -> None:
    """The failure stands beside the rows, under the name of its source."""
    down = Unavailable("b", "nobody there")
    it = federation(
        index("a", "b"), source("a", ticket("1")), source("b", ticket("2"), fault=raising(down))
    )
    (found,) = asked(it, tickets_of("record_id", order=BY_ID), (ADA,))
    assert rows(found, 1) == [("1",)]
    assert isinstance(found, Found)
    assert found.missing == (down,)
    assert it.board.of("b").status is SourceStatus.DOWN
    assert it.board.of("a").status is SourceStatus.OK


def test_only_sources_that_are_down_are_a_failure() -> None:
    """Nothing is known then, which is not the same as nothing being there."""
    down = Refused("a", "wrong password")
    it = federation(index("a"), source("a", fault=raising(down)))
    assert asked(it, tickets_of("record_id"), (ADA,)) == [down]
    both = federation(
        index("a", "b"),
        source("a", fault=raising(down)),
        source("b", fault=raising(Unavailable("b", "gone"))),
    )
    assert asked(both, tickets_of("record_id", order=BY_ID), (ADA,)) == [down]


def test_the_failure_of_one_key_costs_only_this_key() -> None:
    """The other keys of the same batch keep their rows."""
    lost = Malformed("a", "half a JSON")

    async def fault(batch: Batch, answer: Answer) -> Answer:
        assert batch.match == ("customer_ref",)
        kept = {key: found for key, found in answer.rows.items() if key != ("bob",)}
        return Answer(kept, failures={("bob",): lost})

    it = federation(index("a"), source("a", ticket("1"), ticket("2", "bob"), fault=fault))
    of_ada, of_bob = asked(it, tickets_of("record_id"), (ADA,), (BOB,))
    assert rows(of_ada) == [("1",)]
    assert of_bob is lost
    assert it.board.of("a").status is SourceStatus.PARTIAL
    assert it.board.of("a").answered_at == NOW


def test_a_source_that_is_too_slow_is_timed_out() -> None:
    """At its own limit, or at the end of the request, whichever is sooner; the rest goes on."""

    async def never(_batch: Batch, _answer: Answer) -> Answer:
        await asyncio.Event().wait()
        raise AssertionError

    it = federation(
        index("a", "b"),
        source("a", ticket("1")),
        source("b", fault=never),
        timeouts_s={"b": 0.01},
    )
    (found,) = asked(it, tickets_of("record_id", order=BY_ID), (ADA,))
    assert isinstance(found, Found)
    assert [type(each) for each in found.missing] == [TimedOut]
    assert it.board.of("b").status is SourceStatus.TIMEOUT

    slow = federation(index("b"), source("b", fault=never))
    question = tickets_of("record_id")
    (failure,) = talk(slow, lambda session: session.ask(question, [(ADA,)]), deadline_s=0.01)
    assert isinstance(failure, TimedOut)


def test_what_no_connector_may_raise_is_a_failure_of_its_source_all_the_same() -> None:
    """The words of the original stay in the log: they may hold anything."""
    it = federation(index("a"), source("a", fault=raising(ZeroDivisionError("secret"))))
    (failure,) = asked(it, tickets_of("record_id"), (ADA,))
    assert isinstance(failure, SourceError)
    assert failure.source == "a"
    assert "ZeroDivisionError" in failure.message
    assert "secret" not in failure.message


@pytest.mark.parametrize("place", [0, 1])
def test_rows_that_break_the_contract_cost_their_source_only(place: int) -> None:
    """Too few values, or a value that cannot be compared: the other source answers."""

    async def fault(_batch: Batch, answer: Answer) -> Answer:
        rows_of = {
            key: [tuple("?" for _ in row) if place else row[:1] for row in some]
            for key, some in answer.rows.items()
        }
        return Answer(rows_of)

    poor = source("b", ticket("1"), ticket("2"), filters={}, orders=frozenset(), fault=fault)
    it = federation(index("a", "b"), source("a", ticket("1")), poor)
    recent = Compare("opened_at", Op.GTE, NOW)
    (found,) = asked(it, tickets_of("record_id", where=recent, order=BY_ID), (ADA,))
    assert rows(found, 1) == [("1",)]
    assert isinstance(found, Found)
    assert [type(each) for each in found.missing] == [Malformed]
    assert it.board.of("b").status is SourceStatus.DOWN


def test_a_source_that_cannot_look_up_says_what_to_configure() -> None:
    """By a relation, or as a whole list; it is not asked at all."""
    poor = source("a", ticket("1"), matches=frozenset({("record_id",)}), can_list=False)
    it = federation(index("a"), poor)
    (by_customer,) = asked(it, tickets_of("record_id"), (ADA,))
    (as_a_whole,) = asked(it, Question(entity="ticket", fields=("record_id",)))
    assert isinstance(by_customer, Misconfigured)
    assert "looked up by customer_ref" in by_customer.message
    assert isinstance(as_a_whole, Misconfigured)
    assert "listed as a whole" in as_a_whole.message
    assert poor.batches == []


def test_where_the_index_is_down_no_live_source_can_be_asked_by_customer() -> None:
    """Its failure is the one that is told, since only it knows the ids."""
    native = index("a")
    down = Unavailable("native", "no database")
    native.fault = raising(down)
    live = source("a", ticket("1"))
    it = federation(native, live)
    assert asked(it, Question(entity="ticket", fields=("record_id",), order=BY_ID))
    (found,) = asked(it, tickets_of("record_id", order=BY_ID), (ADA,))
    assert found is down


def test_customers_without_a_record_in_a_source_have_nothing_there() -> None:
    """They are not asked about, and the answer is complete."""
    live = source("a", ticket("1"))
    it = federation(index("elsewhere"), live)
    (found,) = asked(it, tickets_of("record_id", order=BY_ID), (ADA,))
    assert found == Found(())
    assert live.batches == []


def test_equal_keys_are_asked_once_and_batches_keep_to_the_limit() -> None:
    """Five keys, two of them equal, two at a time: two questions, each answered at its place."""
    live = source("a", *(ticket(str(n)) for n in range(4)), batch_limit=2)
    it = federation(index("a"), live)
    question = Question(entity="ticket", fields=("record_id",), match=("source", "record_id"))
    keys = [("a", "0"), ("a", "1"), ("a", "0"), ("a", "2"), ("b", "0"), ("a", "none")]
    found = asked(it, question, *keys)
    assert [rows(each) for each in found] == [[("0",)], [("1",)], [("0",)], [("2",)], [], []]
    assert [batch.keys for batch in live.batches] == [
        (("0",), ("1",)),
        (("2",), ("none",)),
    ]


def test_steps_that_share_keys_ask_for_each_once_together_or_one_after_the_other() -> None:
    """Two groups at the same time are one batch; of a later group only the new keys are asked."""
    live = source("a", *(ticket(str(n)) for n in range(4)))
    question = Question(entity="ticket", fields=("record_id",), match=("source", "record_id"))

    async def story(session: Session) -> None:
        first, second = await asyncio.gather(
            session.ask(question, [("a", "0"), ("a", "1")]),
            session.ask(question, [("a", "1"), ("a", "2")]),
        )
        third = await session.ask(question, [("a", "3"), ("a", "2")])
        found = [[rows(each) for each in group] for group in (first, second, third)]
        assert found == [[[("0",)], [("1",)]], [[("1",)], [("2",)]], [[("3",)], [("2",)]]]

    talk(federation(index("a"), live), story)
    assert [batch.keys for batch in live.batches] == [(("0",), ("1",), ("2",)), (("3",),)]


def test_a_failed_source_is_not_asked_the_same_again_until_something_was_written() -> None:
    """Within one request, the second question of the same shape has the answer of the first."""
    live = source("a", fault=raising(Unavailable("a", "gone")))
    it = federation(index("a"), live)

    async def story(session: Session) -> None:
        question = tickets_of("record_id")
        first = await session.ask(question, [(ADA,)])
        assert await session.ask(question, [(ADA,)]) == first
        assert len(live.batches) == 1
        session.forget()
        await session.ask(question, [(ADA,)])
        assert len(live.batches) == 2
        assert session.accounts.of("a").call_count == 2
        assert session.accounts.of("a").status is SourceStatus.DOWN

    talk(it, story)


def test_rows_of_all_sources_are_one_sorted_list_cut_at_the_limit() -> None:
    """Ties fall by the name of the source and the id; each source gives no more than needed."""
    moments = [NOW + timedelta(hours=hour) for hour in range(3)]
    one = source("a", ticket("1", opened_at=moments[1]), ticket("3", opened_at=moments[0]))
    two = source("b", ticket("0", opened_at=moments[1]), ticket("2", opened_at=moments[2]))
    it = federation(index("a", "b"), one, two)
    newest = (Order("opened_at", is_descending=True), *BY_ID)
    (found,) = asked(it, tickets_of("source", "record_id", order=newest, limit=3), (ADA,))
    assert rows(found, 2) == [("b", "2"), ("a", "1"), ("b", "0")]
    assert [batch.limit for batch in (*one.batches, *two.batches)] == [3, 3]


def test_a_page_goes_on_after_a_row_of_either_source() -> None:
    """After each row in turn come exactly the rows behind it, in front of it those before."""
    one = source("a", ticket("1"), ticket("3"), ticket("4", opened_at=NOW + timedelta(1)))
    two = source("b", ticket("1"), ticket("2"), ticket("5", opened_at=NOW - timedelta(1)))
    it = federation(index("a", "b"), one, two)
    order = (Order("opened_at", is_descending=True), *BY_ID)
    fields = ("opened_at", "source", "record_id")
    (found,) = asked(it, tickets_of(*fields, order=order), (ADA,))
    everything = rows(found)
    assert [row[1:] for row in everything] == [
        ("a", "4"),
        ("a", "1"),
        ("a", "3"),
        ("b", "1"),
        ("b", "2"),
        ("b", "5"),
    ]
    for place, row in enumerate(everything):
        bound = Bound(tuple(row))
        (after,) = asked(it, tickets_of(*fields, order=order, after=bound), (ADA,))
        (until,) = asked(it, tickets_of(*fields, order=order, until=bound), (ADA,))
        assert rows(after) == everything[place + 1 :]
        assert rows(until) == everything[:place]


def test_synced_sources_are_read_from_the_store_and_live_ones_are_asked() -> None:
    """What the store holds of a source that is live, or no longer there, is not shown."""
    stored = [
        {**ticket("1"), "source": "synced", "customer_id": ADA},
        {**ticket("2"), "source": "a", "customer_id": ADA},
        {**ticket("3"), "source": "removed", "customer_id": ADA},
    ]
    native = index("a", "synced", tickets=stored)
    synced = source("synced", ticket("never"))
    it = federation(native, source("a", ticket("9")), synced, synced=["synced"])
    (found,) = asked(it, tickets_of("source", "record_id", order=BY_ID), (ADA,))
    assert rows(found, 2) == [("a", "9"), ("synced", "1")]
    assert synced.batches == []


def test_what_names_customers_and_sources_is_filled_in_for_live_rows() -> None:
    """From the index in one question for all rows; a reference to nobody has no customer."""
    native = index("a")
    live = source("a", ticket("1"), ticket("2", "nobody"), ticket("3", None), ticket("4", "bob"))
    it = federation(native, live)
    fields = ("record_id", "source", "customer_source", "customer_id")
    (found,) = asked(it, Question(entity="ticket", fields=fields, order=BY_ID))
    assert rows(found, 4) == [
        ("1", "a", "a", ADA),
        ("2", "a", "a", None),
        ("3", "a", None, None),
        ("4", "a", "a", BOB),
    ]
    owners = [batch for batch in native.batches if batch.entity == "customer_record"]
    assert [batch.keys for batch in owners] == [(("a", "ada"), ("a", "nobody"), ("a", "bob"))]


def test_references_may_point_into_another_source() -> None:
    """Tickets of the help desk name customers by the ids of the shop."""
    desk = source("desk", ticket("1"), references={"customer": "shop"})
    it = federation(index("shop"), desk)
    (found,) = asked(it, tickets_of("record_id", "customer_source", order=BY_ID), (ADA,))
    assert rows(found, 2) == [("1", "shop")]


def test_filters_that_a_source_cannot_do_are_done_here() -> None:
    """Also those on what is made here, which needs the reference to be read along."""
    poor = source("a", ticket("1"), ticket("2", None), filters={}, orders=frozenset())
    it = federation(index("a"), poor)
    without = Compare("customer_source", Op.IS_NULL, True)
    for where, wanted in ((without, ["2"]), (Not(without), ["1"])):
        question = Question(entity="ticket", fields=("record_id",), where=where, order=BY_ID)
        (found,) = asked(it, question)
        assert [row[0] for row in rows(found)] == wanted
    assert [batch.where for batch in poor.batches] == [None, None]


def test_records_that_were_skipped_make_the_source_partial() -> None:
    """They are counted for the operator; the rows that could be read are there."""

    async def fault(_batch: Batch, answer: Answer) -> Answer:
        return Answer(answer.rows, skipped=(Skipped("7", "no date"),), calls=3)

    it = federation(index("a"), source("a", ticket("1"), fault=fault))

    async def story(session: Session) -> None:
        (found,) = await session.ask(tickets_of("record_id"), [(ADA,)])
        assert rows(found) == [("1",)]
        account = session.accounts.of("a")
        assert (account.status, account.row_count, account.call_count) == (
            SourceStatus.PARTIAL,
            1,
            3,
        )

    talk(it, story)
    assert it.board.of("a").skipped_count == 1
