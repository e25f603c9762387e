"""`customer360 serve`: answer until stopped."""

import asyncio
import socket
from typing import Annotated

import typer
import uvicorn

from gateway.app import open_gateway
from gateway.commands.config_file import DEFAULT, ConfigFile, settings_of
from gateway.config import Settings
from gateway.listening import address, listen
from gateway.logs import set_up

app = typer.Typer()


@app.command()
def serve(
    *,
    config: ConfigFile = DEFAULT,
    host: Annotated[str | None, typer.Option(help="Listen here instead of at server.host.")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Listen here instead of at server.port.")
    ] = None,
) -> None:
    """Answer GraphQL over HTTP until stopped with Ctrl-C."""
    settings = settings_of(config)
    chosen = {"host": host, "port": port}
    given = {name: value for name, value in chosen.items() if value is not None}
    set_up(settings.telemetry)
    loop_factory = uvicorn.Config("gateway").get_loop_factory()
    with (
        listen(settings.server.model_copy(update=given)) as listening,
        asyncio.Runner(loop_factory=loop_factory) as runner,
    ):
        runner.run(_serve(settings, listening))


async def _serve(settings: Settings, listening: socket.socket) -> None:
    async with open_gateway(settings) as gateway:
        server = uvicorn.Server(uvicorn.Config(gateway.app, log_config=None, access_log=False))
        typer.echo(f"The gateway answers at {address(listening)}/graphql", err=True)
        await server.serve(sockets=[listening])
