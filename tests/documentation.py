"""The blocks of configuration that stand in the documentation, for tests that run them."""

import re
from collections.abc import Sequence
from pathlib import Path

_DOCS = Path(__file__).parents[1] / "docs"
_BLOCK = re.compile(r"^```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def yaml_blocks(section: str, *, file: str = "sources.md") -> Sequence[str]:
    """The YAML blocks of a section, which its heading's first word names."""
    text = (_DOCS / file).read_text()
    found = re.search(rf"^## {section}\b.*?(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    assert found is not None, f"docs/{file} has no section '{section}'"
    return _BLOCK.findall(found[0])
