"""A way to a server that can swallow everything: `python -m benchmarks.hole PORT`.

It prints the port that it listens at and passes bytes on to PORT. After SIGUSR1 it is a black hole:
it lets clients connect, takes what they send, and nothing comes back, on old connections neither.
After SIGUSR2 it passes everything on again; connections that it swallowed meanwhile stay dead.
"""

import asyncio
import signal
import sys

import uvloop


class Hole:
    """Passes bytes on, or swallows them."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._is_open = True
        self._tasks: set[asyncio.Task[None]] = set()

    def swallow(self) -> None:
        """From now on nothing comes back."""
        self._is_open = False

    def let_pass(self) -> None:
        """From now on new connections come through."""
        self._is_open = True

    async def connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one client."""
        if not self._is_open:
            await self._swallowed(reader, writer)
            return
        back, forth = await asyncio.open_connection("127.0.0.1", self._port)
        answering = asyncio.create_task(self._passed(back, writer))
        self._tasks.add(answering)
        answering.add_done_callback(self._tasks.discard)
        await self._passed(reader, forth)

    async def _swallowed(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(65_536):
            pass
        writer.close()

    async def _passed(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        was_open = True
        try:
            while data := await reader.read(65_536):
                # Who was swallowed once has lost bytes: nothing after them would make sense.
                was_open = was_open and self._is_open
                if was_open:
                    writer.write(data)
        finally:
            writer.close()


async def _serve(port: int) -> None:
    hole = Hole(port)
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGUSR1, hole.swallow)
    loop.add_signal_handler(signal.SIGUSR2, hole.let_pass)
    server = await asyncio.start_server(hole.connect, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(int(sys.argv[1])))
