"""What the exit codes of the command `customer360` mean."""

import enum


class ExitCode(enum.IntEnum):
    """How a command ended; 2 (a command line that cannot be understood) and 130 are Typer's."""

    DONE = 0
    FAILED = 1
    CONFIGURATION_REFUSED = 3
    ENVIRONMENT_REFUSED = 4
    FAULT = 70
