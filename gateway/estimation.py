"""What queries will cost the sources: calls of each query, and relations that cost one per key."""

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Self

import orjson
from graphql import GraphQLError, OperationDefinitionNode, parse

from connectors import registry
from connectors.aspects.opening import Opener
from connectors.contract import Capability, Connector, Finding, Severity
from connectors.errors import SourceError
from connectors.federation import NATIVE
from connectors.options import Rate
from connectors.rehearsal.inquiry import keys_per_call
from gateway.config import Settings
from gateway.rehearsing import Rehearsals, modes_of
from resolvers.explain.tree import Total
from resolvers.request import Request

QUERIES: Final = "queries"
"""Where findings about example queries stand."""

_PERIODS: Final[Mapping[float, str]] = {
    1: "a second",
    60: "a minute",
    3600: "an hour",
    86400: "a day",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """An operation of an example query; `name` says which file it is from.

    `problem` says why its file cannot be used, where that is so.
    """

    name: str
    request: Request
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What one example costs: the calls by source, or why it cannot be planned."""

    name: str
    totals: Mapping[str, Total]
    problem: str | None = None

    @classmethod
    def of_problem(cls, name: str, problem: str) -> Self:
        """The estimate of a query that something is wrong with."""
        return cls(name=name, totals={}, problem=problem)


def shipped_queries() -> Path:
    """The folder of the queries that GraphiQL shows as examples."""
    packed = Path(__file__).parent / "queries"
    return packed if packed.is_dir() else Path(__file__).parent.parent / "examples" / "queries"


def openable(settings: Settings) -> Mapping[str, Connector]:
    """Connectors for those sources of which one can be made at all; nothing is asked."""
    opener = Opener(
        now=lambda: datetime.now(UTC), base_dir=settings.base_dir, kinds=registry.kinds()
    )
    opened: dict[str, Connector] = {}
    for name, options in settings.sources.items():
        # Why one cannot be made is found, and said, by whoever tries the sources.
        with suppress(SourceError):
            opened[name] = opener.open(name, options)
    return opened


def examples_in(folder: Path) -> Sequence[Example]:
    """The operations in the `.graphql` files of a folder, with variables from the `.json` beside.

    Raises `OSError` where there is no such folder or a file cannot be read.
    """
    if not folder.is_dir():
        raise NotADirectoryError(20, "there is no such folder of queries", str(folder))
    return [each for file in sorted(folder.glob("*.graphql")) for each in _examples(file)]


def _examples(file: Path) -> Iterator[Example]:
    try:
        text = file.read_text("utf-8")
        variables = _variables(file.with_suffix(".json"))
    except ValueError as exc:
        yield Example(name=file.stem, request=Request(query=""), problem=str(exc))
        return
    names = _operations(text)
    for each in names:
        name = file.stem if len(names) == 1 else f"{file.stem} {each}"
        yield Example(
            name=name, request=Request(query=text, operation_name=each, variables=variables)
        )


def _variables(file: Path) -> Mapping[str, Any] | None:
    if not file.exists():
        return None
    values = orjson.loads(file.read_bytes())
    if not isinstance(values, dict):
        raise ValueError(f"{file.name} must hold a JSON object, the variables by name")  # noqa: TRY004 - it is about a text
    return values


def _operations(text: str) -> Sequence[str | None]:
    """The names of the operations; one without a name where the text is no document."""
    try:
        definitions = parse(text).definitions
    except GraphQLError:
        return [None]
    found = [each for each in definitions if isinstance(each, OperationDefinitionNode)]
    return [each.name.value if each.name else None for each in found] or [None]


async def estimates(rehearsals: Rehearsals, examples: Sequence[Example]) -> Sequence[Estimate]:
    """What each example costs."""
    return [await _estimate(rehearsals, each) for each in examples]


async def _estimate(rehearsals: Rehearsals, example: Example) -> Estimate:
    if example.problem is not None:
        return Estimate.of_problem(example.name, example.problem)
    result, explanation = await rehearsals.plan(example.request)
    if explanation is None:
        (first, *_) = orjson.loads(result.body)["errors"]
        return Estimate.of_problem(example.name, first["message"])
    asked = {name: each for name, each in explanation.sources.items() if name != NATIVE}
    return Estimate(name=example.name, totals=asked)


def allowed(total: Total, rates: Sequence[Rate]) -> str:
    """How many such queries the limits of a source allow, such as `25 in 20 s, 1,000 a day`."""
    if not rates:
        return "`limits.rates` are not set"
    most = "at most " if total.is_at_least else ""
    return most + ", ".join(
        f"{math.floor(each.calls / max(1, total.call_count)):,} {_period(each)}" for each in rates
    )


def _period(rate: Rate) -> str:
    return _PERIODS.get(rate.per_s, f"in {rate.per_s:g} s")


def findings(
    settings: Settings, connectors: Mapping[str, Connector], costs: Sequence[Estimate]
) -> Mapping[str, Sequence[Finding]]:
    """What is dear, by source; what is wrong with queries stands at `QUERIES`."""
    found: dict[str, list[Finding]] = {
        name: [*_relations(name, settings, connectors), *_bursts(name, settings, costs)]
        for name in settings.sources
    }
    broken = [
        Finding(Severity.WARNING, f"{each.name}: {each.problem}") for each in costs if each.problem
    ]
    return {**found, QUERIES: broken} if broken else found


def _bursts(name: str, settings: Settings, costs: Sequence[Estimate]) -> Iterator[Finding]:
    for each in costs:
        total = each.totals.get(name)
        if total is None:
            continue
        for rate in settings.sources[name].limits.rates:
            if total.call_count > rate.calls:
                yield Finding(
                    Severity.WARNING,
                    f"the query {each.name} takes {total.call_count:,} calls, but the limits allow"
                    f" {rate.calls:,} {_period(rate)}: it cannot be answered in one go. Ask for"
                    " smaller pages, look up more keys in a call, or write `mode: synced`.",
                    "limits.rates",
                )


def _relations(
    name: str, settings: Settings, connectors: Mapping[str, Connector]
) -> Iterator[Finding]:
    modes = modes_of(settings)
    connector = connectors.get(name)
    for entity, capability in connector.capabilities.items() if connector else ():
        if (name, entity) not in modes and entity != "customer_record":
            yield from _of_entity(entity, capability, settings)


def _of_entity(entity: str, capability: Capability, settings: Settings) -> Iterator[Finding]:
    first = settings.limits.default_first
    for field, *_ in sorted(capability.matches):
        if keys_per_call(capability, (field,)) > 1:
            continue
        relation = field.removesuffix("_ref")
        if relation == field:
            yield Finding(
                Severity.INFO,
                f"each {entity} that another record refers to costs a call of its own; see whether"
                " the source can give several by their ids",
                f"entities.{entity}.by.{field}",
            )
        else:
            yield Finding(
                Severity.WARNING,
                f"{entity} by {relation} costs one call for each {relation}: a page of {first}"
                f" takes {first} calls. See whether the source can take several keys in one call;"
                " else `mode: synced` spares the calls, and `cache` the repeated ones.",
                f"entities.{entity}.by.{relation}",
            )


def joined(
    found: Mapping[str, Sequence[Finding]], more: Mapping[str, Sequence[Finding]]
) -> Mapping[str, Sequence[Finding]]:
    """Findings, and further ones of settings that nothing was said about yet."""
    both = {name: list(each) for name, each in found.items()}
    for name, each in more.items():
        known = both.setdefault(name, [])
        said = [finding.setting for finding in known if finding.setting]
        known += [new for new in each if not _is_said(new, said)]
    return both


def _is_said(finding: Finding, said: Sequence[str]) -> bool:
    setting = finding.setting
    return setting is not None and any(each.startswith(f"{setting}.") for each in said)
