"""All entities by name, found in the modules of this package."""

import importlib
import pkgutil
from collections.abc import Mapping
from types import MappingProxyType

import domain
from domain.entity import Entity


def _found() -> dict[str, Entity]:
    entities: dict[str, Entity] = {}
    for module in pkgutil.iter_modules(domain.__path__, "domain."):
        if module.name == __name__:
            continue
        for value in vars(importlib.import_module(module.name)).values():
            entity = vars(value).get("entity") if isinstance(value, type) else None
            if isinstance(entity, Entity):
                entities[entity.name] = entity
    return entities


ENTITIES: Mapping[str, Entity] = MappingProxyType(_found())
"""Every entity by its name, such as `purchase_line`."""
