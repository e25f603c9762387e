"""The data set: seeded, and put into the store's own tables as if it had been pulled.

PostgreSQL makes the rows itself, from their numbers, which takes a tenth of the time of sending
them. All chance comes from a hash of the number, so that the same scale always gives the same rows.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from uuid import UUID

import asyncpg

from connectors.native.migration import migrate
from connectors.native.store import driver_url

CUSTOMERS = 100_000
"""How many customers there are at scale 1."""

EPOCH = datetime(2024, 1, 1, tzinfo=UTC)
"""When the first customer came; each further one comes a minute after the one before."""

CAMPAIGNS = 50

_TEXT = "The customer asked about the delivery of an order and when the rest of it will come. "


def customer_id(number: int) -> UUID:
    """The id of a customer by its number, a UUID of version 7."""
    milliseconds = int(created_at(number).timestamp() * 1000)
    return UUID(int=milliseconds << 80 | 0x7 << 76 | 0b10 << 62 | number)


def record_id(number: int) -> str:
    """The key of a customer's record in the source `shop`."""
    return f"{number:08d}"


def created_at(number: int) -> datetime:
    """When a customer came."""
    return EPOCH + timedelta(minutes=number)


async def fill(url: str, *, customers: int) -> Mapping[str, int]:
    """Make the tables in an empty database and fill them; gives the rows of each table."""
    await migrate(url)
    connection = await asyncpg.connect(driver_url(url))
    try:
        await connection.execute(_FUNCTIONS)
        indexes = await _drop_indexes(connection)
        counts = {
            table: await _insert(connection, table, customers, each)
            for table, each in _PER_CUSTOMER.items()
        }
        counts["campaign"] = await _insert(connection, "campaign", CAMPAIGNS, 1)
        for index in indexes:
            await connection.execute(index)
        await connection.execute("VACUUM (ANALYZE)", timeout=3600)
    finally:
        await connection.close()
    return counts


async def _drop_indexes(connection: asyncpg.Connection) -> list[str]:
    """Drop the indexes that no constraint needs; gives the statements that make them again."""
    rows = await connection.fetch(
        "SELECT i.indexname, i.indexdef FROM pg_indexes AS i WHERE i.schemaname = 'public'"
        " AND i.tablename = ANY($1) AND NOT EXISTS"
        " (SELECT 1 FROM pg_constraint AS c WHERE c.conname = i.indexname)",
        [*_SELECTS],
    )
    for row in rows:
        await connection.execute(f'DROP INDEX "{row["indexname"]}"')
    return [row["indexdef"] for row in rows]


async def _insert(connection: asyncpg.Connection, table: str, parents: int, each: int) -> int:
    """Rows for so many parents, `each` a parent; `n` is a row's number, `o` its parent's."""
    columns, values = zip(*_SELECTS[table].items(), strict=True)
    done = await connection.execute(
        # Names and expressions of this module only.
        f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(values)}"  # noqa: S608
        f" FROM (SELECT i AS n, i / {each} AS o FROM generate_series(0, {parents * each} - 1) AS i)"
        " AS numbers",
        timeout=3600,
    )
    return int(done.split()[-1])


# `bench_below(n, salt, limit)` is chance: from 0 up to the limit, the same for the same number.
_FUNCTIONS = """
CREATE FUNCTION bench_created(n integer) RETURNS timestamptz LANGUAGE sql IMMUTABLE AS
  $$ SELECT timestamptz '2024-01-01 00:00:00+00' + n * interval '1 minute' $$;
CREATE FUNCTION bench_customer(n integer) RETURNS uuid LANGUAGE sql IMMUTABLE AS
  $$ SELECT (lpad(to_hex(1704067200000 + n * 60000::bigint), 12, '0') || '70008'
     || lpad(to_hex(n), 15, '0'))::uuid $$;
CREATE FUNCTION bench_below(n integer, salt integer, most integer) RETURNS integer
  LANGUAGE sql IMMUTABLE AS
  $$ SELECT (hashint8extended(n, salt) & 9223372036854775807) % most $$;
CREATE FUNCTION bench_key(n integer) RETURNS text LANGUAGE sql IMMUTABLE AS
  $$ SELECT lpad(n::text, 8, '0') $$;
CREATE FUNCTION bench_later(o integer, n integer, salt integer) RETURNS timestamptz
  LANGUAGE sql IMMUTABLE AS
  $$ SELECT timestamptz '2024-01-01 00:00:00+00' + o * interval '1 minute'
     + bench_below(n, salt, 31536000) * interval '1 second'
     + bench_below(n, salt + 50, 1000) * interval '1 millisecond' $$;
"""


def _word(*words: str, number: str) -> str:
    listed = ", ".join("'" + each.replace("'", "''") + "'" for each in words)
    return f"(ARRAY[{listed}])[{number} % {len(words)} + 1]"


def _chance(salt: int, limit: int) -> str:
    return f"bench_below(n, {salt}, {limit})"


def _owned(source: str, at: str) -> dict[str, str]:
    return {
        "source": f"'{source}'",
        "record_id": "bench_key(n)",
        "observed_at": at,
        "customer_source": "'shop'",
        "customer_ref": "bench_key(o)",
        "customer_id": "bench_customer(o)",
    }


_GIVEN = _word("Ada", "Jürgen", "小明", "José", "Siobhán", "Mei", "Yuki", "Anna", number="n")
_FAMILY = _word(
    "Weber", "Müller", "王", "Garcia", "O'Neill", "李", "Nakamura", "Schmidt", number="(n / 8)"
)
_PROFILE = {
    "kind": "'PERSON'",
    "name": f"{_GIVEN} || ' ' || {_FAMILY}",
    "given_name": _GIVEN,
    "family_name": _FAMILY,
    "emails": "jsonb_build_array(jsonb_build_object('address', 'c' || n || '@example.com',"
    " 'label', 'work', 'is_verified', true, 'is_primary', true))",
    "phones": "jsonb_build_array(jsonb_build_object('e164', '+4930' || lpad(n::text, 7, '0'),"
    " 'original', '+4930' || lpad(n::text, 7, '0'), 'label', 'mobile', 'is_primary', true))",
    "addresses": "jsonb_build_array(jsonb_build_object('street', 'Hauptstraße ' || n % 200,"
    " 'city', 'Berlin', 'country', 'DE'))",
    "language": "'de'",
    "preferred_channel": "'EMAIL'",
    "lifecycle_stage": "CASE WHEN n % 3 > 0 THEN 'REPEAT' END",
    "tags": """CASE WHEN n % 10 = 0 THEN '["vip"]'::jsonb ELSE '[]'::jsonb END""",
    "created_at": "bench_created(n)",
    "updated_at": "bench_created(n) + interval '1 day'",
}
_CHANNEL = _word("WEB", "STORE", "CALL_CENTER", "EMAIL", number=_chance(3, 4))

_SELECTS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "customer": {
            "id": "bench_customer(n)",
            **_PROFILE,
            "primary_email": "'c' || n || '@example.com'",
            "primary_phone": "'+4930' || lpad(n::text, 7, '0')",
            "provenance": "'[]'",
        },
        "customer_record": {
            "source": "'shop'",
            "record_id": "bench_key(n)",
            "observed_at": "bench_created(n)",
            **_PROFILE,
            "customer_id": "bench_customer(n)",
            "matched_by": "'[]'",
            "is_deleted": "false",
        },
        "purchase": {
            **_owned("shop", "bench_later(o, n, 100)"),
            "number": "'O-' || n",
            "status": _word(
                "PENDING", "PAID", "SHIPPED", "COMPLETED", "CANCELLED", number=_chance(1, 5)
            ),
            "placed_at": "bench_later(o, n, 100)",
            "total": f"round((100 + {_chance(2, 99_900)}) / 100.0, 2)",
            "currency": "'EUR'",
            "channel": _CHANNEL,
        },
        "ticket": {
            **_owned("desk", "bench_later(o, n, 200)"),
            "number": "'T-' || n",
            "subject": f"'Delivery of order ' || {_chance(4, 10_000)}",
            "kind": "'COMPLAINT'",
            "status": _word("OPEN", "RESOLVED", "CLOSED", number=_chance(5, 3)),
            "priority": f"(ARRAY['LOW', 'NORMAL', NULL])[{_chance(6, 3)} + 1]",
            "opened_at": "bench_later(o, n, 200)",
        },
        "interaction": {
            **_owned("desk", "bench_later(o, n, 300)"),
            "channel": _CHANNEL,
            "direction": "'INBOUND'",
            "subject": f"'Order ' || {_chance(7, 10_000)}",
            "content": f"'{_TEXT}'",
            "key_details": "'[]'",
            "participants": "'[]'",
            "occurred_at": "bench_later(o, n, 300)",
        },
        "document": {
            **_owned("archive", "bench_later(o, n, 400)"),
            "name": "'Invoice ' || n || '.pdf'",
            "kind": "'INVOICE'",
            "media_type": "'application/pdf'",
            "size_bytes": f"10000 + {_chance(8, 990_000)}",
            "modified_at": "bench_later(o, n, 400)",
        },
        "campaign_membership": {
            **_owned("mailing", "bench_later(o, n, 500)"),
            "status": _word("SENT", "OPENED", "CLICKED", number=_chance(9, 3)),
            "sent_at": "bench_later(o, n, 500)",
            "campaign_source": "'mailing'",
            "campaign_ref": f"bench_key({_chance(10, CAMPAIGNS)})",
        },
        "campaign": {
            "source": "'mailing'",
            "record_id": "bench_key(n)",
            "observed_at": "bench_created(0)",
            "name": "'Campaign ' || n",
            "kind": "'NEWSLETTER'",
            "starts_at": "bench_created(0) + n * interval '1 day'",
        },
    }
)

_PER_CUSTOMER: Mapping[str, int] = MappingProxyType(
    {
        "customer": 1,
        "customer_record": 1,
        "purchase": 10,
        "ticket": 2,
        "interaction": 5,
        "document": 1,
        "campaign_membership": 3,
    }
)
