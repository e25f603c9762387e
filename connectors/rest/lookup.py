"""Lookups: the requests that ask for the records of many keys."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from connectors.http.message import Question
from connectors.rest.options import KEY, KEYS, Lookup

_QUERY_ROOM = 6_000
"""The most characters of keys in one query; servers refuse lines from 8 KiB."""

_QUOTES = re.compile(r"['\"\\]")
_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,18}")
_LARGEST = 2**63 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One question about some keys.

    With `is_doubtful` the source may have read the key as a list of several keys, so that finding
    nothing proves nothing. `problem` says why the key cannot be asked about at all.
    """

    lookup: Lookup
    question: Question
    keys: tuple[str, ...]
    is_doubtful: bool = False
    problem: str | None = None


def requests(lookup: Lookup, keys: Iterable[str]) -> Iterator[Request]:
    """The requests that together ask for every key once."""
    askable = [key for key in dict.fromkeys(keys) if _can_exist(key, lookup)]
    if lookup.how == "comma":
        yield from _odd_requests(lookup, [key for key in askable if "," in key])
        askable = [key for key in askable if "," not in key]
    if lookup.how == "terms":
        odd = [key for key in askable if not _can_be_quoted(key, lookup)]
        yield from (_unaskable(lookup, key) for key in odd)
        askable = [key for key in askable if key not in odd]
    for part in _parts(askable, lookup):
        yield Request(
            lookup=lookup,
            question=_question(lookup, part),
            keys=tuple(part),
            problem=_problem(lookup, part[0]),
        )


def _odd_requests(lookup: Lookup, keys: Sequence[str]) -> Iterator[Request]:
    if lookup.otherwise is not None:
        yield from requests(lookup.otherwise, keys)
        return
    for key in keys:
        yield Request(
            lookup=lookup, question=_question(lookup, [key]), keys=(key,), is_doubtful=True
        )


def _unaskable(lookup: Lookup, key: str) -> Request:
    return Request(
        lookup=lookup,
        question=_question(lookup, []),
        keys=(key,),
        problem="a key holds a quote, a backslash or a control character, which could change the"
        " question; say under `escape` how quotes are written",
    )


def _can_exist(key: str, lookup: Lookup) -> bool:
    """Whether a record can have the key: none has a blank one, which would ask for everything."""
    if lookup.how == "body" and lookup.key_type == "integer":
        return bool(_INTEGER.fullmatch(key)) and abs(int(key)) <= _LARGEST
    # A half of a surrogate pair is no character, and cannot be sent.
    return bool(key.strip()) and not any("\ud800" <= letter <= "\udfff" for letter in key)


def _can_be_quoted(key: str, lookup: Lookup) -> bool:
    """Whether a key cannot get out of the quotes that it stands in."""
    if not key.isprintable():
        return False
    match lookup.escape:
        case "backslash":
            return True
        case "double":
            return "\\" not in key
    return _QUOTES.search(key) is None


def _parts(keys: Sequence[str], lookup: Lookup) -> Iterator[list[str]]:
    if lookup.how == "single":
        yield from ([key] for key in keys)
        return
    part: list[str] = []
    room = _QUERY_ROOM
    overhead = _overhead(lookup)
    for key in keys:
        size = 0 if lookup.how == "body" else len(quote(key, safe="")) + overhead
        if part and (len(part) == lookup.keys_per_call or size > room):
            yield part
            part, room = [], _QUERY_ROOM
        part.append(key)
        room -= size
    if part:
        yield part


def _overhead(lookup: Lookup) -> int:
    if lookup.term is not None:
        return len(quote(lookup.term + lookup.join, safe=""))
    return len("%2C") if lookup.how == "comma" else len(quote(lookup.param or "", safe="")) + 2


def _question(lookup: Lookup, keys: Sequence[str]) -> Question:
    fixed = tuple((name, str(value)) for name, value in lookup.params.items())
    if lookup.body is not None:
        sent = [int(key) for key in keys] if lookup.key_type == "integer" else list(keys)
        return Question(path=lookup.path, params=fixed, body=_filled(lookup.body, sent))
    if lookup.param is None:
        return Question(path=lookup.path.replace(KEY, quote(keys[0], safe="")), params=fixed)
    asked = tuple((lookup.param, text) for text in _texts(lookup, keys))
    return Question(path=lookup.path, params=fixed + asked)


def _texts(lookup: Lookup, keys: Sequence[str]) -> Sequence[str]:
    """What the parameter for the keys is set to, once for each."""
    if lookup.term is not None:
        return [lookup.join.join(lookup.term.replace(KEY, _quoted(lookup, key)) for key in keys)]
    return [",".join(keys)] if lookup.how == "comma" else keys


def _quoted(lookup: Lookup, key: str) -> str:
    """A key as it stands between quotes, from which it must not get out."""
    if lookup.escape == "backslash":
        return _QUOTES.sub(r"\\\g<0>", key)
    return key.replace("'", "''").replace('"', '""')


def _problem(lookup: Lookup, key: str) -> str | None:
    # "." and ".." mean another path to every server, however they are escaped.
    if KEY in lookup.path and key in {".", ".."}:
        return f"the key '{key}' cannot stand in a path"
    return None


def _filled(template: Any, keys: Sequence[Any]) -> Any:
    match template:
        case Mapping():
            return {name: _filled(each, keys) for name, each in template.items()}
        case list():
            return [_filled(each, keys) for each in template]
    return keys if template == KEYS else template
