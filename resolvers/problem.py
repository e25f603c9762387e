"""Errors that a client causes and can mend."""

from resolvers.result import ErrorCode


class UserError(Exception):
    """A value that a client gave and that cannot be used; the text says what to do."""

    def __init__(self, message: str, *, code: ErrorCode = ErrorCode.BAD_USER_INPUT) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
