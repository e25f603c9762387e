"""Which media type answers which Accept header."""

import pytest

from gateway.http.media import ResponseType, choose, read

GRAPHQL = ResponseType.GRAPHQL
LEGACY = ResponseType.LEGACY


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, LEGACY),
        ("", LEGACY),
        ("*/*", LEGACY),
        ("application/*", LEGACY),
        ("application/json", LEGACY),
        ("application/graphql-response+json", GRAPHQL),
        ("APPLICATION/GraphQL-Response+JSON", GRAPHQL),
        ("application/graphql-response+json; charset=utf-8, application/json", GRAPHQL),
        ("application/json, application/graphql-response+json", LEGACY),
        ("application/graphql-response+json, application/json;q=0.9", GRAPHQL),
        ("application/graphql-response+json;q=0.8, application/json;q=0.9", LEGACY),
        ("application/json;q=0.5, */*", GRAPHQL),
        ("application/json;q=0, */*", GRAPHQL),
        ("application/graphql-response+json;q=0, */*;q=0.1", LEGACY),
        ("*/*, application/graphql-response+json", GRAPHQL),
        ("text/event-stream, application/json", LEGACY),
        ("multipart/mixed;deferSpec=20220824, application/json", LEGACY),
        ('multipart/mixed;boundary=",", application/graphql-response+json', GRAPHQL),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", LEGACY),
    ],
)
def test_the_best_acceptable_type_is_chosen(accept: str | None, expected: ResponseType) -> None:
    """Quality first, then what is named over wildcards, then what is listed first."""
    assert choose(accept) is expected


@pytest.mark.parametrize(
    "accept",
    [
        "text/html",
        "text/event-stream",
        "application/xml, text/*",
        "application/json;q=0",
        "*/*;q=0",
        "application/json;charset=utf-16",
        "application/json;q=high",
        ",,;;,",
        '"',
    ],
)
def test_nothing_is_chosen_where_nothing_is_acceptable(accept: str) -> None:
    """Other types, quality 0, other encodings and rubbish leave nothing to answer with."""
    assert choose(accept) is None


def test_a_media_type_is_read_with_its_parameters() -> None:
    """Names come in lower case, quotes are taken off, other encodings are seen."""
    media = read('Application/JSON; Charset="UTF-8"')

    assert media.name == "application/json"
    assert media.parameters == {"charset": "UTF-8"}
    assert media.is_utf8
    assert not read("application/json; charset=latin-1").is_utf8
