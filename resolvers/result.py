"""What an operation came to, and the codes its errors carry."""

import enum
from dataclasses import dataclass


class ErrorCode(enum.StrEnum):
    """`extensions.code` of an error, named as Apollo Server names them where it has a name."""

    BAD_REQUEST = "BAD_REQUEST"
    UNAUTHENTICATED = "UNAUTHENTICATED"
    FORBIDDEN = "FORBIDDEN"
    GRAPHQL_PARSE_FAILED = "GRAPHQL_PARSE_FAILED"
    GRAPHQL_VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"
    BAD_USER_INPUT = "BAD_USER_INPUT"
    OPERATION_RESOLUTION_FAILURE = "OPERATION_RESOLUTION_FAILURE"
    COST_ESTIMATED_TOO_EXPENSIVE = "COST_ESTIMATED_TOO_EXPENSIVE"
    SERVICE_OVERLOADED = "SERVICE_OVERLOADED"
    PERSISTED_QUERY_NOT_FOUND = "PERSISTED_QUERY_NOT_FOUND"
    PERSISTED_QUERY_NOT_SUPPORTED = "PERSISTED_QUERY_NOT_SUPPORTED"
    PERSISTED_QUERY_NOT_IN_LIST = "PERSISTED_QUERY_NOT_IN_LIST"
    QUERY_NOT_IN_SAFELIST = "QUERY_NOT_IN_SAFELIST"
    RATE_LIMITED = "RATE_LIMITED"
    NOT_EXECUTED = "NOT_EXECUTED"
    INTERNAL_SERVER_ERROR = "INTERNAL_SERVER_ERROR"


class ResultKind(enum.Enum):
    """How far an operation got, which decides the status of an HTTP answer."""

    EXECUTED = enum.auto()
    """It ran. The body has `data`, perhaps null, perhaps with `errors` beside it."""

    REQUEST_ERROR = enum.auto()
    """It never ran: parsing, validation, choice of operation or variables. No `data`."""

    METHOD_REFUSED = enum.auto()
    """It is a mutation and `Request.may_mutate` is false. No `data`."""

    OVERLOADED = enum.auto()
    """It never ran: the gateway has too much to do, and it can be sent again. No `data`."""


@dataclass(frozen=True, slots=True)
class Result:
    """One answer. `body` is the complete JSON text of the response, UTF-8."""

    kind: ResultKind
    body: bytes
