"""E-mail addresses and phone numbers: what is the same address, however it was written."""

import functools
import re
import unicodedata

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from domain.customer import PhoneNumber

_EXTENSION = re.compile(
    r"(?:转|轉|分机|分機|内线|內線|ext(?:ension)?\.?|x|#|;ext=)\s*[::]?\s*(\d{1,7})\D*$",
    re.IGNORECASE,
)
_INTERNATIONAL_PREFIX = "00"

# Validating takes 60 µs, and the same address comes from several sources, again and again.
_remembered = functools.lru_cache(maxsize=20_000)


@_remembered
def normalised_email(text: str | None) -> str | None:
    """The address in lower case with the domain in ASCII, or nothing where it is no address.

    `Ada <ADA@Example.com>`, `mailto:ada@example.com` and full-width letters are understood.
    """
    if not text:
        return None
    plain = unicodedata.normalize("NFKC", text).strip().removeprefix("mailto:")
    try:
        # The domain is never looked up; `.test` is allowed, so that staging behaves like the rest.
        valid = validate_email(
            plain,
            check_deliverability=False,
            allow_smtputf8=True,
            allow_display_name=True,
            globally_deliverable=False,
            test_environment=True,
        )
    except EmailNotValidError:
        return None
    return f"{valid.local_part.lower()}@{valid.ascii_domain.lower()}"


@_remembered
def normalised_phone(text: str | None, *, region: str | None) -> str | None:
    """The number in E.164, without its extension, or nothing where it is no valid number.

    `region` (ISO 3166, such as `CN`) is where a number without a country code belongs.
    """
    plain = _split(text or "")[0]
    if not plain:
        return None
    found = _valid(plain, region)
    if found is None and plain.startswith(_INTERNATIONAL_PREFIX):
        # Not every country dials 00 for abroad, yet people everywhere write it.
        found = _valid(f"+{plain.removeprefix(_INTERNATIONAL_PREFIX)}", None)
    return found


def extension(text: str | None) -> str | None:
    """The extension behind a switchboard's number, such as `8` in `(021) 6888-1234 转 8`."""
    return _split(text or "")[1]


def phone_identity(phone: PhoneNumber) -> str | None:
    """What the number stands for: E.164 and the extension, as in RFC 3966, if it is valid."""
    inner = extension(phone.original)
    return f"{phone.e164};ext={inner}" if phone.e164 and inner else phone.e164


def phone_lookup(text: str | None, *, region: str | None) -> str | None:
    """What to look a written number up by: the `phone_identity` of who carries it."""
    return phone_identity(
        PhoneNumber(e164=normalised_phone(text, region=region), original=text or "")
    )


def _split(text: str) -> tuple[str, str | None]:
    plain = unicodedata.normalize("NFKC", text).strip()
    found = _EXTENSION.search(plain)
    return (plain[: found.start()].strip(), found[1]) if found else (plain, None)


def _valid(text: str, region: str | None) -> str | None:
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
