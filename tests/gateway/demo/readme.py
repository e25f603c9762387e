"""The blocks of the README."""

import re
from pathlib import Path

_README = Path(__file__).parents[3] / "README.md"


def block(language: str) -> str:
    """The first block of a language."""
    found = re.search(rf"```{language}\n(.*?)```", _README.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    return found[1]
