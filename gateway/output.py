"""Texts that a command prints, writes into a file, or compares with one."""

import difflib
from pathlib import Path

import typer

from gateway.exit_code import ExitCode

_MAX_LINES = 40


def put(text: str, file: Path | None) -> None:
    """Write the text into the file, or print it where there is none."""
    if file is None:
        typer.echo(text, nl=False)
    else:
        file.write_text(text, "utf-8")


def compare(text: str, file: Path | None) -> None:
    """Exit with `ExitCode.FAILED`, and show where they differ, if the file holds another text."""
    if file is None:
        raise typer.BadParameter("name the file to compare with: --write FILE --check")
    there = file.read_text("utf-8") if file.exists() else ""
    if there == text:
        return
    lines = difflib.unified_diff(
        there.splitlines(), text.splitlines(), str(file), "what it should be", lineterm="", n=1
    )
    shown = list(lines)
    typer.echo("\n".join(shown[:_MAX_LINES]), err=True)
    typer.echo(f"{file} is out of date; write it anew by leaving out --check", err=True)
    raise typer.Exit(ExitCode.FAILED)
