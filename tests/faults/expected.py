"""What is expected of a gateway for each fault of a source: in one place, for all kinds."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from tests.faults.fault import Fault


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the gateway tells what happened.

    `status` stands in `extensions.sources`. `code` is that of the errors; none where the source
    gave some of its records. `opens` says whether the breaker opens when this goes on.
    `retry_after_s` is passed on to clients.
    """

    status: str
    code: str | None
    opens: bool = False
    retry_after_s: float | None = None


LATE = Outcome("timeout", "SOURCE_TIMEOUT", opens=True)
GONE = Outcome("down", "SOURCE_UNAVAILABLE", opens=True)
NO = Outcome("refused", "SOURCE_REFUSED")
UNFIT = Outcome("refused", "SOURCE_MISCONFIGURED")
GARBLED = Outcome("down", "SOURCE_MALFORMED")
IN_PART = Outcome("partial", None)

_BY_FAULT: Mapping[Fault, Outcome] = MappingProxyType(
    {
        Fault.DELAY: LATE,
        Fault.BLACKHOLE: LATE,
        Fault.UNREACHABLE: LATE,
        Fault.TRICKLE: LATE,
        Fault.LOCK: LATE,
        Fault.REFUSED: GONE,
        Fault.RESET: GONE,
        Fault.CLOSED: GONE,
        Fault.CUT: GONE,
        Fault.THROTTLED: GONE,
        Fault.THROTTLED_FOR_1_S: Outcome(
            "down", "SOURCE_UNAVAILABLE", opens=True, retry_after_s=1.0
        ),
        Fault.FAILED: GONE,
        Fault.OVERLOADED: GONE,
        Fault.CONNECTIONS: GONE,
        Fault.MISSING: GONE,
        Fault.PIPE: GONE,
        Fault.UNAUTHORIZED: NO,
        Fault.PASSWORD: NO,
        Fault.FORBIDDEN: NO,
        Fault.HTML: GARBLED,
        Fault.TRUNCATED: GARBLED,
        Fault.HUGE: GARBLED,
        Fault.SHAPE: GARBLED,
        Fault.COLUMN: UNFIT,
        Fault.TABLE: UNFIT,
    }
)
_BY_KIND: Mapping[tuple[str, Fault], Outcome] = MappingProxyType(
    {
        # The lines that are whole are read; the one that is not is skipped and counted.
        ("files (tables)", Fault.TRUNCATED): IN_PART,
        ("files (tables)", Fault.HUGE): NO,
        ("files (tables)", Fault.SHAPE): UNFIT,
    }
)


def expected(kind: str, fault: Fault) -> Outcome:
    """What is expected of a source of this kind with this fault."""
    return _BY_KIND.get((kind, fault), _BY_FAULT[fault])
