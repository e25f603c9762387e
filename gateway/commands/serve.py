"""`customer360 serve`: answer until stopped."""

import socket
from typing import Annotated

import typer

from gateway import serving
from gateway.app import GRAPHQL_PATH, Gateway
from gateway.commands.config_file import DEFAULT, ConfigFile, settings_of
from gateway.listening import address
from gateway.logs import set_up
from gateway.supervision import supervise

app = typer.Typer()


@app.command()
def serve(
    *,
    config: ConfigFile = DEFAULT,
    host: Annotated[str | None, typer.Option(help="Listen here instead of at server.host.")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Listen here instead of at server.port.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Use so many processes instead of server.workers.")
    ] = None,
) -> None:
    """Answer GraphQL over HTTP until stopped with Ctrl-C."""
    settings = settings_of(config)
    chosen = {"host": host, "port": port, "workers": workers}
    given = {name: value for name, value in chosen.items() if value is not None}
    server = settings.server.model_copy(update=given)
    set_up(settings.telemetry)
    wanted = settings.model_copy(update={"server": server})
    if server.workers == 1:
        serving.run(serving.serve(wanted, when_ready=_announce_one))
    else:
        serving.run(supervise(wanted, when_ready=_announce))


async def _announce_one(_gateway: Gateway, listening: socket.socket) -> None:
    _announce(listening)


def _announce(listening: socket.socket) -> None:
    typer.echo(f"The gateway answers at {address(listening)}{GRAPHQL_PATH}", err=True)
