"""Global ids: opaque to clients, the type and key of a record to us.

They are plain text because whoever writes the answer writes one for nearly every object, and
base64 is dear in PostgreSQL (docs/adr/0012).
"""

from typing import NamedTuple
from uuid import UUID

from resolvers.problem import UserError


class Identifier(NamedTuple):
    """What a global id says: the GraphQL type and the key of the record."""

    type_name: str
    key: tuple[str, ...]


def encode(type_name: str, *key: object) -> str:
    """The global id of a record: the type and the parts of the key, with `:` between them."""
    return ":".join([type_name, *map(str, key)])


def decode(value: str) -> Identifier:
    """Read a global id; `UserError` where it is none."""
    type_name, *key = value.split(":", 2)
    if not type_name or not key or not all(key):
        raise _no_id(value)
    return Identifier(type_name, tuple(key))


def customer_key(identifier: Identifier) -> tuple[UUID]:
    """The key of a customer from its global id; `UserError` where it is not a customer's."""
    if identifier.type_name != "Customer" or len(identifier.key) != 1:
        raise UserError(
            f"This is the id of a {identifier.type_name}, but the id of a Customer is needed."
        )
    try:
        return (UUID(identifier.key[0]),)
    except ValueError as exc:
        raise _no_id(encode(identifier.type_name, *identifier.key)) from exc


def record_key(identifier: Identifier, type_name: str) -> tuple[str, str]:
    """The source and record id from a global id; `UserError` where it is of another type."""
    if identifier.type_name != type_name or len(identifier.key) != 2:  # noqa: PLR2004  # source and record id
        raise UserError(
            f"This is the id of a {identifier.type_name}, but the id of a {type_name} is needed."
        )
    return identifier.key[0], identifier.key[1]


def _no_id(value: str) -> UserError:
    shown = value if len(value) <= 60 else value[:57] + "..."  # noqa: PLR2004  # a readable length
    return UserError(f"'{shown}' is no id of this graph; use an `id` that a query answered.")
