"""`customer360 config …`: what may stand in the configuration, for editors and for people."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import orjson
import typer

from connectors import registry
from connectors.contract import Kind
from gateway.config import configurable
from gateway.config.json_schema import json_schema
from gateway.config.manual import manual
from gateway.output import put

app = typer.Typer(
    name="config", no_args_is_help=True, help="Say what may stand in the configuration."
)

Write = Annotated[Path | None, typer.Option(help="Write it into this file instead.")]
Check = Annotated[Path | None, typer.Option(help="Fail if this file holds anything else.")]


@app.command("schema")
def print_schema(*, write: Write = None, check: Check = None) -> None:
    """Print the JSON Schema of the configuration, for editors."""
    put(schema_text(configurable(registry.kinds())), write=write, check=check)


@app.command("manual")
def print_manual(*, write: Write = None, check: Check = None) -> None:
    """Print the manual of the configuration, in Markdown."""
    put(manual(configurable(registry.kinds())), write=write, check=check)


def schema_text(kinds: Mapping[str, Kind]) -> str:
    """The JSON Schema as it stands in a file."""
    return orjson.dumps(json_schema(kinds), option=orjson.OPT_INDENT_2).decode() + "\n"
