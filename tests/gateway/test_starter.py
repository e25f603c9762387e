"""The block of configuration that `discover --yaml` prints."""

from connectors.contract import DiscoveredEntity
from gateway.starter import starter
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
