"""Layouts: where the folders of customers are, and how deep."""

import pytest

from connectors.documents.entity import DocumentEntity
from connectors.documents.layout import Layout
from connectors.documents.place import places
from connectors.mapping import Translation


@pytest.mark.parametrize(
    ("pattern", "head"),
    [
        ("customers/{customer}/{kind}/{name}", "customers/"),
        ("{customer}/{name}", ""),
        ("a/b/{customer}/**/{name}", "a/b/"),
        ("{kind}/{customer}/{name}", None),
        ("*/{customer}/{name}", None),
        ("customers/{customer}-{name}", None),
        ("customers/c{customer}/{name}", None),
        ("customers/{customer}", None),
        ("**/*", None),
    ],
)
def test_a_layout_tells_where_customers_have_their_folders(pattern: str, head: str | None) -> None:
    """Only where the customer is a whole step behind fixed ones."""
    assert Layout.parsed(pattern).customer_head == head


@pytest.mark.parametrize(
    ("pattern", "depth"), [("a/{customer}/{name}", 3), ("{name}", 1), ("a/**/{name}", None)]
)
def test_a_layout_tells_how_deep_paths_are(pattern: str, depth: int | None) -> None:
    """Walks need not go further."""
    assert Layout.parsed(pattern).depth == depth


@pytest.mark.parametrize(
    "settings",
    [
        {"references": {"customer": "meta.owner"}},
        {"key": "meta.id"},
        {"key": ["path", "version"]},
        {"key": {"join": ["path", "version"]}},
    ],
)
def test_a_mapping_of_its_own_has_no_known_folders(settings: dict[str, object]) -> None:
    """The customer, or the id, is then not what the path says."""
    values = {"written_as": "document", "layout": "{customer}/{name}", **settings}
    options = DocumentEntity.model_validate(values)

    assert places(options, Translation(options, source="s")).head is None
