"""The configuration of the demo, which users copy from."""

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from connectors import registry
from connectors.contract import Capability, Severity
from gateway.app import open_connectors
from gateway.commands.demo import CONFIGURATION
from gateway.config import Settings, load
from gateway.demo.playing import played, ports, url, variables
from gateway.inspection import inspect

EXAMPLE = Path(__file__).parents[3] / "examples" / "demo" / "customer360.yaml"


@pytest.fixture(scope="module")
def settings(demo_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """The configuration against running sources."""
    store = tmp_path_factory.mktemp("store")
    with ports() as sockets, played(demo_data, sockets):
        crm_url, desk_url = map(url, sockets)
        given = variables(demo_data, store, crm_url=crm_url, desk_url=desk_url)
        yield load(CONFIGURATION, given)


def test_the_example_is_the_configuration_that_runs() -> None:
    """One text in two places: in the package, and where users look for examples."""
    assert EXAMPLE.read_bytes() == CONFIGURATION.read_bytes()


def test_it_passes_the_check(settings: Settings, database_url: str) -> None:
    """No errors, against the real sources; the five have the names that queries show."""
    store = settings.store.model_copy(update={"url": SecretStr(database_url)})

    found = asyncio.run(inspect(settings.model_copy(update={"store": store})))

    errors = [
        (name, each.message)
        for name, them in found.items()
        for each in them
        if each.severity is Severity.ERROR
    ]
    assert errors == []
    assert list(found) == ["store", "shop", "crm", "desk", "mailing", "documents"]


def test_it_uses_several_kinds_and_both_modes(settings: Settings) -> None:
    """Two databases of files and APIs; some entities live and some synced."""
    assert {name: each.kind for name, each in settings.sources.items()} == {
        "shop": "sql",
        "crm": "rest",
        "desk": "rest",
        "mailing": "files",
        "documents": "files",
    }
    assert settings.sources["shop"].synced == {"purchase", "purchase_line", "product"}
    assert settings.sources["mailing"].synced == {"campaign", "campaign_membership"}
    assert settings.sources["desk"].synced == frozenset()


def test_live_relations_are_asked_for_many_customers_at_once(settings: Settings) -> None:
    """No call for each customer, anywhere."""
    found = asyncio.run(_capabilities(settings))

    for source, entity in (("crm", "interaction"), ("desk", "ticket"), ("documents", "document")):
        capability = found[source, entity]
        assert ("customer_ref",) in capability.matches
        assert capability.batch_limit >= 50


async def _capabilities(settings: Settings) -> dict[tuple[str, str], Capability]:
    connectors = open_connectors(settings)
    try:
        return {
            (name, entity): capability
            for name, connector in connectors.items()
            for entity, capability in connector.capabilities.items()
        }
    finally:
        for connector in connectors.values():
            await connector.close()


def test_every_kind_is_a_shipped_one(settings: Settings) -> None:
    """Nothing of the demo's own stands between the gateway and the sources."""
    assert {each.kind for each in settings.sources.values()} <= registry.kinds().keys()


def test_the_process_that_plays_the_sources_ends_with_its_pipe(demo_data: Path) -> None:
    """So nothing stays behind, however the gateway ended."""
    with ports() as sockets:
        address = sockets[0].getsockname()
        with played(demo_data, sockets), socket.create_connection(address, timeout=5):
            pass

    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address, timeout=5)
