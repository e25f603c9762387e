"""Hash chains: records of which none can be changed, removed or put in without being noticed.

Each hash is the SHA-256 of the hash before, the id of the chain (16 bytes), the number of the
record in it (8 bytes, the highest first), and the text of the record in UTF-8 as it is stored. The
hash before the first record is 32 zero bytes.
"""

import hashlib
import hmac
from typing import Final
from uuid import UUID

START: Final = bytes(32)
"""The hash before the first record of a chain."""


def link(before: bytes, *, chain: UUID, number: int, body: bytes) -> bytes:
    """The hash of a record that follows the one with the hash `before`."""
    return hashlib.sha256(before + chain.bytes + number.to_bytes(8) + body).digest()


def signature(key: bytes, hashed: bytes) -> bytes:
    """What only who has the key can make of a hash: HMAC-SHA-256."""
    return hmac.digest(key, hashed, hashlib.sha256)
