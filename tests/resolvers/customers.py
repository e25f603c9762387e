"""Forty customers with purchases, lines and tickets, in a source of each kind that can batch."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest

from connectors.contract import Connector
from connectors.federation import Federation, Mode
from connectors.health import HealthBoard
from connectors.memory import MemoryConnector
from connectors.native.connector import NativeConnector
from connectors.sql.connector import SqlConnector
from tests.conformance.canonical import SOURCE, mapping, raw
from tests.conformance.harness import files, graphql, rest
from tests.conformance.harness import sql as tables
from tests.connectors.graphql.fake import Shop
from tests.connectors.native.filled import CountingStore, fill
from tests.connectors.sql.database import ENGINES, database
from tests.connectors.sql.source import opened, statements
from tests.resolvers.asking import NOW, given
from tests.serving import serving

COUNT = 40
LIVE = ("purchase", "purchase_line", "ticket")

Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Counted:
    """A source, and how many questions have reached it so far, counted at its wire."""

    federation: Federation
    count: Callable[[], int]


SetUp = Callable[[pytest.FixtureRequest, AsyncExitStack], Any]


def _purchase(customer: int, number: int) -> Values:
    return {
        "record_id": f"p{customer:02}-{number}",
        "number": f"订单 {customer}-{number}",
        "status": "PAID",
        "placed_at": NOW + timedelta(days=number),
        "total": Decimal("1.50"),
        "currency": "EUR",
        "channel": None,
        **_customer_of(customer),
    }


def _line(customer: int, number: int) -> Values:
    return {
        "record_id": f"l{customer:02}-{number}",
        "position": number,
        "description": f"茶 {customer}",
        "quantity": Decimal(1),
        "unit_price": None,
        "currency": "EUR",
        "purchase_source": SOURCE,
        "purchase_ref": f"p{customer:02}-{number}",
    }


def _ticket(customer: int) -> Values:
    return {
        "record_id": f"t{customer:02}",
        "subject": f"工单 {customer}",
        "kind": "INQUIRY",
        "status": "OPEN",
        "opened_at": NOW,
        "satisfaction": None,
        **_customer_of(customer),
    }


def _customer_of(customer: int) -> Values:
    return {
        "customer_source": SOURCE,
        "customer_ref": f"k{customer}",
        "customer_id": UUID(int=customer),
    }


RECORDS: Mapping[str, Sequence[Values]] = {
    "purchase": [_purchase(c, n) for c in range(1, COUNT + 1) for n in range(3)],
    "purchase_line": [_line(c, n) for c in range(1, COUNT + 1) for n in range(3)],
    "ticket": [_ticket(c) for c in range(1, COUNT + 1)],
}
INDEX: Mapping[str, Sequence[Values]] = {
    "customer": [
        {
            **given("customer", id=UUID(int=n), kind="PERSON", name=f"客户 {n}"),
            "created_at": NOW,
        }
        for n in range(1, COUNT + 1)
    ],
    "customer_record": [
        {**given("customer_record", record_id=f"k{n}", customer_id=UUID(int=n)), "source": SOURCE}
        for n in range(1, COUNT + 1)
    ],
}


def _beside_an_index(connector: Connector, count: Callable[[], int]) -> Counted:
    native = MemoryConnector("native", INDEX, observed_at=NOW)
    board = HealthBoard(lambda: NOW)
    return Counted(Federation(native, {SOURCE: connector}, modes={}, board=board), count)


async def _memory(_request: pytest.FixtureRequest, _stack: AsyncExitStack) -> Counted:
    connector = MemoryConnector(SOURCE, RECORDS, observed_at=NOW)
    return _beside_an_index(connector, lambda: len(connector.batches))


async def _files(request: pytest.FixtureRequest, _stack: AsyncExitStack) -> Counted:
    folder: Path = request.getfixturevalue("tmp_path")
    (folder / "data").mkdir()
    for entity in LIVE:
        files.write_table(folder / "data" / files.FILES[entity], entity, RECORDS[entity])
    mapped = {entity: mapping(entity, file=files.FILES[entity]) for entity in LIVE}
    counting = _Counting(await files.connect(folder, mapped)())
    return _beside_an_index(counting, lambda: counting.count)


class _Counting:
    """A connector whose questions are counted, where there is no wire to listen at."""

    def __init__(self, inner: Connector) -> None:
        self.name = inner.name
        self.capabilities = inner.capabilities
        self.check, self.discover, self.scan = inner.check, inner.discover, inner.scan
        self.close = inner.close
        self.count = 0
        self._inner = inner

    async def fetch(self, batch: Any) -> Any:
        """Count, and ask."""
        self.count += 1
        return await self._inner.fetch(batch)


async def _rest(how: str, _request: pytest.FixtureRequest, stack: AsyncExitStack) -> Counted:
    api = rest.Api({name: [raw(name, each) for each in some] for name, some in RECORDS.items()})
    url = stack.enter_context(serving(api.app()))
    mapped = rest.entities(dict.fromkeys(LIVE, how), keys_per_call=1000)
    connector = await rest.connect(urlsplit(url).port or 0, mapped)()
    stack.push_async_callback(connector.close)
    return _beside_an_index(connector, lambda: len(api.log))


async def _graphql(way: str, _request: pytest.FixtureRequest, stack: AsyncExitStack) -> Counted:
    flat = {name: [raw(name, each) for each in some] for name, some in RECORDS.items()}
    owners = [{"record_id": each["record_id"]} for each in INDEX["customer_record"]]
    shop = Shop({"customer_record": owners, **flat})
    url = stack.enter_context(serving(shop.app()))
    mapped = graphql.entities(way, keys_per_call=200, of=LIVE)
    connector = await graphql.connect(urlsplit(url).port or 0, mapped)()
    stack.push_async_callback(connector.close)
    return _beside_an_index(connector, lambda: len(shop.log))


async def _sql(engine: str, request: pytest.FixtureRequest, stack: AsyncExitStack) -> Counted:
    url: str = request.getfixturevalue("tables_url")
    connector: SqlConnector = opened(
        {"entities": tables.entities(LIVE)}, url=url, base_dir=request.getfixturevalue("tmp_path")
    )
    assert engine in ENGINES
    stack.push_async_callback(connector.close)
    seen = stack.enter_context(statements(connector))
    return _beside_an_index(connector, lambda: len(seen))


@contextmanager
def filled_tables(engine: str, folder: Path) -> Iterator[str]:
    """The URL of a database with the records; made outside of a running loop."""
    with database(engine, folder, tables.script(engine, RECORDS)) as url:
        yield url


async def _native(request: pytest.FixtureRequest, stack: AsyncExitStack) -> Counted:
    store = await CountingStore.open(request.getfixturevalue("database_url"))
    stack.push_async_callback(store.close)
    for entity, records in {**INDEX, **RECORDS}.items():
        given_ = [{**each, "source": SOURCE} if entity != "customer" else each for each in records]
        await fill(store, entity, *given_)
    modes = {(SOURCE, entity): Mode.SYNCED for entity in LIVE}
    board = HealthBoard(lambda: NOW)
    federation = Federation(NativeConnector(store), {}, modes=modes, board=board)
    return Counted(federation, lambda: len(store.asked))


SOURCES: Mapping[str, SetUp] = {
    "memory": _memory,
    "files": _files,
    **{f"rest-{how}": partial(_rest, how) for how in ("repeat", "comma", "body")},
    **{f"graphql-{way}": partial(_graphql, way) for way in graphql.WAYS},
    **{f"sql-{engine}": partial(_sql, engine) for engine in ENGINES},
    "native": _native,
}
