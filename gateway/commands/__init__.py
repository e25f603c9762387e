"""The commands, one file each. A file is a command by having an `app`, a `typer.Typer`."""

import importlib
import pkgutil
from collections.abc import Sequence

import typer


def found() -> Sequence[typer.Typer]:
    """The commands of all files in this folder, by the names of the files."""
    names = sorted(each.name for each in pkgutil.iter_modules(__path__, f"{__name__}."))
    modules = [importlib.import_module(name) for name in names]
    return [
        module.app for module in modules if isinstance(getattr(module, "app", None), typer.Typer)
    ]
