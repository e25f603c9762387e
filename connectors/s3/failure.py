"""What the errors of S3 mean, in words for those who operate the gateway."""

import re
from collections.abc import Mapping
from types import MappingProxyType

from connectors.contract import (
    Misconfigured,
    Refused,
    SourceError,
    TimedOut,
    Unavailable,
)
from connectors.http.content import Content
from connectors.http.message import Run

_CODE = re.compile(rb"<Code>([A-Za-z0-9.]{1,80})</Code>")
_REGION = re.compile(rb"<Region>([a-z0-9-]{1,40})</Region>")

_KEYS = (Refused, "the store does not know `access_key`")
_OLD = (Refused, "the temporary credentials are over; give new ones, or a role")
_REGIONAL = (
    Misconfigured,
    "the bucket is in another region; set `region`, or the right `endpoint`",
)
_BUSY = (Unavailable, "the store is busy")

_BY_CODE: Mapping[str, tuple[type[SourceError], str]] = MappingProxyType(
    {
        "AccessDenied": (
            Refused,
            "the credentials do not allow this; s3:ListBucket and s3:GetObject are needed",
        ),
        "AllAccessDisabled": (Refused, "the bucket is closed"),
        "InvalidAccessKeyId": _KEYS,
        "SignatureDoesNotMatch": (
            Refused,
            "the signature is wrong; compare `secret_key`, `region` and `addressing`",
        ),
        "ExpiredToken": _OLD,
        "ExpiredTokenException": _OLD,
        "TokenRefreshRequired": _OLD,
        "InvalidToken": (Refused, "the store does not take `session_token`"),
        "RequestTimeTooSkewed": (
            Misconfigured,
            "the clocks of this machine and of the store differ; set them by NTP",
        ),
        "RequestExpired": (
            Misconfigured,
            "the clocks of this machine and of the store differ; set them by NTP",
        ),
        "NoSuchBucket": (Misconfigured, "there is no such bucket; check `bucket` and `endpoint`"),
        "InvalidBucketName": (Misconfigured, "the bucket cannot be named so; check `bucket`"),
        "PermanentRedirect": _REGIONAL,
        "TemporaryRedirect": _REGIONAL,
        "AuthorizationHeaderMalformed": _REGIONAL,
        "IllegalLocationConstraintException": _REGIONAL,
        "InvalidObjectState": (Refused, "the object is in an archive; restore it first"),
        "RequestTimeout": (TimedOut, "the store gave up waiting"),
        "SlowDown": _BUSY,
        "ServiceUnavailable": _BUSY,
        "Throttling": _BUSY,
        "ThrottlingException": _BUSY,
        "RequestLimitExceeded": _BUSY,
        "TooManyRequests": _BUSY,
    }
)

_NOT_IN = (Refused, "the store does not let us in; check the keys and what they allow")
_BY_STATUS: Mapping[int, tuple[type[SourceError], str]] = MappingProxyType(
    {
        401: _NOT_IN,
        403: _NOT_IN,
        404: (Misconfigured, "nothing is there; check `endpoint` and `bucket`"),
    }
)
"""For stores, and for proxies before them, that say no code."""


def code(content: Content) -> str:
    """The code of an error of S3; empty where there is none."""
    found = _CODE.search(content.body)
    return found[1].decode() if found else ""


def failure(content: Content, *, source: str, run: Run) -> SourceError:
    """The failure that an answer without success stands for."""
    general = content.failure or Unavailable(source, f"the store answered {content.status}")
    meaning = _BY_CODE.get(code(content))
    if meaning is None:
        moved = content.headers.get("x-amz-bucket-region")
        is_moved = moved and content.status in {301, 307, 400}
        meaning = _REGIONAL if is_moved else _BY_STATUS.get(content.status)
    if meaning is None:
        return general
    kind, text = meaning
    if meaning is _REGIONAL:
        text += _hint(content)
    path = content.url.path
    error = kind(
        source,
        f"{path} answered {content.status} {code(content)}".rstrip() + f": {text}",
        retry_after_s=general.retry_after_s,
    )
    # What is said of the credentials, the bucket or the load holds for all further requests.
    if code(content) not in {"InvalidObjectState", "RequestTimeout", "AccessDenied"}:
        run.stopped_by = error
    return error


def _hint(content: Content) -> str:
    named = content.headers.get("x-amz-bucket-region")
    found = _REGION.search(content.body)
    region = named or (found[1].decode() if found else "")
    return f" (it says {region})" if region else ""
