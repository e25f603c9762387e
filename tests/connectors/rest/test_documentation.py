"""The documentation of REST sources: every block in it can be loaded."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from connectors.rest.options import RestOptions
from gateway.config import load
from tests.connectors.rest.opening import options, tickets
from tests.documentation import yaml_blocks

NAMES = (
    "PAYMENTS_KEY DESK_TOKEN DESK_PASSWORD DESK_KEY TENANT CLIENT_SECRET ZOHO_CLIENT ZOHO_SECRET"
    " ZOHO_REFRESH_TOKEN ACCESS_KEY SIGNING_SECRET"
)
ENVIRON = dict.fromkeys(NAMES.split(), "hush")
SETTINGS = [block for block in yaml_blocks("rest") if not block.startswith("sources:")]


def _loaded(folder: Path, text: str) -> RestOptions:
    file = folder / "customer360.yaml"
    file.write_text(text)
    (made,) = load(file, ENVIRON).sources.values()
    assert isinstance(made, RestOptions)
    return made


def test_the_whole_source_can_be_loaded(tmp_path: Path) -> None:
    """What there is more to it is tried against a real server in the stories."""
    block = next(each for each in yaml_blocks("rest") if each.startswith("sources:"))

    assert sorted(_loaded(tmp_path, block).entities) == ["customer", "purchase"]


@pytest.mark.parametrize("block", SETTINGS, ids=lambda block: " ".join(block.split())[:50])
def test_each_setting_can_be_loaded(tmp_path: Path, block: str) -> None:
    """Under the name of a source, or in its list."""
    (name,) = yaml.safe_load(block)
    place = {"path": "/tickets"}
    entity: dict[str, Any] = tickets(list=place)
    source: dict[str, Any] = {"kind": "rest", "base_url": "https://d.example", "entities": entity}
    if name == "paging":
        place |= yaml.safe_load(block)
    else:
        source |= yaml.safe_load(block)

    made = _loaded(tmp_path, yaml.safe_dump({"sources": {"desk": source}}))

    assert made != options(entity, auth={}, base_url="https://d.example") or name == "paging"


def test_every_way_to_authenticate_is_shown() -> None:
    """So that nobody has to guess one."""
    shown = {name for block in SETTINGS for name in yaml.safe_load(block).get("auth", {})}

    assert shown == {"bearer", "basic", "api_key", "headers", "oauth2", "hmac", "tls"}


def test_every_way_to_page_is_shown() -> None:
    """But that of a list that comes whole."""
    blocks = map(yaml.safe_load, SETTINGS)
    shown = {block["paging"]["style"] for block in blocks if "paging" in block}

    assert shown == {"page", "offset", "cursor", "link", "keyset"}
