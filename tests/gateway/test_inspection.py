"""What `check` finds out about the store and the sources."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from connectors.contract import (
    Answer,
    Batch,
    Capability,
    ChangePage,
    Cursor,
    DiscoveredEntity,
    Environment,
    Finding,
    Kind,
    Options,
    Refused,
    Severity,
)
from connectors.errors import Misconfigured
from connectors.options import Keeping
from gateway.config.settings import Settings, Store
from gateway.inspection import inspect


class Probe:
    """A source that behaves at `check` as its name says, and counts how often it was closed."""

    capabilities: Mapping[str, Capability] = {}

    def __init__(self, name: str, closed: list[str]) -> None:
        self.name = name
        self._closed = closed

    async def check(self) -> Sequence[Finding]:
        """Refuse, hang, or find something."""
        if self.name == "refusing":
            raise Refused(self.name, "The key is wrong; write a new one.")
        if self.name == "hanging":
            await asyncio.Event().wait()
        if self.name == "fine":
            return []
        return [Finding(Severity.WARNING, "No such column.", "entities.customer.key")]

    async def discover(self) -> Sequence[DiscoveredEntity]:
        """Nothing."""
        return []

    async def fetch(self, batch: Batch) -> Answer:
        """Never asked."""
        raise AssertionError(batch)

    async def scan(self, entity: str, *, since: Cursor | None) -> AsyncIterator[ChangePage]:
        """Never asked."""
        raise AssertionError(entity, since)
        yield

    async def close(self) -> None:
        """Remember it."""
        self._closed.append(self.name)


def found(url: str, names: Sequence[str]) -> tuple[Mapping[str, Sequence[Finding]], list[str]]:
    """What was found at the store and these sources, and which connectors were closed."""
    closed: list[str] = []

    def opened(name: str, options: Any, environment: Environment) -> Probe:
        del options, environment
        if name == "broken":
            raise Misconfigured(name, "The mapping makes no sense.")
        return Probe(name, closed)

    kinds = {"probe": Kind(name="probe", options=Options, open=opened)}
    sources = {name: Options(kind="probe", timeout_s=0.05) for name in names}
    settings = Settings(store=Store.model_validate({"url": url}), sources=sources)
    return asyncio.run(inspect(settings, kinds=kinds)), closed


def test_every_source_is_tried_whatever_the_others_do(database_url: str) -> None:
    """One that refuses, hangs or cannot even be opened costs nobody else."""
    names = ["refusing", "hanging", "broken", "odd", "fine"]

    findings, closed = found(database_url, names)

    late = "No answer within 0.05 s. See whether it is up, or allow it more time."
    assert {name: list(each) for name, each in findings.items()} == {
        "store": [],
        "refusing": [Finding(Severity.ERROR, "The key is wrong; write a new one.")],
        "hanging": [Finding(Severity.ERROR, late, "sources.hanging.timeout_s")],
        "broken": [Finding(Severity.ERROR, "The mapping makes no sense.")],
        "odd": [Finding(Severity.WARNING, "No such column.", "entities.customer.key")],
        "fine": [],
    }
    assert sorted(closed) == ["fine", "hanging", "odd", "refusing"]


def test_answers_of_a_synced_entity_are_not_kept_and_the_setting_says_so() -> None:
    """It changes nothing, which is worth a word."""

    class Synced(Options):
        """A source whose tickets are in the store."""

        @property
        def synced(self) -> frozenset[str]:
            """Its tickets."""
            return frozenset({"ticket"})

    keeping = {"ticket": Keeping(max_age_s=5), "purchase": Keeping(max_age_s=5)}
    settings = Settings(
        store=Store.model_validate({"url": "postgresql://nobody@127.0.0.1:1/none"}),
        sources={"fine": Synced(kind="probe", cache=keeping)},
    )
    kind = Kind(name="probe", options=Synced, open=lambda name, _o, _e: Probe(name, []))

    findings = asyncio.run(inspect(settings, kinds={"probe": kind}))

    text = "ticket is synced: its records are in the store, and this changes nothing."
    assert findings["fine"] == [Finding(Severity.WARNING, text, "sources.fine.cache.ticket")]


def test_a_new_store_is_no_error(empty_database_url: str) -> None:
    """`check` comes before the first start, and changes nothing."""
    findings, _ = found(empty_database_url, [])

    text = "The store is new; the first start makes its tables."
    assert findings == {"store": [Finding(Severity.INFO, text)]}


def test_a_store_that_is_down_is_an_error() -> None:
    """With what to look at."""
    findings, _ = found("postgresql://nobody@127.0.0.1:1/none", [])

    (finding,) = findings["store"]
    assert (finding.severity, finding.setting) == (Severity.ERROR, "store.url")
    assert finding.message.endswith("Check that it runs and that store.url names it.")
