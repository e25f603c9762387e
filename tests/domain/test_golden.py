"""What a customer is said to be, and who says so."""

from datetime import UTC, datetime
from itertools import permutations
from uuid import UUID

from domain.customer import (
    Alternative,
    Customer,
    CustomerRecord,
    FieldProvenance,
    LifecycleStage,
    PostalAddress,
)
from domain.golden import Precedence, golden
from tests.domain.profile import SEEN_AT, customer_record, email, phone

ID = UUID(int=1)
OLD, NEW = datetime(2025, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)


def made(*records: CustomerRecord, precedence: Precedence | None = None) -> Customer:
    """The customer that these records make."""
    return golden(ID, records, precedence=precedence or Precedence(), organizations={})


def provenance(customer: Customer) -> dict[str, FieldProvenance]:
    """Where the values come from, by field."""
    return {each.field: each for each in customer.provenance}


def test_a_record_that_says_nothing_makes_an_empty_customer() -> None:
    """Nothing is known, and nobody said it."""
    customer = made(customer_record("crm", "1"))

    assert customer.name is None
    assert customer.emails == ()
    assert customer.custom is None
    assert customer.provenance == ()


def test_saying_nothing_never_wins() -> None:
    """Neither a missing value nor an empty one of the best source."""
    precedence = Precedence(sources=("crm", "shop"))

    customer = made(
        customer_record("crm", "1", owner="", language=None),
        customer_record("shop", "1", owner="Li", language="zh"),
        precedence=precedence,
    )

    assert (customer.owner, customer.language) == ("Li", "zh")


def test_records_that_are_gone_speak_only_when_alone() -> None:
    """What a source has deleted is no news, until nobody else says anything."""
    gone = customer_record("crm", "1", name="Ada", is_deleted=True, updated_at=NEW)
    present = customer_record("shop", "1", name="Ada L.", updated_at=OLD)

    assert made(gone, present).name == "Ada L."
    assert made(gone).name == "Ada"


def test_the_configured_source_wins_and_the_losers_are_named() -> None:
    """Equal values are no alternatives."""
    records = [
        customer_record("mailing", "3", name="A. Lovelace", updated_at=NEW),
        customer_record("shop", "2", name="Ada Lovelace"),
        customer_record("crm", "1", name="Ada Lovelace", updated_at=OLD),
    ]

    customer = made(*records, precedence=Precedence(sources=("crm", "shop")))

    assert customer.name == "Ada Lovelace"
    assert provenance(customer)["name"] == FieldProvenance(
        field="name",
        source="crm",
        record_id="1",
        observed_at=SEEN_AT,
        alternatives=(
            Alternative(value="A. Lovelace", source="mailing", record_id="3", observed_at=SEEN_AT),
        ),
    )


def test_one_field_may_follow_another_source() -> None:
    """The order of a single field goes before the general one."""
    precedence = Precedence(sources=("crm", "shop"), fields={"owner": ("shop",)})

    customer = made(
        customer_record("crm", "1", name="Ada", owner="Wang"),
        customer_record("shop", "1", name="A.", owner="Li"),
        precedence=precedence,
    )

    assert (customer.name, customer.owner) == ("Ada", "Li")


def test_among_equals_the_last_update_wins_then_the_smallest_key() -> None:
    """When it was observed makes no difference."""
    one = customer_record("a", "1", name="One", updated_at=OLD)
    two = customer_record("b", "1", name="Two", updated_at=NEW)
    three = customer_record("a", "0", name="Three", observed_at=NEW)
    four = customer_record("a", "2", name="Four", observed_at=OLD)

    assert made(one, two, three, four).name == "Two"
    assert made(four, three).name == "Three"


def test_the_order_of_records_makes_no_difference() -> None:
    """Whatever order they come in, the customer is the same."""
    records = [
        customer_record("crm", "1", name="Ada", tags=("vip",), custom={"size": "M"}),
        customer_record("shop", "1", name="A.", tags=("VIP", "new"), custom={"size": "L"}),
        customer_record("desk", "1", emails=(email("ada@example.com"),), updated_at=OLD),
    ]

    assert len({str(made(*each)) for each in permutations(records)}) == 1


def test_lists_are_joined_without_doubles_the_best_entry_first() -> None:
    """One primary entry is left, that of the best source."""
    crm = customer_record(
        "crm",
        "1",
        emails=(email("ada@work.example"), email("ada@example.com", is_primary=True)),
        phones=(phone("13800138000", label="mobile"), phone("call reception")),
        addresses=(PostalAddress(street="1 Main  St", city="London"),),
        tags=("vip",),
    )
    shop = customer_record(
        "shop",
        "1",
        emails=(email("ada@shop.example", is_primary=True), email("ada@example.com")),
        phones=(phone("+86 138 0013 8000"), phone("(021) 6888-1234 转 8")),
        addresses=(PostalAddress(street="1 main st", city="LONDON", is_primary=True),),
        tags=("VIP", "new"),
    )

    customer = made(shop, crm, precedence=Precedence(sources=("crm",)))

    assert [(each.address, each.is_primary) for each in customer.emails] == [
        ("ada@example.com", True),
        ("ada@work.example", False),
        ("ada@shop.example", False),
    ]
    assert [each.original for each in customer.phones] == [
        "13800138000",
        "call reception",
        "(021) 6888-1234 转 8",
    ]
    assert customer.addresses == (
        PostalAddress(street="1 Main  St", city="London", is_primary=True),
    )
    assert customer.tags == ("vip", "new")
    assert customer.primary_email == "ada@example.com"
    assert customer.primary_phone == "+8613800138000"
    assert provenance(customer)["emails"].source == "crm"


def test_custom_fields_merge_one_by_one() -> None:
    """Each is taken from the best record that has it."""
    customer = made(
        customer_record("crm", "1", custom={"size": "M", "shoe": None}),
        customer_record("shop", "1", custom={"size": "L", "shoe": 42, "note": ""}),
        precedence=Precedence(sources=("crm",)),
    )

    assert customer.custom == {"size": "M", "shoe": 42}


def test_a_customer_is_as_old_as_its_first_record_and_as_new_as_its_last_change() -> None:
    """Whichever source is believed first."""
    customer = made(
        customer_record("crm", "1", created_at=NEW, updated_at=NEW),
        customer_record("shop", "1", created_at=OLD, updated_at=OLD),
        precedence=Precedence(sources=("shop",)),
    )

    assert (customer.created_at, customer.updated_at) == (OLD, NEW)
    assert provenance(customer)["createdAt"].source == "shop"
    assert provenance(customer)["updatedAt"].source == "crm"


def test_a_name_is_made_of_its_parts_where_it_is_missing() -> None:
    """The family comes first where it does in life."""
    assert (
        made(customer_record("a", "1", given_name="Ada", family_name="Byron")).name == "Ada Byron"
    )
    assert made(customer_record("a", "1", given_name="芳", family_name="王")).name == "王芳"
    assert made(customer_record("a", "1", family_name="Byron")).name == "Byron"


def test_the_organization_is_the_customer_of_the_record_that_is_named() -> None:
    """A reference that leads nowhere, or to the customer itself, is none."""
    acme, globex = UUID(int=7), UUID(int=8)
    organizations = {("crm", "O1"): acme, ("shop", "O1"): globex, ("desk", "O1"): ID}
    records = [
        customer_record("desk", "1", organization_ref="O1"),
        customer_record("mailing", "1", organization_ref="O1"),
        customer_record("shop", "1", organization_ref="O1", updated_at=OLD),
        customer_record("crm", "1", organization_ref="O1", lifecycle_stage=LifecycleStage.LOYAL),
    ]

    customer = golden(ID, records, precedence=Precedence(), organizations=organizations)

    assert customer.organization_id == globex
    assert [each.source for each in provenance(customer)["organization"].alternatives] == ["crm"]
    assert provenance(customer)["lifecycleStage"].source == "crm"
