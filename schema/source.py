"""Sources: the systems that the graph is made of."""

from datetime import datetime

import strawberry

from connectors.aspects.breaker import BreakerState
from connectors.health import SourceStatus
from resolvers import source
from schema.enumeration import enumeration
from schema.field import described

enumeration(
    SourceStatus,
    "How a source is doing, by the last question to it.",
    {
        "UNKNOWN": "It was not asked yet since the gateway started.",
        "OK": "It answered.",
        "PARTIAL": "It answered, but not everything could be read.",
        "TIMEOUT": "It did not answer in time.",
        "REFUSED": "It refused, or is not set up correctly.",
        "DOWN": "It could not be reached.",
        "OPEN": "It is left alone for a while: it failed, or may not be asked more often.",
        "STALE": "It failed, and what it had answered before was given instead.",
    },
)

enumeration(
    BreakerState,
    "Whether questions go on to a source.",
    {
        "CLOSED": "They do.",
        "OPEN": "It failed several times in a row, or asked for a rest: it is left alone.",
        "HALF_OPEN": "It was left alone; the next question tries whether it is back.",
    },
)


@strawberry.type(description="What protects a source that fails, and everybody who asks it.")
class SourceBreaker:
    """The circuit breaker of a source."""

    state: BreakerState = described("Whether questions go on to the source.")
    tries_again_at: datetime | None = described("When it is asked again, where it is left alone.")


@strawberry.type(description="How long a source takes to answer, by its last answers.")
class SourceLatency:
    """The times of the last answers of a source."""

    p50_ms: float = described("Half of the answers came within so many milliseconds.")
    p95_ms: float = described("95 of 100 answers came within so many milliseconds.")
    p99_ms: float = described("99 of 100 answers came within so many milliseconds.")
    answer_count: int = described("How many answers these figures are about.")


@strawberry.type(description="One kind of record of a source, and how it reaches the graph.")
class SourceEntity:
    """An entity of a source."""

    entity: str = described("The kind of record, such as `ticket`.")
    mode: str = described(
        "`live`: asked at query time. `synced`: pulled regularly. `indexed`: customers."
    )
    synced_at: datetime | None = described("When it was last pulled completely.")
    record_count: int | None = described("How many records the store has of it.")
    skipped_count: int | None = described("How many records could not be read in the last pull.")
    problem: str | None = described("What went wrong in the last pull, in words.")


@strawberry.type(description="A system that the graph is made of.")
class Source:
    """A source and its state."""

    name: str = described("Its name in the configuration.")
    kind: str = described("The kind of connector, such as `sql` or `rest`.")
    status: SourceStatus = described("How it is doing.")
    problem: str | None = described("What is wrong with it, in words.")
    asked_at: datetime | None = described("When it was last asked.")
    answered_at: datetime | None = described("When it last answered.")
    breaker: SourceBreaker | None = described(
        "Whether it is asked at all at the moment; the built-in source always is.", source.breaker
    )
    latency: SourceLatency | None = described(
        "How long it took to answer lately, where it did.", source.latency
    )
    entities: list[SourceEntity] = described("What it gives.", source.entities)
