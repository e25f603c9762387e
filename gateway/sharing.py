"""What the processes of a gateway share of the limits of sources: accounts in the store."""

from uuid import uuid4

from connectors.aspects.allowance import Allowance
from connectors.aspects.opening import Share
from connectors.native.allowance import StoreAllowance
from connectors.native.store import Store
from connectors.options import Rate


def shared_over(store: Store) -> Share:
    """Rates that are kept together by all processes over one store."""
    holder = uuid4()

    def share(source: str, rate: Rate) -> Allowance:
        return StoreAllowance(store=store, source=source, rate=rate, holder=holder)

    return share
