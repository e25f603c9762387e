"""What is read out of OpenAPI documents: references, shapes, paging, fields and ways in."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx2
import orjson
import pytest

from connectors.contract import Malformed, Misconfigured, SourceError, Unavailable
from connectors.rest.openapi.place import proposed
from connectors.rest.openapi.proposal import Proposal, propose
from connectors.rest.options import RestOptions

TEXT = {"type": "string"}
NUMBER = {"type": "integer"}
MOMENT = {"type": "string", "format": "date-time"}
TICKET: dict[str, Any] = {"id": NUMBER, "subject": TEXT, "status": TEXT, "created_at": MOMENT}


def _answer(schema: Mapping[str, Any], **response: Any) -> dict[str, Any]:
    content = {"application/json; charset=utf-8": {"schema": schema}}
    return {"responses": {"200": {"content": content, **response}}}


def _list(properties: Mapping[str, Any], *params: Any, **beside: Any) -> dict[str, Any]:
    """A list of records at `data`, with parameters and what stands beside it."""
    record = {"type": "object", "properties": properties}
    data = {"type": "array", "items": record}
    schema = {"type": "object", "properties": {"data": data, **beside}}
    return {"get": {"parameters": list(params), **_answer(schema)}}


def _param(name: str, **schema: Any) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": schema or NUMBER}


def _proposal(paths: Mapping[str, Any], address: str | None = None, **root: Any) -> Proposal:
    document = {"openapi": "3.1.0", "paths": paths, **root}
    return propose(orjson.dumps(document).decode(), name="a-shop", address=address)


def _settings(paths: Mapping[str, Any], **root: Any) -> dict[str, Any]:
    """The settings of the first entity that is proposed, after they were loaded."""
    proposal = _proposal(paths, **root)
    first = proposal.offered[0]
    assert first.entity is not None, "nothing was proposed"
    assert first.settings is not None
    source = {
        "kind": "rest",
        "base_url": "https://a.example",
        "entities": {first.entity: first.settings},
    }
    RestOptions.model_validate(source)
    return dict(first.settings)


@pytest.mark.parametrize(
    ("params", "beside", "expected"),
    [
        ([], {}, None),
        ([_param("page")], {}, {"style": "page", "param": "page"}),
        (
            [_param("page[number]", type="integer", default=0), _param("page[size]", maximum=25)],
            {"totalPages": NUMBER},
            {
                "style": "page",
                "param": "page[number]",
                "pages": "totalPages",
                "first": 0,
                "size_param": "page[size]",
                "size": 25,
            },
        ),
        (
            [_param("skip"), _param("limit", maximum=1000)],
            {"total_count": NUMBER, "count": NUMBER},
            {
                "style": "offset",
                "param": "skip",
                "total": "total_count",
                "size_param": "limit",
                "size": 100,
            },
        ),
        (
            [_param("skip"), _param("limit")],
            {"count": NUMBER},
            {"style": "offset", "param": "skip", "size_param": "limit", "size": 100},
        ),
        (
            [_param("page_token", type="string")],
            {"info": {"type": "object", "properties": {"next_page_token": TEXT}}},
            {"style": "cursor", "param": "page_token", "next": "info.next_page_token"},
        ),
        (
            [],
            {"links": {"properties": {"next": {"type": ["string", "null"]}}}},
            {"style": "cursor", "next": "links.next"},
        ),
        (
            [_param("starting_after", type="string")],
            {"has_more": {"type": "boolean"}},
            {"style": "keyset", "param": "starting_after", "field": "id", "more": "has_more"},
        ),
    ],
)
def test_paging_is_found_by_the_names_of_parameters(
    params: list[Any], beside: dict[str, Any], expected: object
) -> None:
    """And by what stands beside the records; `count` is not taken for the number of all."""
    settings = _settings({"/tickets": _list(TICKET, *params, **beside)})

    assert settings["list"].get("paging") == expected
    assert settings["list"]["items"] == "data"


def test_a_link_header_tells_that_there_are_pages() -> None:
    """The document names it among the headers of the answer."""
    schema = {"type": "array", "items": {"type": "object", "properties": TICKET}}
    paths = {"/tickets": {"get": _answer(schema, headers={"Link": {}})}}

    assert _settings(paths)["list"] == {"path": "/tickets", "paging": {"style": "link"}}


def test_schemas_that_contain_themselves_have_an_end() -> None:
    """By references, by `allOf`, by a reference to itself; and what branches is merged once."""
    schemas: dict[str, Any] = {
        "Ticket": {
            "allOf": [
                {"$ref": "#/components/schemas/Ticket"},
                {"$ref": "#/components/schemas/Base"},
            ],
            "properties": {
                "parent": {"$ref": "#/components/schemas/Ticket"},
                "x": {"$ref": "#/components/schemas/Loop"},
            },
        },
        "Base": {"type": "object", "properties": TICKET},
        "Loop": {"$ref": "#/components/schemas/Loop"},
        "Far": {"$ref": "other.yaml#/Far"},
    }
    for number in range(60):
        below = {"$ref": f"#/components/schemas/{f'S{number + 1}' if number < 59 else 'Base'}"}
        schemas[f"S{number}"] = {"allOf": [below, below, below]}
    schemas["Ticket"]["allOf"].append({"$ref": "#/components/schemas/S0"})
    ref = {"$ref": "#/components/schemas/Ticket"}
    paths = {"/tickets": {"get": _answer({"type": "array", "items": ref})}}

    settings = _settings(paths, components={"schemas": schemas})

    assert settings["fields"]["opened_at"] == "created_at"


@pytest.mark.parametrize(
    ("properties", "field", "expected"),
    [
        ({"created_at": NUMBER}, "opened_at", {"from": "created_at", "unit": "seconds"}),
        (
            {"created_at": NUMBER | {"description": "Milliseconds since 1970"}},
            "opened_at",
            {"from": "created_at", "unit": "milliseconds"},
        ),
        ({"subject": None, "title": TEXT}, "subject", {"from": "title", "default": "-"}),
        ({"subject": None}, "subject", {"constant": "-"}),
        ({"status": None}, "status", {"constant": "OPEN"}),
        ({"status": NUMBER}, "status", {"constant": "OPEN"}),
        (
            {"status": {"enum": ["Open", "On Hold", "weird"]}},
            "status",
            {"from": "status", "map": {"Open": "OPEN", "On Hold": "PENDING"}, "default": "OPEN"},
        ),
        ({"status": {"enum": ["a", "b"]}}, "status", {"constant": "OPEN"}),
        ({"channel": {"enum": ["email", "carrier pigeon"]}}, "channel", None),
        (
            {"channel": {"enum": ["email", "voice"]}},
            "channel",
            {"from": "channel", "map": {"email": "EMAIL", "voice": "PHONE"}},
        ),
        (
            {"priority": {"enum": ["low", "whatever"]}},
            "priority",
            {"from": "priority", "map": {"low": "LOW"}, "default": "NORMAL"},
        ),
        ({"assignee": {"properties": {"name": TEXT}}}, "agent", "assignee.name"),
        ({"closed-at": MOMENT}, "resolved_at", '"closed-at"'),
    ],
)
def test_fields_are_found_by_name_and_type(
    properties: dict[str, Any], field: str, expected: object
) -> None:
    """What is required and not there becomes a default; what cannot be sorted is left out."""
    record = {name: each for name, each in (TICKET | properties).items() if each is not None}

    assert _settings({"/tickets": _list(record)})["fields"].get(field) == expected


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        (NUMBER | {"description": "In cents."}, {"from": "amount", "divide_by": 100}),
        (NUMBER, "amount"),
        ({"type": "number", "description": "In cents."}, "amount"),
    ],
)
def test_minor_units_are_found_by_their_description(schema: Any, expected: object) -> None:
    """Whole numbers that are said to be cents; an amount without a currency has none."""
    record = {"id": TEXT, "amount": schema, "created": MOMENT}

    fields = _settings({"/payments": _list(record)})["fields"]

    assert fields["total"] == expected
    assert fields["currency"] == {"constant": "XXX"}


def test_what_lacks_something_that_it_must_have_is_not_proposed() -> None:
    """No time, no key, a parameter that must be given, a list below something: shown, not used."""
    lists = {
        "/tickets": _list({"id": TEXT, "subject": TEXT}),
        "/cases": _list({"subject": TEXT, "created": MOMENT}),
        "/issues": _list(TICKET, _param("project") | {"required": True}),
        "/teams/{team}/incidents": _list(TICKET),
    }

    offered = _proposal(lists).offered

    assert [each.settings for each in offered] == [None] * 4
    assert {each.name for each in offered} == set(lists)


def test_the_likeliest_list_of_an_entity_is_taken() -> None:
    """Its own name before another word, and that before a weak one."""
    record = {"id": TEXT, "name": TEXT}
    lists = {f"/{name}": _list(record) for name in ("users", "contacts", "customers")}

    offered = _proposal(lists).offered

    assert [(each.name, each.entity) for each in offered] == [
        ("/customers", "customer"),
        ("/contacts", None),
        ("/users", None),
    ]


@pytest.mark.parametrize(
    ("param", "expected"),
    [
        (_param("customer_id", **TEXT), {"how": "single", "param": "customer_id"}),
        (
            _param("customer", type="array", items=TEXT),
            {"how": "repeat", "param": "customer"},
        ),
        (
            _param("customer_ids", type="array", items=TEXT) | {"explode": False},
            {"how": "comma", "param": "customer_ids"},
        ),
        (_param("customerIds", **TEXT), {"how": "comma", "param": "customerIds"}),
        (_param("colour", **TEXT), None),
    ],
)
def test_lookups_are_found_by_the_names_of_parameters(param: Any, expected: Any) -> None:
    """As many keys at once as the document says. Without a lookup the entity is synced."""
    record = TICKET | {"customer_id": TEXT}

    settings = _settings({"/tickets": _list(record, param)})

    found = settings.get("by", {}).get("customer")
    assert found == (expected and {"path": "/tickets", "items": "data"} | expected)
    assert settings.get("mode") == (None if expected else "synced")
    assert settings["references"] == {"customer": "customer_id"}


def test_a_parameter_that_must_be_given_is_given_where_its_value_is_known() -> None:
    """Its default, its example, or its first choice."""
    param = _param("scope", type="string", enum=["all", "mine"]) | {"required": True}

    assert _settings({"/tickets": _list(TICKET, param)})["list"]["params"] == {"scope": "all"}


@pytest.mark.parametrize(
    ("scheme", "expected"),
    [
        ({"type": "http", "scheme": "Bearer"}, {"bearer": "${A_SHOP_TOKEN}"}),
        (
            {"type": "http", "scheme": "basic"},
            {"basic": {"user": "${A_SHOP_USER}", "password": "${A_SHOP_PASSWORD}"}},
        ),
        (
            {"type": "apiKey", "in": "query", "name": "key"},
            {"api_key": {"query": "key", "value": "${A_SHOP_KEY}"}},
        ),
        (
            {"type": "apiKey", "in": "cookie", "name": "sid"},
            {"headers": {"Cookie": "sid=${A_SHOP_KEY}"}},
        ),
        ({"type": "openIdConnect"}, {"bearer": "${A_SHOP_TOKEN}"}),
        (
            {
                "type": "oauth2",
                "flows": {"authorizationCode": {"tokenUrl": "https://l.example/t", "scopes": {}}},
            },
            {
                "oauth2": {
                    "token_url": "https://l.example/t",
                    "client_id": "${A_SHOP_CLIENT_ID}",
                    "client_secret": "${A_SHOP_CLIENT_SECRET}",
                    "refresh_token": "${A_SHOP_REFRESH_TOKEN}",
                }
            },
        ),
        ({"type": "oauth2", "flows": {"implicit": {}}}, {"bearer": "${A_SHOP_TOKEN}"}),
        (
            {"type": "mutualTLS"},
            {"tls": {"certificate": "${A_SHOP_CERTIFICATE}", "key": "${A_SHOP_CERTIFICATE_KEY}"}},
        ),
        ({"type": "telepathy"}, None),
    ],
)
def test_every_way_in_becomes_settings(scheme: Any, expected: object) -> None:
    """With secrets from the environment; what we do not know is left out."""
    components = {"securitySchemes": {"a": scheme}}

    proposal = _proposal({}, components=components, security=[{"unknown": []}, {"a": []}])

    assert proposal.settings.get("auth") == expected


def test_the_way_in_may_stand_at_the_operations_only() -> None:
    """The first list that says one counts; two that are wanted together are both used."""
    components = {
        "securitySchemes": {
            "a": {"type": "http", "scheme": "bearer"},
            "b": {"type": "apiKey", "in": "header", "name": "X-Key"},
        }
    }
    paths = {"/tickets": _list(TICKET)}
    paths["/tickets"]["get"]["security"] = [{"a": [], "b": []}]

    assert _proposal(paths, components=components).settings["auth"] == {
        "bearer": "${A_SHOP_TOKEN}",
        "api_key": {"header": "X-Key", "value": "${A_SHOP_KEY}"},
    }


@pytest.mark.parametrize(
    ("servers", "address", "expected"),
    [
        ([{"url": "https://a.example/v1/"}], None, "https://a.example/v1"),
        (
            [{"url": "https://{x}.a.example", "variables": {"x": {"default": "eu"}}}],
            None,
            "https://eu.a.example",
        ),
        ([{"url": "/v2"}], "https://docs.example/openapi.json", "https://docs.example/v2"),
        ([{"url": "/v2"}], None, "${A_SHOP_URL}"),
        ([{"url": "https://{tenant}.a.example"}], None, "${A_SHOP_URL}"),
        ([], None, "${A_SHOP_URL}"),
        ([], "https://docs.example/x/openapi.json", "https://docs.example"),
    ],
)
def test_the_address_is_that_of_the_first_server(
    servers: list[Any], address: str | None, expected: str
) -> None:
    """Where the document does not tell, the environment has to."""
    assert _proposal({}, address, servers=servers).settings["base_url"] == expected


@pytest.mark.parametrize(
    "paths",
    [
        {"/tickets": None},
        {"/tickets": {"get": None}},
        {"/tickets": {"get": {"responses": {"200": {"content": {"text/csv": {}}}}}}},
        {"/tickets": {"get": {"responses": None, "parameters": None}}},
        {"/tickets": {"get": _answer({"type": "array", "items": {}})}},
        {"/tickets": {"get": _answer({"properties": {"data": 7}})}},
        {"/": {"get": _answer({})}},
        None,
        7,
    ],
)
def test_strange_documents_offer_nothing(paths: Any) -> None:
    """They are written by people and by programs."""
    assert _proposal(paths).offered == []


def _read(place: str, folder: Path, answer: Any = None) -> Proposal:
    transport = httpx2.MockTransport(answer) if answer else None
    return asyncio.run(proposed(place, name="shop", base_dir=folder, transport=transport))


def test_a_document_is_read_from_an_address(tmp_path: Path) -> None:
    """Servers that are named relative to it are found; YAML with a mark at its front is read."""
    text = b"\xef\xbb\xbfopenapi: 3.0.1\nservers: [{url: ../v1}]\n"

    found = _read(
        "https://a.example/docs/o.yaml", tmp_path, lambda _: httpx2.Response(200, content=text)
    )

    assert found.settings["base_url"] == "https://a.example/v1"


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (httpx2.Response(404), Misconfigured),
        (httpx2.Response(200, content=b"\xff\xfe"), Misconfigured),
        (httpx2.Response(200, content=b" " * 70_000_000), Malformed),
        (httpx2.ReadError("gone"), Unavailable),
    ],
)
def test_an_address_without_a_document_is_told(
    answer: Any, kind: type[SourceError], tmp_path: Path
) -> None:
    """By what can be done about it."""

    def handle(_: httpx2.Request) -> httpx2.Response:
        if isinstance(answer, Exception):
            raise answer
        assert isinstance(answer, httpx2.Response)
        return answer

    with pytest.raises(SourceError) as caught:
        _read("https://a.example/o.json", tmp_path, handle)

    assert type(caught.value) is kind
