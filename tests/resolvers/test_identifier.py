"""Global ids: opaque outside, exact inside."""

from uuid import UUID

import pytest

from resolvers.identifier import Identifier, customer_key, decode, encode, record_key
from resolvers.problem import UserError


@pytest.mark.parametrize(
    "value",
    [
        "",
        "e",
        "eA",
        "编号",
        "!!!",
        "Purchase",
        "Purchase:",
        "Purchase::1",
        "Purchase:shop:",
        ":shop:1",
        "x" * 100_000,
    ],
)
def test_what_is_no_id_is_refused_and_named(value: str) -> None:
    """No type, no key, empty parts, no text at all; a long one is shown in part."""
    with pytest.raises(UserError, match="is no id of this graph") as raised:
        decode(value)
    assert value[:57] in raised.value.message
    assert len(raised.value.message) < 150


def test_records_with_odd_ids_come_back_exactly() -> None:
    """Colons, slashes, Chinese and quotes are part of a record's id."""
    for record_id in ("1", "a:b:c", "客户/合同.pdf", " ", "'\"", ":"):
        value = encode("Document", "files", record_id)
        assert decode(value) == Identifier("Document", ("files", record_id))
        assert record_key(decode(value), "Document") == ("files", record_id)


def test_a_customer_has_a_uuid_and_nothing_else() -> None:
    """Its id is one part; anything but a UUID is refused with the id that the client gave."""
    value = encode("Customer", UUID(int=1))
    assert customer_key(decode(value)) == (UUID(int=1),)
    wrong = "Customer:abc"
    with pytest.raises(UserError, match=f"'{wrong}' is no id"):
        customer_key(decode(wrong))


def test_an_id_of_another_type_is_refused_by_name() -> None:
    """Also one of the right type with the wrong number of parts."""
    purchase = decode(encode("Purchase", "shop", "1"))
    with pytest.raises(UserError, match="the id of a Purchase, but the id of a Customer"):
        customer_key(purchase)
    with pytest.raises(UserError, match="the id of a Purchase, but the id of a Ticket"):
        record_key(purchase, "Ticket")
    with pytest.raises(UserError, match="the id of a Ticket is needed"):
        record_key(decode("Ticket:only"), "Ticket")
