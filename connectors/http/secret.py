"""Secrets in settings: read leniently, never shown, not even where they are wrong."""

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, SecretStr


def _secret(value: object) -> object:
    """Secrets come from files and the environment: numbers are text, an end of line is none."""
    if not isinstance(value, str | int):
        return value
    text = str(value).strip()
    if not text or not text.isascii() or not text.isprintable():
        raise ValueError("a secret must be printable ASCII text on one line, and not empty")
    return SecretStr(text)


Secret = Annotated[SecretStr, BeforeValidator(_secret, json_schema_input_type=str)]


class SecretSettings(BaseModel):
    """Settings that hold secrets: what is wrong with them is told without repeating them."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, use_attribute_docstrings=True, hide_input_in_errors=True
    )
