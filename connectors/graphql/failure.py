"""What the errors of a GraphQL answer mean, mapped once to a `SourceError`.

The upstream's own words are for the operator; clients read a sentence of ours.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from connectors.contract import Misconfigured, Refused, SourceError, TimedOut, Unavailable
from connectors.graphql.reply import Path

_LENGTH = 300


class Failed(Unavailable):
    """The source took the question, and failed at it."""


_REFUSED: tuple[type[SourceError], str] = (Refused, "check `auth` and what it allows")
_BUSY: tuple[type[SourceError], str] = (Unavailable, "too much was asked in a short time")
_WRONG: tuple[type[SourceError], str] = (
    Misconfigured,
    "the question does not fit the source: `customer360 check` compares it with the schema",
)
_TOO_MUCH: tuple[type[SourceError], str] = (Refused, "lower `size` and `keys_per_call`")
_FAILED: tuple[type[SourceError], str] = (Failed, "the source failed")

_BY_CODE: Mapping[str, tuple[type[SourceError], str]] = MappingProxyType(
    dict.fromkeys(("THROTTLED", "RATELIMITED", "TOOMANYREQUESTS", "RATELIMITEXCEEDED"), _BUSY)
    | dict.fromkeys(
        (
            "UNAUTHENTICATED",
            "UNAUTHORIZED",
            "FORBIDDEN",
            "ACCESSDENIED",
            "PERMISSIONDENIED",
            "INVALIDJWT",
            "INVALIDHEADERS",
            "INVALIDTOKEN",
            "INVALIDTOKENERROR",
            "EXPIREDSIGNATUREERROR",
        ),
        _REFUSED,
    )
    | dict.fromkeys(
        (
            "GRAPHQLPARSEFAILED",
            "GRAPHQLVALIDATIONFAILED",
            "VALIDATIONFAILED",
            "PARSEFAILED",
            "BADUSERINPUT",
            "BADREQUEST",
            "UNDEFINEDFIELD",
            "ARGUMENTNOTACCEPTED",
            "ARGUMENTLITERALSINCOMPATIBLE",
            "MISSINGREQUIREDARGUMENTS",
            "VARIABLEMISMATCH",
            "OPERATIONRESOLUTIONFAILURE",
        ),
        _WRONG,
    )
    | dict.fromkeys(("MAXCOSTEXCEEDED", "QUERYTOOCOMPLEX", "COMPLEXITYLIMITEXCEEDED"), _TOO_MUCH)
    | {"TIMEOUT": (TimedOut, "the source gave up waiting")}
)
"""By the code in capitals and without what stands between its words."""

_GRAVITY = (Refused, Misconfigured, Unavailable)


@dataclass(frozen=True, slots=True)
class Fault:
    """One error of an answer: what it means, and the place in the answer that it is about.

    With `is_throttling` the source only wants to be asked later.
    """

    path: Path
    error: SourceError
    is_throttling: bool = False


def faults(errors: object, *, source: str, has_data: bool) -> list[Fault]:
    """What the `errors` of an answer mean; nothing where there are none."""
    if not errors:
        return []
    found = errors if isinstance(errors, list) else [errors]
    return [_fault(each, source, has_data=has_data) for each in found]


def _fault(error: object, source: str, *, has_data: bool) -> Fault:
    if not isinstance(error, Mapping):
        return Fault((), Failed(source, f"the source answered: {_cut(error)}"))
    path = error.get("path")
    path = tuple(path) if isinstance(path, list) else ()
    kind, advice = _meaning(error, is_of_the_question=not path and not has_data)
    about = f" at {'.'.join(map(str, path))}" if path else ""
    failure = kind(source, f"the source answered{about}: {_words(error)}; {advice}")
    return Fault(path, failure, is_throttling=(kind, advice) == _BUSY)


def _meaning(
    error: Mapping[str, Any], *, is_of_the_question: bool
) -> tuple[type[SourceError], str]:
    for code in _codes(error):
        if code in _BY_CODE:
            return _BY_CODE[code]
    if is_of_the_question and error.get("locations") and not _codes(error):
        # What is refused before it is run names a place in the text, and none in an answer.
        return _WRONG
    return _FAILED


def _codes(error: Mapping[str, Any]) -> list[str]:
    extensions = error.get("extensions")
    if not isinstance(extensions, Mapping):
        return []
    exception = extensions.get("exception")
    nested = exception.get("code") if isinstance(exception, Mapping) else None
    given = (extensions.get("code"), nested)
    return ["".join(filter(str.isalnum, each)).upper() for each in given if isinstance(each, str)]


def _words(error: Mapping[str, Any]) -> str:
    extensions = error.get("extensions")
    code = extensions.get("code") if isinstance(extensions, Mapping) else None
    said = _cut(error.get("message") or "an error without a message")
    return f"{said} ({_cut(code)})" if code else said


def _cut(text: object) -> str:
    line = " ".join(str(text).split())
    return line if len(line) <= _LENGTH else f"{line[:_LENGTH]}…"


def gravest(found: Sequence[Fault]) -> SourceError:
    """The one failure that stands for several: what a person must act on comes first."""
    throttled = next((each.error for each in found if each.is_throttling), None)
    if throttled is not None:
        return throttled
    for kind in _GRAVITY:
        for each in found:
            if isinstance(each.error, kind):
                return each.error
    return found[0].error
