"""Whether the store is fit to work with, and what is in it."""

from collections.abc import Sequence

from alembic.script import ScriptDirectory
from sqlalchemy import ColumnElement, Select, func, literal_column, select, union_all

from connectors.contract import DiscoveredEntity, Finding, Severity, SourceError
from connectors.native.migration import script_config
from connectors.native.statement import compiled
from connectors.native.store import OLDEST_SERVER, Store
from connectors.native.tables import METADATA, TABLES
from domain.catalogue import ENTITIES

_SETTING = "store.url"
_STATE = """
SELECT current_setting('server_version_num')::int / 10000 AS server_version,
       (pg_is_in_recovery() OR current_setting('default_transaction_read_only')::bool)
           AS is_read_only,
       to_regclass('alembic_version') IS NOT NULL AS is_migrated,
       current_user AS role
"""
_PRIVILEGES = ["SELECT", "INSERT", "UPDATE", "DELETE"]
_VERSIONS = "SELECT v.version_num FROM alembic_version AS v"
_MAY_WRITE = """
SELECT bool_and(has_table_privilege(t.name, p.name)) AS is_allowed
FROM unnest($1::text[]) AS t (name), unnest($2::text[]) AS p (name)
"""


async def findings(store: Store) -> Sequence[Finding]:
    """What is wrong with the store, and what to do; empty where nothing is."""
    try:
        (state,) = await store.fetch(_STATE)
        return [
            *_of_server(state["server_version"], is_read_only=state["is_read_only"]),
            *await _of_tables(store, state["role"], is_migrated=state["is_migrated"]),
        ]
    except SourceError as error:
        return [Finding(Severity.ERROR, error.message, _SETTING)]


async def entities(store: Store) -> Sequence[DiscoveredEntity]:
    """The entities with their canonical fields, and how many records each has, of all sources."""
    statement = compiled(union_all(*(_count(name) for name in ENTITIES)))
    found = {each["name"]: each["record_count"] for each in await store.fetch(statement.text)}
    return [
        DiscoveredEntity(
            name=name,
            fields={each.name: each.value_type.name for each in entity.fields.values()},
            key=entity.key[-1],
            record_count=found[name],
        )
        for name, entity in ENTITIES.items()
    ]


def _count(name: str) -> Select[str, int]:
    label: ColumnElement[str] = literal_column(f"'{name}'")
    return select(label.label("name"), func.count().label("record_count")).select_from(TABLES[name])


def _of_server(version: int, *, is_read_only: bool) -> Sequence[Finding]:
    found: list[Finding] = []
    if version < OLDEST_SERVER:
        text = (
            f"The store needs PostgreSQL {OLDEST_SERVER} or newer, but store.url leads to"
            f" PostgreSQL {version}. Upgrade that server or name another one."
        )
        found.append(Finding(Severity.ERROR, text, _SETTING))
    if is_read_only:
        text = (
            "The database in store.url can only be read: it is a standby, or its role is set to"
            " default_transaction_read_only. Name the primary server, or change the role."
        )
        found.append(Finding(Severity.ERROR, text, _SETTING))
    return found


async def _of_tables(store: Store, role: str, *, is_migrated: bool) -> Sequence[Finding]:
    found = await store.fetch(_VERSIONS) if is_migrated else ()
    expected = set(ScriptDirectory.from_config(script_config()).get_heads())
    if {each["version_num"] for each in found} != expected:
        text = (
            "The tables of the store are not those that this program works with."
            " Start the gateway once: it brings them up to date."
        )
        return [Finding(Severity.ERROR, text, _SETTING)]
    (may_write,) = await store.fetch(_MAY_WRITE, list(METADATA.tables), _PRIVILEGES)
    if may_write["is_allowed"]:
        return ()
    text = (
        f"The role '{role}' may not write all tables of the store. Make it their owner, or grant"
        " it SELECT, INSERT, UPDATE and DELETE on all tables."
    )
    return [Finding(Severity.ERROR, text, _SETTING)]
