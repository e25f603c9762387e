"""GraphQL sources: any GraphQL upstream, described in the configuration instead of in code.

The configuration says which fields to ask, as GraphQL writes them, down to the records; what is
asked of a record is written by the connector, from the paths of the mapping. Values go as
variables, never into the text. A shop that takes ids a hundred at a time, whose orders hang on
customers:

    kind: graphql
    base_url: https://shop.example.com
    path: /admin/api/graphql.json
    auth: {headers: {X-Shop-Token: "${SHOP_TOKEN}"}}
    entities:
      purchase:
        key: id
        changed: updatedAt
        references: {customer: customer.id}
        list:
          query: "orders(first: $size, after: $cursor, query: $changed) { nodes }"
          changed_since: {format: "updated_at:>='%Y-%m-%dT%H:%M:%SZ'"}
        by:
          record_id: {query: "nodes(ids: $keys)", type: Order}
          customer:
            query: "customer(id: $key) { orders(first: $size, after: $cursor) { nodes } }"
            keys_per_call: 10
        fields:
          number: name
          status: {from: state, map: {OPEN: PENDING, PAID: PAID}}
          placed_at: createdAt
          total: total.amount
          currency: total.currencyCode
"""

from connectors.contract import Kind
from connectors.graphql.connector import GraphqlConnector
from connectors.graphql.options import GraphqlOptions

KIND = Kind(name="graphql", options=GraphqlOptions, open=GraphqlConnector)
