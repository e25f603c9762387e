"""The argument SOURCE of commands: the name of a source in the configuration."""

from pathlib import Path

import typer

from gateway.config import Settings


def known_source(name: str, settings: Settings, config: Path) -> str:
    """The name, if there is such a source; else a usage error that lists those there are."""
    if name in settings.sources:
        return name
    known = ", ".join(f"'{each}'" for each in settings.sources) or "none"
    message = f"there is no source '{name}' in {config}; there are: {known}"
    raise typer.BadParameter(message, param_hint="SOURCE")
