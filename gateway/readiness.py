"""Whether the gateway can serve, as load balancers ask it: the state that several parts know of."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(slots=True)
class Readiness:
    """What speaks against serving, beyond a store that cannot be reached.

    `is_stopping`: it was told to end. `lost`: the critical sources that do not answer, by name;
    `unproven`: those that were not tried yet. `is_outdated`: it serves, but with a configuration
    that is not the one in the file, which was refused. `is_store_lost`: the store could not be
    reached the last time.
    """

    is_stopping: bool = False
    lost: Sequence[str] = ()
    unproven: Sequence[str] = ()
    is_outdated: bool = False
    is_store_lost: bool = False

    @property
    def objection(self) -> str | None:
        """Why not to send requests here, in words for anybody; none where all is well."""
        if self.is_stopping:
            return "the gateway is stopping"
        if self.lost:
            return f"these critical sources do not answer: {', '.join(self.lost)}"
        if self.unproven:
            return f"these critical sources were not reached yet: {', '.join(self.unproven)}"
        return None

    @property
    def remark(self) -> str | None:
        """What is not as it should be although requests are answered."""
        if self.is_outdated:
            return "the configuration was changed and refused; the log says why"
        return None
