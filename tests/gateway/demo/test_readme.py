"""What the README shows is what happens."""

from pathlib import Path

from gateway.config import load
from tests.gateway.demo.readme import block


def test_the_configuration_of_the_readme_is_accepted(tmp_path: Path) -> None:
    """A reader who copies it gets no error."""
    file = tmp_path / "customer360.yaml"
    file.write_text(block("yaml"), encoding="utf-8")

    settings = load(file, {"SHOP_URL": "sqlite:///shop.db"})

    assert settings.sources["shop"].synced == {"purchase"}
