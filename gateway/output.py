"""Texts that a command prints, writes into a file, or compares with one."""

import difflib
from pathlib import Path

import typer

from gateway.exit_code import ExitCode

_MAX_LINES = 40


def put(text: str, *, write: Path | None, check: Path | None) -> None:
    """Compare the text with the file `check`, else write it into `write`, else print it.

    Exits with `ExitCode.FAILED`, and shows where they differ, if `check` holds another text.
    """
    if check is not None:
        _compare(text, check)
    elif write is not None:
        write.write_text(text, "utf-8")
    else:
        typer.echo(text, nl=False)


def _compare(text: str, file: Path) -> None:
    there = file.read_text("utf-8") if file.exists() else ""
    if there == text:
        return
    lines = difflib.unified_diff(
        there.splitlines(), text.splitlines(), str(file), "what it should be", lineterm="", n=1
    )
    shown = list(lines)
    typer.echo("\n".join(shown[:_MAX_LINES]), err=True)
    typer.echo(f"{file} is out of date; write it anew with --write {file}", err=True)
    raise typer.Exit(ExitCode.FAILED)
