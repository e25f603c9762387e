"""`customer360 serve`: answer until stopped."""

import socket
from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any

import typer

from gateway import serving
from gateway.app import GRAPHQL_PATH, Gateway
from gateway.commands.config_file import DEFAULT, ConfigFile
from gateway.config import Settings
from gateway.config.change import Configuration
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
    chosen = {"host": host, "port": port, "workers": workers}
    given = {name: value for name, value in chosen.items() if value is not None}
    configuration = Configuration(config, partial(_with_server, given=given))
    settings = configuration.read()
    set_up(settings.telemetry)
    if settings.server.workers == 1:
        serving.run(serving.serve(settings, when_ready=_announce_one, configuration=configuration))
    else:
        serving.run(supervise(settings, when_ready=_announce, configuration=configuration))


def _with_server(settings: Settings, given: Mapping[str, Any]) -> Settings:
    server = settings.server.model_copy(update=dict(given))
    return settings.model_copy(update={"server": server})


async def _announce_one(_gateway: Gateway, listening: socket.socket) -> None:
    _announce(listening)


def _announce(listening: socket.socket) -> None:
    typer.echo(f"The gateway answers at {address(listening)}{GRAPHQL_PATH}", err=True)
