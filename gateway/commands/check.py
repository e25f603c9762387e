"""`customer360 check`: prove the configuration against the real sources and the store."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from connectors.contract import Finding, Severity
from gateway.commands.config_file import DEFAULT, ConfigFile, settings_of
from gateway.config import Settings
from gateway.estimation import (
    Estimate,
    Example,
    allowed,
    estimates,
    examples_in,
    findings,
    joined,
    openable,
    shipped_queries,
)
from gateway.exit_code import ExitCode
from gateway.inspection import inspect
from gateway.rehearsing import Rehearsals

app = typer.Typer()

_STYLES: Mapping[Severity, str] = {
    Severity.ERROR: "bold red",
    Severity.WARNING: "yellow",
    Severity.INFO: "dim",
}


@app.command()
def check(
    *,
    config: ConfigFile = DEFAULT,
    queries: Annotated[
        Path | None,
        typer.Option(
            help="Estimate the calls of the queries in this folder: .graphql files, with variables"
            " in a .json of the same name. Without it those that GraphiQL shows as examples."
        ),
    ] = None,
) -> None:
    """Try every source and the store; say what is wrong and what to do. Fails on errors."""
    settings = settings_of(config)
    examples = examples_in(queries or shipped_queries())
    found, costs = asyncio.run(_found(settings, examples))
    console = Console()
    console.print(_table(found))
    if any(each.totals for each in costs):
        console.print(_estimates(costs, settings))
    count = sum(each.severity is Severity.ERROR for them in found.values() for each in them)
    if count:
        console.print(f"{count} {'error' if count == 1 else 'errors'}", style="bold red")
        raise typer.Exit(ExitCode.FAILED)
    console.print("All is well.", style="green")


async def _found(
    settings: Settings, examples: Sequence[Example]
) -> tuple[Mapping[str, Sequence[Finding]], Sequence[Estimate]]:
    found = await inspect(settings)
    connectors = openable(settings)
    try:
        costs = await estimates(Rehearsals.of(settings, connectors), examples)
        return joined(found, findings(settings, connectors, costs)), costs
    finally:
        for each in connectors.values():
            await each.close()


def _estimates(costs: Sequence[Estimate], settings: Settings) -> Table:
    table = Table("query", "source", "calls", "the limits allow")
    for each in costs:
        names = [each.name, *[""] * len(each.totals)]
        for name, (source, total) in zip(names, each.totals.items(), strict=False):
            count = f"{total.call_count:,}{' or more' if total.is_at_least else ''}"
            rates = settings.sources[source].limits.rates
            table.add_row(*map(Text, (name, source, count, allowed(total, rates))))
        table.add_section()
    return table


def _table(found: Mapping[str, Sequence[Finding]]) -> Table:
    table = Table("source", "result", "setting", "finding")
    for source, them in found.items():
        if not them:
            table.add_row(Text(source), Text("fine", "green"), "", "")
        for each in them:
            result = Text(each.severity.value, _STYLES[each.severity])
            table.add_row(Text(source), result, Text(each.setting or ""), Text(each.message))
        table.add_section()
    return table
