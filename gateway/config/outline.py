"""What may stand where in a model, read from its JSON Schema."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

Schema: TypeAlias = Mapping[str, Any]


def names_at(schema: Schema, path: Sequence[str | int]) -> tuple[str, ...]:
    """The settings that may stand at the end of the path, in the order of their definition."""
    found = list(_plain(schema, schema))
    for part in path:
        found = [each for above in found for each in _inside(above, part, schema)]
    return tuple(dict.fromkeys(name for each in found for name in each.get("properties", ())))


def _inside(above: Schema, part: str | int, schema: Schema) -> Iterator[Schema]:
    properties = above.get("properties", {})
    if part in properties:
        yield from _plain(properties[part], schema)
    elif isinstance(above.get("additionalProperties"), Mapping):
        yield from _plain(above["additionalProperties"], schema)
    if isinstance(part, int) and "items" in above:
        yield from _plain(above["items"], schema)


def _plain(part: Schema, schema: Schema) -> Iterator[Schema]:
    """The part, or what it refers to or chooses from."""
    if "$ref" in part:
        name = part["$ref"].removeprefix("#/$defs/")
        yield from _plain(schema["$defs"][name], schema)
    for each in [*part.get("anyOf", ()), *part.get("oneOf", ()), *part.get("allOf", ())]:
        yield from _plain(each, schema)
    yield part
