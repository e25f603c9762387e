"""A process that runs the embedded server, for tests that kill it: prints the URL, then waits."""

import asyncio
import sys
from pathlib import Path

from connectors.native.server import EmbeddedServer


async def own(folder: Path) -> None:
    """Run the server in `folder` until the standard input ends."""
    async with EmbeddedServer(folder, settings={"fsync": "off"}) as server:
        sys.stdout.write(f"{server.url}\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(own(Path(sys.argv[1])))
