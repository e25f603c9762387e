"""Settings: what is refused when the configuration is read, in words."""

import textwrap
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

import connectors.rest
from connectors.registry import kinds
from connectors.rest import KIND
from tests.connectors.rest.opening import COMMA, TICKET, options, tickets

LISTED = {"path": "/tickets", "items": "data"}


def test_the_kind_is_found_by_its_folder() -> None:
    """Nothing else has to be edited for it."""
    assert kinds()["rest"] is KIND


@pytest.mark.parametrize(
    ("entity", "words"),
    [
        ({}, "write `list`, or `by`"),
        ({"list": LISTED | {"items": "data["}}, "is no JMESPath expression"),
        ({"list": LISTED | {"paging": {"style": "pages"}}}, "style"),
        ({"list": LISTED | {"paging": {"style": "page", "size": 0}}}, "greater than or equal"),
        ({"list": LISTED | {"filters": {"status": {"contains": "q"}}}}, "cannot be sent"),
        ({"list": LISTED | {"filters": {"queue": {"eq": "q"}}}}, "no mapped field to compare"),
        ({"by": {"owner": COMMA | {"param": "x"}}}, "knows no 'owner'"),
        ({"by": {"customer": COMMA}}, "needs the `param`"),
        ({"by": {"customer": COMMA | {"how": "body"}}}, "belong together"),
        ({"by": {"customer": COMMA | {"how": "body", "body": {"a": 1}}}}, "must hold $keys"),
        ({"by": {"customer": {"path": "/x", "how": "single"}}}, "needs either {key}"),
        ({"by": {"customer": COMMA | {"path": "/{key}", "param": "x"}}}, "needs `how: single`"),
        (
            {"by": {"customer": COMMA | {"param": "x", "otherwise": COMMA | {"param": "x"}}}},
            "must be another way",
        ),
        (
            {"by": {"customer": COMMA | {"param": "x"}}, "references": {}},
            "asks for many at once",
        ),
    ],
)
def test_a_setting_that_cannot_work_is_refused(entity: dict[str, Any], words: str) -> None:
    """At start, not at the first question."""
    with pytest.raises(ValidationError) as caught:
        options({"ticket": {**TICKET, **entity}})

    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("crm.example.com", "write a whole address"),
        ("ftp://crm.example.com", "write a whole address"),
        ("https://u:p@crm.example.com", "under `auth"),
        ("https://crm.example.com?a=1", "under `params`"),
    ],
)
def test_an_address_that_cannot_work_is_refused(url: str, words: str) -> None:
    """With where its parts belong."""
    with pytest.raises(ValidationError) as caught:
        options(tickets(list=LISTED), base_url=url)

    assert words in str(caught.value)


def test_the_example_of_the_manual_is_a_valid_source() -> None:
    """What the package's documentation shows is accepted as it stands."""
    example = (connectors.rest.__doc__ or "").partition("    kind: rest")

    read = KIND.options.model_validate(yaml.safe_load(textwrap.dedent(example[1] + example[2])))

    assert sorted(read.entities) == ["purchase_line", "ticket"]  # type: ignore[attr-defined]  # RestOptions


def test_every_setting_is_described() -> None:
    """The descriptions are the manual."""
    schema = KIND.options.model_json_schema()
    own = ("Rest", "Listing", "Lookup", "Changed", "Auth", "Basic", "ApiKey", "Page", "Offset")

    lacking = [
        f"{name}.{field}"
        for name, model in [("RestOptions", schema), *schema["$defs"].items()]
        if name.startswith((*own, "Cursor", "Link", "OnePage"))
        for field, definition in model["properties"].items()
        if "description" not in definition
    ]

    assert lacking == []
