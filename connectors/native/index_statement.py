"""The statements of the customer index. Each works on a whole page of records at once."""

from collections.abc import Iterable, Sequence

from connectors.native.tables import TABLES
from domain.customer import Customer, CustomerRecord

_LOCK = 0x43333630  # "C360"

LOCK = f"SELECT pg_advisory_xact_lock({_LOCK})"
"""Wait until nobody else writes the index or reads `customer_id` from it; held till the commit."""

LOCK_SHARED = f"SELECT pg_advisory_xact_lock_shared({_LOCK})"
"""Wait until nobody writes the index: for those who store a `customer_id` that they read there."""

PLAN_AFRESH = "SET LOCAL plan_cache_mode = force_custom_plan"
"""Plan for the number of records at hand: pages differ by orders of magnitude."""

_KEYS = "unnest($1::text[], $2::text[]) AS k (source, record_id)"

KNOWN = f"""
SELECT r.* FROM {_KEYS}
JOIN customer_record AS r ON r.source = k.source AND r.record_id = k.record_id
"""  # noqa: S608  # only constants of this module

NEXT = """
SELECT r.* FROM customer_record AS r WHERE (r.source, r.record_id) > ($1, $2)
ORDER BY r.source, r.record_id LIMIT $3
"""

OBSERVE = """
UPDATE customer_record AS r SET observed_at = k.observed_at
FROM unnest($1::text[], $2::text[], $3::timestamptz[]) AS k (source, record_id, observed_at)
WHERE r.source = k.source AND r.record_id = k.record_id AND r.observed_at < k.observed_at
"""

FORGET_IDENTIFIERS = f"""
DELETE FROM customer_identifier AS i USING {_KEYS}
WHERE i.source = k.source AND i.record_id = k.record_id
RETURNING i.kind, i.type, i.value
"""  # noqa: S608  # only constants of this module

ADD_IDENTIFIERS = """
INSERT INTO customer_identifier (source, record_id, kind, type, value)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[])
"""

# What a touched record carries or carried may link its other carriers anew, or no longer. Their
# customers are all there is to resolve again. An identifier that several records of one source
# share which were not touched was shared before and still is, so nothing follows for them.
# `IN` is hashed whatever the planner believes of the sizes; as joins, these two took half a second
# for 500 records.
AFFECTED = """
WITH touched AS (
  SELECT * FROM unnest($1::text[], $2::text[]) AS t (source, record_id)
), identifier AS (
  SELECT DISTINCT * FROM unnest($3::text[], $4::text[], $5::text[]) AS i (kind, type, value)
), carrier AS (
  SELECT i.kind, i.type, i.value, r.source, r.customer_id, r.is_deleted,
    (r.source, r.record_id) IN (SELECT source, record_id FROM touched) AS is_touched
  FROM identifier AS i
  JOIN customer_identifier AS c ON c.type = i.type AND c.value = i.value AND c.kind = i.kind
  JOIN customer_record AS r ON r.source = c.source AND r.record_id = c.record_id
), settled AS (
  SELECT kind, type, value, source FROM carrier
  WHERE type <> 'external' AND NOT is_deleted AND NOT is_touched
  GROUP BY kind, type, value, source HAVING count(*) > 1
), affected AS (
  SELECT customer_id FROM carrier
  WHERE (kind, type, value, source) NOT IN (SELECT kind, type, value, source FROM settled)
  UNION
  SELECT r.customer_id FROM touched AS t
  JOIN customer_record AS r ON r.source = t.source AND r.record_id = t.record_id
)
SELECT r.* FROM affected AS a JOIN customer_record AS r ON r.customer_id = a.customer_id
UNION ALL
SELECT r.* FROM touched AS t
JOIN customer_record AS r ON r.source = t.source AND r.record_id = t.record_id
WHERE r.customer_id IS NULL
"""

IDENTIFIERS = f"""
SELECT i.source, i.record_id, i.kind, i.type, i.value FROM {_KEYS}
JOIN customer_identifier AS i ON i.source = k.source AND i.record_id = k.record_id
"""  # noqa: S608  # only constants of this module

SHARED = """
SELECT i.kind, i.type, i.value, r.source,
  (array_agg(r.record_id ORDER BY r.record_id))[1:2] AS record_ids
FROM unnest($1::text[], $2::text[], $3::text[]) AS i (kind, type, value)
JOIN customer_identifier AS c ON c.type = i.type AND c.value = i.value AND c.kind = i.kind
JOIN customer_record AS r ON r.source = c.source AND r.record_id = c.record_id
WHERE NOT r.is_deleted
GROUP BY i.kind, i.type, i.value, r.source HAVING count(*) > 1
"""

ASSIGN = """
UPDATE customer_record AS r SET customer_id = k.customer_id, matched_by = k.matched_by
FROM jsonb_to_recordset($1::jsonb)
  AS k (source text, record_id text, customer_id uuid, matched_by jsonb)
WHERE r.source = k.source AND r.record_id = k.record_id
"""

DEPENDENTS = f"""
SELECT r.* FROM customer_record AS r WHERE r.customer_id IN (
  SELECT d.customer_id FROM {_KEYS}
  JOIN customer_record AS d ON d.source = k.source AND d.organization_ref = k.record_id
  WHERE d.customer_id <> ALL ($3::uuid[])
)
"""  # noqa: S608  # only constants of this module

ORGANIZATIONS = f"""
SELECT r.source, r.record_id, r.customer_id FROM {_KEYS}
JOIN customer_record AS r ON r.source = k.source AND r.record_id = k.record_id
WHERE r.customer_id IS NOT NULL
"""  # noqa: S608  # only constants of this module

SUPERSEDE = """
UPDATE customer AS c SET superseded_by = k.survivor, superseded_at = $3::timestamptz
FROM unnest($1::uuid[], $2::uuid[]) AS k (id, survivor) WHERE c.id = k.id
"""

FORGET_PROBLEMS = f"""
DELETE FROM sync_problem AS p USING {_KEYS}
WHERE p.source = k.source AND p.entity = 'customer' AND p.record_id = k.record_id
"""  # noqa: S608  # only constants of this module

ADD_PROBLEMS = """
INSERT INTO sync_problem (source, entity, record_id, reason, seen_at)
SELECT k.source, 'customer', k.record_id, k.reason, $4::timestamptz
FROM unnest($1::text[], $2::text[], $3::text[]) AS k (source, record_id, reason)
"""

_LINKED = [
    name
    for name, table in TABLES.items()
    if {"customer_source", "customer_ref", "customer_id"} <= set(table.c.keys())
]

RELINK = tuple(
    f"""
UPDATE {name} AS t SET customer_id = k.customer_id
FROM unnest($1::text[], $2::text[], $3::uuid[]) AS k (source, record_id, customer_id)
WHERE t.customer_source = k.source AND t.customer_ref = k.record_id
  AND t.customer_id IS DISTINCT FROM k.customer_id
"""  # noqa: S608  # the names of our own tables
    for name in _LINKED
)
"""Let the rows that name a customer record follow it to its customer; one statement a table."""

REDIRECT = tuple(
    f"""
UPDATE {name} AS t SET customer_id = k.survivor
FROM unnest($1::uuid[], $2::uuid[]) AS k (id, survivor) WHERE t.customer_id = k.id
"""  # noqa: S608  # the names of our own tables
    for name in _LINKED
)
"""Let the rows that name a customer and no record of it follow a merge; one statement a table."""


def _upsert(table: str, key: Sequence[str], fields: Iterable[str], kept: Iterable[str]) -> str:
    columns = list(fields)
    changing = [each for each in columns if each not in {*key, *kept}]
    return f"""
INSERT INTO {table} ({", ".join(columns)})
SELECT {", ".join(columns)} FROM jsonb_populate_recordset(NULL::{table}, $1::jsonb)
ON CONFLICT ({", ".join(key)}) DO UPDATE SET
{", ".join(f"{each} = excluded.{each}" for each in changing)}
"""  # noqa: S608  # the names of our own tables and columns


STORE_RECORDS = _upsert(
    "customer_record",
    CustomerRecord.entity.key,
    CustomerRecord.entity.fields,
    kept=("customer_id", "matched_by"),
)
STORE_CUSTOMERS = _upsert("customer", Customer.entity.key, Customer.entity.fields, kept=())
