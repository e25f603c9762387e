"""Links that are signed."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.link import Link, LinkProblem, sign, verify

KEY = b"k" * 32
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_a_link_names_its_document_until_it_expires() -> None:
    """A token is good up to the last moment before its expiry."""
    token = sign("files", "王芳/合同.pdf", key=KEY, now=NOW, lifetime=timedelta(minutes=5))

    last = verify(token, key=KEY, now=NOW + timedelta(minutes=4, seconds=59))

    assert last == Link("files", "王芳/合同.pdf", NOW + timedelta(minutes=5))


def test_a_link_ends_at_its_expiry() -> None:
    """At the very moment of the expiry it is over."""
    token = sign("files", "a.pdf", key=KEY, now=NOW, lifetime=timedelta(minutes=5))

    assert verify(token, key=KEY, now=NOW + timedelta(minutes=5)) is LinkProblem.EXPIRED


def test_a_link_of_another_key_is_forged() -> None:
    """Only our own key makes links; an expired forgery is a forgery."""
    token = sign("files", "a.pdf", key=b"x" * 32, now=NOW, lifetime=timedelta(0))

    assert verify(token, key=KEY, now=NOW) is LinkProblem.FORGED


@pytest.mark.parametrize(
    "token",
    ["", "v1", "v1..", "v2.e30." + "A" * 43, "v1.e30." + "A" * 42, "v1.合同." + "A" * 43, "\x00"],
)
def test_what_is_no_token_is_garbled(token: str) -> None:
    """Cut-off, foreign and empty texts are told apart from forgeries."""
    assert verify(token, key=KEY, now=NOW) is LinkProblem.GARBLED


def test_a_short_key_is_refused() -> None:
    """A key that could be guessed signs nothing."""
    with pytest.raises(ValueError, match="at least 32 random ones"):
        sign("files", "a.pdf", key=b"secret", now=NOW)


@given(place=st.integers(0, 400), letter=st.sampled_from("AZaz09-_."))
def test_no_changed_letter_survives(place: int, letter: str) -> None:
    """A token with any one letter changed is never good."""
    token = sign("files", "kunden/0042/vertrag.pdf", key=KEY, now=NOW)
    changed = token[: place % len(token)] + letter + token[place % len(token) + 1 :]

    outcome = verify(changed, key=KEY, now=NOW)

    assert changed == token or isinstance(outcome, LinkProblem)


@given(source=st.text(min_size=1), record_id=st.text(min_size=1))
def test_any_name_travels_unchanged(source: str, record_id: str) -> None:
    """Every source and record id comes out as it went in."""
    token = sign(source, record_id, key=KEY, now=NOW)

    assert verify(token, key=KEY, now=NOW) == Link(source, record_id, NOW + timedelta(minutes=15))


@given(token=st.text())
def test_no_text_breaks_the_check(token: str) -> None:
    """Whatever a client sends has an outcome."""
    assert verify(token, key=KEY, now=NOW) in {LinkProblem.GARBLED, LinkProblem.FORGED}
