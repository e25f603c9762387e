"""What people read when a command fails."""

import pytest

from connectors.errors import Refused
from gateway.config import InvalidConfiguration
from gateway.config.problem import Place, Problem
from gateway.exit_code import ExitCode
from gateway.failure import told

INVALID = InvalidConfiguration([Problem("a.yaml", Place(2, 3), "wrong")])


@pytest.mark.parametrize(
    ("failure", "code", "text"),
    [
        (INVALID, ExitCode.CONFIGURATION_REFUSED, "a.yaml:2:3: wrong"),
        (ExceptionGroup("", [INVALID]), ExitCode.CONFIGURATION_REFUSED, "a.yaml:2:3: wrong"),
        (Refused("crm", "The key is wrong."), ExitCode.FAILED, "crm: The key is wrong."),
        (PermissionError(13, "Permission denied", "x"), ExitCode.FAILED, "x: Permission denied"),
        (OSError(98, "port 1 is taken"), ExitCode.FAILED, "port 1 is taken"),
        (
            KeyError("x"),
            ExitCode.FAULT,
            (
                "The gateway failed in a way it should not: KeyError: 'x'. Run the command again"
                " with --verbose and report what it prints."
            ),
        ),
    ],
)
def test_each_failure_has_its_exit_code_and_sentence(
    failure: Exception, code: ExitCode, text: str
) -> None:
    """The expected ones say what to do, the others where to look."""
    assert told(failure) == (code, text)
