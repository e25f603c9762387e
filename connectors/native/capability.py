"""What the store can do, read off the definitions of the entities."""

from collections.abc import Mapping
from types import MappingProxyType

from connectors.contract import Capability, Op
from connectors.native.lookup import matches
from domain.catalogue import ENTITIES
from domain.entity import Entity, Field, FieldType

BATCH_LIMIT = 1000
"""The most keys in one statement."""

_WRITABLE = frozenset({"interaction"})
_TEXTS = frozenset({FieldType.TEXT, FieldType.ENUM})
_OF_TEXTS = frozenset({Op.CONTAINS, Op.NOT_CONTAINS, Op.STARTS_WITH, Op.NOT_STARTS_WITH})
_OF_LISTS = frozenset({Op.CONTAINS, Op.NOT_CONTAINS, Op.IS_NULL})


def capabilities() -> Mapping[str, Capability]:
    """The capability for every entity, by its name."""
    return MappingProxyType({name: _capability(entity) for name, entity in ENTITIES.items()})


def _capability(entity: Entity) -> Capability:
    fields = entity.fields.values()
    return Capability(
        entity=entity.name,
        fields=frozenset(entity.fields),
        matches=matches(entity),
        filters={each.name: _ops(each) for each in fields},
        orders=frozenset(each.name for each in fields if each.is_sortable),
        can_page=True,
        batch_limit=BATCH_LIMIT,
        can_write=entity.name in _WRITABLE,
        can_nest=True,
    )


def _ops(field: Field) -> frozenset[Op]:
    if field.value_type in _TEXTS:
        return frozenset(Op)
    if field.value_type is FieldType.LIST and field.item is str:
        return _OF_LISTS
    if field.is_sortable:
        return frozenset(Op) - _OF_TEXTS
    return frozenset({Op.IS_NULL})
