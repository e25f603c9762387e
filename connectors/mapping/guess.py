"""Guessing what the things of a source are by their names, to start a mapping from."""

import difflib
import re
from collections.abc import Mapping
from types import MappingProxyType

from connectors.mapping.entity import mappable

SYNONYMS: Mapping[str, str] = MappingProxyType(
    {
        "account": "customer",
        "buyer": "customer",
        "client": "customer",
        "company": "customer",
        "contact": "customer",
        "lead": "customer",
        "member": "customer",
        "organization": "customer",
        "people": "customer",
        "person": "customer",
        "subscriber": "customer",
        "user": "customer",
        "charge": "purchase",
        "invoice": "purchase",
        "order": "purchase",
        "payment": "purchase",
        "sale": "purchase",
        "sales_order": "purchase",
        "transaction": "purchase",
        "invoice_line": "purchase_line",
        "order_item": "purchase_line",
        "order_line": "purchase_line",
        "case": "ticket",
        "conversation": "ticket",
        "incident": "ticket",
        "issue": "ticket",
        "attachment": "document",
        "contract": "document",
        "file": "document",
        "article": "product",
        "newsletter": "campaign",
        "activity": "interaction",
        "call": "interaction",
        "message": "interaction",
    }
)
"""Words in the singular, and the entity that they usually mean."""

_WEAK = frozenset({"account", "user", "member", "transaction", "conversation", "activity", "lead"})


def words(name: str) -> str:
    """A name in small letters with underscores between its words: `OrderLines` is `order_lines`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|\W+", "_", name).lower().strip("_")


def singular(name: str) -> str:
    """A name as `words` gives it, of one thing."""
    word = words(name)
    if word.endswith("ies"):
        return word[:-3] + "y"
    return word if word.endswith("ss") else word.removesuffix("s")


def bare(name: str) -> str:
    """A name without case and punctuation: `Given_Name` and `givenName` are equal then."""
    return re.sub(r"[\W_]", "", name).lower()


def entity_of(name: str) -> str | None:
    """The entity that a table, a file or a list of this name probably holds."""
    word = singular(name)
    if word in SYNONYMS:
        return SYNONYMS[word]
    return next(iter(difflib.get_close_matches(word, mappable(), n=1, cutoff=0.85)), None)


def confidence(name: str) -> int:
    """How surely the name means what `entity_of` says: 3 is the entity's own name, 1 is weak."""
    word = singular(name)
    if word in SYNONYMS:
        return 1 if word in _WEAK else 2
    return 3 if word in mappable() else 1
