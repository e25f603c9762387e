"""What people read, and which exit code they get, when a command fails."""

from connectors.errors import SourceError
from gateway.config import InvalidConfiguration
from gateway.exit_code import ExitCode


def told(failure: BaseException) -> tuple[ExitCode, str]:
    """The exit code and the sentence for what went wrong."""
    if isinstance(failure, BaseExceptionGroup):
        return told(failure.exceptions[0])
    if isinstance(failure, InvalidConfiguration):
        return ExitCode.CONFIGURATION_REFUSED, str(failure)
    if isinstance(failure, SourceError):
        return ExitCode.FAILED, f"{failure.source}: {failure.message}"
    if isinstance(failure, OSError) and failure.strerror:
        return ExitCode.FAILED, _of_system(failure)
    return ExitCode.FAULT, (
        f"The gateway failed in a way it should not: {type(failure).__name__}: {failure}. Run the"
        " command again with --verbose and report what it prints."
    )


def _of_system(failure: OSError) -> str:
    return f"{failure.filename}: {failure.strerror}" if failure.filename else str(failure.strerror)
