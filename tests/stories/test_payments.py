"""Payments of a real server, by the configuration that the documentation shows."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.contract import Batch, Connector, Finding, Refused
from gateway.app import open_connectors, open_gateway
from gateway.config import load
from tests.connectors.rest.stripe import KEY, Payments, running
from tests.documentation import yaml_blocks
from tests.stories.company import ask

NAMES = [f"顾客 {number}" for number in range(23)]
QUERY = """
query ($name: String!) {
  customers(where: {name: {eq: $name}}) { nodes {
    emails { address }
    addresses { city }
    purchases(orderBy: [{field: TOTAL}]) {
      nodes { status total { amount currency } recordId source { name } }
    }
  } }
}
"""
ADDRESS = {"line1": "南京东路 1", "city": "上海", "postal_code": "200001", "country": "CN"}


@pytest.fixture(scope="module")
def payments() -> Iterator[Payments]:
    """The service with 23 customers; the first has three payments, the second eleven."""
    with running() as service:
        for number, name in enumerate(NAMES):
            address = {f"address[{part}]": text for part, text in ADDRESS.items()}
            service.add_customer(
                name, email=f"c{number}@example.com", phone="13800138000", **address
            )
        for cents, currency in ((123_456, "eur"), (5, "usd"), (99_00, "cny")):
            service.ids[currency] = service.add_charge(NAMES[0], cents=cents, currency=currency)
        for cents in range(100, 1200, 100):
            service.add_charge(NAMES[1], cents=cents)
        yield service


def _file(
    folder: Path, database: str = "postgresql://nowhere/none", *, page_size: int = 10
) -> Path:
    """The configuration of the documentation, with smaller pages, so that there are several."""
    text = yaml_blocks("rest")[0].replace("size: 100}", f"size: {page_size}}}")
    assert text.startswith("sources:")
    file = folder / "customer360.yaml"
    file.write_text(f'store: {{url: "{database}", data_dir: "{folder}/data"}}\n{text}')
    return file


def _environ(payments: Payments, key: str = KEY) -> dict[str, str]:
    return {"PAYMENTS_URL": payments.url, "PAYMENTS_KEY": key}


async def _with_source(file: Path, environ: dict[str, str], use: Any) -> Any:
    connector = open_connectors(load(file, environ))["payments"]
    try:
        return await use(connector)
    finally:
        await connector.close()


def test_the_configuration_of_the_documentation_fits_the_service(
    tmp_path: Path, payments: Payments
) -> None:
    """`check` reads the lists and tries every lookup; it only warns of a call per customer."""

    async def use(source: Connector) -> list[Finding]:
        return list(await source.check())

    found = asyncio.run(_with_source(_file(tmp_path), _environ(payments), use))

    assert [(each.severity, each.setting) for each in found] == [
        ("warning", "entities.purchase.by.customer.how")
    ]


def test_a_list_of_three_pages_is_pulled_whole(tmp_path: Path, payments: Payments) -> None:
    """Keyset paging: ten, ten and three, each beginning beyond the last of the one before."""

    async def use(source: Connector) -> list[list[str]]:
        pages = source.scan("customer_record", since=None)
        return [[str((each.row or ())[0]) for each in page.changes] async for page in pages]

    pages = asyncio.run(_with_source(_file(tmp_path), _environ(payments), use))

    assert [len(page) for page in pages] == [10, 10, 3]
    assert [each for page in pages for each in page] == [payments.ids[name] for name in NAMES]


def test_payments_of_customers_are_asked_for_live(tmp_path: Path, payments: Payments) -> None:
    """A customer without any, one with two pages of them, and one that the service has not."""

    async def use(source: Connector) -> Any:
        keys = [*(payments.ids[NAMES[n]] for n in (1, 2)), "cus_nobody"]
        batch = Batch(
            entity="purchase",
            fields=("total", "currency", "status"),
            match=("customer_ref",),
            keys=tuple((key,) for key in keys),
        )
        return await source.fetch(batch)

    answer = asyncio.run(_with_source(_file(tmp_path), _environ(payments), use))

    rows = answer.rows[payments.ids[NAMES[1]],]
    assert [str(row[0]) for row in rows] == [f"{euros}.00" for euros in range(1, 12)]
    assert {row[1:] for row in rows} == {("EUR", "PAID")}
    assert (payments.ids[NAMES[2]],) not in answer.rows
    assert answer.failures == {}
    assert answer.calls == 4


def test_a_wrong_key_is_told(tmp_path: Path, payments: Payments) -> None:
    """The service answers 401."""

    async def use(source: Connector) -> None:
        await source.fetch(Batch(entity="purchase", fields=("total",)))

    with pytest.raises(Refused) as caught:
        asyncio.run(_with_source(_file(tmp_path), _environ(payments, "pk_wrong"), use))

    assert "the credentials in `auth` are not valid" in caught.value.message
    assert "pk_wrong" not in caught.value.message


def test_the_whole_gateway_answers_with_payments(
    tmp_path: Path, database_url: str, payments: Payments
) -> None:
    """Customers are pulled into the index, their payments are asked for when the query comes."""
    file = _file(tmp_path, database_url)

    async def run() -> Any:
        async with open_gateway(load(file, _environ(payments))) as gateway:
            await gateway.sync.sync_source("payments")
            return await ask(gateway, QUERY, name=NAMES[0])

    answer = asyncio.run(run())

    assert "errors" not in answer
    (customer,) = answer["data"]["customers"]["nodes"]
    assert customer["emails"] == [{"address": "c0@example.com"}]
    assert customer["addresses"] == [{"city": "上海"}]
    assert [
        (each["total"]["amount"], each["total"]["currency"], each["status"], each["recordId"])
        for each in customer["purchases"]["nodes"]
    ] == [
        ("0.05", "USD", "PAID", payments.ids["usd"]),
        ("99.00", "CNY", "PAID", payments.ids["cny"]),
        ("1234.56", "EUR", "PAID", payments.ids["eur"]),
    ]
    assert answer["extensions"]["sources"]["payments"]["status"] == "ok"
