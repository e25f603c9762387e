"""The entrances of the graph."""

import strawberry

from resolvers import campaign, purchase, source, ticket, viewer
from resolvers import customer as customer_plan
from resolvers import node as node_plan
from schema.campaign import Campaign, CampaignFilter, CampaignOrder
from schema.connection import Connection
from schema.customer import Customer, CustomerFilter, CustomerOrder
from schema.customer_by import CustomerBy
from schema.field import connected, described, with_arguments
from schema.node import Node
from schema.purchase import Purchase, PurchaseFilter, PurchaseOrder
from schema.source import Source
from schema.ticket import Ticket, TicketFilter, TicketOrder
from schema.viewer import Viewer


@strawberry.type(description="What can be asked.")
class Query:
    """The query root."""

    node: Node | None = with_arguments(
        node_plan.node, "The record with this id.", {"id": (strawberry.ID, "A global id.")}
    )
    nodes: list[Node | None] = with_arguments(
        node_plan.nodes,
        "The records with these ids, in the same order; `null` where there is none.",
        {"ids": (list[strawberry.ID], "Global ids.")},
    )
    customer: Customer | None = with_arguments(
        customer_plan.named, "One customer.", {"by": (CustomerBy, "Which one.")}
    )
    customers: Connection[Customer] = connected(
        customer_plan.every,
        "All customers, oldest first.",
        where=CustomerFilter,
        order_by=CustomerOrder,
    )
    purchases: Connection[Purchase] = connected(
        purchase.every, "All purchases, newest first.", where=PurchaseFilter, order_by=PurchaseOrder
    )
    tickets: Connection[Ticket] = connected(
        ticket.every, "All tickets, newest first.", where=TicketFilter, order_by=TicketOrder
    )
    campaigns: Connection[Campaign] = connected(
        campaign.every, "All campaigns, newest first.", where=CampaignFilter, order_by=CampaignOrder
    )
    sources: list[Source] = described(
        "The systems behind the graph, and their state.", source.every
    )
    me: Viewer = described("Who asks, and what this token may do.", viewer.me)
