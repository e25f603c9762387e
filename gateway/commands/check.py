"""`customer360 check`: prove the configuration against the real sources and the store."""

import asyncio
from collections.abc import Mapping, Sequence

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from connectors.contract import Finding, Severity
from gateway.commands.config_file import DEFAULT, ConfigFile, settings_of
from gateway.exit_code import ExitCode
from gateway.inspection import inspect

app = typer.Typer()

_STYLES: Mapping[Severity, str] = {
    Severity.ERROR: "bold red",
    Severity.WARNING: "yellow",
    Severity.INFO: "dim",
}


@app.command()
def check(*, config: ConfigFile = DEFAULT) -> None:
    """Try every source and the store; say what is wrong and what to do. Fails on errors."""
    findings = asyncio.run(inspect(settings_of(config)))
    console = Console()
    console.print(_table(findings))
    count = sum(each.severity is Severity.ERROR for them in findings.values() for each in them)
    if count:
        console.print(f"{count} {'error' if count == 1 else 'errors'}", style="bold red")
        raise typer.Exit(ExitCode.FAILED)
    console.print("All is well.", style="green")


def _table(findings: Mapping[str, Sequence[Finding]]) -> Table:
    table = Table("source", "result", "setting", "finding")
    for source, them in findings.items():
        if not them:
            table.add_row(Text(source), Text("fine", "green"), "", "")
        for each in them:
            result = Text(each.severity.value, _STYLES[each.severity])
            table.add_row(Text(source), result, Text(each.setting or ""), Text(each.message))
        table.add_section()
    return table
