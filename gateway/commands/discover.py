"""`customer360 discover SOURCE`: what a source offers, to write its mapping from."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from connectors import registry
from connectors.aspects.opening import Opener
from connectors.contract import DiscoveredEntity
from connectors.rest.openapi.place import proposed
from connectors.rest.options import RestOptions
from gateway.commands.config_file import DEFAULT, ConfigFile, settings_of
from gateway.commands.source_name import known_source
from gateway.config import Settings
from gateway.starter import starter, whole_starter

app = typer.Typer()


@app.command()
def discover(
    source: Annotated[str, typer.Argument(help="The name of the source.")],
    *,
    config: ConfigFile = DEFAULT,
    as_yaml: Annotated[
        bool, typer.Option("--yaml", help="Print a block of configuration to start from.")
    ] = False,
    openapi: Annotated[
        str | None,
        typer.Option(
            "--openapi",
            metavar="FILE_OR_URL",
            help="Propose a whole source from an OpenAPI document; it need not be configured yet.",
        ),
    ] = None,
) -> None:
    """Show what a source offers: its tables, paths or files, and their fields."""
    if openapi is not None:
        typer.echo(_proposed(source, openapi), nl=False)
        return
    settings = settings_of(config)
    known_source(source, settings, config)
    offered = asyncio.run(_offered(source, settings))
    if as_yaml:
        typer.echo(starter(source, type(settings.sources[source]), offered), nl=False)
    else:
        Console().print(_table(offered))


def _proposed(source: str, place: str) -> str:
    found = asyncio.run(proposed(place, name=source, base_dir=Path()))
    return whole_starter(
        source, RestOptions, found.settings, title=found.title, offered=found.offered
    )


async def _offered(source: str, settings: Settings) -> Sequence[DiscoveredEntity]:
    options = settings.sources[source]
    opener = Opener(
        now=lambda: datetime.now(UTC), base_dir=settings.base_dir, kinds=registry.kinds()
    )
    connector = opener.open(source, options)
    try:
        return await connector.discover()
    finally:
        await connector.close()


def _table(offered: Sequence[DiscoveredEntity]) -> Table:
    table = Table("name", "records", "field", "type", "")
    for each in offered:
        count = "" if each.record_count is None else f"{each.record_count:,}"
        heads = [(each.name, count), *[("", "")] * len(each.fields)]
        for (name, number), (field, type_name) in zip(heads, each.fields.items(), strict=False):
            mark = "key" if field == each.key else ""
            table.add_row(*map(Text, (name, number, field, type_name, mark)))
        table.add_section()
    return table
