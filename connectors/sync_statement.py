"""The statements of the sync. Each works on a whole page of rows at once."""

from collections.abc import Mapping

from connectors.native.index_statement import LOCK_SHARED
from connectors.native.tables import TABLES
from domain.catalogue import ENTITIES
from domain.entity import Entity

__all__ = ["LOCK_SHARED"]

_LOCK = 0x43333630  # "C360"

TRY_LOCK = f"SELECT pg_try_advisory_lock({_LOCK}, hashtext($1))"
"""Whether this session may pull a source now: one at a time over all replicas."""

UNLOCK = f"SELECT pg_advisory_unlock({_LOCK}, hashtext($1))"

STATE = "SELECT cursor, started_at FROM sync_state WHERE source = $1 AND entity = $2"

SAVE_STATE = """
INSERT INTO sync_state (source, entity, cursor, started_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (source, entity) DO UPDATE
SET cursor = excluded.cursor, started_at = excluded.started_at
"""

FINISH = """
UPDATE sync_state SET cursor = $3, succeeded_at = $4, problem = NULL, record_count = $5,
  skipped_count = (SELECT count(*) FROM sync_problem AS p WHERE p.source = $1 AND p.entity = $2)
WHERE source = $1 AND entity = $2
"""

FAIL = """
INSERT INTO sync_state (source, entity, problem) VALUES ($1, $2, $3)
ON CONFLICT (source, entity) DO UPDATE SET problem = excluded.problem
"""

BELIEF = """
SELECT cursor ->> 'belief' FROM sync_state WHERE source = $1 AND entity = 'customer'
"""

REMEMBER_BELIEF = """
INSERT INTO sync_state (source, entity, cursor, succeeded_at) VALUES ($1, 'customer', $2, $3)
ON CONFLICT (source, entity) DO UPDATE SET
cursor = excluded.cursor, succeeded_at = excluded.succeeded_at
"""

FORGET_CURSOR = "UPDATE sync_state SET cursor = NULL WHERE source = $1 AND entity = $2"

FORGET_CURSORS = "UPDATE sync_state SET cursor = NULL WHERE source = $1"

ADD_PROBLEMS = """
INSERT INTO sync_problem (source, entity, record_id, reason, seen_at)
SELECT $1, $2, k.record_id, k.reason, $5
FROM unnest($3::text[], $4::text[]) AS k (record_id, reason)
ON CONFLICT (source, entity, record_id) DO UPDATE
SET reason = excluded.reason, seen_at = excluded.seen_at
"""

FORGET_PROBLEMS = """
DELETE FROM sync_problem WHERE source = $1 AND entity = $2 AND record_id = ANY ($3::text[])
"""

FORGET_OLD_PROBLEMS = """
DELETE FROM sync_problem WHERE source = $1 AND entity = $2 AND seen_at < $3
"""

UNSEEN_CUSTOMERS = """
SELECT r.record_id FROM customer_record AS r
WHERE r.source = $1 AND r.observed_at < $2 AND NOT r.is_deleted AND NOT EXISTS (
  SELECT 1 FROM sync_problem AS p
  WHERE p.source = r.source AND p.entity = 'customer_record' AND p.record_id = r.record_id
)
"""

COUNT_CUSTOMERS = "SELECT count(*) FROM customer_record WHERE source = $1 AND NOT is_deleted"


def _upsert(entity: Entity) -> str:
    fields = list(entity.fields)
    changing = [each for each in fields if each not in entity.key]
    is_linked = "customer" in entity.references
    values = ["c.customer_id" if each == "customer_id" else f"r.{each}" for each in fields]
    link = """LEFT JOIN customer_record AS c
  ON c.source = r.customer_source AND c.record_id = r.customer_ref"""
    return f"""
INSERT INTO {entity.name} ({", ".join(fields)})
SELECT {", ".join(values)} FROM jsonb_populate_recordset(NULL::{entity.name}, $1::jsonb) AS r
{link if is_linked else ""}
ON CONFLICT ({", ".join(entity.key)}) DO UPDATE SET
{", ".join(f"{each} = excluded.{each}" for each in changing)}
"""  # noqa: S608  # the names of our own tables and columns


_SYNCED = [each for each in ENTITIES.values() if each.name in TABLES and "source" in each.key]

UPSERT: Mapping[str, str] = {each.name: _upsert(each) for each in _SYNCED}
"""Write rows of an entity, each with the customer that its reference leads to."""

DELETE: Mapping[str, str] = {
    each.name: f"""
DELETE FROM {each.name} WHERE source = $1 AND record_id = ANY ($2::text[])
"""  # noqa: S608  # the names of our own tables
    for each in _SYNCED
}

DELETE_UNSEEN: Mapping[str, str] = {
    each.name: f"""
DELETE FROM {each.name} AS r WHERE r.source = $1 AND r.observed_at < $2 AND NOT EXISTS (
  SELECT 1 FROM sync_problem AS p
  WHERE p.source = r.source AND p.entity = '{each.name}' AND p.record_id = r.record_id
)
"""  # noqa: S608  # the names of our own tables
    for each in _SYNCED
}
"""Remove what a complete pass has not seen, except what it saw and could not read."""

COUNT: Mapping[str, str] = {
    each.name: f"SELECT count(*) FROM {each.name} WHERE source = $1"  # noqa: S608  # our own tables
    for each in _SYNCED
}
