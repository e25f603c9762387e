"""The command line as people meet it: a process with output, errors and exit codes."""

import subprocess
import sys
from pathlib import Path

import pytest

from gateway.cli import main

COMMAND = [sys.executable, "-c", "from gateway.cli import main; main()"]


def run(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """The finished process of a command in this folder."""
    return subprocess.run(  # noqa: S603 - our own command
        [*COMMAND, *arguments], cwd=folder, capture_output=True, text=True, check=False
    )


def test_a_refused_configuration_is_sentences_and_no_traceback(tmp_path: Path) -> None:
    """They go to standard error, with the exit code of the documentation."""
    (tmp_path / "customer360.yaml").write_text("srever: {}\nserver: {prot: 1}\n")

    done = run("check", folder=tmp_path)

    assert done.returncode == 3
    assert done.stdout == ""
    assert done.stderr == (
        "customer360.yaml:1:1: unknown setting 'srever'; there are 'access', 'audit', 'cache',"
        " 'downloads', 'identity', 'limits', 'redis', 'server', 'sources', 'store', 'telemetry'\n"
        "customer360.yaml:2:10: unknown setting 'prot' in server; did you mean 'port'?\n"
    )


@pytest.mark.parametrize("position", [0, 1])
def test_verbose_shows_the_traceback_wherever_it_stands(
    capsys: pytest.CaptureFixture[str], position: int
) -> None:
    """Before the sentence."""
    arguments = ["check", "--config=/nowhere/c.yaml"]
    arguments.insert(position, "--verbose")

    with pytest.raises(SystemExit) as caught:
        main(arguments)

    assert caught.value.code == 3
    err = capsys.readouterr().err
    assert err.startswith("Traceback (most recent call last):\n")
    assert err.endswith(
        "\n/nowhere/c.yaml: there is no such file; write one, or name another with --config\n"
    )


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """As installed."""
    with pytest.raises(SystemExit) as caught:
        main(["--version"])

    assert caught.value.code == 0
    assert capsys.readouterr().out == "customer360 0.1.0\n"


def test_an_unknown_command_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    """With the exit code that shells expect."""
    with pytest.raises(SystemExit) as caught:
        main(["chekc"])

    assert caught.value.code == 2
    assert "No such command 'chekc'" in capsys.readouterr().err
