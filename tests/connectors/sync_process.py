"""A process that pulls a source and stops dead in front of one page, to be killed there."""

import asyncio
import sys

from tests.connectors.scanned import ScannedSource
from tests.connectors.synced import Synced, crm, shop, with_sync


async def _stop(place: int) -> None:
    """Say so, and wait for the end."""
    if place == int(sys.argv[3]):
        sys.stdout.write("stopped\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


def main() -> None:
    """Arguments: the URL of the database, `crm` or `shop`, the place to stop at."""
    sources = {"crm": crm, "shop": shop}
    source: ScannedSource = sources[sys.argv[2]](before_page=_stop)

    async def story(it: Synced) -> None:
        await it.sync(source).sync_source(source.name)

    with_sync(sys.argv[1], story)


if __name__ == "__main__":
    main()
