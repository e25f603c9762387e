"""Configuration files for tests, and a kind of connector for them to configure."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from connectors.contract import Connector, Environment, Kind, Options
from gateway.config import InvalidConfiguration, Settings, load


class Part(BaseModel):
    """A part of the options of the test kind."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    column: str
    """The column."""

    unit: Literal["cents", "euros"] = "euros"
    """The unit."""


class StoreOptions(Options):
    """A kind of source for tests."""

    url: str
    """Where it is."""

    password: SecretStr | None = None
    """The password."""

    fields: Mapping[str, str | Part] = Field(default_factory=dict)
    """The fields."""

    pages: tuple[int, ...] = ()
    """The pages."""

    polite: bool = True
    """Whether to ask nicely."""


def _never_opened(name: str, options: Any, environment: Environment) -> Connector:
    raise AssertionError((name, options, environment))


KINDS = {
    "rest": Kind(name="rest", options=StoreOptions, open=_never_opened),
    "sql": Kind(name="sql", options=StoreOptions, open=_never_opened),
}


def loaded(
    folder: Path,
    text: str | bytes,
    environ: Mapping[str, str] | None = None,
    kinds: Mapping[str, Kind] = KINDS,
) -> Settings:
    """The settings of a file with this text."""
    path = folder / "customer360.yaml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return load(path, environ or {}, kinds=kinds)


def problems(
    folder: Path, text: str | bytes, environ: Mapping[str, str] | None = None
) -> list[str]:
    """What is wrong with a file with this text, each without the folder in front."""
    with pytest.raises(InvalidConfiguration) as caught:
        loaded(folder, text, environ)
    return [str(each).removeprefix(f"{folder}/") for each in caught.value.problems]
