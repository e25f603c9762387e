"""How PostgreSQL runs the statements of questions, over tables in which plans matter."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeAlias

from connectors.contract import Batch
from tests.connectors.native.filled import Native, running
from tests.postgres import Server

Running: TypeAlias = tuple[asyncio.Runner, Native]

_ACTUAL = "ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF"
_FILL = """
INSERT INTO purchase (source, record_id, observed_at, status, placed_at, total, currency,
                      customer_id, customer_source, customer_ref)
SELECT 'shop', n::text, now(), 'PAID', now() - n * interval '1 hour', n, 'EUR',
       lpad(to_hex(n % 400), 32, '0')::uuid, 'shop', (n % 400)::text
FROM generate_series(1, 20000) AS s (n);
INSERT INTO document (source, record_id, observed_at, name, kind, modified_at, customer_id)
SELECT 'files', n::text, now(), 'Vertrag', 'CONTRACT',
       CASE WHEN n % 3 > 0 THEN now() - n * interval '1 hour' END,
       lpad(to_hex(n % 400), 32, '0')::uuid
FROM generate_series(1, 20000) AS s (n);
INSERT INTO purchase_line (source, record_id, observed_at, position, quantity, currency,
                           purchase_source, purchase_ref)
SELECT 'shop', n::text, now(), n % 5, 1, 'EUR', 'shop', (n / 5)::text
FROM generate_series(1, 20000) AS s (n);
INSERT INTO customer_record (source, record_id, observed_at, kind, emails, phones, addresses, tags,
                             matched_by, is_deleted, customer_id)
SELECT 'crm', n::text, now(), 'PERSON', '[]', '[]', '[]', '[]', '[]', false,
       lpad(to_hex(n), 32, '0')::uuid
FROM generate_series(1, 20000) AS s (n);
INSERT INTO customer (id, kind, name, emails, phones, addresses, tags, provenance)
SELECT lpad(to_hex(n), 32, '0')::uuid, 'PERSON', 'n' || n, '[]', '[]', '[]', '[]', '[]'
FROM generate_series(1, 20000) AS s (n);
INSERT INTO customer_identifier (source, record_id, type, value, kind)
SELECT 'crm', n::text, 'email', n || '@example.com', 'PERSON'
FROM generate_series(1, 20000) AS s (n);
ANALYZE
"""


@contextmanager
def planning(postgres: Server) -> Iterator[Running]:
    """A connector over tables that are large enough for plans to matter."""

    async def fill(native: Native) -> None:
        async with native.store.connection() as connection:
            await connection.execute(_FILL)

    with postgres.database() as url, running(url) as (runner, native):
        runner.run(fill(native))
        yield runner, native


def _literal(value: object) -> str:
    match value:
        case None:
            return "NULL"
        case list() | tuple():
            return "'{" + ",".join(str(each) for each in value) + "}'"
        case _:
            return f"'{value}'"


async def plan(native: Native, batch: Batch) -> str:
    """The generic plan, which is made without regard to values, of the statement for a batch.

    It says too how many rows each part of it has read for the values of the batch.
    """
    await native.connector.fetch(batch)
    statement, values = native.store.asked[-1]
    given = ", ".join(_literal(each) for each in values)
    async with native.store.connection() as connection:
        await connection.execute(f"PREPARE asked AS {statement}")
        try:
            lines = await connection.fetch(f"EXPLAIN ({_ACTUAL}) EXECUTE asked ({given})")
        finally:
            await connection.execute("DEALLOCATE asked")
    return "\n".join(each[0] for each in lines)
