"""The JSON Schema of `customer360.yaml`, for editors that complete and check while one types."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from connectors.contract import Kind
from gateway.config.settings import Settings

SOURCE_NAME = "^[a-z][a-z0-9_-]*$"
_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_SUBSTITUTED = {"type": "string", "pattern": r"\$\{.+\}"}
_BY_NAME = frozenset({"properties", "$defs", "patternProperties"})
_LISTED = frozenset({"anyOf", "oneOf", "allOf", "prefixItems"})
_SINGLE = frozenset({"items", "additionalProperties"})
_NARROW = frozenset({"enum", "const", "pattern", "format", "minLength", "maxLength"})
_ABOUT = frozenset({"title", "description", "default"})


class _Generator(GenerateJsonSchema):
    """Leaves the place of the sources open, since their form depends on their kinds."""

    def is_instance_schema(self, schema: core_schema.IsInstanceSchema) -> JsonSchemaValue:
        del schema
        return {"type": "object"}

    def field_title_should_be_set(self, schema: object) -> bool:
        """Leave out titles, which would only repeat the names of the settings."""
        del schema
        return False


def own_schema(model: type[BaseModel], *, prefix: str = "") -> dict[str, Any]:
    """The JSON Schema of one model; references to its parts start with the prefix."""
    template = f"#/$defs/{prefix}{{model}}"
    return model.model_json_schema(schema_generator=_Generator, ref_template=template)


def json_schema(kinds: Mapping[str, Kind]) -> dict[str, Any]:
    """The JSON Schema of a configuration whose sources are of these kinds."""
    schema: dict[str, Any] = _opened(own_schema(Settings))
    schema["$defs"].pop("Options", None)
    for name, kind in sorted(kinds.items()):
        schema["$defs"] |= _of_kind(name, kind)
    schema["properties"]["sources"] |= {
        "propertyNames": {"pattern": SOURCE_NAME, "not": {"const": "native"}},
        "additionalProperties": _choice(sorted(kinds)),
    }
    return {"$schema": _DIALECT, **schema, "title": "customer360.yaml"}


def _of_kind(name: str, kind: Kind) -> dict[str, Any]:
    """The definitions of one kind, under names that no other kind can have."""
    title = _title(name)
    schema = _opened(own_schema(kind.options, prefix=f"{title}."))
    inner: dict[str, Any] = schema.pop("$defs", {})
    schema["properties"]["kind"] = {"const": name, "description": "The kind of connector."}
    return {title: schema, **{f"{title}.{key}": value for key, value in inner.items()}}


def _choice(names: list[str]) -> dict[str, Any]:
    """A source of one of the kinds, decided by `kind`, so that an editor blames that one alone."""
    return {
        "type": "object",
        "required": ["kind"],
        "properties": {"kind": {"enum": names}},
        "allOf": [
            {
                "if": {"properties": {"kind": {"const": name}}, "required": ["kind"]},
                "then": {"$ref": f"#/$defs/{_title(name)}"},
            }
            for name in names
        ],
    }


def _title(kind: str) -> str:
    return f"source_{kind}"


def _opened(schema: Any) -> Any:
    """The schema with `${NAME}` allowed wherever it wants a scalar of a narrower form."""
    if not isinstance(schema, dict):
        return schema
    opened = {key: _opened_part(key, value) for key, value in schema.items()}
    is_narrow_text = schema.get("type") == "string" and not _NARROW.isdisjoint(schema)
    if not is_narrow_text and schema.get("type") not in {"integer", "number", "boolean"}:
        return opened
    about = {key: value for key, value in opened.items() if key in _ABOUT}
    form = {key: value for key, value in opened.items() if key not in _ABOUT}
    return {**about, "anyOf": [form, _SUBSTITUTED]}


def _opened_part(key: str, value: Any) -> Any:
    if key in _BY_NAME:
        return {name: _opened(each) for name, each in value.items()}
    if key in _LISTED:
        return [_opened(each) for each in value]
    return _opened(value) if key in _SINGLE else value
