"""`customer360 sync [SOURCE]`: pull sources into the store now."""

import asyncio
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn
from rich.table import Table
from rich.text import Text

from connectors.sync import SyncResult
from connectors.sync_pass import Progress as Pulling
from gateway.app import open_gateway
from gateway.commands.config_file import DEFAULT, ConfigFile, settings_of
from gateway.commands.source_name import known_source
from gateway.config import Settings
from gateway.exit_code import ExitCode

app = typer.Typer()


@app.command()
def sync(
    source: Annotated[str | None, typer.Argument(help="Only this source.")] = None,
    *,
    config: ConfigFile = DEFAULT,
) -> None:
    """Pull customers and synced entities into the store; goes on where it was stopped."""
    settings = settings_of(config)
    names = [known_source(source, settings, config)] if source else list(settings.sources)
    results = asyncio.run(_pulled(names, settings))
    Console().print(_table(results))
    if not all(each.is_complete for each in results):
        raise typer.Exit(ExitCode.FAILED)


async def _pulled(names: list[str], settings: Settings) -> list[SyncResult]:
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
    with Progress(*columns, console=Console(stderr=True)) as progress:
        report = _Report(progress)
        async with open_gateway(settings, report=report) as gateway:
            return [await gateway.sync.sync_source(name) for name in names]


class _Report:
    """A bar for each entity that is being pulled."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._bars: dict[tuple[str, str], TaskID] = {}

    def __call__(self, pulling: Pulling) -> None:
        key = (pulling.source, pulling.entity)
        if key not in self._bars:
            self._bars[key] = self._progress.add_task(" ".join(key), total=None)
        done = pulling.record_count + pulling.skipped_count
        self._progress.update(self._bars[key], completed=done, total=pulling.total)


def _table(results: list[SyncResult]) -> Table:
    table = Table("source", "entity", "records", "skipped", "problem")
    for result in results:
        if result.is_busy:
            table.add_row(Text(result.source), "", "", "", "another process is pulling it now")
        for each in result.entities:
            counts = (f"{each.record_count:,}", f"{each.skipped_count:,}")
            row = (each.source, each.entity, *counts, each.problem or "")
            table.add_row(*map(Text, row))
        table.add_section()
    return table
