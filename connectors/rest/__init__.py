"""REST sources: HTTP APIs that speak JSON, described in the configuration instead of in code.

A help desk whose tickets are paged by number and looked up a hundred customers at a time, and a
shop's orders whose lines stand inside them:

    kind: rest
    base_url: https://desk.example.com/api/v2
    auth:
      bearer: ${DESK_TOKEN}
    phone_region: CN
    entities:
      ticket:
        key: id
        changed: updated_at
        references: {customer: requester.id}
        list:
          path: /tickets
          items: data
          paging: {style: page, size_param: per_page, size: 100, total: meta.total}
          changed_since: {param: updated_after}
          filters: {opened_at: {gte: created_from, lte: created_to}}
          orders: {opened_at: {desc: {sort: -created_at}}}
        by:
          record_id: {path: /tickets, how: comma, param: ids, items: data}
          customer:
            path: /tickets/search
            how: body
            body: {filter: {requester_ids: $keys}}
            key_type: integer
            items: data
        fields:
          subject: subject
          kind: {from: type, map: {question: INQUIRY, problem: COMPLAINT}, default: INQUIRY}
          status: {from: state, map: {open: OPEN, solved: RESOLVED, closed: CLOSED}}
          opened_at: created_at
      purchase_line:
        each: line_items
        key: [_parent.id, _position]
        references: {purchase: _parent.id}
        list:
          path: /orders
          items: orders
          paging: {style: cursor, param: cursor, next: meta.next_cursor}
        by:
          purchase: {path: "/orders/{key}", how: single}
        fields:
          position: _position
          description: title
          quantity: quantity
          unit_price: {from: price_cents, divide_by: 100}
          currency: _parent.currency
"""

from connectors.contract import Kind
from connectors.rest.connector import RestConnector
from connectors.rest.options import RestOptions

KIND = Kind(name="rest", options=RestOptions, open=RestConnector)
