"""The settings that every source has, whatever its kind."""

import re
from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Field, field_validator

from connectors.duration import Pause, Seconds

_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_OF_CONNECTION = frozenset(
    {
        "accept-encoding",
        "connection",
        "content-encoding",
        "content-length",
        "content-type",
        "expect",
        "host",
        "keep-alive",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)


class OptionGroup(BaseModel):
    """A group of settings: no unknown ones, and nothing changes after the start."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Rate(OptionGroup):
    """How many calls a source allows in a time, as its vendor says."""

    calls: int = Field(ge=1)
    """The most calls in the time."""

    per_s: Seconds
    """The time, in seconds: 20, 60 for a minute, 86400 for a day."""


class CallLimits(OptionGroup):
    """How much a source may be called. Who comes too early waits, as long as there is time."""

    concurrent: int = Field(8, ge=1, le=1000)
    """The most calls at one time, of each process."""

    rates: tuple[Rate, ...] = ()
    """The vendor's limits, for example `[{calls: 100, per_s: 20}, {calls: 50000, per_s: 86400}]`.
    All replicas together keep them: no such time, wherever it begins, has more calls."""


class Retry(OptionGroup):
    """How a question is asked again that failed because the source was not there or overloaded."""

    attempts: int = Field(2, ge=0, le=10)
    """How often it is asked again, as long as there is time: only for what was not answered, and
    never for what writes. 0 asks once."""

    pause_s: Pause = 0.1
    """The pause before the second attempt, in seconds; each further one is twice as long. Up to
    half of it is left out by chance. `Retry-After` of the source is kept instead."""


class Breaker(OptionGroup):
    """When a source that fails is left alone for a while: the circuit breaker."""

    failures: int = Field(5, ge=1, le=10_000)
    """So many attempts in a row that fail open it: no answer, no connection, 429 or 5xx."""

    open_s: Seconds = 15
    """How long nothing is asked then. After it one question tries whether the source is back."""


class Keeping(OptionGroup):
    """How long answers of a live entity are kept and given again."""

    max_age_s: Pause = 0
    """How old a kept answer may be to be given instead of asking, in seconds; 0 always asks."""

    stale_while_revalidate_s: Pause = 0
    """How much longer than that it is given while it is asked for anew in the background."""

    stale_if_error_s: Pause = 0
    """How much longer than `max_age_s` it is given where the source does not answer. A source that
    refuses is no such case."""


class Options(OptionGroup):
    """The settings of one source, as they stand under its name in the configuration.

    A kind of connector extends this with its own settings; their descriptions are its manual.
    """

    kind: str
    """The kind of connector."""

    timeout_s: Seconds = Field(default=10, le=600)
    """How long one question to this source may take, in seconds."""

    page_timeout_s: Seconds = 600
    """How long a pull waits for the next page of records, in seconds. A source that gives none for
    so long is taken for dead, and the pull is tried again later from where it was."""

    sync_every_s: float = Field(default=300, ge=1, le=31_536_000, allow_inf_nan=False)
    """How long after one pull of this source the next one starts, in seconds."""

    critical: bool = False
    """Whether the gateway is not ready to serve while this source is down."""

    limits: CallLimits = CallLimits()
    """How much the source may be called."""

    retry: Retry = Retry()
    """How failed questions are asked again."""

    breaker: Breaker = Breaker()
    """When a source that fails is left alone."""

    cache: Mapping[str, Keeping] = Field(default_factory=dict)
    """For live entities, how long answers are kept, such as `ticket: {max_age_s: 30}`."""

    forward_headers: tuple[str, ...] = ()
    """Headers of the client's request that go on to the source, such as `Authorization`. What is
    kept for one client is then never given to another with other headers."""

    @field_validator("forward_headers")
    @classmethod
    def _are_forwardable(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if not _HEADER.fullmatch(name):
                raise ValueError(f"'{name}' is no name of a header")
            if name.lower() in _OF_CONNECTION:
                raise ValueError(f"'{name}' is about the connection and cannot go on to a source")
        return names

    @property
    def synced(self) -> frozenset[str]:
        """The entities that are pulled into the store, besides customers; all others are live."""
        return frozenset()
