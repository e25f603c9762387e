"""The interfaces of everything that has an id, and of everything that comes from a source."""

from datetime import datetime

import strawberry

from resolvers import source
from resolvers.field import global_id
from schema.field import described
from schema.source import Source


@strawberry.interface(description="Anything that can be asked for again by its id.")
class Node:
    """Relay's node."""

    id: strawberry.ID = described("The global id.", global_id)


@strawberry.interface(description="Where a record comes from, and how fresh it is.")
class Record:
    """A record of a source."""

    source: Source = described("The source that the record comes from.", source.of_record)
    record_id: str = described("The record's id in its source.")
    observed_at: datetime = described("When the gateway last saw the source say so.")
