"""docs/security.md: every test that it names exists, and every threat names one."""

import ast
import re
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]
_TEXT = (_ROOT / "docs" / "security.md").read_text(encoding="utf-8")
_NAMED = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
_STRIDE = (
    "Spoofing",
    "Tampering",
    "Repudiation",
    "Information disclosure",
    "Denial of service",
    "Elevation of privilege",
)


@pytest.mark.parametrize(("file", "name"), sorted(set(_NAMED.findall(_TEXT))))
def test_the_test_exists(file: str, name: str) -> None:
    """Under the name that the document says, in the file that it says."""
    tree = ast.parse((_ROOT / file).read_text(encoding="utf-8"))

    assert name in {each.name for each in ast.walk(tree) if isinstance(each, ast.FunctionDef)}


@pytest.mark.parametrize("title", _STRIDE)
def test_every_threat_names_its_test(title: str) -> None:
    """No line of the six tables is without one."""
    found = re.search(rf"^## {title}:.*?(?=^## )", _TEXT, re.MULTILINE | re.DOTALL)
    assert found is not None
    _, _, *rows = [each for each in found[0].splitlines() if each.startswith("|")]

    assert rows
    assert [each for each in rows if not _NAMED.search(each)] == []
