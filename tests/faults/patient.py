"""A source that is given faults: what a kind of connector brings to the matrix.

A file in `tests.faults.patients` is the patient of one kind: its `PATIENTS` name ways to set one
up. A further kind is one more file there.
"""

import importlib
import pkgutil
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    asynccontextmanager,
    contextmanager,
)
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.faults.company import Values
from tests.faults.fault import Fault
from tests.faults.proxy import Proxy
from tests.postgres import Server

Break = Callable[[], AbstractAsyncContextManager[None]]
"""Breaks the source in one way, for as long as the context lasts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """A source that takes the place of `source` in the company: its settings, and its faults.

    `secrets` are texts that only its operator may read.
    """

    source: str
    settings: Values
    faults: Mapping[Fault, Break]
    secrets: tuple[str, ...] = ()

    @property
    def relation(self) -> str:
        """The field of a customer that the source answers for."""
        return {"desk": "tickets", "vault": "documents"}[self.source]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ward:
    """What a patient may be made of: a folder of its own, and the PostgreSQL of the tests."""

    folder: Path
    postgres: Server


SetUp = Callable[[Ward], AbstractContextManager[Patient]]
"""Sets a patient up; may skip the test where a server is missing."""


@dataclass(frozen=True, slots=True)
class Admission:
    """How a patient is set up, and the faults that it will have."""

    set_up: SetUp
    faults: frozenset[Fault]


def patients() -> Mapping[str, Admission]:
    """All patients by the names of their kinds, as columns of the table."""
    package = importlib.import_module("tests.faults.patients")
    modules = sorted(each.name for each in pkgutil.iter_modules(package.__path__))
    found: dict[str, Admission] = {}
    for name in modules:
        found |= importlib.import_module(f"{package.__name__}.{name}").PATIENTS
    return found


def proxied(proxy: Proxy, faults: frozenset[Fault]) -> dict[Fault, Break]:
    """Faults that the proxy has for the source behind it."""
    return {fault: breaking(partial(_broken, proxy, fault)) for fault in sorted(faults)}


def breaking(broken: Callable[[], AbstractContextManager[None]]) -> Break:
    """A fault that is there as long as an ordinary context lasts."""

    @asynccontextmanager
    async def entered() -> AsyncIterator[None]:
        with broken():
            yield

    return entered


@contextmanager
def _broken(proxy: Proxy, fault: Fault) -> Iterator[None]:
    proxy.break_with(fault)
    try:
        yield
    finally:
        proxy.heal()
