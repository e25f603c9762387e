"""`customer360 demo`: five systems full of customers, and a gateway over them."""

import asyncio
import importlib.util
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Never

import typer
from rich.console import Console

from connectors.native.key_store import KeyStore
from gateway import serving
from gateway.app import Gateway
from gateway.config import Settings, load
from gateway.demo import fault
from gateway.demo import folder as places
from gateway.demo.access import keep_keys
from gateway.demo.generation import generate, is_current
from gateway.demo.playing import played, ports, url, variables
from gateway.demo.progress import Bars, first_pull
from gateway.demo.welcome import welcome
from gateway.exit_code import ExitCode
from gateway.listening import address, listen
from gateway.logs import set_up

app = typer.Typer()

CONFIGURATION = Path(__file__).parent.parent / "demo" / "customer360.yaml"
DATA_DIR = Path(".customer360/demo")

_EXTRAS = ("aiosqlite", "pyarrow", "fpdf", "docx")


@app.command()
def demo(
    *,
    host: Annotated[str, typer.Option(help="Listen at this address.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Listen at this port.")] = 8360,
    data_dir: Annotated[Path, typer.Option(help="Keep everything in this folder.")] = DATA_DIR,
    reset: Annotated[bool, typer.Option("--reset", help="Make data and store anew.")] = False,
    breaks: Annotated[
        list[str] | None,
        typer.Option(
            "--break",
            metavar="SOURCE=FAULT",
            help="Break a source, such as desk=blackhole; may be repeated. While a demo runs, the"
            " same command breaks its sources, and SOURCE=none heals them.",
        ),
    ] = None,
) -> None:
    """Start five systems full of made-up customers, and a gateway over them."""
    _require_extra()
    home = data_dir.absolute()
    is_running = breaks is not None and places.is_claimed(home)
    broken = _broken(fault.read(home) if is_running else {}, breaks or [])
    if is_running:
        fault.write(home, broken)
        typer.echo(f"In the demo that runs: {_told(broken)}")
        return
    signal.signal(signal.SIGTERM, _end)
    console = Console(stderr=True)
    with places.claimed(home), ports() as sockets:
        crm_url, desk_url = map(url, sockets)
        data, store = home / places.DATA, home / places.STORE
        given = variables(data, store, crm_url=crm_url, desk_url=desk_url)
        settings = _settings(given, host, port)
        with listen(settings.server):
            pass  # A port that is taken should be told before anything is made.
        # An earlier demo may have ended with something broken.
        fault.write(home, {})
        fault.move(data, {})
        if reset or not is_current(data):
            places.empty(home, settings.postgresql_dir)
        _make(data, console)
        with played(data, sockets):
            told = {"crm_url": crm_url, "desk_url": desk_url, "data": str(data)}
            serving.run(_serve(settings, console, told, partial(_break, home, broken)))


def _require_extra() -> None:
    missing = [name for name in _EXTRAS if importlib.util.find_spec(name) is None]
    if missing:
        typer.echo(
            f"The demo needs packages that are not installed ({', '.join(missing)}). Install them"
            " with: pip install 'customer360-gateway[demo]'",
            err=True,
        )
        raise typer.Exit(ExitCode.FAILED)


def _broken(before: fault.Faults, words: Sequence[str]) -> fault.Faults:
    try:
        return fault.changed(before, words)
    except fault.UnknownFault as exc:
        raise typer.BadParameter(str(exc), param_hint="--break") from exc


def _break(home: Path, faults: fault.Faults) -> None:
    """Only now that everything was pulled once: who is broken before has no customers."""
    if faults:
        fault.write(home, faults)
        typer.echo(f"Broken: {_told(faults)}")


def _told(faults: fault.Faults) -> str:
    if not faults:
        return "nothing is broken any more"
    return ", ".join(f"{name} ({each})" for name, each in faults.items())


def _end(number: int, _frame: object) -> Never:
    sys.exit(128 + number)


def _settings(given: Mapping[str, str], host: str, port: int) -> Settings:
    settings = load(CONFIGURATION, {**os.environ, **given})
    server = settings.server.model_copy(update={"host": host, "port": port})
    return settings.model_copy(update={"server": server})


def _make(data: Path, console: Console) -> None:
    if is_current(data):
        console.print(f"Using the data in {data}")
        return
    with _timed(console, "Making the data of five systems"):
        generate(data)


@contextmanager
def _timed(console: Console, title: str) -> Iterator[None]:
    began = time.monotonic()
    console.print(f"{title} …", end=" ")
    yield
    console.print(f"done in {time.monotonic() - began:.1f} s")


async def _serve(
    settings: Settings, console: Console, told: Mapping[str, str], when_pulled: Callable[[], None]
) -> None:
    set_up(settings.telemetry)
    bars = Bars(console)
    tasks: list[asyncio.Task[None]] = []

    async def greet(gateway: Gateway, listening: socket.socket) -> None:
        text = welcome(address(listening), configuration=str(CONFIGURATION), **told)
        tasks.append(asyncio.create_task(_greet(settings, gateway, bars, text, when_pulled)))

    console.print("Starting the gateway, and pulling what it keeps itself …")
    with bars:
        await serving.serve(settings, when_ready=greet, report=bars)
    for task in tasks:
        task.cancel()


async def _greet(
    settings: Settings, gateway: Gateway, bars: Bars, text: str, when_pulled: Callable[[], None]
) -> None:
    await keep_keys(KeyStore(gateway.store), now=datetime.now(UTC))
    problems = await first_pull(settings, gateway.store)
    await gateway.sources.refresh(gateway.store)
    bars.finish()
    bars.__exit__(None, None, None)
    when_pulled()
    for problem in problems:
        typer.echo(f"This source could not be pulled and is tried again: {problem}", err=True)
    typer.echo(text)
