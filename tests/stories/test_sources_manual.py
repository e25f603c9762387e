"""The manual of sources: a section for every kind, whose blocks load; that of `sql` answers."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from operator import itemgetter
from pathlib import Path
from typing import Any

import pytest

from connectors import registry
from gateway.app import open_gateway
from gateway.config import load
from tests.connectors.sql.database import ENGINES, database
from tests.documentation import yaml_blocks
from tests.stories.company import ask

SECTIONS = (*sorted(registry.kinds()), "native", "protection")
BLOCKS = [
    pytest.param(block, id=f"{section}-{number}")
    for section in SECTIONS
    for number, block in enumerate(yaml_blocks(section))
    if block.startswith(("sources:", "store:"))
]
SCRIPT = [
    (
        "CREATE TABLE customers (customer_no VARCHAR(9) PRIMARY KEY, display_name VARCHAR(80),"
        " email VARCHAR(80), phone VARCHAR(20), modified MOMENT)"
    ),
    (
        "CREATE TABLE orders (order_no VARCHAR(9) PRIMARY KEY, customer_no VARCHAR(9),"
        " state VARCHAR(9), ordered_at MOMENT, total_cents INTEGER)"
    ),
    (
        "CREATE TABLE order_lines (order_no VARCHAR(9), pos INTEGER, label VARCHAR(80),"
        " qty INTEGER, cents INTEGER, PRIMARY KEY (order_no, pos))"
    ),
    (
        "INSERT INTO customers VALUES"
        " ('C1', '王小明', 'wang@example.cn', '030 901820', '2026-01-02 03:04:05'),"
        " ('C2', 'Ada Lovelace', 'ada@example.com', NULL, '2026-01-03 03:04:05')"
    ),
    "INSERT INTO orders VALUES ('O1', 'C1', 'paid', '2026-07-01 12:00:00', 1990)",
    "INSERT INTO order_lines VALUES ('O1', 1, '登山鞋', 2, 995)",
]
QUESTION = """
{
  customers {
    nodes {
      name
      phones { e164 }
      purchases { nodes {
        number status placedAt total { amount currency }
        lines { nodes { description quantity total { amount } } }
      } }
    }
  }
}
"""
_VARIABLE = re.compile(r"\$\{([A-Z0-9_]+)\}")


def _environ(text: str) -> Mapping[str, str]:
    """A value for each variable that has to be set; addresses have to look like some."""
    names = _VARIABLE.findall(text)
    addresses = ("URL", "ENDPOINT")
    return {
        each: "http://127.0.0.1:9" if each.endswith(addresses) else "hush-hush" for each in names
    }


@pytest.mark.parametrize("section", SECTIONS)
def test_every_kind_has_a_section_with_a_block(section: str) -> None:
    """A kind that is added without one fails here."""
    assert yaml_blocks(section)


@pytest.mark.parametrize("block", BLOCKS)
def test_every_block_can_be_loaded(tmp_path: Path, block: str) -> None:
    """By the loader that `serve` uses, which refuses whatever it does not know."""
    file = tmp_path / "customer360.yaml"
    file.write_text(block, encoding="utf-8")

    settings = load(file, _environ(block))

    assert settings.sources or settings.store.url


@pytest.mark.parametrize("engine", ENGINES)
def test_the_block_of_the_database_answers(tmp_path: Path, database_url: str, engine: str) -> None:
    """Customers are found, their orders and lines come live, times are those of Berlin."""

    async def run(url: str) -> Sequence[Mapping[str, Any]]:
        file = tmp_path / "customer360.yaml"
        store = f"store: {{url: '{database_url}', data_dir: '{tmp_path}/data'}}\n"
        file.write_text(store + yaml_blocks("sql")[0], encoding="utf-8")
        async with open_gateway(load(file, {"SHOP_DB": url})) as gateway:
            await gateway.sync.sync_source("shop")
            answer = await ask(gateway, QUESTION)
        assert "errors" not in answer
        found: Sequence[Mapping[str, Any]] = answer["data"]["customers"]["nodes"]
        return found

    moment = "TIMESTAMP" if engine == "postgresql" else "DATETIME"
    with database(engine, tmp_path, [each.replace("MOMENT", moment) for each in SCRIPT]) as url:
        ada, wang = sorted(asyncio.run(run(url)), key=itemgetter("name"))

    assert ada == {"name": "Ada Lovelace", "phones": [], "purchases": {"nodes": []}}
    (line,) = wang["purchases"]["nodes"][0].pop("lines")["nodes"]
    assert line == {"description": "登山鞋", "quantity": "2", "total": {"amount": "19.90"}}
    assert wang == {
        "name": "王小明",
        "phones": [{"e164": "+4930901820"}],
        "purchases": {
            "nodes": [
                {
                    "number": "O1",
                    "status": "PAID",
                    "placedAt": "2026-07-01T10:00:00.000Z",
                    "total": {"amount": "19.90", "currency": "EUR"},
                }
            ]
        },
    }
