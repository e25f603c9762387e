"""The kinds of connectors there are: our own folders, and packages with an entry point."""

import importlib
import pkgutil
from collections.abc import Mapping
from importlib.metadata import entry_points

import connectors
from connectors.contract import Kind

ENTRY_POINT_GROUP = "customer360.connectors"


def kinds() -> Mapping[str, Kind]:
    """Every kind by its name. A package that claims a name that is taken is refused."""
    found: dict[str, Kind] = {}
    for kind in [*_own(), *_installed()]:
        if kind.name in found:
            raise RuntimeError(
                f"two connectors call themselves '{kind.name}': uninstall one of the packages"
                f" that provide the entry-point group {ENTRY_POINT_GROUP}"
            )
        found[kind.name] = kind
    return found


def _own() -> list[Kind]:
    folders = (m for m in pkgutil.iter_modules(connectors.__path__, "connectors.") if m.ispkg)
    modules = (importlib.import_module(folder.name) for folder in folders)
    return [module.KIND for module in modules if isinstance(getattr(module, "KIND", None), Kind)]


def _installed() -> list[Kind]:
    return [_loaded(entry.name, entry.load()) for entry in entry_points(group=ENTRY_POINT_GROUP)]


def _loaded(name: str, value: object) -> Kind:
    if not isinstance(value, Kind):
        raise TypeError(
            f"the entry point '{name}' of {ENTRY_POINT_GROUP} must be a connectors.contract.Kind,"
            f" not {type(value).__name__}"
        )
    return value
