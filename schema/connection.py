"""Relay connections, the same for every list that can grow."""

from typing import Generic, TypeVar

import strawberry

from resolvers import connection
from schema.field import described

T = TypeVar("T")


@strawberry.type(description="What lies around a page.")
class PageInfo:
    """Relay's page information."""

    has_next_page: bool = described("Whether more nodes follow.")
    has_previous_page: bool = described("Whether nodes come before.")
    start_cursor: str | None = described(
        "The cursor of the first node; none in an empty page.", connection.start_cursor
    )
    end_cursor: str | None = described(
        "The cursor of the last node; none in an empty page.", connection.end_cursor
    )


@strawberry.type(description="A source that failed, so that its records are missing from a page.")
class MissingSource:
    """A source whose share of a list is unknown."""

    source: str = described("The name of the source.")
    code: str = described("What kind of failure, as in the `code` of errors.")
    message: str = described("What happened, in words.")
    retry_after: int | None = described(
        "After how many seconds to ask again, where the source said so."
    )
    error_id: str | None = described("The id under which the gateway's log tells more.")


@strawberry.type(description="A node and its place in the list.")
class Edge(Generic[T]):
    """Relay's edge."""

    cursor: str = described("The place of the node, for `after` and `before`.", connection.cursor)
    node: T = described("The node itself.", connection.node)


@strawberry.type(description="One page of a list.")
class Connection(Generic[T]):
    """Relay's connection, with the nodes beside the edges for those who need no cursors."""

    edges: list[Edge[T]] = described("The nodes with their cursors.", connection.rows)
    nodes: list[T] = described("The nodes alone.", connection.rows)
    page_info: PageInfo = described("What lies around this page.", connection.page_info)
    missing_sources: list[MissingSource] = described(
        "The sources that could not add their records. An empty list says that the page is"
        " complete.",
        connection.missing,
    )
