"""The demo's data, made once for all tests of it."""

from pathlib import Path

import pytest

from gateway.demo.generation import generate


@pytest.fixture(scope="session")
def demo_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the data of all five systems."""
    folder = tmp_path_factory.mktemp("demo") / "data"
    generate(folder)
    return folder
