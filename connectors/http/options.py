"""The settings of a source behind HTTP: where it is, and how to be let in."""

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, ConfigDict, Field

from connectors.duration import Seconds
from connectors.http.credentials import Auth
from connectors.options import OptionGroup, Options


def _base_url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("write a whole address, such as https://crm.example.com/api/v1")
    if parts.username or parts.password:
        raise ValueError("write user and password under `auth: {basic: …}`, not in the address")
    if parts.query or parts.fragment:
        raise ValueError("write query parameters under `params` of each list, not in the address")
    return text


class OverloadedWhen(OptionGroup):
    """What a source says instead of 429 where it is asked too often."""

    statuses: tuple[Annotated[int, Field(ge=400, le=599)], ...] = Field(min_length=1)
    """The statuses, for example `[403]`."""
    text: str | None = Field(None, min_length=1)
    """Words that the answer must hold, such as `REQUEST_LIMIT_EXCEEDED`; without them the status
    alone says it."""


class HttpOptions(Options):
    """A source behind HTTP."""

    # What is wrong with a secret is told without repeating it.
    model_config = ConfigDict(hide_input_in_errors=True)

    base_url: Annotated[str, AfterValidator(_base_url)]
    """The address that all paths are below, for example `https://crm.example.com/api/v1`."""
    auth: Auth = Auth()
    """How to authenticate."""
    headers: dict[str, str] = Field(default_factory=dict)
    """Further headers that are no secret, for example `Accept-Language: zh`."""
    connect_timeout_s: Seconds = 5
    """How long it may take to be connected, in seconds."""
    read_timeout_s: Seconds | None = None
    """How long the source may be silent in the middle of an answer, in seconds; as long as
    `timeout_s`, which is for the whole of it, if not given."""
    overloaded_when: OverloadedWhen | None = None
    """What the source says besides 429 where it is asked too often, such as
    `{statuses: [403], text: REQUEST_LIMIT_EXCEEDED}`."""
    max_response_bytes: int = Field(16 * 1024 * 1024, ge=1)
    """The largest answer to one request, after decompression."""
