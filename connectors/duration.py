"""Durations in settings, as numbers of seconds."""

from typing import Annotated, TypeAlias

from pydantic import Field

Seconds: TypeAlias = Annotated[float, Field(gt=0, le=31_536_000, allow_inf_nan=False)]
"""Some time, at most a year."""

Pause: TypeAlias = Annotated[float, Field(ge=0, le=31_536_000, allow_inf_nan=False)]
"""Some time or none, at most a year."""
