"""`customer360 explain DOCUMENT`: what an operation asks of which source, and in how many calls."""

import asyncio
import enum
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console

from connectors.contract import DocumentReader
from connectors.native.connector import NativeConnector
from gateway.app import open_connectors, open_gateway
from gateway.commands.config_file import DEFAULT, ConfigFile, settings_of
from gateway.config import Settings
from gateway.config.signing_key import link_signing_key
from gateway.exit_code import ExitCode
from gateway.explanation_text import tree_of
from gateway.rehearsing import Rehearsals, explainer_of
from gateway.request_context import Contexts
from resolvers.explain.payload import payload
from resolvers.explain.tree import Explanation, Extent
from resolvers.request import Request
from resolvers.result import Result

app = typer.Typer()

_SCOPE: Mapping[str, Any] = {"type": "http", "scheme": "http", "headers": []}


_NO_WIDTH = 100_000


class Format(enum.StrEnum):
    """How an explanation is printed."""

    TEXT = "text"
    JSON = "json"


@app.command()
def explain(
    document: Annotated[str, typer.Argument(help="A file with a GraphQL document; - reads it in.")],
    *,
    config: ConfigFile = DEFAULT,
    operation: Annotated[
        str | None, typer.Option(help="The operation, where the document has several.")
    ] = None,
    variables: Annotated[
        str | None, typer.Option(help="Variables as a JSON object, or @FILE that holds one.")
    ] = None,
    analyze: Annotated[
        bool, typer.Option("--analyze", help="Also execute it (mutations too), and measure.")
    ] = False,
    statements: Annotated[
        bool, typer.Option("--statements", help="Print SQL in full instead of its beginning.")
    ] = False,
    output: Annotated[Format, typer.Option("--format", help="How to print it.")] = Format.TEXT,
) -> None:
    """Show what an operation asks of whom: steps, calls, SQL. Asks nobody without --analyze."""
    settings = settings_of(config)
    request = Request(
        query=_text(document), operation_name=operation, variables=_variables(variables)
    )
    work = _analyzed(settings, request) if analyze else _planned(settings, request)
    result, explanation = asyncio.run(work)
    if explanation is None:
        typer.echo(_problems(result, document), err=True)
        raise typer.Exit(ExitCode.FAILED)
    if output is Format.JSON:
        text = orjson.dumps(payload(explanation), option=orjson.OPT_INDENT_2).decode()
        typer.echo(text)
    else:
        _console().print(tree_of(explanation, is_whole=statements))


def _console() -> Console:
    console = Console()
    # A file or a pipe has no width: lines are left whole.
    return console if console.is_terminal else Console(width=_NO_WIDTH)


async def _planned(settings: Settings, request: Request) -> tuple[Result, Explanation | None]:
    connectors = open_connectors(settings)
    try:
        return await Rehearsals.of(settings, connectors).plan(request)
    finally:
        for each in connectors.values():
            await each.close()


async def _analyzed(settings: Settings, request: Request) -> tuple[Result, Explanation | None]:
    async with open_gateway(settings) as gateway:
        federation = gateway.federation
        readers = {
            name: each
            for name, each in gateway.connectors.items()
            if isinstance(each, DocumentReader)
        }
        contexts = Contexts(
            settings,
            federation,
            gateway.sources,
            NativeConnector(gateway.store),
            readers=readers,
            key=link_signing_key(settings),
        )
        explainer = explainer_of(settings, gateway.engine, gateway.connectors)
        context = await contexts.of(dict(_SCOPE))
        return await explainer.explained(request, context, mode=Extent.ANALYZE)


def _text(document: str) -> str:
    if document == "-":
        return sys.stdin.read()
    return _read(document, "DOCUMENT")


def _read(file: str, hint: str) -> str:
    try:
        return Path(file).read_text("utf-8")
    except UnicodeDecodeError as exc:
        raise typer.BadParameter(f"{file} is no text in UTF-8", param_hint=hint) from exc
    except OSError as exc:
        raise typer.BadParameter(f"{file}: {exc.strerror}", param_hint=hint) from exc


def _variables(given: str | None) -> Mapping[str, Any] | None:
    if given is None:
        return None
    hint = "--variables"
    text = _read(given[1:], hint) if given.startswith("@") else given
    try:
        values = orjson.loads(text)
    except orjson.JSONDecodeError as exc:
        raise typer.BadParameter(f"this is no JSON: {exc.msg}", param_hint=hint) from exc
    if not isinstance(values, dict):
        raise typer.BadParameter("write a JSON object, such as '{\"first\": 5}'", param_hint=hint)
    return values


def _problems(result: Result, document: str) -> str:
    name = "the document" if document == "-" else document
    return "\n".join(_problem(each, name) for each in orjson.loads(result.body)["errors"])


def _problem(error: Mapping[str, Any], name: str) -> str:
    places = error.get("locations") or []
    where = f"{name}:{places[0]['line']}:{places[0]['column']}" if places else name
    return f"{where}: {error['message']}"
