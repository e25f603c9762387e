"""Where in a store the documents of a customer are, if their layout tells."""

from dataclasses import dataclass

from connectors.documents.entity import DocumentEntity
from connectors.mapping import Expression, Translation


@dataclass(frozen=True, slots=True)
class Places:
    """The folders of customers: what lookups ask for instead of listing the whole store.

    `head` is the folder that holds them; `None` where a customer has no folder that is known from
    the layout, or the mapping makes another reference or another key of it.
    """

    options: DocumentEntity
    head: str | None

    @property
    def floor(self) -> int:
        """How many steps down the folder of a customer is; 0 where there is none."""
        return 0 if self.head is None else self.head.count("/") + 1

    def depth(self, folder: str) -> int | None:
        """How many steps below a folder the layout goes."""
        steps = self.options.layout.depth
        return None if steps is None else steps - folder.count("/")

    def of_customer(self, reference: str) -> str | None:
        """The folder of a customer; `None` where there can be none with such a name."""
        is_step = reference not in {"", ".", ".."} and "/" not in reference
        return f"{self.head}{reference}/" if is_step and reference.isprintable() else None

    def of_document(self, record_id: str) -> str | None:
        """The folder of the customer whose document this is; `None` where it is no document."""
        parts = self.options.layout.parts(record_id)
        return None if parts is None else self.of_customer(parts["customer"])


def places(options: DocumentEntity, translation: Translation) -> Places:
    """Where the documents of customers are."""
    reference = options.references.get("customer")
    is_plain = reference is not None and reference.from_ == "customer"
    key = options.key[0] if len(options.key) == 1 else None
    is_path = isinstance(key, Expression) and translation.column_of("record_id") == "path"
    return Places(options, options.layout.customer_head if is_plain and is_path else None)


def needs_folder_sidecars(options: DocumentEntity, translation: Translation) -> bool:
    """Whether anything is taken from the sidecars of folders."""
    paths = translation.raws(translation.provided_fields)
    names_customer = "{customer}" in options.layout.pattern
    return any("sidecar" in path for path in paths) or not names_customer
