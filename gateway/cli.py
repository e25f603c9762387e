"""The command `customer360`: what is typed, and what people read when it goes wrong.

The exit codes stand in `gateway.exit_code`, the commands in `gateway.commands`.
"""

import importlib
import sys
import traceback
from collections.abc import Sequence
from importlib.metadata import packages_distributions, version
from typing import Annotated

import typer

from gateway.distribution import DISTRIBUTION, refusal
from gateway.exit_code import ExitCode

VERBOSE = "--verbose"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line, of this process unless arguments are given; always exits."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    why_not = refusal(packages_distributions())
    if why_not is not None:
        _stop(ExitCode.ENVIRONMENT_REFUSED, why_not)
    plain = [each for each in given if each != VERBOSE]
    try:
        command_line(plain)(plain)
    except Exception as exc:  # noqa: BLE001 - the edge of the process: whatever it is, say it in words
        if VERBOSE in given:
            traceback.print_exception(exc)
        # Not imported above: it needs our other packages, which may be somebody else's.
        _stop(*importlib.import_module("gateway.failure").told(exc))


def command_line(arguments: Sequence[str] = ()) -> typer.Typer:
    """The command line as far as these arguments need it; without any, the whole of it."""
    app = typer.Typer(
        name="customer360",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        help="One GraphQL endpoint that answers with the whole customer.",
    )
    app.callback()(_options)
    for command in importlib.import_module("gateway.commands").found(arguments):
        app.add_typer(command)
    return app


def _options(
    *,
    version_wanted: Annotated[
        bool,
        typer.Option(
            "--version",
            is_eager=True,
            callback=lambda value: _print_version(wanted=value),
            help="Print the version and stop.",
        ),
    ] = False,
    verbose: Annotated[
        bool, typer.Option(VERBOSE, help="Show the traceback of an error; stands anywhere.")
    ] = False,
) -> None:
    del version_wanted, verbose  # The first acted already, the second does so in `main`.


def _print_version(*, wanted: bool) -> None:
    if wanted:
        typer.echo(f"customer360 {version(DISTRIBUTION)}")
        raise typer.Exit


def _stop(code: ExitCode, text: str) -> None:
    typer.echo(text, err=True)
    sys.exit(code)
