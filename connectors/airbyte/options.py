"""The settings of an Airbyte source: the program, what it is told, and its streams."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field

from connectors.duration import Seconds
from connectors.mapping import Dialect, EntityMapping, MappedOptions, getter

FILES = "{files}"
"""What stands for the folder of the files that the program is given, in its command."""


def _synced(value: object) -> object:
    if value == "live":
        raise ValueError(
            "an Airbyte source gives what changed and cannot be asked: write `mode: synced`"
        )
    return value


def _path(text: str) -> str:
    getter(text, Dialect.JMESPATH)
    return text


class AirbyteEntity(EntityMapping):
    """One entity of an Airbyte source: a stream. Paths are JMESPath into the records' `data`."""

    dialect: ClassVar[Dialect] = Dialect.JMESPATH

    mode: Annotated[Literal["synced"], BeforeValidator(_synced)] = "synced"
    """Records are pulled into the store; nothing else is possible with this kind."""
    stream: str = Field(min_length=1)
    """The name of the stream, as `customer360 discover` tells it."""
    namespace: str | None = None
    """The namespace of the stream, such as a schema of a database, where it has one."""
    incremental: bool = True
    """Whether to read only what changed, where the stream can. `changed` names the field that
    tells when, where the source does not say it itself. Without it each pull reads everything."""
    deleted: Annotated[str, AfterValidator(_path)] = "_ab_cdc_deleted_at"
    """The path that holds something in records that were deleted."""


class AirbyteOptions(MappedOptions[AirbyteEntity]):
    """A program that speaks the Airbyte protocol."""

    # What is wrong with a secret is told without repeating it.
    model_config = ConfigDict(hide_input_in_errors=True)

    kind: Literal["airbyte"]
    """The kind of connector."""
    command: tuple[str, ...] = Field(min_length=1)
    """The program and its arguments, such as `[source-faker]`. It runs as the gateway does. With a
    container, mount the folder of its files, for which `{files}` stands:
    `[docker, run, --rm, -i, -v, "{files}:{files}:ro", airbyte/source-faker:6.2.21]`."""
    config: dict[str, Any] = Field(default_factory=dict, repr=False)
    """What the program is configured with; `customer360 discover` tells what it takes. It is given
    in a file that nobody else may read, and that is removed afterwards."""
    timeout_s: Seconds = Field(default=120, le=600)
    """How long the program may take to check itself, or to tell its streams, in seconds."""
    environment: tuple[str, ...] = ()
    """Names of environment variables that the program gets, besides `PATH`, `HOME` and those for
    languages, time zones and certificates. It sees no others: the gateway's may hold secrets."""
    silence_s: Seconds = 300
    """How long the program may say nothing before it is given up, in seconds."""
    page_size: int = Field(1000, ge=1, le=100_000)
    """How many records are stored at once where the source marks no place to go on from."""
    max_line_bytes: int = Field(8 * 1024 * 1024, ge=1024)
    """The longest message. A record that is longer is skipped."""
