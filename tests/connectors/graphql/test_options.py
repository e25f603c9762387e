"""Settings that make no sense are refused at the start, in words."""

from typing import Any

import pytest
from pydantic import ValidationError

from connectors.graphql.options import GraphqlOptions
from tests.connectors.graphql.opening import BY_CUSTOMER, LIST, PURCHASE


def _options(**entity: Any) -> GraphqlOptions:
    return GraphqlOptions.model_validate(
        {
            "kind": "graphql",
            "base_url": "http://shop.example",
            "entities": {"purchase": {**PURCHASE, **entity}},
        }
    )


@pytest.mark.parametrize(
    ("entity", "words"),
    [
        ({}, "write `list`, or `by`"),
        ({"list": {"query": "purchases("}}, "not written as GraphQL"),
        ({"list": {"query": "purchases { nodes edges }"}}, "must lead to one place"),
        ({"list": {"query": "a: purchases"}}, "must not use aliases"),
        ({"list": {"query": "purchases @skip(if: true)"}}, "must not use directives"),
        ({"list": {"query": "purchases { ...x }"}}, "must not use named fragments"),
        ({"list": {"query": "... on Query { purchases }"}}, "must begin with a field"),
        ({"list": {"query": "a } { b"}}, "must be one field"),
        ({"list": {"query": "purchases(first: $number)"}}, "names $number, which is none of $key"),
        (
            {"list": {"query": "purchases(after: $cursor, skip: $offset)"}},
            "one of $cursor, $offset and $page",
        ),
        (
            {"list": {"query": "purchases(a: $a)", "filters": {"number": {"eq": "a"}}}},
            "whose type is not known",
        ),
        (
            {"list": {"query": "purchases", "filters": {"number": {"eq": "a"}}}},
            "does not stand in the `query`",
        ),
        (
            {
                "list": {
                    "query": "purchases(a: $a)",
                    "types": {"a": "Int"},
                    "filters": {"number": {"contains": "a"}},
                }
            },
            "'contains' cannot be sent",
        ),
        (
            {
                "list": {
                    "query": "purchases(a: $a)",
                    "types": {"a": "Int"},
                    "orders": {"number": {"asc": {"a": 1}}},
                }
            },
            "no mapped time or number",
        ),
        ({"list": {"query": LIST, "types": {"size": "[Int"}}}, "is no GraphQL type"),
        ({"by": {"record_id": {"query": LIST}}}, "either $keys"),
        ({"by": {"owner": {"query": BY_CUSTOMER}}}, "knows no 'owner'"),
        (
            {"by": {"customer": {"query": "a(ids: $keys)"}}, "references": {}},
            "map `references: {customer: …}`",
        ),
        (
            {"by": {"record_id": {"query": "a(id: $key)", "key_pattern": "("}}},
            "is no regular expression",
        ),
        ({"list": {"query": LIST}, "changed": "meta.*"}, "takes all fields"),
        ({"list": {"query": LIST}, "changed": "{a: b}.a"}, "goes on after something"),
        ({"list": {"query": LIST}, "changed": '"no name"'}, "no name of a GraphQL field"),
        ({"list": {"query": LIST}, "each": "lines(first: $size)"}, "takes no variables"),
        ({"list": {"query": LIST}, "calls": {"a": "b { c }"}}, "one field with its arguments"),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused(entity: dict[str, Any], words: str) -> None:
    """With what to write instead."""
    with pytest.raises(ValidationError) as raised:
        _options(**entity)

    assert words in str(raised.value)


def test_types_are_never_null() -> None:
    """A variable without a value is not sent, so that its type may as well say so."""
    listing = _options(list={"query": LIST, "types": {"size": "Long"}}).entities["purchase"].listing

    assert listing is not None
    assert listing.type_of("size") == "Long!"
    assert listing.type_of("cursor") == "String!"
