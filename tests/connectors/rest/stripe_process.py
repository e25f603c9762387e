"""Runs localstripe at a free port of this machine until its input ends; prints the port first.

Its own command would listen on IPv6, at a port that must be known, and keep its data in a file.
"""

import asyncio
import sys

from aiohttp import web
from localstripe import resources, server


async def serve() -> None:
    """Serve, and say where."""
    resources.Store.dump_to_disk = lambda _: None
    runner = web.AppRunner(server.app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(runner.addresses[0][1], flush=True)  # noqa: T201  # this is how the test finds it
    await asyncio.to_thread(sys.stdin.read)
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(serve())
