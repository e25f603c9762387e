"""Mapping as data: canonical fields from expressions over a source's records.

A connector extends `EntityMapping` with where the records are, its options `MappedOptions` with
how to reach them, and makes one `Translation` per entity, which reads raw records into rows.
"""

from connectors.mapping.entity import EntityMapping
from connectors.mapping.expression import Expression
from connectors.mapping.getter import Dialect, getter
from connectors.mapping.options import MappedOptions
from connectors.mapping.translation import RawChoice, Reader, Translation, joined_key, split_key

__all__ = [
    "Dialect",
    "EntityMapping",
    "Expression",
    "MappedOptions",
    "RawChoice",
    "Reader",
    "Translation",
    "getter",
    "joined_key",
    "split_key",
]
