"""The entity `document` in the configuration, where files are documents."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field, field_validator, model_validator

from connectors.documents.layout import Layout
from connectors.mapping import Dialect, EntityMapping, Expression
from connectors.mapping.entity import KeyValues

DOCUMENT_FIELDS: Mapping[str, str] = MappingProxyType(
    {each: each for each in ("name", "kind", "media_type", "size_bytes", "version", "modified_at")}
)


class StoredEntity(EntityMapping):
    """What every entity that is made of files has in common."""

    @field_validator("changed")
    @classmethod
    def _has_no_time(cls, value: str | None) -> str | None:
        if value is not None:
            raise ValueError("leave it out: a folder tells by itself which files have changed")
        return value


def _pattern(value: object) -> object:
    return Layout.parsed(value) if isinstance(value, str) else value


class DocumentEntity(StoredEntity):
    """The entity `document` where each file below the root is a document.

    Paths in `fields` and `references` look into: `path name suffix folder media_type size_bytes
    modified_at version kind customer`, `layout` (the parts that the layout names), `meta` (the
    sidecar of the file, `<file>.meta.json`) and `sidecar` (the nearest `customer.json`).
    """

    dialect: ClassVar[Dialect] = Dialect.JMESPATH

    key: KeyValues = (Expression.model_validate({"from": "path"}),)
    """What identifies a document: its path below the root."""

    layout: Annotated[Layout, BeforeValidator(_pattern, json_schema_input_type=str)] = Field(
        default_factory=lambda: Layout.parsed("**/*")
    )
    """How paths tell what a document is, such as `customers/{customer}/{kind}/{name}`; a file that
    does not fit is no document. `customer`, `kind` and `version` are understood."""

    sidecar: str = "customer.json"
    """The name of the file in a folder that describes the customer whose documents are there."""

    kinds: dict[str, str] = Field(default_factory=dict)
    """Words for kinds of documents, such as `合同: CONTRACT`, besides those that are known."""

    @model_validator(mode="before")
    @classmethod
    def _filled_in(cls, value: Any) -> Any:
        if not isinstance(value, Mapping):
            return value
        references = {"customer": "customer", **(value.get("references") or {})}
        if isinstance(references["customer"], Mapping):
            references["customer"] = {"from": "customer", **references["customer"]}
        fields = {**DOCUMENT_FIELDS, **(value.get("fields") or {})}
        return {**value, "references": references, "fields": fields}
