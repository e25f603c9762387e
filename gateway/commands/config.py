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
from gateway.output import compare, put

app = typer.Typer(
    name="config", no_args_is_help=True, help="Say what may stand in the configuration."
)

Write = Annotated[Path | None, typer.Option(help="Write it into this file instead.")]
Check = Annotated[bool, typer.Option("--check", help="Only fail if the file holds anything else.")]


@app.command("schema")
def print_schema(*, write: Write = None, check: Check = False) -> None:
    """Print the JSON Schema of the configuration, for editors."""
    (compare if check else put)(schema_text(configurable(registry.kinds())), write)


@app.command("manual")
def print_manual(*, write: Write = None, check: Check = False) -> None:
    """Print the manual of the configuration, in Markdown."""
    (compare if check else put)(manual(configurable(registry.kinds())), write)


def schema_text(kinds: Mapping[str, Kind]) -> str:
    """The JSON Schema as it stands in a file."""
    return orjson.dumps(json_schema(kinds), option=orjson.OPT_INDENT_2).decode() + "\n"
