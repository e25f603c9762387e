"""How figures grow."""

from pathlib import Path


async def run(*, scale: float, cache: Path, seconds: float) -> None:
    """Not yet."""
