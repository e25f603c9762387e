"""The commands, one file each. A file is a command by having an `app`, a `typer.Typer`."""

import importlib
import pkgutil
from collections.abc import Sequence

import typer


def found(arguments: Sequence[str] = ()) -> Sequence[typer.Typer]:
    """The commands: the one that the first argument names, or all where it names none.

    Only what is run is loaded: `check` need not wait for the whole server.
    """
    names = sorted(each.name for each in pkgutil.iter_modules(__path__))
    wanted = [name for name in names if name in arguments[:1]] or names
    modules = [importlib.import_module(f"{__name__}.{name}") for name in wanted]
    return [
        module.app for module in modules if isinstance(getattr(module, "app", None), typer.Typer)
    ]
