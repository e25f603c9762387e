"""The settings of a store of documents, whatever its protocol."""

from collections.abc import Mapping
from typing import Any, Self

from pydantic import Field, field_validator, model_validator

from connectors.documents.entity import DocumentEntity
from connectors.duration import Pause
from connectors.mapping import MappedOptions


class StoreOptions(MappedOptions[DocumentEntity]):
    """A store of documents. Its one entity is `document`."""

    max_documents: int = Field(200_000, gt=0)
    """The most files that are looked at for documents, below the root or below the folder of one
    customer."""

    refresh_s: Pause = 60
    """How many seconds old the list of all documents may be before the store is listed again. It is
    needed where the layout does not begin with the customer, and for lists over all customers."""

    @field_validator("entities", mode="before")
    @classmethod
    def _only_documents(cls, value: Any) -> Any:
        strange = [each for each in value if each != "document"] if isinstance(value, dict) else []
        if strange:
            raise ValueError(
                f"there is no entity '{strange[0]}' in a store of documents, only 'document'; for"
                " tables use the kind 'files' on a copy, or a database"
            )
        return value

    @field_validator("entities")
    @classmethod
    def _has_documents(cls, value: Mapping[str, DocumentEntity]) -> Mapping[str, DocumentEntity]:
        if "document" not in value:
            raise ValueError("write `document: {layout: …}`, which tells whose the documents are")
        return value

    @model_validator(mode="after")
    def _forwards_nothing(self) -> Self:
        if self.forward_headers:
            raise ValueError(
                "`forward_headers` is not for stores of documents: all clients see the same files"
            )
        return self

    @property
    def document(self) -> DocumentEntity:
        """The settings of the documents."""
        return self.entities["document"]
