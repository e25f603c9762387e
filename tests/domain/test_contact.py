"""The same address or number, however it was written."""

import pytest

from domain.contact import extension, normalised_email, normalised_phone, phone_lookup


@pytest.mark.parametrize(
    "text",
    [None, "", "  ", "nobody", "a@", "@example.com", "ada..b@example.com", "a b@example.com", "@"],
)
def test_what_is_no_address_is_none(text: str | None) -> None:
    """Nothing, blanks and broken addresses identify nobody."""
    assert normalised_email(text) is None


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("Ada@Example.COM", "ada@example.com"),
        ("  ada@example.com ", "ada@example.com"),
        ("mailto:ada@example.com", "ada@example.com"),
        ("Ada Lovelace <Ada@example.com>", "ada@example.com"),
        ("ａｄａ＠ｅｘａｍｐｌｅ．ｃｏｍ", "ada@example.com"),
        ("ada@München.de", "ada@xn--mnchen-3ya.de"),
        ("王芳@例子.中国", "王芳@xn--fsqu00a.xn--fiqs8s"),
        ("ada@shop.test", "ada@shop.test"),
    ],
)
def test_an_address_has_one_form(text: str, address: str) -> None:
    """Case, width, display names and national domains make no difference."""
    assert normalised_email(text) == address


@pytest.mark.parametrize("text", [None, "", "123", "call me", "转 8", "+86 123", "+"])
def test_what_is_no_number_is_none(text: str | None) -> None:
    """Nothing, words and numbers that nobody can have identify nobody."""
    assert normalised_phone(text, region="CN") is None


@pytest.mark.parametrize(
    ("text", "e164"),
    [
        ("+86 138 0013 8000", "+8613800138000"),
        ("0086 138-0013-8000", "+8613800138000"),
        ("138 0013 8000", "+8613800138000"),
        ("１３８　００１３　８０００", "+8613800138000"),
        ("+86(138)00138000", "+8613800138000"),
        ("(021) 6888-1234", "+862168881234"),
        ("(021) 6888-1234 转 8", "+862168881234"),
        ("021-68881234 分机:801", "+862168881234"),
        ("+49 0711 2842222", "+497112842222"),
        ("00 44 20 7976 5722", "+442079765722"),
    ],
)
def test_a_number_has_one_form(text: str, e164: str) -> None:
    """Spaces, width, prefixes and extensions make no difference."""
    assert normalised_phone(text, region="CN") == e164


def test_the_region_says_where_a_national_number_belongs() -> None:
    """Without a region, a number without a country code means nothing."""
    assert normalised_phone("138 0013 8000", region=None) is None
    assert normalised_phone("0086 138 0013 8000", region=None) == "+8613800138000"
    assert normalised_phone("0086 138 0013 8000", region="US") == "+8613800138000"
    assert normalised_phone("202 555 0123", region="US") == "+12025550123"


def test_an_extension_is_another_line() -> None:
    """Two desks behind one switchboard are not one customer."""
    assert extension("(021) 6888-1234 转 8") == "8"
    assert extension("(021) 6888-1234 ext. 12") == "12"
    assert extension("(021) 6888-1234") is None
    assert phone_lookup("(021) 6888-1234 转 8", region="CN") == "+862168881234;ext=8"
    assert phone_lookup("(021) 6888-1234", region="CN") == "+862168881234"
    assert phone_lookup("nobody", region="CN") is None
