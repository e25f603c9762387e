"""Orders: sorted by the source where it can, so that a list is read only as far as it is needed."""

from collections.abc import Mapping

from connectors.contract import Batch
from connectors.rest.options import Listing


def sorting(listing: Listing, batch: Batch) -> Mapping[str, str]:
    """The parameters that make the source sort by the first field of the order."""
    if not batch.order or batch.order[0].field not in listing.orders:
        return {}
    how = listing.orders[batch.order[0].field]
    return how.desc if batch.order[0].is_descending else how.asc
