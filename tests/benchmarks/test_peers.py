"""The npm projects of the benchmark."""

import re

import pytest

from benchmarks.lineup import ENTRANTS
from benchmarks.peers import FOLDER

_PEERS = sorted(each.parent.name for each in FOLDER.glob("*/package.json"))


@pytest.mark.parametrize("name", _PEERS)
def test_a_lock_file_says_what_and_not_from_where(name: str) -> None:
    """Whoever installs has a registry of their own."""
    content = (FOLDER / name / "package-lock.json").read_text(encoding="utf-8")

    assert '"integrity"' in content
    assert re.findall(r'"resolved"|https?://[^"]*\.tgz', content) == []


def test_every_peer_takes_part() -> None:
    """A project that nobody starts is forgotten."""
    used = {each.peer for each in ENTRANTS.values() if each.peer}

    assert set(_PEERS) == used | {"node"}
