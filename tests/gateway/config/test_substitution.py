"""What `${…}` stands for, and files as secrets."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.config.substitution import Surroundings, Unresolved, substitute


def test_a_secret_from_a_file_loses_only_the_ends_of_its_lines(tmp_path: Path) -> None:
    """Editors and `echo` put a line end behind a secret; blanks may belong to it."""
    (tmp_path / "secret").write_bytes("\ufeffhun ter2 \r\n\n".encode())
    surroundings = Surroundings({}, tmp_path)

    assert substitute("a:${file:secret}@b", surroundings=surroundings) == "a:hun ter2 @b"
    absolute = f"${{file:{tmp_path}/secret}}"
    assert substitute(absolute, surroundings=surroundings) == "hun ter2 "


def test_what_a_file_holds_is_not_substituted_again(tmp_path: Path) -> None:
    """A secret may hold any signs."""
    (tmp_path / "secret").write_text("${HOME}$${")

    assert substitute("${file:secret}", surroundings=Surroundings({}, tmp_path)) == "${HOME}$${"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "cannot be read: No such file or directory"),
        (b"\xff\xfe", "is not UTF-8 text"),
        (b"x" * 65_537, "is larger than 64 KiB; this is no secret"),
    ],
)
def test_a_file_that_holds_no_secret_is_refused(
    tmp_path: Path, content: bytes | None, reason: str
) -> None:
    """The path is named, its content is not."""
    path = tmp_path / "secret"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(Unresolved) as caught:
        substitute("${file:secret}", surroundings=Surroundings({}, tmp_path))

    assert caught.value.reasons == (f"the file {path} {reason}",)


@given(st.text(), st.text())
def test_a_value_goes_in_as_it_is(before: str, value: str) -> None:
    """Whatever stands around it, and whatever it holds."""
    escaped = before.replace("${", "$${")
    surroundings = Surroundings({"X": value}, Path())

    if not escaped.endswith("$"):
        assert substitute(escaped + "${X}", surroundings=surroundings) == before + value
