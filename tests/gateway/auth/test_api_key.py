"""API keys: their form, what is kept of them, and when they count."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from domain.viewer import Viewer
from gateway.auth.api_key import ApiKey, Grant

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def test_a_key_is_read_as_it_was_written() -> None:
    """The text is the key."""
    key = ApiKey.new()

    assert ApiKey.read(str(key)) == key
    assert len(str(key)) == 5 + 12 + 1 + 64


def test_no_two_keys_are_alike_and_none_shows_its_secret() -> None:
    """Neither in lists nor in logs."""
    one, other = ApiKey.new(), ApiKey.new()

    assert (one.id, one.secret) != (other.id, other.secret)
    assert one.secret not in repr(one)
    assert one.secret not in one.digest


@pytest.mark.parametrize(
    "text",
    ["", "c360_", "c360_abc_def", "C360_" + "0" * 12 + "_" + "0" * 64, "c360_" + "0" * 77, "密钥"],
)
def test_what_has_another_form_is_no_key(text: str) -> None:
    """Nobody is asked about it."""
    assert ApiKey.read(text) is None


def test_a_key_counts_until_it_ends_or_is_revoked() -> None:
    """At its end it counts no longer."""
    key = ApiKey.new()
    grant = Grant(id=key.id, digest=key.digest, viewer=Viewer(name="portal"), created_at=NOW)
    later = NOW + timedelta(days=1)

    assert grant.admits(key, now=later)
    assert not grant.admits(ApiKey(key.id, "0" * 64), now=later)
    assert not replace(grant, expires_at=later).admits(key, now=later)
    assert not replace(grant, revoked_at=NOW).admits(key, now=later)
