"""The option `--config`, which every command that needs a configuration takes."""

import os
from pathlib import Path
from typing import Annotated

import typer

from gateway.config import Settings, load

DEFAULT = Path("customer360.yaml")

ConfigFile = Annotated[
    Path,
    typer.Option("--config", "-c", envvar="CUSTOMER360_CONFIG", help="The configuration file."),
]
"""The type of the option; its default is `DEFAULT`."""


def settings_of(path: Path) -> Settings:
    """The settings of the file, filled in from the environment of this process."""
    return load(path, os.environ)
