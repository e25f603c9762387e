"""Whether a program runs, reaches its source, and has the streams and fields of the mapping."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import aclosing
from typing import Any

from connectors.airbyte.catalog import Stream
from connectors.airbyte.program import Program
from connectors.airbyte.protocol import Status
from connectors.airbyte.scan import Reading
from connectors.contract import DiscoveredEntity, Finding, Severity, SourceError
from connectors.mapping.entity import unknown

_DOTTED = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*", re.ASCII)


async def check(program: Program, readings: Sequence[Reading]) -> list[Finding]:
    """What is wrong. Where the program cannot reach its source, that is all it says."""
    try:
        problem = await _problem(program)
        if problem is not None:
            return [Finding(Severity.ERROR, problem, "config")]
        findings: list[Finding] = []
        for reading in readings:
            findings += await _entity(reading)
    except SourceError as exc:
        return [Finding(Severity.ERROR, exc.message, "command")]
    return findings


async def _problem(program: Program) -> str | None:
    """What the program says against its configuration; `None` where it is content."""
    status: Status | None = None
    async with aclosing(program.say("check")) as messages:
        async for each in messages:
            status = each if isinstance(each, Status) else status
    if status is None:
        return "the program did not say whether it reaches its source: is it an Airbyte source?"
    return None if status.has_succeeded else f"the source says: {program.discreet(status.words)}"


async def _entity(reading: Reading) -> list[Finding]:
    entity = reading.entity
    try:
        stream = await reading.catalog.stream(entity, at=reading.environment.now())
    except SourceError as exc:
        return [_finding(reading, Severity.ERROR, exc.message, "stream")]
    findings = [*_paths(reading, stream)]
    if entity.incremental and stream.cursor_field(entity) is None:
        text = (
            "the stream cannot be read incrementally, at least not without `changed`: each pull"
            " reads all of it"
        )
        findings.append(_finding(reading, Severity.INFO, text, "incremental"))
    return findings


def _paths(reading: Reading, stream: Stream) -> Iterator[Finding]:
    """Paths of the mapping that the stream does not describe."""
    for setting, paths in _settings(reading).items():
        for path in paths:
            lacking = _lacking(path, stream.properties)
            if lacking is not None:
                severity = Severity.ERROR if setting == "key" else Severity.WARNING
                yield _finding(reading, severity, f"in '{path}' {lacking}", setting)


def _settings(reading: Reading) -> Mapping[str, Sequence[str]]:
    translation, entity = reading.translation, reading.entity
    keys = translation.raws(())
    found: dict[str, Sequence[str]] = {"key": keys}
    for name in entity.fields:
        found[f"fields.{name}"] = [each for each in translation.raws([name]) if each not in keys]
    found |= {f"references.{name}": [each.from_] for name, each in entity.references.items()}
    if entity.changed:
        found["changed"] = [entity.changed]
    return found


def _lacking(path: str, properties: Mapping[str, Any]) -> str | None:
    """What of a plain path the schema does not have; nothing where it says nothing."""
    if not _DOTTED.fullmatch(path):
        return None
    for step in path.split("."):
        if not properties:
            return None
        if step not in properties:
            return unknown("field", step, properties)
        schema = properties[step]
        properties = (schema.get("properties") or {}) if isinstance(schema, Mapping) else {}
    return None


def _finding(reading: Reading, severity: Severity, message: str, setting: str) -> Finding:
    name = reading.entity.written_as
    return Finding(severity, f"{name}: {message}", f"entities.{name}.{setting}")


def discovered(streams: Sequence[Stream]) -> list[DiscoveredEntity]:
    """The streams, with the fields and types that they describe."""
    return [
        DiscoveredEntity(
            name=each.name,
            fields={name: _type(schema) for name, schema in each.properties.items()},
            key=", ".join(each.key) or None,
        )
        for each in streams
    ]


def _type(schema: object) -> str:
    given = schema.get("type") if isinstance(schema, Mapping) else None
    types = given if isinstance(given, list) else [given]
    written = [str(each) for each in types if each not in {None, "null"}]
    return " or ".join(written) or "value"
