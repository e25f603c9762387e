"""Which records are one customer, and which id it keeps."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import count
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from domain.customer import CustomerKind, CustomerRecord
from domain.identity import (
    Identifier,
    IdentifierType,
    Member,
    RecordKey,
    Resolution,
    identifiers,
    resolve,
    shared_identifiers,
)
from tests.domain.profile import customer_record, email, phone


def ids_from(start: int) -> Callable[[], UUID]:
    """Ids in rising order."""
    numbers = count(start)
    return lambda: UUID(int=next(numbers))


def settled(members: Sequence[Member], *, first_id: int = 1000) -> Resolution:
    """Who is who when these are all members there are."""
    return resolve(members, shared=shared_identifiers(members), new_id=ids_from(first_id))


def of(*records: CustomerRecord) -> list[Member]:
    """The records as members that have no customer yet."""
    return [Member(key=(r.source, r.record_id), identifiers=identifiers(r)) for r in records]


def groups(resolution: Resolution) -> set[frozenset[RecordKey]]:
    """Which records are together."""
    found: dict[UUID, set[RecordKey]] = {}
    for key, id_ in resolution.customers.items():
        found.setdefault(id_, set()).add(key)
    return {frozenset(each) for each in found.values()}


def test_a_record_without_contacts_is_a_customer_of_its_own() -> None:
    """Having nothing is nothing in common."""
    found = settled(of(customer_record("crm", "1"), customer_record("shop", "1")))

    assert groups(found) == {frozenset({("crm", "1")}), frozenset({("shop", "1")})}
    assert found.matched_by == {("crm", "1"): (), ("shop", "1"): ()}


def test_broken_contacts_match_nobody() -> None:
    """Two records with the same nonsense are two customers."""
    nonsense = {"emails": (email("n/a"),), "phones": (phone("unknown"),)}

    found = settled(
        of(customer_record("crm", "1", **nonsense), customer_record("shop", "1", **nonsense))
    )

    assert len(groups(found)) == 2


def test_people_and_organizations_never_join() -> None:
    """Not by an address, and not by a link."""
    shared = {"emails": (email("info@acme.example"),)}
    person = customer_record("crm", "1", external_ids={"shop": "9"}, **shared)
    company = customer_record("shop", "9", kind=CustomerKind.ORGANIZATION, **shared)

    assert len(groups(settled(of(person, company)))) == 2


def test_a_mailbox_of_two_records_of_one_source_links_nothing() -> None:
    """A family's address says nothing about who is who, also to other sources."""
    family = {"emails": (email("family@example.com"),)}
    members = of(
        customer_record("crm", "1", **family),
        customer_record("crm", "2", **family),
        customer_record("shop", "1", **family),
    )

    assert len(groups(settled(members))) == 3
    assert [each.text for each in shared_identifiers(members)] == ["email family@example.com"]


def test_a_record_that_is_gone_shares_nothing() -> None:
    """Who is entered anew in the same source is who they were."""
    mine = {"emails": (email("ada@example.com"),)}
    old, new = of(customer_record("crm", "1", **mine), customer_record("crm", "2", **mine))

    found = settled([replace(old, is_deleted=True), new])

    assert groups(found) == {frozenset({("crm", "1"), ("crm", "2")})}


def test_a_link_links_whatever_is_shared() -> None:
    """What a person has decided counts more than what an address says."""
    family = {"emails": (email("family@example.com"),)}
    one = customer_record("crm", "1", external_ids={"crm": "2"}, **family)
    two = customer_record("crm", "2", **family)

    found = settled(of(one, two))

    assert groups(found) == {frozenset({("crm", "1"), ("crm", "2")})}
    assert found.matched_by == {("crm", "1"): ("link crm:2",), ("crm", "2"): ("link crm:2",)}


def test_odd_links_are_read_or_left() -> None:
    """Numbers are ids, lists are several, everything else is none."""
    odd = {"crm": 7, "shop": ["a", " b "], "desk": None, "mail": "", "erp": True, "x": {}}

    found = identifiers(customer_record("own", "1", external_ids=odd))

    assert {each.value for each in found} == {"own:1", "crm:7", "shop:a", "shop:b"}


def test_a_chain_of_matches_is_one_customer_and_explains_itself() -> None:
    """By address, by number and by link, through records that have nothing in common."""
    members = of(
        customer_record("crm", "C1", emails=(email("ada@example.com"),)),
        customer_record(
            "shop", "S1", emails=(email("ada@example.com"),), phones=(phone("13800138000"),)
        ),
        customer_record("desk", "D1", phones=(phone("+86 138 0013 8000"),)),
        customer_record("mailing", "M1", external_ids={"desk": "D1"}),
    )

    found = settled(members)

    assert len(groups(found)) == 1
    assert found.matched_by == {
        ("crm", "C1"): ("email ada@example.com",),
        ("desk", "D1"): ("link desk:D1", "phone +8613800138000"),
        ("mailing", "M1"): ("link desk:D1",),
        ("shop", "S1"): ("email ada@example.com", "phone +8613800138000"),
    }


def member(source: str, *values: str, was: int | None = None) -> Member:
    """A record with links as identifiers, and the customer that it had."""
    found = (Identifier(CustomerKind.PERSON, IdentifierType.EXTERNAL, each) for each in values)
    old = None if was is None else UUID(int=was)
    return Member(key=(source, "1"), identifiers=frozenset(found), customer_id=old)


def customers(resolution: Resolution) -> Mapping[str, int]:
    """The number of the customer by the source of the record."""
    return {source: id_.int for (source, _), id_ in resolution.customers.items()}


def test_a_merge_keeps_the_oldest_id_and_redirects_the_others() -> None:
    """Old ids lead on to where the records went."""
    found = settled([member("a", "x", was=2), member("b", "x", was=1), member("c", "x")])

    assert customers(found) == {"a": 1, "b": 1, "c": 1}
    assert found.superseded == {UUID(int=2): UUID(int=1)}


def test_a_split_leaves_the_id_where_most_records_are() -> None:
    """The others get a new one, and nothing is redirected."""
    found = settled([member("a", was=1), member("b", "x", was=1), member("c", "x", was=1)])

    assert customers(found) == {"a": 1000, "b": 1, "c": 1}
    assert found.superseded == {}


def test_a_split_in_halves_leaves_the_id_with_the_smallest_key() -> None:
    """Where numbers do not decide, names do."""
    assert customers(settled([member("b", was=1), member("a", was=1)])) == {"a": 1, "b": 1000}


def test_who_loses_an_id_keeps_the_next_oldest() -> None:
    """A new id is made only where there is none left to keep."""
    members = [
        member("a", "x", was=1),
        member("b", "x", was=2),
        member("c", "y", was=1),
        member("d", "y", was=1),
    ]

    found = settled(members)

    assert customers(found) == {"a": 2, "b": 2, "c": 1, "d": 1}


def test_an_id_whose_records_scattered_leads_to_most_of_them() -> None:
    """No old id leads nowhere."""
    members = [
        member("a", "x", was=1),
        member("b", "x", was=3),
        member("c", "y", was=2),
        replace(member("d", "y", was=3), key=("d", "1")),
        replace(member("d", "y", was=3), key=("d", "2")),
    ]

    assert settled(members).superseded == {UUID(int=3): UUID(int=2)}


_KINDS = st.sampled_from(CustomerKind)
_TYPES = st.sampled_from(IdentifierType)
_IDENTIFIERS = st.builds(Identifier, _KINDS, _TYPES, st.sampled_from("pqrst"))
_OLD_IDS = st.none() | st.integers(1, 4).map(lambda number: UUID(int=number))


@st.composite
def memberships(draw: st.DrawFn) -> list[Member]:
    """Some records with some identifiers of one kind each, and old customers at random."""
    keys = draw(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("12345")), unique=True))
    found = []
    for key in keys:
        kind = draw(_KINDS)
        carried = draw(st.frozensets(_IDENTIFIERS, max_size=3))
        found.append(
            Member(
                key=key,
                identifiers=frozenset(replace(each, kind=kind) for each in carried),
                customer_id=draw(_OLD_IDS),
                is_deleted=draw(st.booleans()),
            )
        )
    return found


def closure(members: Sequence[Member]) -> set[frozenset[RecordKey]]:
    """Which records are together, in the plainest way: join groups until nothing changes."""
    shared = shared_identifiers(members)
    found = [({each.key}, set(each.identifiers - shared)) for each in members]

    def pairs() -> Iterator[tuple[int, int]]:
        return ((i, j) for i in range(len(found)) for j in range(i) if found[i][1] & found[j][1])

    while (pair := next(pairs(), None)) is not None:
        keys, values = found.pop(pair[0])
        found[pair[1]][0].update(keys)
        found[pair[1]][1].update(values)
    return {frozenset(keys) for keys, _ in found}


@given(memberships())
def test_groups_are_the_transitive_closure(members: list[Member]) -> None:
    """Records are together exactly where a chain of identifiers leads from one to the other."""
    assert groups(settled(members)) == closure(members)


@given(memberships(), st.randoms(use_true_random=False))
def test_the_order_of_arrival_makes_no_difference(members: list[Member], random: object) -> None:
    """The same records come to the same customers, ids and reasons."""
    mixed = list(members)
    random.shuffle(mixed)  # type: ignore[attr-defined]  # hypothesis gives a random.Random

    assert settled(mixed) == settled(members)


@given(memberships())
def test_resolving_again_changes_nothing(members: list[Member]) -> None:
    """Whoever has a customer keeps it; no id is made, none is superseded."""
    first = settled(members)
    again = [replace(each, customer_id=first.customers[each.key]) for each in members]

    second = settled(again, first_id=5000)

    assert second.customers == first.customers
    assert second.superseded == {}


@given(memberships())
def test_ids_are_kept_or_new_and_every_lost_one_leads_on(members: list[Member]) -> None:
    """No two customers have one id, and no old id is forgotten."""
    found = settled(members)
    old = {each.customer_id for each in members if each.customer_id}
    living = set(found.customers.values())

    assert len(living) == len(groups(found))
    assert all(id_ in old or id_.int >= 1000 for id_ in living)
    assert found.superseded.keys() == old - living
    assert set(found.superseded.values()) <= living
