"""The tables of the native store: one per entity, derived from the domain, and its bookkeeping.

Every key leads with what its table would be sharded by (a source, a customer), and no foreign key
crosses shards. Texts compare by code point. Nothing that identity depends on is ever deleted:
source records are marked, customers superseded.

Indexes sort descending columns `DESC NULLS LAST`. PostgreSQL uses such an index only for a
statement that says the same, also where the column is never null.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql.type_api import TypeEngine

from domain.catalogue import ENTITIES
from domain.entity import Entity, Field, FieldType

METADATA = MetaData()
"""All tables of the store."""

_TEXT = Text(collation="C")
_TIME = DateTime(timezone=True)
_JSON = JSONB(none_as_null=True)

_TYPES: Mapping[FieldType, TypeEngine[Any]] = {
    FieldType.TEXT: _TEXT,
    FieldType.ENUM: _TEXT,
    FieldType.INTEGER: BigInteger(),
    FieldType.DECIMAL: Numeric(),
    FieldType.BOOLEAN: Boolean(),
    FieldType.DATETIME: _TIME,
    FieldType.UUID: Uuid(),
    FieldType.JSON: _JSON,
    FieldType.LIST: _JSON,
}

_NEWEST_FIRST = MappingProxyType(
    {
        "purchase": "placed_at",
        "ticket": "opened_at",
        "campaign": "starts_at",
        "campaign_membership": "sent_at",
        "document": "modified_at",
        "interaction": "occurred_at",
        "access_record": "at",
    }
)
_LISTED = ("purchase", "ticket", "campaign")


def _column(field: Field, key: Sequence[str]) -> Column[object]:
    return Column(
        field.name,
        _TYPES[field.value_type],
        primary_key=field.name in key,
        nullable=not field.required,
    )


def _entity_table(entity: Entity, *further: Column[object]) -> Table:
    columns = [_column(each, entity.key) for each in entity.fields.values()]
    # The order of the primary key is that of the columns, and the key comes first in every shard.
    columns.sort(key=lambda column: not column.primary_key)
    return Table(entity.name, METADATA, *columns, *further)


def _superseding() -> tuple[Column[object], Column[object]]:
    return Column("superseded_by", Uuid()), Column("superseded_at", _TIME)


TABLES: Mapping[str, Table] = MappingProxyType(
    {
        name: _entity_table(entity, *(_superseding() if name == "customer" else ()))
        for name, entity in ENTITIES.items()
    }
)
"""The table of each entity, by the name of the entity.

A customer whose `superseded_by` is set was merged into that customer, which may be superseded too.
"""

CUSTOMER_IDENTIFIER = Table(
    "customer_identifier",
    METADATA,
    Column("source", _TEXT, primary_key=True),
    Column("record_id", _TEXT, primary_key=True),
    Column("type", _TEXT, primary_key=True),
    Column("value", _TEXT, primary_key=True),
    Column("kind", _TEXT, nullable=False),
    Index("customer_identifier_by_value", "type", "value"),
)
"""What identifies the customer of a source record. `type` is email, phone or external, `value` is
normalised, `kind` is the kind of customer that the record is about."""

SYNC_STATE = Table(
    "sync_state",
    METADATA,
    Column("source", _TEXT, primary_key=True),
    Column("entity", _TEXT, primary_key=True),
    Column("cursor", _JSON),
    Column("started_at", _TIME),
    Column("succeeded_at", _TIME),
    Column("record_count", BigInteger(), nullable=False, server_default="0"),
    Column("skipped_count", BigInteger(), nullable=False, server_default="0"),
    Column("problem", _TEXT),
)
"""How far the pull of one entity of one source has come, and what stopped it last."""

SYNC_PROBLEM = Table(
    "sync_problem",
    METADATA,
    Column("source", _TEXT, primary_key=True),
    Column("entity", _TEXT, primary_key=True),
    Column("record_id", _TEXT, primary_key=True),
    Column("reason", _TEXT, nullable=False),
    Column("seen_at", _TIME, nullable=False),
)
"""The records that a pull had to skip, and why."""

LOGGED_INTERACTION = Table(
    "logged_interaction",
    METADATA,
    Column("idempotency_key", _TEXT, primary_key=True),
    Column("content_hash", _TEXT, nullable=False),
    Column("record_id", _TEXT, nullable=False),
    Column("logged_at", _TIME, nullable=False),
)
"""Which interaction an idempotency key has made, so that the same key makes it once."""

API_KEY = Table(
    "api_key",
    METADATA,
    Column("id", _TEXT, primary_key=True),
    Column("digest", _TEXT, nullable=False),
    Column("name", _TEXT, nullable=False),
    Column("roles", _JSON, nullable=False),
    Column("claims", _JSON, nullable=False),
    Column("purpose", _TEXT),
    Column("created_at", _TIME, nullable=False),
    Column("expires_at", _TIME),
    Column("revoked_at", _TIME),
    Column("last_used_at", _TIME),
    Column("changed_at", _TIME, nullable=False),
    Index("api_key_by_change", "changed_at"),
)
"""The API keys: whom each stands for, and the SHA-256 of its secret as hexadecimal digits."""

INTERACTION_AMENDMENT = Table(
    "interaction_amendment",
    METADATA,
    Column("record_id", _TEXT, primary_key=True),
    Column("version", Integer(), primary_key=True, autoincrement=False),
    Column("amended_at", _TIME, nullable=False),
    Column("previous", _JSON, nullable=False),
    Column("reason", _TEXT),
)
"""What an interaction said before each amendment."""

SOURCE_CALL = Table(
    "source_call",
    METADATA,
    Column("source", _TEXT, primary_key=True),
    Column("per_ms", BigInteger(), primary_key=True, autoincrement=False),
    Column("bucket", BigInteger(), primary_key=True, autoincrement=False),
    Column("holder", Uuid(), primary_key=True),
    Column("call_count", BigInteger(), nullable=False),
)
"""How many calls of a source each process (`holder`) leased in a bucket of the time of a rate."""


AUDIT_ENTRY = Table(
    "audit_entry",
    METADATA,
    Column("chain", Uuid(), primary_key=True),
    Column("number", BigInteger(), primary_key=True, autoincrement=False),
    Column("at", _TIME, nullable=False),
    Column("hash", LargeBinary(), nullable=False),
    Column("body", _TEXT, nullable=False),
    Index("audit_entry_by_time", "at", postgresql_using="brin"),
)
"""What was read and changed, one row a request, each chained to the one before: `domain.chain`.

`body` is the JSON that is hashed, as it is. The table `access_record` has it by customer.
"""

AUDIT_ANCHOR = Table(
    "audit_anchor",
    METADATA,
    Column("number", BigInteger(), primary_key=True, autoincrement=False),
    Column("at", _TIME, nullable=False),
    Column("hash", LargeBinary(), nullable=False),
    Column("signature", LargeBinary(), nullable=False),
    Column("body", _TEXT, nullable=False),
)
"""How far each chain of `AUDIT_ENTRY` has come, and what was removed of it; a chain of its own."""


def _newest(table: Table) -> ColumnElement[object]:
    return table.c[_NEWEST_FIRST[table.name]].desc().nulls_last()


def _index(table: Table, purpose: str, *columns: ColumnElement[object] | str) -> None:
    expressions = [table.c[each] if isinstance(each, str) else each for each in columns]
    Index(f"{table.name}_by_{purpose}", *expressions)


def _index_entities() -> None:
    for table in TABLES.values():
        if {"customer_id", "customer_ref"} <= set(table.c.keys()):
            _index(table, "customer", "customer_id", _newest(table), "source", "record_id")
            _index(table, "customer_ref", "customer_source", "customer_ref")
    for name in _LISTED:
        _index(TABLES[name], "newest", _newest(TABLES[name]), "source", "record_id")


def _index_accesses() -> None:
    accesses = TABLES["access_record"]
    _index(accesses, "customer", "customer_id", _newest(accesses), "id")


def _index_relations() -> None:
    lines, members = TABLES["purchase_line"], TABLES["campaign_membership"]
    parent = ("purchase_source", "purchase_ref")
    _index(lines, "purchase", *parent, "position", "source", "record_id")
    parent = ("campaign_source", "campaign_ref")
    _index(members, "campaign", *parent, _newest(members), "source", "record_id")


def _index_customers() -> None:
    customer, record = TABLES["customer"], TABLES["customer_record"]
    _index(customer, "name", "name", "id")
    _index(customer, "created_at", customer.c.created_at.desc().nulls_last(), "id")
    _index(customer, "primary_email", "primary_email", "id")
    _index(customer, "organization", "organization_id", "id")
    _index(record, "customer", "customer_id", "source", "record_id")
    _index(record, "organization", "source", "organization_ref")


_index_entities()
_index_accesses()
_index_relations()
_index_customers()
