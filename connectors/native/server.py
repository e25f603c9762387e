"""The embedded PostgreSQL: its own server, for a gateway that is given no database."""

from pathlib import Path


class EmbeddedServer:
    """A PostgreSQL whose data are in `data_dir`."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir

    async def start(self) -> str:
        """Start it and give its URL."""
        raise NotImplementedError

    async def stop(self) -> None:
        """Stop it."""
