"""Documents that are named and not sent: by manifests, or because they were sent before."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import orjson
import pytest

from connectors.errors import Misconfigured
from domain.viewer import Viewer
from gateway.documents import Library, Sent, library_of, sha256_of
from gateway.http.door import GraphQL
from gateway.http.persisted import KnownDocuments
from tests.gateway.http.recorder import Recorder, error, with_client

TEXT = "{ me { name } }"
OTHER = "{ sources { name } } # 另一个"
HASH = sha256_of(TEXT)
STRICT = {"accept": "application/graphql-response+json"}


@dataclass
class _Door:
    """An endpoint whose viewers act in the role that they name."""

    libraries: dict[str, Library] = field(default_factory=dict)
    max_bytes: int = 100_000
    engine: Recorder = field(default_factory=Recorder)

    def __post_init__(self) -> None:
        documents = KnownDocuments(self.libraries, Sent(self.max_bytes))
        self.app = GraphQL(engine=self.engine, documents=documents, context_of=self._context)

    async def _context(self, scope: Any) -> Any:
        role = dict(scope["headers"]).get(b"x-role", b"agent").decode()

        @dataclass
        class Context:
            viewer: Viewer

        return Context(Viewer(role=role))

    def ask(self, body: Any, *, role: str = "agent", **headers: str) -> httpx2.Response:
        async def run(client: httpx2.AsyncClient) -> httpx2.Response:
            sent = {**STRICT, "x-role": role, **headers}
            return await client.post("/graphql", json=body, headers=sent)

        return with_client(self.app, run)

    def asked(self) -> list[str]:
        return [each.query for each in self.engine.requests]


def _apq(key: str, **more: Any) -> dict[str, Any]:
    return {**more, "extensions": {"persistedQuery": {"version": 1, "sha256Hash": key}}}


def _trusted(folder: Path) -> dict[str, Library]:
    file = folder / "manifest.json"
    file.write_bytes(orjson.dumps({"names": TEXT}))
    return {"partner": library_of([file], "trusted")}


def test_a_document_is_sent_once_and_then_named_by_its_hash() -> None:
    """As Apollo's clients do: the first time it is not found, and sent with the hash."""
    door = _Door()

    first = door.ask(_apq(HASH))
    second = door.ask(_apq(HASH, query=TEXT))
    third = door.ask(_apq(HASH))
    fourth = door.ask({"documentId": f"sha256:{HASH}"})

    assert first.status_code == 400
    assert error(first) == ("PersistedQueryNotFound", "PERSISTED_QUERY_NOT_FOUND")
    assert [each.status_code for each in (second, third, fourth)] == [200, 200, 200]
    assert door.asked() == [TEXT] * 3


def test_an_old_client_reads_that_a_document_is_not_found_in_an_answer_with_200() -> None:
    """Apollo's clients send the document only then."""
    answer = _Door().ask(_apq(HASH), accept="application/json")

    assert answer.status_code == 200
    assert error(answer)[1] == "PERSISTED_QUERY_NOT_FOUND"


@pytest.mark.parametrize("key", [sha256_of(OTHER), HASH.upper(), "names", "x", HASH[:-1]])
def test_a_text_is_not_remembered_under_another_hash(key: str) -> None:
    """Else anybody could have others execute what they never sent."""
    door = _Door()

    refused = door.ask(_apq(key, query=TEXT))
    after = door.ask(_apq(key))

    assert error(refused)[1] == "BAD_REQUEST"
    assert error(after)[1] == "PERSISTED_QUERY_NOT_FOUND"
    assert door.asked() == []


def test_what_is_remembered_is_bounded() -> None:
    """A flood of documents drives out its own kind, and takes no more memory than it may."""
    door = _Door(max_bytes=20_000)
    door.ask(_apq(HASH, query=TEXT))
    door.ask(_apq(HASH))

    for number in range(200):
        text = f"{{ a{number}: me {{ name }} }}"
        door.ask(_apq(sha256_of(text), query=text))

    assert door.ask(_apq(HASH)).status_code == 200
    assert error(door.ask(_apq(sha256_of("{ a0: me { name } }"))))[1] == "PERSISTED_QUERY_NOT_FOUND"


def test_without_memory_for_it_clients_are_told_to_send_documents() -> None:
    """They do so from then on."""
    answer = _Door(max_bytes=0).ask(_apq(HASH))

    assert error(answer)[1] == "PERSISTED_QUERY_NOT_SUPPORTED"


@pytest.mark.parametrize(
    "body",
    [
        {"documentId": 7},
        {"documentId": ""},
        {"documentId": "a" * 1000},
        {"extensions": {"persistedQuery": "no"}},
        {"extensions": {"persistedQuery": {"sha256Hash": [1]}}},
    ],
)
def test_a_name_that_is_none_is_a_mistake_of_the_client(body: Any) -> None:
    """One error says so."""
    answer = _Door().ask(body)

    assert answer.status_code == 400
    assert error(answer)[1] == "BAD_REQUEST"


@pytest.mark.parametrize(
    "body",
    [
        {"documentId": "names"},
        {"documentId": f"sha256:{HASH}"},
        {"documentId": HASH},
        _apq(HASH),
        {"query": TEXT},
        _apq(HASH, query=TEXT),
        {"query": TEXT, "documentId": "names"},
    ],
)
def test_a_role_gets_what_its_manifest_has_however_it_asks(tmp_path: Path, body: Any) -> None:
    """By the id of the manifest, by the hash, or by the very text."""
    door = _Door(_trusted(tmp_path))

    answer = door.ask(body, role="partner")

    assert answer.status_code == 200
    assert door.asked() == [TEXT]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"query": OTHER}, "QUERY_NOT_IN_SAFELIST"),
        ({"query": TEXT + " "}, "QUERY_NOT_IN_SAFELIST"),
        (_apq(sha256_of(OTHER), query=OTHER), "QUERY_NOT_IN_SAFELIST"),
        ({"documentId": f"sha256:{sha256_of(OTHER)}"}, "PERSISTED_QUERY_NOT_IN_LIST"),
        (_apq(sha256_of(OTHER)), "PERSISTED_QUERY_NOT_IN_LIST"),
        ({"query": OTHER, "documentId": "names"}, "BAD_REQUEST"),
        (_apq(HASH, query=OTHER), "BAD_REQUEST"),
    ],
)
def test_a_role_with_trusted_documents_gets_no_other(tmp_path: Path, body: Any, code: str) -> None:
    """Not even one that another role had remembered, and nothing of it is remembered."""
    door = _Door(_trusted(tmp_path))
    door.ask(_apq(sha256_of(OTHER), query=OTHER))

    answer = door.ask(body, role="partner")

    assert answer.status_code in {400, 403}
    assert error(answer)[1] == code
    assert door.asked() == [OTHER]


def test_documents_of_one_role_are_not_those_of_another(tmp_path: Path) -> None:
    """The id of a partner's document means nothing to an agent."""
    answer = _Door(_trusted(tmp_path)).ask({"documentId": "names"})

    assert error(answer)[1] == "PERSISTED_QUERY_NOT_FOUND"


def test_a_named_document_can_be_asked_for_by_get() -> None:
    """But a page of another site cannot have a browser do so."""
    door = _Door()
    door.ask(_apq(HASH, query=TEXT))

    async def run(client: httpx2.AsyncClient) -> httpx2.Response:
        return await client.get("/graphql", params={"documentId": f"sha256:{HASH}"})

    assert with_client(door.app, run).status_code == 200
    assert door.engine.requests[-1].may_mutate is False


def test_the_manifests_of_both_clients_are_read(tmp_path: Path) -> None:
    """Ids may be hashes with or without their prefix, or anything else."""
    apollo, relay = tmp_path / "apollo.json", tmp_path / "relay.json"
    operation = {"id": HASH, "name": "Names", "type": "query", "body": TEXT}
    content = {"format": "apollo-persisted-query-manifest", "version": 1, "operations": [operation]}
    apollo.write_bytes(orjson.dumps(content))
    relay.write_bytes(orjson.dumps({"0123456789abcdef0123456789abcdef": OTHER}))

    library = library_of([apollo, relay], "trusted")

    assert library.texts == {TEXT, OTHER}
    assert library.by_id["0123456789abcdef0123456789abcdef"] == OTHER
    assert library.by_id[sha256_of(OTHER)] == OTHER
    assert library.by_id[HASH] == TEXT


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "it is no JSON"),
        ("[]", "it is no JSON object"),
        ('{"operations": {}}', "`operations` is no list"),
        ('{"operations": [1]}', "is no object"),
        ('{"operations": [{"id": "a"}]}', "needs an id and a text"),
        ('{"a": 1}', "needs an id and a text"),
        ('{"' + "a" * 64 + '": "{ me { name } }"}', "is not the one with this SHA-256"),
        (None, "No such file"),
    ],
)
def test_a_manifest_that_cannot_be_used_is_told(
    tmp_path: Path, content: str | None, words: str
) -> None:
    """With its path, and what is wrong with it."""
    file = tmp_path / "清单.json"
    if content is not None:
        file.write_text(content)

    with pytest.raises(Misconfigured) as raised:
        library_of([file], "trusted")

    assert words in raised.value.message
    assert "清单.json" in raised.value.message
