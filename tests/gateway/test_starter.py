"""The block of configuration that `discover --yaml` prints."""

import pytest

from connectors.contract import DiscoveredEntity
from gateway.starter import starter, whole_starter
from tests.gateway.config.writing import StoreOptions


def test_what_can_be_guessed_is_filled_in_and_the_rest_is_shown() -> None:
    """Entities and fields of like names; a second guess of the same entity is switched off."""
    offered = [
        DiscoveredEntity(
            name="Customer",
            fields={"CustomerId": "INTEGER", "Given_Name": "TEXT", "Fax": "TEXT"},
            key="CustomerId",
            record_count=1059,
        ),
        DiscoveredEntity(name="contacts", fields={"id": "int"}, key="id"),
        DiscoveredEntity(name="odd name", fields={"a b": "text"}),
    ]

    assert (
        starter("shop", StoreOptions, offered)
        == """\
# Entities for sources.shop. Complete the fields, drop what you do not need.
entities:
  customer: # Customer, 1,059 records
    key: CustomerId
    fields:
      given_name: Given_Name
      # Fax (TEXT)
  # RENAME_ME: # contacts
  #   key: id
  #   # fields:
  # RENAME_ME: # odd name
  #   # key: what identifies a record
  #   # fields:
  #     # a b (text)
"""
    )


def test_a_whole_source_is_written_line_by_line() -> None:
    """However short it is; what fits no entity is shown as long as it is not too much."""
    paging = {"style": "link"}
    customer = {"key": "id", "list": {"path": "/a", "paging": paging}, "by": {"x": paging}}
    offered = [
        DiscoveredEntity("/a", {"id": "text", "c d": "text"}, "id", None, "customer", customer),
        *(DiscoveredEntity(f"/b{number}", {"id": "text"}, "id") for number in range(21)),
    ]

    text = whole_starter("shop", StoreOptions, {"kind": "x"}, title="工单\nB", offered=offered)

    assert text.startswith(
        """\
# 工单 B, as its description says. Set the variables that stand in ${…},
# see what `customer360 check` says, and drop what you do not need.
sources:
  shop:
    kind: x
    entities:
      customer: # /a
        key: id
        list:
          path: /a
          paging: {style: link}
        by:
          x: {style: link}
        # c d (text)
      # RENAME_ME: # /b0
      #   key: id
      #   # fields:
"""
    )
    assert text.endswith("      # There is also /b19.\n      # There is also /b20.\n")


@pytest.mark.parametrize(
    ("name", "entity"),
    [
        ("customers.csv", "customer"),
        ("export/Orders.parquet", "purchase"),
        ("public.order_lines", "purchase_line"),
        ("/api/v2/companies/", "customer"),
        ("OrderItem", "purchase_line"),
        ("tickts", "ticket"),
        ("prices", None),
    ],
)
def test_names_of_tables_files_and_paths_are_guessed(name: str, entity: str | None) -> None:
    """By their last word, in the singular, and by words that mean the same."""
    text = starter("shop", StoreOptions, [DiscoveredEntity(name, {"id": "text"}, "id")])

    assert text.splitlines()[2].startswith(f"  {entity}: # " if entity else "  # RENAME_ME: # ")
