"""`customer360 schema`: the GraphQL schema in the schema definition language."""

from pathlib import Path
from typing import Annotated

import typer

from gateway.output import compare, put
from schema.build import build_schema, sdl

app = typer.Typer()


@app.command("schema")
def print_schema(
    *,
    write: Annotated[Path | None, typer.Option(help="Write it into this file instead.")] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Only fail if the file holds anything else.")
    ] = False,
) -> None:
    """Print the GraphQL schema."""
    (compare if check else put)(sdl(build_schema()), write)
