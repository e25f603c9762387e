"""Records by their global ids."""

from domain.catalogue import ENTITIES
from resolvers.field import PlanField
from resolvers.value import Value

WITHOUT_ID = frozenset({"CampaignMembership", "AccessRecord"})
"""The types of records that clients reach only through another record."""

TYPES = {
    each.type_name: each.name for each in ENTITIES.values() if each.type_name not in WITHOUT_ID
}


def node(field: PlanField) -> Value:
    """The record with an id."""
    return field.nodes(TYPES, is_list=False)


def nodes(field: PlanField) -> Value:
    """The records with these ids, in their order."""
    return field.nodes(TYPES, is_list=True)
