"""A shop behind GraphQL, by the configuration that the documentation shows."""

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from graphql import GraphQLResolveInfo, build_schema, graphql_sync
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from connectors.contract import Severity
from connectors.graphql.options import GraphqlEntity
from gateway.app import open_connectors, open_gateway
from gateway.config import load
from tests.connectors.graphql.opening import PURCHASE
from tests.documentation import yaml_blocks
from tests.serving import serving
from tests.stories.company import ask

TOKEN = "shpat-secret"  # a fake's
SDL = """
interface Node { id: ID! }
enum OrderSortKeys { CREATED_AT UPDATED_AT }
enum Status { PENDING PAID REFUNDED }
type PageInfo { hasNextPage: Boolean! endCursor: String }
type Money { amount: String! currencyCode: String! }
type MoneyBag { shopMoney: Money! }
type Metafield { value: String! }
type LineItem implements Node {
  id: ID! title: String! quantity: Int! originalUnitPriceSet: MoneyBag!
}
type LineItemConnection { nodes: [LineItem!]! pageInfo: PageInfo! }
type Order implements Node {
  id: ID! name: String! createdAt: String! updatedAt: String! displayFinancialStatus: Status!
  totalPriceSet: MoneyBag! customer: Customer lineItems(first: Int!): LineItemConnection!
}
type OrderConnection { nodes: [Order!]! pageInfo: PageInfo! }
type Customer implements Node {
  id: ID! displayName: String! email: String phone: String
  metafield(namespace: String!, key: String!): Metafield
  orders(first: Int!, after: String, sortKey: OrderSortKeys, reverse: Boolean): OrderConnection!
}
type CustomerConnection { nodes: [Customer!]! pageInfo: PageInfo! }
type Query {
  nodes(ids: [ID!]!): [Node]!
  customer(id: ID!): Customer
  customers(first: Int!, after: String): CustomerConnection!
  orders(
    first: Int!, after: String, query: String, sortKey: OrderSortKeys, reverse: Boolean
  ): OrderConnection!
}
"""
COUNT = 12
QUERY = """
{ customers(first: 3, orderBy: [{field: NAME}]) { nodes {
    name lifecycleStage
    purchases(first: 1, orderBy: [{field: PLACED_AT, direction: DESC}]) { nodes {
        number total { amount currency }
        lines { nodes { position description quantity } }
    } }
} } }
"""


def _money(amount: int) -> dict[str, Any]:
    return {"shopMoney": {"amount": f"{amount}.50", "currencyCode": "CNY"}}


def _order(customer: int, number: int) -> dict[str, Any]:
    day = f"2026-01-{number + 1:02}T00:00:00Z"
    return {
        "__typename": "Order",
        "id": f"gid://shopify/Order/{customer}{number}",
        "name": f"订单 {customer}-{number}",
        "createdAt": day,
        "updatedAt": day,
        "displayFinancialStatus": "PAID",
        "totalPriceSet": _money(number),
        "of": customer,
        "lineItems": [
            {
                "id": f"gid://shopify/LineItem/{customer}{number}{place}",
                "title": f"茶 {place}",
                "quantity": place + 1,
                "originalUnitPriceSet": _money(place),
            }
            for place in range(2)
        ],
    }


class AdminApi:
    """The shop: customers with three orders each; what it was asked, in `log`."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self.orders = [_order(c, n) for c in range(10, 10 + COUNT) for n in range(3)]
        self.customers = [
            {
                "__typename": "Customer",
                "id": f"gid://shopify/Customer/{n}",
                "displayName": f"顾客 {n}",
                "email": f"c{n}@example.com",
                "number": n,
            }
            for n in range(10, 10 + COUNT)
        ]
        self._schema = build_schema(SDL)

    async def endpoint(self, request: Request) -> Response:
        """Answer to those who have the token."""
        if request.headers.get("x-shopify-access-token") != TOKEN:
            return JSONResponse({"errors": "[API] Invalid API key or access token"}, 401)
        asked = json.loads(await request.body())
        self.log.append(asked["query"])
        result = graphql_sync(
            self._schema,
            asked["query"],
            variable_values=asked["variables"],
            field_resolver=self._resolve,
            type_resolver=lambda value, *_: value["__typename"],
        )
        return JSONResponse(result.formatted)

    def _resolve(self, parent: Any, info: GraphQLResolveInfo[Any], **args: Any) -> Any:
        read = _FIELDS.get((info.parent_type.name, info.field_name))
        return parent.get(info.field_name) if read is None else read(self, parent, args)

    def nodes(self, _parent: Any, args: Any) -> list[Any]:
        """Records by id, of any type."""
        every = {each["id"]: each for each in (*self.orders, *self.customers)}
        return [every.get(each) for each in args["ids"]]

    def changed_orders(self, _parent: Any, args: Any) -> Any:
        """A page of the orders that changed since the time in a search text."""
        since = args.get("query", "").partition("'")[2].rstrip("'")
        return _page([each for each in self.orders if each["updatedAt"] >= since], args)

    def orders_of(self, parent: Any, args: Any) -> Any:
        """A page of the orders of a customer."""
        return _page([each for each in self.orders if each["of"] == parent["number"]], args)

    def customer(self, _parent: Any, args: Any) -> Any:
        """A customer by id."""
        return next((each for each in self.customers if each["id"] == args["id"]), None)

    def customer_of(self, parent: Any, _args: Any) -> Any:
        """The customer of an order."""
        return next(each for each in self.customers if each["number"] == parent["of"])


_FIELDS: Mapping[tuple[str, str], Callable[[AdminApi, Any, Any], Any]] = {
    ("Query", "nodes"): AdminApi.nodes,
    ("Query", "customer"): AdminApi.customer,
    ("Query", "customers"): lambda api, _, args: _page(api.customers, args),
    ("Query", "orders"): AdminApi.changed_orders,
    ("Customer", "orders"): AdminApi.orders_of,
    ("Customer", "metafield"): lambda _, of, __: {"value": "gold"} if of["number"] % 2 else None,
    ("Order", "customer"): AdminApi.customer_of,
    ("Order", "lineItems"): lambda _, parent, args: _page(parent["lineItems"], args),
}


def _page(found: list[Any], args: Any) -> dict[str, Any]:
    if "sortKey" in args:
        key = {"CREATED_AT": "createdAt", "UPDATED_AT": "updatedAt"}[args["sortKey"]]
        found = sorted(found, key=lambda each: str(each[key]), reverse=bool(args.get("reverse")))
    start = int(args.get("after") or 0)
    end = start + args["first"]
    info = {"hasNextPage": end < len(found), "endCursor": str(end)}
    return {"nodes": found[start:end], "pageInfo": info}


@pytest.fixture(scope="module")
def api() -> AdminApi:
    """The shop."""
    return AdminApi()


@pytest.fixture(scope="module")
def url(api: AdminApi) -> Iterator[str]:
    """Where it is."""
    path = "/admin/api/2026-01/graphql.json"
    with serving(Starlette(routes=[Route(path, api.endpoint, methods=["POST"])])) as found:
        yield found


def _config(folder: Path, url: str, database: str = "postgresql://nowhere/none") -> Any:
    file = folder / "customer360.yaml"
    store = f'store: {{url: "{database}", data_dir: "{folder}/data"}}\n'
    file.write_text(store + yaml_blocks("graphql")[0], encoding="utf-8")
    return load(file, {"SHOP_URL": url, "SHOP_TOKEN": TOKEN})


def test_the_configuration_of_the_documentation_fits_the_schema(tmp_path: Path, url: str) -> None:
    """`check` compares it with the schema and tries each lookup; nothing is wrong."""

    async def run() -> None:
        connector = open_connectors(_config(tmp_path, url))["shop"]
        try:
            found = [e for e in await connector.check() if e.severity is not Severity.INFO]
            assert found == []
        finally:
            await connector.close()

    asyncio.run(run())


def test_the_whole_gateway_answers_with_orders_and_their_lines(
    tmp_path: Path, database_url: str, url: str, api: AdminApi
) -> None:
    """Three customers: one request for their newest orders, and one for the lines in these."""

    async def run() -> Any:
        async with open_gateway(_config(tmp_path, url, database_url)) as gateway:
            await gateway.sync.sync_source("shop")
            api.log.clear()
            return await ask(gateway, QUERY)

    answer = asyncio.run(run())

    assert "errors" not in answer
    assert len(api.log) == 2
    assert "title" not in api.log[0]
    assert [each["name"] for each in answer["data"]["customers"]["nodes"]] == [
        "顾客 10",
        "顾客 11",
        "顾客 12",
    ]
    eleven = answer["data"]["customers"]["nodes"][1]
    assert eleven["lifecycleStage"] == "LOYAL"
    assert eleven["purchases"]["nodes"] == [
        {
            "number": "订单 11-2",
            "total": {"amount": "2.50", "currency": "CNY"},
            "lines": {
                "nodes": [
                    {"position": 1, "description": "茶 0", "quantity": "1"},
                    {"position": 2, "description": "茶 1", "quantity": "2"},
                ]
            },
        }
    ]


@pytest.mark.parametrize("number", [1, 2])
def test_other_styles_of_the_documentation_are_settings(number: int) -> None:
    """They are read as they stand there."""
    block = yaml.safe_load(yaml_blocks("graphql")[number])

    entity = GraphqlEntity.model_validate({**PURCHASE, **block, "written_as": "purchase"})

    assert entity.listing is not None
    assert entity.by.keys() == {"record_id", "customer"}
