"""`customer360 audit`: who read and changed what, and whether the records of it are whole."""

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

import orjson
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from connectors.native.audit_log import AuditLog, Kept
from connectors.native.audit_proof import Findings, proven
from gateway.app import open_store
from gateway.auditing import audit_log
from gateway.commands.config_file import DEFAULT, ConfigFile, settings_of
from gateway.commands.keys import duration
from gateway.config import Settings
from gateway.exit_code import ExitCode

app = typer.Typer()
audit = typer.Typer(no_args_is_help=True, help="Show, check and export who read what.")
app.add_typer(audit, name="audit")

Customer = Annotated[str | None, typer.Option(help="About this customer: its id in the graph.")]
ViewerName = Annotated[str | None, typer.Option("--viewer", help="By this viewer.")]
Since = Annotated[str, typer.Option(help="How far back, such as 12h, 7d or 52w.")]
Limit = Annotated[int, typer.Option(min=1, help="How many records at most.")]


@audit.command("list")
def list_records(
    *,
    config: ConfigFile = DEFAULT,
    customer: Customer = None,
    viewer: ViewerName = None,
    since: Since = "7d",
    limit: Limit = 50,
    json: Annotated[bool, typer.Option("--json", help="Each record whole, one a line.")] = False,
) -> None:
    """Show the newest records, the newest first."""
    settings = settings_of(config)
    found = asyncio.run(_found(settings, since, viewer, _customer(customer), limit))
    if json:
        for each in found:
            typer.echo(each.body)
    else:
        Console().print(_table(found))


@audit.command()
def verify(
    *,
    config: ConfigFile = DEFAULT,
    anchor: Annotated[
        list[str] | None,
        typer.Option(help="An anchor that the log once told: it must still be there; repeatable."),
    ] = None,
) -> None:
    """Prove that no record was changed, removed, put in or moved, or say where first."""
    findings = asyncio.run(_verified(settings_of(config), anchor or []))
    for each in findings.problems:
        typer.echo(each, err=True)
    typer.echo(findings.summary)
    if findings.problems:
        raise typer.Exit(ExitCode.FAILED)


@audit.command()
def export(*, config: ConfigFile = DEFAULT) -> None:
    """Print all anchors and records, one JSON object a line, so that others can check them."""
    asyncio.run(_exported(settings_of(config)))


@audit.command()
def seal(*, config: ConfigFile = DEFAULT) -> None:
    """Remove what is older than `audit.retention_days`, now instead of within the hour."""
    typer.echo(f"{asyncio.run(_removed(settings_of(config)))} records removed.")


async def _found(
    settings: Settings, since: str, viewer: str | None, customer: UUID | None, limit: int
) -> Sequence[Kept]:
    begins = _now() - duration(since)
    async with _opened(settings) as log:
        return await log.found(since=begins, viewer=viewer, customer=customer, limit=limit)


async def _verified(settings: Settings, known: Sequence[str]) -> Findings:
    async with _opened(settings) as log:
        return await proven(log, known=known)


async def _exported(settings: Settings) -> None:
    async with _opened(settings) as log:
        for each in await log.anchors():
            _print({"anchor": each.number, **_told(each), "signature": each.signature.hex()})
        for chain in await log.chains():
            async for page in log.entries(chain):
                for each in page:
                    _print({"chain": str(chain), "number": each.number, **_told(each)})


async def _removed(settings: Settings) -> int:
    now = _now()
    async with _opened(settings) as log:
        moment = now - timedelta(days=settings.audit.retention_days)
        return await log.remove_before(moment, now=now)


def _told(kept: Kept) -> dict[str, Any]:
    return {"hash": kept.hash.hex(), "body": kept.body}


def _print(line: dict[str, Any]) -> None:
    sys.stdout.write(f"{orjson.dumps(line).decode()}\n")


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[AuditLog]:
    async with AsyncExitStack() as stack:
        yield audit_log(settings, await open_store(settings, stack))


def _customer(text: str | None) -> UUID | None:
    if text is None:
        return None
    try:
        return UUID(text.removeprefix("Customer:"))
    except ValueError:
        typer.echo(f"'{text}' is no id of a customer.", err=True)
        raise typer.Exit(ExitCode.FAILED) from None


def _table(found: Sequence[Kept]) -> Table:
    table = Table()
    for title in ("when", "who", "role", "what for", "did", "operation", "client", "customers"):
        table.add_column(title, overflow="fold")
    table.add_column("fields", overflow="fold", ratio=1)
    for each in found:
        said = orjson.loads(each.body)
        row = (
            f"{each.at:%Y-%m-%d %H:%M:%S}",
            said["viewer"],
            said["role"] or "",
            said["purpose"] or "",
            said["kind"].lower(),
            said["operation"] or "",
            said["client"] or "",
            str(len(said["customers"])),
            ", ".join(said["fields"]),
        )
        table.add_row(*map(Text, row))
    return table


def _now() -> datetime:
    return datetime.now(UTC)
