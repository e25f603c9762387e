"""Strawberry as its documentation shows it: resolvers and data loaders, FastAPI, asyncpg.

With `--fast`, what the documentation recommends for production is on: the caches of parsed and
validated documents, and a faster JSON encoder. Its statements are as good as ours: limited in the
database, one for all parents of a level, and they read the columns that the types have.
"""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

import asyncpg
import orjson
import strawberry
from fastapi import FastAPI
from strawberry.dataloader import DataLoader
from strawberry.extensions import ParserCache, SchemaExtension, ValidationCache
from strawberry.fastapi import GraphQLRouter

from benchmarks.contenders.serving import arguments, run, serve
from benchmarks.contenders.strawberry_records import Row
from benchmarks.contenders.strawberry_types import CUSTOMER, Query
from connectors.native.store import use_json

_OWNED = "source, record_id, "
_RELATIONS = {
    "purchase": ("placed_at", _OWNED + "number, status, placed_at, total, currency, channel"),
    "ticket": ("opened_at", _OWNED + "number, subject, status, priority, opened_at"),
    "interaction": (
        "occurred_at",
        _OWNED + "channel, direction, subject, content, occurred_at",
    ),
    "document": ("modified_at", _OWNED + "name, kind, media_type, size_bytes, modified_at"),
    "campaign_membership": ("sent_at", "status, sent_at, campaign_source, campaign_ref"),
}


def _relation(pool: asyncpg.Pool, table: str) -> Callable[[list[Any]], Any]:
    newest, columns = _RELATIONS[table]
    # Names of the list above only.
    statement = f"""
        SELECT x.*, k.n FROM unnest($1::uuid[]) WITH ORDINALITY AS k(id, n) CROSS JOIN LATERAL (
          SELECT {columns} FROM {table} AS e WHERE e.customer_id = k.id
          ORDER BY e.{newest} DESC NULLS LAST, e.source, e.record_id LIMIT $2
        ) AS x"""  # noqa: S608

    async def load(keys: list[tuple[UUID, int]]) -> list[list[Row]]:
        rows = await pool.fetch(statement, [key for key, _ in keys], keys[0][1])
        found: list[list[Row]] = [[] for _ in keys]
        for row in rows:
            found[row["n"] - 1].append(row)
        return found

    return load


def _customers(pool: asyncpg.Pool) -> Callable[[list[Any]], Any]:
    async def load(keys: list[UUID]) -> list[Row | None]:
        rows = await pool.fetch(f"SELECT {CUSTOMER} FROM customer WHERE id = ANY($1)", keys)  # noqa: S608
        found = {row["id"]: row for row in rows}
        return [found.get(key) for key in keys]

    return load


def _campaigns(pool: asyncpg.Pool) -> Callable[[list[Any]], Any]:
    async def load(keys: list[tuple[str, str]]) -> list[Row | None]:
        rows = await pool.fetch(
            "SELECT source, record_id, name, kind FROM campaign WHERE (source, record_id) IN"
            " (SELECT * FROM unnest($1::text[], $2::text[]))",
            [source for source, _ in keys],
            [record for _, record in keys],
        )
        found = {(row["source"], row["record_id"]): row for row in rows}
        return [found.get(key) for key in keys]

    return load


class _Router(GraphQLRouter[dict[str, Any], None]):
    def encode_json(self, data: object) -> bytes:
        return orjson.dumps(data)


async def main(url: str, *, extensions: Sequence[type[SchemaExtension]], router: type) -> None:
    """Serve it on the data set."""
    async with asyncpg.create_pool(url, init=use_json, min_size=1, max_size=16) as pool:

        async def context() -> dict[str, Any]:
            loaders = {table: DataLoader(_relation(pool, table)) for table in _RELATIONS}
            return {
                "pool": pool,
                "customers": DataLoader(_customers(pool)),
                "campaigns": DataLoader(_campaigns(pool)),
                **loaders,
            }

        schema = strawberry.Schema(Query, extensions=extensions)
        app = FastAPI()
        app.include_router(router(schema, context_getter=context), prefix="/graphql")
        await serve(app)


if __name__ == "__main__":
    given = arguments(flags=["fast"])
    if given.fast:
        run(main(given.database, extensions=[ParserCache, ValidationCache], router=_Router))
    else:
        run(main(given.database, extensions=[], router=GraphQLRouter))
