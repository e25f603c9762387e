"""Whether a source can be reached, lets us in, and fits the mapping."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.contract import DiscoveredEntity, Finding, Severity, SourceError, Unavailable
from connectors.http.message import Run
from connectors.rest.lookup import requests
from connectors.rest.options import Lookup
from connectors.rest.paging import Offset, OnePage, PageNumber
from connectors.rest.reading import Reading, listing_question
from connectors.rest.sample import missing, types
from connectors.rest.walk import Page, records

_USUAL_SIZES = frozenset({10, 15, 20, 25, 30, 50, 100, 200, 250, 500, 1000})


@dataclass(frozen=True, slots=True)
class _Sample:
    """The first page of a list, and the records in it."""

    page: Page
    raws: Sequence[Any]


async def check(readings: Iterable[Reading]) -> list[Finding]:
    """What is wrong with each entity. Where nobody answers or lets us in, that is all it says."""
    findings: list[Finding] = []
    for reading in readings:
        run = Run()
        try:
            findings += await _entity(reading, run)
        except SourceError as exc:
            findings.append(_finding(reading, Severity.ERROR, exc.message, "list"))
            if run.stopped_by or isinstance(exc, Unavailable):
                break
    return findings


async def discover(readings: Iterable[Reading]) -> list[DiscoveredEntity]:
    """What the lists of the configuration really hold, by the first page of each."""
    found: list[DiscoveredEntity] = []
    for reading in readings:
        if reading.entity.listing is None:
            continue
        sample = await _sample(reading, Run())
        each = reading.entity.each
        found.append(
            DiscoveredEntity(
                name=f"{reading.listing.path} {each}" if each else reading.listing.path,
                fields=types(sample.raws),
                key=", ".join(reading.translation.raws(())),
                record_count=None if each else sample.page.total,
            )
        )
    return found


async def _sample(reading: Reading, run: Run) -> _Sample:
    question = listing_question(reading.listing)
    page = await anext(reading.pages(question, reading.listing, run=run))
    raws, _ = records(page.things, reading.entity.each)
    return _Sample(page, raws)


async def _entity(reading: Reading, run: Run) -> list[Finding]:
    findings = [
        _finding(reading, Severity.WARNING, _costly(name, lookup), f"by.{name}.how")
        for name, lookup in reading.entity.by.items()
        if lookup.how == "single" and name != "record_id"
    ]
    if reading.entity.listing is None:
        text = "there is no `list`, so that the mapping cannot be tried out"
        return [*findings, _finding(reading, Severity.INFO, text, "list")]
    sample = await _sample(reading, run)
    findings += _mapping(reading, sample)
    findings += await _paging(reading, sample, run)
    for name, lookup in reading.entity.by.items():
        findings += await _lookup(reading, sample, name=name, lookup=lookup)
    return findings


def _costly(name: str, lookup: Lookup) -> str:
    return (
        f"{lookup.path} is asked once for each {name} in an answer; if the source can take several"
        " keys at once, write `how: repeat`, `comma` or `body`; else `mode: synced` spares the"
        " requests"
    )


def _mapping(reading: Reading, sample: _Sample) -> list[Finding]:
    if not sample.raws:
        text = f"{reading.listing.path} holds no records, so that the mapping cannot be tried out"
        return [_finding(reading, Severity.INFO, text, "list")]
    findings = [
        _finding(reading, Severity.WARNING, text, setting)
        for setting, text in missing(reading.translation, sample.raws).items()
    ]
    fields = ("record_id", *sorted(reading.translation.provided_fields))
    rows, skipped = reading.rows(sample.page, fields)
    if skipped:
        text = (
            f"{len(skipped)} of the first {len(skipped) + len(rows)} records cannot be read;"
            f" the first one: {skipped[0].reason}"
        )
        severity = Severity.WARNING if rows else Severity.ERROR
        findings.append(_finding(reading, severity, text, "fields"))
    return findings


async def _paging(reading: Reading, sample: _Sample, run: Run) -> list[Finding]:
    paging, count = reading.listing.paging, len(sample.page.things)
    if isinstance(paging, OnePage) and count in _USUAL_SIZES:
        text = (
            f"{reading.listing.path} gave exactly {count} records and has no `paging`: if that is"
            " only its first page, all others are missing"
        )
        return [_finding(reading, Severity.WARNING, text, "list.paging")]
    if sample.page.following is not None or not isinstance(paging, PageNumber | Offset):
        return []
    if paging.ends == "short" and 0 < count < paging.size:
        return await _capped(reading, count, run)
    return []


async def _capped(reading: Reading, count: int, run: Run) -> list[Finding]:
    """Whether a page that was taken for the last has a successor."""
    paging = reading.listing.paging
    start = {"page": paging.first + 1} if isinstance(paging, PageNumber) else {"offset": count}
    pages = reading.pages(listing_question(reading.listing), reading.listing, run=run, start=start)
    if not (await anext(pages)).things:
        return []
    text = (
        f"{reading.listing.path} gives pages of {count} although {paging.size} are asked for, and"
        f" goes on after them: write `size: {count}`, or leave out `ends: short`"
    )
    return [_finding(reading, Severity.ERROR, text, "list.paging.size")]


async def _lookup(reading: Reading, sample: _Sample, *, name: str, lookup: Lookup) -> list[Finding]:
    """Try a lookup with a key of the sample: does it find it, and nothing else?"""
    field = "record_id" if name == "record_id" else f"{name}_ref"
    if name not in {"record_id", *reading.entity.references}:
        return []
    sampled, _ = reading.rows(sample.page, [field])
    key = next((row[0] for row in sampled if row[0] is not None), None)
    request = next(requests(lookup, [key] if key else []), None)
    if request is None or request.problem or request.is_doubtful:
        return []
    try:
        page = await anext(reading.pages(request.question, request.lookup, run=Run()))
    except SourceError as exc:
        severity = Severity.ERROR
        return [_finding(reading, severity, f"asked for '{key}': {exc.message}", f"by.{name}")]
    rows, _ = reading.rows(page, [field])
    return _verdict(reading, {row[0] for row in rows}, key=str(key), name=name)


def _verdict(reading: Reading, found: set[Any], *, key: str, name: str) -> list[Finding]:
    others = found - {key, None}
    if others:
        text = (
            f"asked for '{key}', {reading.entity.by[name].path} also gave '{min(others)}': it seems"
            " to ignore the parameter; check its name"
        )
        return [_finding(reading, Severity.ERROR, text, f"by.{name}")]
    if not found:
        text = (
            f"asked for '{key}', which is in the list, {reading.entity.by[name].path} gave nothing"
        )
        return [_finding(reading, Severity.WARNING, text, f"by.{name}")]
    return []


def _finding(reading: Reading, severity: Severity, message: str, setting: str) -> Finding:
    name = reading.entity.written_as
    return Finding(severity, f"{name}: {message}", f"entities.{name}.{setting}")
