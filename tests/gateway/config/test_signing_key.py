"""The secret of download links."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from gateway.config import link_signing_key
from tests.gateway.config.writing import loaded


def test_a_configured_key_is_used_and_nothing_is_written(tmp_path: Path) -> None:
    """Replicas share it."""
    settings = loaded(tmp_path, f"server: {{link_signing_key: {'k' * 32}}}")

    assert link_signing_key(settings) == b"k" * 32
    assert not settings.data_dir.exists()


def test_without_one_a_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    """Links stay good over a restart."""
    settings = loaded(tmp_path, "sources: {}")

    first = link_signing_key(settings)

    assert len(first) == 43
    assert link_signing_key(settings) == first
    assert stat.S_IMODE((tmp_path / ".customer360" / "link-signing.key").stat().st_mode) == 0o600


def test_processes_that_start_together_agree_on_one_key(tmp_path: Path) -> None:
    """The first one wins, and no draft is left behind."""
    settings = loaded(tmp_path, "store: {data_dir: data}")

    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: link_signing_key(settings), range(32)))

    assert len(keys) == 1
    assert [each.name for each in (tmp_path / "data").iterdir()] == ["link-signing.key"]
