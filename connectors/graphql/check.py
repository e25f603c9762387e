"""Whether a source can be reached, lets us in, and fits the mapping."""

from collections.abc import Sequence

from graphql import GraphQLSchema

from connectors.contract import Batch, Finding, Severity, SourceError, Unavailable
from connectors.graphql.failure import Failed
from connectors.graphql.fetch import fetch
from connectors.graphql.fit import finding, misfits
from connectors.graphql.introspection import Introspection
from connectors.graphql.listing import Page, pages
from connectors.graphql.options import Lookup
from connectors.graphql.reading import Reading
from connectors.http.message import Run


async def check(readings: Sequence[Reading], introspection: Introspection) -> list[Finding]:
    """What is wrong with each entity. Where nobody answers or lets us in, that is all it says."""
    findings: list[Finding] = []
    schema: GraphQLSchema | None = None
    try:
        schema = await introspection.schema()
    except SourceError as exc:
        if isinstance(exc, Unavailable) and not isinstance(exc, Failed):
            return [Finding(Severity.ERROR, exc.message, "base_url")]
        findings.append(_untold(exc))
    for reading in readings:
        wrong = [] if schema is None else misfits(reading, schema)
        findings += wrong
        if not any(each.severity is Severity.ERROR for each in wrong):
            findings += await _tried(reading)
    return findings


def _untold(exc: SourceError) -> Finding:
    text = (
        "the source does not tell its schema (introspection), so that the mapping is only tried"
        f" out and not compared with it: {exc.message}"
    )
    return Finding(Severity.INFO, text)


async def _tried(reading: Reading) -> list[Finding]:
    """What a first page tells of the mapping, and whether each lookup finds a record of it."""
    findings = _costly(reading)
    if reading.entity.listing is None:
        text = "there is no `list`, so that the mapping cannot be tried out"
        return [*findings, finding(reading, Severity.INFO, text, "list")]
    fields = ("record_id", *sorted(reading.translation.provided_fields))
    try:
        asked = reading.asked(reading.listing, fields)
        page = await anext(pages(reading, asked, {}, Run()))
    except SourceError as exc:
        return [*findings, finding(reading, Severity.ERROR, exc.message, "list")]
    findings += _mapping(reading, page, fields)
    for name, lookup in reading.entity.by.items():
        findings += await _lookup(reading, page, name=name, lookup=lookup)
    return findings


def _costly(reading: Reading) -> list[Finding]:
    return [
        finding(
            reading,
            Severity.WARNING,
            f"one request asks for one {name} only, so that a page of customers takes one for each;"
            " raise `keys_per_call`, or let the `query` take $keys",
            f"by.{name}.keys_per_call",
        )
        for name, lookup in reading.entity.by.items()
        if lookup.most_keys == 1
    ]


def _mapping(reading: Reading, page: Page, fields: Sequence[str]) -> list[Finding]:
    found = reading.records(page.things)
    some = reading.sorted_by_faults(found, page.faults)
    rows, skipped = reading.rows(some.sound, fields)
    skipped = [*skipped, *reading.unread(found, some)]
    if skipped:
        text = (
            f"{len(skipped)} of the first {len(skipped) + len(rows)} records cannot be read;"
            f" the first one: {skipped[0].reason}"
        )
        severity = Severity.WARNING if rows else Severity.ERROR
        return [finding(reading, severity, text, "fields")]
    if not rows:
        text = "the list holds no records, so that the mapping cannot be tried out"
        return [finding(reading, Severity.INFO, text, "list")]
    return []


async def _lookup(reading: Reading, page: Page, *, name: str, lookup: Lookup) -> list[Finding]:
    """Try a lookup with a key of the first page: does it find it, and nothing else?"""
    field = "record_id" if name == "record_id" else f"{name}_ref"
    if name not in {"record_id", *reading.entity.references}:
        return []
    rows, _ = reading.rows(reading.records(page.things).found, (field,))
    key = next((row[0] for row in rows if row[0] is not None), None)
    if key is None:
        return []
    batch = Batch(
        entity=reading.entity.entity.name,
        fields=(field,),
        match=(field,),
        keys=((key,),),
        timeout_s=reading.timeout_s,
    )
    try:
        answer = await fetch(reading, batch)
    except SourceError as exc:
        text = f"asked for '{key}': {exc.message}"
        return [finding(reading, Severity.ERROR, text, f"by.{name}")]
    if not answer.rows:
        text = f"asked for '{key}', which is in the list, `{lookup.query}` gave nothing"
        return [finding(reading, Severity.WARNING, text, f"by.{name}")]
    return []
