"""The JSON Schema for editors."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

from connectors import registry
from connectors.contract import Kind
from gateway.commands.config import schema_text
from gateway.config import configurable
from gateway.config.json_schema import json_schema
from gateway.config.manual import manual
from tests.gateway.config.writing import KINDS

ROOT = Path(__file__).parents[3]


def own_kinds() -> Mapping[str, Kind]:
    """The kinds that are part of this project, whatever else is installed."""
    kinds = configurable(registry.kinds())
    return {
        name: kind
        for name, kind in kinds.items()
        if kind.options.__module__.startswith("connectors.")
    }


def undescribed(schema: Any, path: str = "") -> list[str]:
    """The settings without a description, as paths."""
    if isinstance(schema, list):
        return [each for inner in schema for each in undescribed(inner, path)]
    if not isinstance(schema, dict):
        return []
    found = [
        f"{path}.{name}"
        for name, setting in schema.get("properties", {}).items()
        if isinstance(setting, dict) and not setting.get("description") and "$ref" not in setting
    ]
    return found + [
        each for key, inner in schema.items() for each in undescribed(inner, f"{path}.{key}")
    ]


@pytest.mark.parametrize(
    ("text", "is_valid"),
    [
        ("sources: {shop: {kind: sql, url: x}}", True),
        ("sources: {shop: {kind: sql, url: x, timeout_s: '${T:-5}', polite: '${R}'}}", True),
        ("server: {port: '${PORT}'}", True),
        ("server: {port: '8o'}", False),
        ("server: {prot: 80}", False),
        ("sources: {shop: {kind: sqll, url: x}}", False),
        ("sources: {shop: {kind: sql, ulr: x}}", False),
        ("sources: {shop: {kind: sql}}", False),
        ("sources: {shop: {url: x}}", False),
        ("sources: {Shop: {kind: sql, url: x}}", False),
        ("sources: {native: {kind: sql, url: x}}", False),
        ("sources: {shop: {kind: sql, url: x, fields: {a: {column: b, unit: cents}}}}", True),
        ("sources: {shop: {kind: sql, url: x, fields: {a: {column: b, unit: cent}}}}", False),
    ],
)
def test_editors_judge_as_the_gateway_does(text: str, *, is_valid: bool) -> None:
    """The schema accepts and refuses the same files, as far as a schema can."""
    validator = jsonschema_rs.Draft202012Validator(json_schema(KINDS))

    assert validator.is_valid(yaml.safe_load(text)) is is_valid


def test_the_schema_in_the_documentation_is_current() -> None:
    """To mend: `customer360 config schema --write docs/customer360.schema.json`."""
    there = (ROOT / "docs" / "customer360.schema.json").read_text("utf-8")

    assert there == schema_text(own_kinds())


def test_the_manual_is_current() -> None:
    """To mend: `customer360 config manual --write docs/configuration.md`."""
    there = (ROOT / "docs" / "configuration.md").read_text("utf-8")

    assert there == manual(own_kinds())


def test_every_setting_is_described() -> None:
    """Those of the file, and those of every kind of source."""
    schema = json_schema(own_kinds())
    schema["properties"]["sources"].pop("additionalProperties")

    assert undescribed(schema) == []


def test_the_manual_names_form_default_and_meaning_of_each_setting() -> None:
    """For the file itself and for the kinds."""
    text = manual(KINDS)

    assert (
        "| `port` | whole number, at least 0, at most 65535 | `8360` | The port to listen at"
        in text
    )
    assert "| `url` | text | required | Where it is. |" in text
    assert "| `fields` | mapping to text or Part |  | The fields. |" in text
    assert '| `unit` | `cents`, `euros` | `"euros"` | The unit. |' in text
