"""What a viewer may do, as the type `Viewer` shows it."""

from collections.abc import Mapping
from typing import Any, Final

from strawberry.utils.str_converters import to_camel_case

from domain.access.policy import EntityAccess, Policy
from domain.catalogue import ENTITIES
from domain.viewer import Viewer

_WHOLE: Final = EntityAccess()
_IMPLIED: Final = frozenset({"customer_record"})
"""What is seen with customers, without a rule of its own."""


def told(viewer: Viewer, policy: Policy) -> Mapping[str, Any]:
    """Who asks, as the type `Viewer` shows it."""
    role = policy.role
    return {
        "name": viewer.name,
        "roles": viewer.roles,
        "role": viewer.role,
        "claims": viewer.claims,
        "purpose": viewer.purpose,
        "permissions": _permissions(policy),
        "mutations": None if role.sees_everything else sorted(role.mutations),
    }


def _permissions(policy: Policy) -> list[Mapping[str, Any]]:
    role = policy.role
    entities = role.entities
    if role.sees_everything:
        entities = dict.fromkeys((ENTITIES.keys() - _IMPLIED) | {"source"}, _WHOLE)
    return [
        {
            "entity": ENTITIES[name].type_name if name in ENTITIES else "Source",
            "fields": None if each.fields is None else sorted(map(to_camel_case, each.fields)),
            "masks": [
                {"field": to_camel_case(masked), "mask": mask.name}
                for masked, mask in sorted(each.masks.items())
            ],
            "has_row_rule": name in policy.rows,
        }
        for name, each in sorted(entities.items())
    ]
