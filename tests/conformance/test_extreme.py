"""Values at the edge of what can be written, that a client may send: compared, and soon."""

import asyncio
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from connectors.contract import Batch, Compare, Op
from tests.conformance import expected
from tests.conformance.source import Source

pytestmark = pytest.mark.usefixtures("asked")

EXTREMES: dict[str, list[Any]] = {
    "total": [Decimal("1e999999"), Decimal("-1e40"), Decimal("1e-400"), Decimal("0." + "3" * 300)],
    "number": ["\x00", "a\x00b", "x" * 100_000, "\U0010ffff", "'; --", "\\", "\n", "%_"],
    "placed_at": [
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
    ],
}
OPS = (Op.EQ, Op.NE, Op.IN, Op.GT, Op.LTE)


@pytest.mark.parametrize("field", EXTREMES)
def test_extreme_values_are_compared_as_the_domain_does(source: Source, field: str) -> None:
    """No crash, no wrong answer, no minute of arithmetic that stops the whole gateway."""

    async def run() -> None:
        async with source.opened() as connector:
            if "purchase" not in source.records:
                pytest.skip("this source has no purchases")
            declared = connector.capabilities["purchase"].filters.get(field, frozenset())
            for op in (each for each in OPS if each in declared):
                for value in EXTREMES[field]:
                    where = Compare(field, op, (value,) if op is Op.IN else value)
                    batch = Batch(
                        entity="purchase", fields=("record_id",), where=where, timeout_s=5
                    )
                    answer = await connector.fetch(batch)
                    wanted = expected.rows(source.records["purchase"], batch)
                    found = [row[0] for row in answer.rows.get((), ())]
                    assert {*found} == {row[0] for row in wanted.get((), [])}, where

    asyncio.run(run())
