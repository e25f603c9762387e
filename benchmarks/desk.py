"""The REST service behind the live questions: cheap, so that what asks it is what is measured.

    python -m benchmarks.desk DATABASE

Everything is read once and kept as bytes. It knows the first customers only, and prints its port.

    GET /tickets?customer=00000001&customer=00000002   their tickets, the newest first
    GET /customers/ID                                  one customer with all but the tickets
    GET /customers?until=TIME&limit=50                 the newest until then, without relations
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs, parse_qsl, unquote
from uuid import UUID

import asyncpg
import orjson
from starlette.types import Receive, Scope, Send

from benchmarks.contenders.serving import arguments, run, serve
from benchmarks.data import customer_id, record_id
from connectors.native.store import driver_url, use_json
from resolvers import identifier

CUSTOMERS = 2000
"""How many customers it knows."""

_RELATIONS = {
    "purchases": ("purchase", "placed_at", "number status placed_at total currency channel"),
    "interactions": (
        "interaction",
        "occurred_at",
        "channel direction subject content occurred_at",
    ),
    "documents": ("document", "modified_at", "name kind media_type size_bytes modified_at"),
    "tickets": ("ticket", "opened_at", "number subject kind status priority opened_at"),
}
_MEMBERSHIPS = (
    "SELECT m.customer_id, m.status, m.sent_at, c.name, c.kind FROM campaign_membership AS m"
    " JOIN campaign AS c ON (c.source, c.record_id) = (m.campaign_source, m.campaign_ref)"
    " WHERE m.customer_id = ANY($1) ORDER BY m.sent_at DESC, m.source, m.record_id"
)


class Desk:
    """Answers from bytes."""

    def __init__(self, customers: Sequence[Mapping[str, Any]], tickets: Mapping[str, Any]) -> None:
        self._whole = {each["id"]: orjson.dumps(each) for each in customers}
        self._times = [each["createdAt"] for each in customers]
        self._listed = [
            orjson.dumps({name: each[name] for name in ("id", "recordId", "name", "createdAt")})
            for each in customers
        ]
        self._tickets = {
            # Without the brackets of its list.
            key: orjson.dumps([{"customer": key, **each} for each in found])[1:-1]
            for key, found in tickets.items()
        }

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Answer a GET."""
        query = scope["query_string"].decode()
        if scope["path"] == "/tickets":
            body = self._tickets_of(value for _, value in parse_qsl(query))
        elif scope["path"] == "/customers":
            body = self._newest({name: each[0] for name, each in parse_qs(query).items()})
        else:
            body = self._whole.get(unquote(scope["path"].rpartition("/")[2]), b"null")
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _tickets_of(self, keys: Any) -> bytes:
        return b"[%s]" % b",".join(filter(None, (self._tickets.get(key) for key in keys)))

    def _newest(self, query: Mapping[str, str]) -> bytes:
        until, limit = query["until"].replace("Z", "+00:00"), int(query["limit"])
        end = bisect_right(self._times, until)
        found = self._listed[max(0, end - limit) : end]
        return b'{"nodes":[%s]}' % b",".join(reversed(found))


async def _read(url: str) -> Desk:
    connection = await asyncpg.connect(driver_url(url))
    try:
        await use_json(connection)
        keys = [customer_id(number) for number in range(CUSTOMERS)]
        rows = await connection.fetch("SELECT * FROM customer WHERE id = ANY($1) ORDER BY id", keys)
        related = {name: await _related(connection, name, keys) for name in _RELATIONS}
        campaigns = defaultdict(list)
        for row in await connection.fetch(_MEMBERSHIPS, keys):
            campaign = {"name": row["name"], "kind": row["kind"]}
            member = {"status": row["status"], "sentAt": row["sent_at"], "campaign": campaign}
            campaigns[row["customer_id"]].append(member)
    finally:
        await connection.close()
    tickets = related.pop("tickets")
    customers = [
        {
            **_customer(row, number),
            **{name: {"nodes": found[row["id"]]} for name, found in related.items()},
            "campaigns": {"nodes": campaigns[row["id"]]},
        }
        for number, row in enumerate(rows)
    ]
    numbers = {key: record_id(number) for number, key in enumerate(keys)}
    return Desk(customers, {numbers[key]: found for key, found in tickets.items()})


async def _related(
    connection: asyncpg.Connection, name: str, keys: Sequence[object]
) -> Mapping[UUID, list[Mapping[str, Any]]]:
    table, newest, columns = _RELATIONS[name]
    rows = await connection.fetch(
        # Names of the list above only.
        f"SELECT * FROM {table} WHERE customer_id = ANY($1)"  # noqa: S608
        f" ORDER BY {newest} DESC, source, record_id",
        keys,
    )
    found: dict[UUID, list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        record: dict[str, Any] = {_camel(each): row[each] for each in columns.split()}
        if "total" in record:
            total = {"amount": str(record.pop("total")), "currency": record.pop("currency")}
            record["total"] = total
        key = row["record_id"]
        if name != "tickets":
            type_name = {"purchase": "Purchase", "interaction": "Interaction"}.get(table)
            key = identifier.encode(type_name or "Document", row["source"], key)
        found[row["customer_id"]].append({"id": key, **record})
    return found


def _customer(row: Mapping[str, Any], number: int) -> Mapping[str, Any]:
    names = "kind name given_name family_name language lifecycle_stage tags phones addresses"
    return {
        "id": identifier.encode("Customer", row["id"]),
        "recordId": record_id(number),
        **{_camel(each): row[each] for each in names.split()},
        "createdAt": row["created_at"].isoformat(),
        "emails": [{**each, "primary": each["is_primary"]} for each in row["emails"]],
    }


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(each.title() for each in rest)


async def _main(url: str) -> None:
    await serve(await _read(url))


if __name__ == "__main__":
    run(_main(arguments().database))
