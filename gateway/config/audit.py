"""The section `audit`: whether it is recorded who reads and changes what, and for how long."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

_MIN_KEY_LENGTH = 32


class Audit(BaseModel):
    """A record of every request that reads or changes something of customers.

    It says who asked, in which role and what for, which operation, which customers and which fields
    were in the answer, but nothing of what they hold. An answer is sent when its record is on disk;
    while nothing can be recorded, such requests are answered with 503. `customer360 audit` shows,
    checks and exports the records.
    """

    model_config = ConfigDict(
        extra="forbid", frozen=True, use_attribute_docstrings=True, hide_input_in_errors=True
    )

    enabled: bool | None = None
    """Whether anything is recorded. Without it, it is as soon as there is a section `access`:
    before that nobody has a name that could be recorded."""

    retention_days: Annotated[int, Field(ge=1, le=36_500)] = 365
    """How long records are kept, in days."""

    anchor_every_s: Annotated[float, Field(ge=1, le=3600, allow_inf_nan=False)] = 60
    """After how many seconds it is signed, and logged, how far the records have come. Who may write
    to the database could cut off, unnoticed, only what came after the last time."""

    signing_key: SecretStr | None = None
    """The secret that signs it, at least 32 characters. Without it one is derived from the key that
    signs download links. Several replicas must be given the same. Keep it off the database."""

    @field_validator("signing_key")
    @classmethod
    def _is_long(cls, key: SecretStr | None) -> SecretStr | None:
        if key is not None and len(key.get_secret_value()) < _MIN_KEY_LENGTH:
            raise ValueError(f"the key must have at least {_MIN_KEY_LENGTH} characters")
        return key
