"""The messages of the Airbyte protocol: lines of JSON, read into what they mean to us."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import orjson


@dataclass(frozen=True, slots=True)
class Record:
    """A record of a stream."""

    stream: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class State:
    """A place to go on from: all records that came before it are covered.

    `key` tells states apart that stand beside each other; `value` is what the source gets back.
    """

    key: str
    value: Any
    is_legacy: bool = False


@dataclass(frozen=True, slots=True)
class Trouble:
    """An error that the source tells: its kind, its words for people, and whether it is final."""

    kind: str
    words: str


@dataclass(frozen=True, slots=True)
class Estimate:
    """How many records a stream is thought to have."""

    stream: str
    count: int


@dataclass(frozen=True, slots=True)
class Status:
    """What a check of the connection found."""

    has_succeeded: bool
    words: str


@dataclass(frozen=True, slots=True)
class Log:
    """A line of the source's log."""

    level: str
    words: str


@dataclass(frozen=True, slots=True)
class Told:
    """An object that was asked for: a catalogue, a specification, or a changed configuration."""

    kind: str
    value: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Garbage:
    """A line that is no message, or a message that lacks what it should have."""

    length: int


Message: TypeAlias = Record | State | Trouble | Estimate | Status | Log | Told | Garbage


def message(line: bytes) -> Message | None:
    """What a line says; `None` where it is of a kind that does not concern us."""
    try:
        value = orjson.loads(line)
        return _READERS.get(value["type"], _nothing)(value)
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        return Garbage(len(line))


def _nothing(_: Mapping[str, Any]) -> None:
    return None


def _record(value: Mapping[str, Any]) -> Message:
    record = value["record"]
    if not isinstance(record["data"], dict):
        return Garbage(0)
    return Record(str(record["stream"]), record["data"])


def _state(value: Mapping[str, Any]) -> Message:
    state = value["state"]
    kind = state.get("type", "LEGACY")
    if kind == "STREAM":
        about = state["stream"]["stream_descriptor"]
        key = orjson.dumps([about.get("namespace"), about["name"]]).decode()
        return State(key, {"type": kind, "stream": state["stream"]})
    if kind == "GLOBAL":
        return State(kind, {"type": kind, "global": state["global"]})
    return State(kind, state["data"], is_legacy=True)


def _trace(value: Mapping[str, Any]) -> Message | None:
    trace = value["trace"]
    if trace["type"] == "ERROR":
        error = trace["error"]
        words = error.get("message") or error.get("internal_message") or "an error without words"
        return Trouble(error.get("failure_type") or "system_error", str(words))
    if trace["type"] == "ESTIMATE" and trace["estimate"].get("row_estimate") is not None:
        return Estimate(str(trace["estimate"]["name"]), int(trace["estimate"]["row_estimate"]))
    if trace["type"] == "STREAM_STATUS" and trace["stream_status"]["status"] == "INCOMPLETE":
        return Trouble("transient_error", "the stream was not read to its end")
    return None


def _status(value: Mapping[str, Any]) -> Message:
    status = value["connectionStatus"]
    return Status(status["status"] == "SUCCEEDED", str(status.get("message") or ""))


def _log(value: Mapping[str, Any]) -> Message:
    return Log(str(value["log"].get("level", "INFO")), str(value["log"].get("message", "")))


def _control(value: Mapping[str, Any]) -> Message | None:
    if value["control"]["type"] != "CONNECTOR_CONFIG":
        return None
    return Told("config", dict(value["control"]["connectorConfig"]["config"]))


_READERS: Mapping[str, Callable[[Mapping[str, Any]], Message | None]] = {
    "RECORD": _record,
    "STATE": _state,
    "TRACE": _trace,
    "CONNECTION_STATUS": _status,
    "LOG": _log,
    "CONTROL": _control,
    "CATALOG": lambda value: Told("catalog", dict(value["catalog"])),
    "SPEC": lambda value: Told("spec", dict(value["spec"])),
}
