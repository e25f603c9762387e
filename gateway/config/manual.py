"""The manual of the configuration as Markdown, made from the JSON Schema of the settings."""

import json
from collections.abc import Iterator, Mapping
from importlib.resources import files
from typing import Any

from connectors.contract import Kind
from gateway.config.json_schema import own_schema
from gateway.config.outline import Schema
from gateway.config.settings import Settings

_HEAD = "| setting | form | default | meaning |\n|---|---|---|---|\n"
_NAMES: Mapping[str, str] = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "`true` or `false`",
    "null": "nothing",
    "object": "mapping",
}


def manual(kinds: Mapping[str, Kind]) -> str:
    """Every setting of the file and of these kinds of sources, with its form and default."""
    introduction = files("gateway.config").joinpath("introduction.md").read_text("utf-8")
    schema = own_schema(Settings)
    parts = [introduction, *_sections(schema)]
    parts += ["## Kinds of sources\n\nWhat can stand under the name of a source, by its `kind`.\n"]
    parts += [_kind(name, kind) for name, kind in sorted(kinds.items())]
    return "\n".join(parts)


def _sections(schema: Schema) -> Iterator[str]:
    for name, setting in schema["properties"].items():
        definition = _target(setting, schema)
        table = f"\n{_table(definition, schema)}" if definition else ""
        yield f"## `{name}`\n\n{_line(_about(setting, schema))}\n{table}"


def _kind(name: str, kind: Kind) -> str:
    schema = own_schema(kind.options)
    parts = [
        f"### `kind: {name}`\n\n{_line(schema.get('description', ''))}\n",
        _table(schema, schema),
    ]
    for inner, definition in sorted(schema.get("$defs", {}).items()):
        about = _line(definition.get("description", ""))
        if "properties" in definition:
            parts.append(f"#### {inner} ({name})\n\n{about}\n\n{_table(definition, schema)}")
    return "\n".join(parts)


def _table(definition: Schema, schema: Schema) -> str:
    required = definition.get("required", ())
    rows = (
        f"| `{name}` | {_form(setting, schema)} | {_default(name, setting, required)}"
        f" | {_line(_about(setting, schema))} |\n"
        for name, setting in definition.get("properties", {}).items()
    )
    return _HEAD + "".join(rows)


def _about(setting: Schema, schema: Schema) -> str:
    """The description; pydantic leaves out that of a part whose class says the same."""
    text: str = setting.get("description") or (_target(setting, schema) or {}).get(
        "description", ""
    )
    return text


def _target(setting: Schema, schema: Schema) -> Schema | None:
    if "$ref" not in setting:
        return None
    found: Schema = schema["$defs"][setting["$ref"].removeprefix("#/$defs/")]
    return found


def _form(setting: Schema, schema: Schema) -> str:
    target = _target(setting, schema)
    if target is not None:
        name = setting["$ref"].removeprefix("#/$defs/")
        return name if "properties" in target else _form(target, schema)
    choices = [*setting.get("anyOf", ()), *setting.get("oneOf", ())]
    if choices:
        forms = (_form(each, schema) for each in choices if each.get("type") != "null")
        return " or ".join(dict.fromkeys(forms))
    return _plain_form(setting, schema)


def _plain_form(setting: Schema, schema: Schema) -> str:
    if "enum" in setting or "const" in setting:
        return ", ".join(f"`{each}`" for each in setting.get("enum", [setting.get("const")]))
    if setting.get("type") == "array":
        items = setting.get("items", {})
        return f"list of {_form(items, schema)}" if items else "list"
    inner = setting.get("additionalProperties")
    if isinstance(inner, Mapping):
        return f"mapping to {_form(inner, schema)}"
    return _NAMES.get(setting.get("type", ""), "any value") + _range(setting)


def _range(setting: Schema) -> str:
    bounds = [
        f"{word} {setting[key]}"
        for key, word in (
            ("minimum", "at least"),
            ("exclusiveMinimum", "more than"),
            ("maximum", "at most"),
            ("exclusiveMaximum", "less than"),
        )
        if key in setting
    ]
    return f", {', '.join(bounds)}" if bounds else ""


def _default(name: str, setting: Schema, required: Any) -> str:
    if name in required:
        return "required"
    value = setting.get("default")
    return "" if value in (None, [], {}) else f"`{json.dumps(value, ensure_ascii=False)}`"


def _line(text: str) -> str:
    """A description in one line that fits the cell of a table."""
    return " ".join(text.split()).replace("|", "\\|")
