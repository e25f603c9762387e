"""UUIDs of version 7 (RFC 9562): ids that sort by the time at which they were made."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

_TAIL_BITS = 74
_RAND_B_BITS = 62


class Uuid7Factory:
    """Makes ids, each greater than the one before, from a clock and a source of chance.

    `now` gives an aware datetime, `chance(n)` gives n random bytes, such as `os.urandom`.
    """

    def __init__(self, *, now: Callable[[], datetime], chance: Callable[[int], bytes]) -> None:
        self._now = now
        self._chance = chance
        self._last = 0

    def __call__(self) -> UUID:
        """A new id."""
        ticks = int(self._now().timestamp() * 1000) << _TAIL_BITS
        random = int.from_bytes(self._chance(10)) % (1 << _TAIL_BITS)
        # Within a millisecond, or after a clock that went back, count on from the last id.
        self._last = max(ticks | random, self._last + 1)
        return _uuid(self._last)


def _uuid(value: int) -> UUID:
    """Put 48 bits of milliseconds and 74 bits of chance around the version and the variant."""
    rand_b = value & ((1 << _RAND_B_BITS) - 1)
    rand_a = (value >> _RAND_B_BITS) & 0xFFF
    milliseconds = value >> _TAIL_BITS
    return UUID(int=milliseconds << 80 | 0x7 << 76 | rand_a << 64 | 0b10 << 62 | rand_b)
