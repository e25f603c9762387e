"""`customer360 explain` and the estimates of `customer360 check`."""

import io
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.gateway.commands.test_commands import ran

ROOT = Path(__file__).parents[3]
QUERIES = ROOT / "examples" / "queries"
DEMO = ROOT / "examples" / "demo" / "customer360.yaml"
SECRETS = {
    "DEMO_DATA": "/nowhere/data",
    "DEMO_STORE": "/nowhere/store",
    "CRM_URL": "http://crm.internal.example",
    "CRM_TOKEN": "the-token-of-the-crm",
    "DESK_URL": "http://desk.internal.example",
    "DESK_USER": "the-user-of-the-desk",
    "DESK_PASSWORD": "the-password-of-the-desk",
    "DEMO_AGENT_KEY": "the-key-of-the-agent",
    "DEMO_ANALYST_KEY": "the-key-of-the-analyst",
    "DEMO_PARTNER_KEY": "the-key-of-the-partner",
}


@pytest.fixture
def demo(monkeypatch: pytest.MonkeyPatch) -> str:
    """The option that names the configuration of the demo, none of whose systems is there."""
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    return f"--config={DEMO}"


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal in which no table is wrapped."""
    monkeypatch.setenv("COLUMNS", "300")


def explained(capsys: pytest.CaptureFixture[str], *arguments: str) -> Mapping[str, Any]:
    """What the command prints as JSON."""
    assert ran("explain", "--format=json", *arguments) == 0
    found: Mapping[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_the_whole_customer_is_explained_without_any_source(
    demo: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """One statement for all that is in the store, and a step for each live source."""
    file = QUERIES / "1-whole-customer.graphql"

    found = explained(capsys, str(file), f"--variables=@{file.with_suffix('.json')}", demo)

    (root,) = found["steps"]
    (asked,) = root["asks"]
    assert (root["path"], asked["source"], asked["way"]) == ("customer", "native", "fused")
    assert asked["statement"].startswith("SELECT convert_to(")
    assert [each["path"] for each in root["fused"]] == [
        "customer.organization",
        "customer.records",
        "customer.purchases",
        "customer.purchases.edges.node.lines",
        "customer.campaigns",
        "customer.campaigns.edges.node.campaign",
    ]
    assert [each["path"] for each in root["steps"]] == [
        "customer.tickets",
        "customer.documents",
        "customer.interactions",
    ]
    assert {name: each["calls"] for name, each in found["sources"].items()} == {
        "native": 3,
        "desk": 1,
        "documents": 1,
        "crm": 1,
    }


@pytest.mark.parametrize("file", sorted(QUERIES.glob("*.graphql")), ids=lambda each: each.stem)
@pytest.mark.parametrize("form", ["json", "text"])
def test_no_secret_no_host_and_no_folder_is_told(
    demo: str, file: Path, form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever is explained, with its statements in full."""
    beside = file.with_suffix(".json")
    given = [f"--variables=@{beside}"] if beside.exists() else []

    assert ran("explain", str(file), *given, demo, f"--format={form}", "--statements") == 0

    out = capsys.readouterr().out
    assert not [each for each in SECRETS.values() if each in out]
    assert "lin.wang@example.com" not in out


def test_the_text_is_a_tree_of_whole_lines(demo: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What is not printed to a terminal is not cut to its width."""
    assert ran("explain", str(QUERIES / "3-open-complaints.graphql"), demo) == 0

    heading, step, desk, here, native, statement, *_ = capsys.readouterr().out.splitlines()
    assert heading == "query OpenComplaints: at most 181 objects of 100,000 allowed"
    assert step == "├── tickets (page of ticket)"
    assert desk.endswith("desk: live, ticket, the list, 1 call or more: its rows come in pages")
    assert here.endswith(
        "done here: where kind = COMPLAINT and (status in [NEW, OPEN, PENDING] or"
        " satisfaction ≤ 2), order by opened_at desc, record_id, limit 21"
    )
    assert native.endswith(
        "customer_record by source and record_id, 21 keys, 1,000 in a call, 1 call"
    )
    assert "SELECT e.customer_id, k.n FROM unnest($1::TEXT[], $2::TEXT[])" in statement


def test_a_document_can_come_in_by_a_pipe(
    demo: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One operation of several is named."""
    text = "query A { me { name } } query B { customers(first: 2) { nodes { name } } }"
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))

    found = explained(capsys, "-", "--operation=B", demo)

    assert found["operation"] == {"type": "query", "name": "B"}
    assert [each["path"] for each in found["steps"]] == ["customers"]


@pytest.mark.parametrize(
    ("text", "options", "problem"),
    [
        ("{ customers {", [], "d.graphql:1:14: Syntax Error"),
        ("{\n  nobody\n}", [], "d.graphql:2:3: Cannot query field 'nobody' on type 'Query'."),
        ("query A { me { name } }", ["--operation=B"], "no operation named 'B'"),
        ("{ me { name } } query B { me { name } }", [], "anonymous operation"),
        ("query A { me { name } } query B { me { name } }", [], "has several operations"),
        (
            "query ($n: Int!) { customers(first: $n) { nodes { name } } }",
            [],
            "d.graphql:1:8: Variable '$n'",
        ),
        (
            "query ($n: Int!) { customers(first: $n) { nodes { name } } }",
            ['--variables={"n": "many"}'],
            "Variable '$n'",
        ),
    ],
)
def test_what_is_wrong_with_a_document_is_said_with_its_place(
    demo: str,
    tmp_path: Path,
    text: str,
    options: list[str],
    problem: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """As a compiler says it, and a script can tell."""
    (tmp_path / "d.graphql").write_text(text)

    assert ran("explain", str(tmp_path / "d.graphql"), *options, demo) == 1

    captured = capsys.readouterr()
    assert captured.out == ""
    assert problem in captured.err


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (["--variables={first: 5}"], "this is no JSON"),
        (["--variables=[1]"], "write a JSON object"),
        (["--variables=@/nowhere.json"], "/nowhere.json: No such file or directory"),
    ],
)
def test_variables_that_cannot_be_read_are_a_usage_error(
    demo: str, options: list[str], problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """With what to write instead."""
    assert ran("explain", str(QUERIES / "5-sources.graphql"), *options, demo) == 2

    assert problem in " ".join(capsys.readouterr().err.replace("│", " ").split())


def written(folder: Path, store_url: str, **desk: Any) -> str:
    """A configuration with a help desk that is asked one key at a time, as the option for it."""
    lookup = {"path": "/tickets", "how": "single", "param": "who"}
    ticket = {
        "key": "id",
        "references": {"customer": "who"},
        "list": {"path": "/tickets"},
        "by": {"customer": lookup},
        "fields": {
            "subject": "about",
            "kind": {"constant": "INQUIRY"},
            "status": {"constant": "OPEN"},
            "opened_at": "at",
        },
    }
    customer = {"key": "id", "list": {"path": "/users"}, "fields": {"name": "name"}}
    source = {
        "kind": "rest",
        "base_url": "http://127.0.0.1:1",
        "timeout_s": 1,
        "entities": {"customer": customer, "ticket": ticket},
        **desk,
    }
    path = folder / "c.yaml"
    path.write_text(yaml.safe_dump({"store": {"url": store_url}, "sources": {"desk": source}}))
    return f"--config={path}"


def test_what_cannot_be_asked_at_all_is_said_at_its_step(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A plan shows it before any client meets it, and nothing else is printed."""
    option = written(tmp_path, "postgresql://nobody@127.0.0.1:1/none")
    document = tmp_path / "d.graphql"
    document.write_text('{ node(id: "Ticket:desk:7") { ... on Ticket { subject } } }')

    found = explained(capsys, str(document), option)

    (step,) = found["steps"]
    (problem,) = step["problems"]
    assert (problem["source"], problem["code"]) == ("desk", "SOURCE_MISCONFIGURED")
    assert problem["message"].startswith("ticket cannot be looked up by record_id")
    assert found["sources"] == {}


def test_check_names_relations_that_cost_one_call_for_each_customer(
    tmp_path: Path, empty_database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also while the source is down: the configuration is enough to know."""
    assert ran("check", written(tmp_path, empty_database_url)) == 1

    out = capsys.readouterr().out
    assert "entities.ticket.by.customer" in out
    assert "a page of 20 takes 20 calls" in out


def test_check_does_not_warn_of_what_is_pulled(
    tmp_path: Path, empty_database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Synced entities are asked for in the store."""
    option = written(tmp_path, empty_database_url)
    file = tmp_path / "c.yaml"
    config = yaml.safe_load(file.read_text())
    config["sources"]["desk"]["entities"]["ticket"]["mode"] = "synced"
    file.write_text(yaml.safe_dump(config))

    assert ran("check", option) == 1

    assert "takes 20 calls" not in capsys.readouterr().out


def test_check_estimates_calls_against_the_limits(
    tmp_path: Path, empty_database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """How many such queries a minute, and which query can never be answered at once."""
    rates = [{"calls": 30, "per_s": 60}, {"calls": 1000, "per_s": 86400}]
    queries = tmp_path / "queries"
    queries.mkdir()
    text = "query ($n: Int) { customers(first: $n) { nodes { tickets { nodes { subject } } } } }"
    for size in (10, 40):
        (queries / f"page-{size}.graphql").write_text(text)
        (queries / f"page-{size}.json").write_text(json.dumps({"n": size}))
    (queries / "typo.graphql").write_text("{ custmers { nodes { name } } }")

    option = written(tmp_path, empty_database_url, limits={"rates": rates})
    assert ran("check", option, f"--queries={queries}") == 1

    out = capsys.readouterr().out
    lines = [[cell.strip() for cell in line.split("│")[1:-1]] for line in out.splitlines()]
    assert ["page-10", "desk", "10", "3 a minute, 100 a day"] in lines
    assert ["page-40", "desk", "40", "0 a minute, 25 a day"] in lines
    assert "the query page-40 takes 40 calls, but the limits allow 30 a minute" in out
    assert "typo: Cannot query field 'custmers'" in out


def test_check_without_a_folder_of_queries_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before anything is asked."""
    option = written(tmp_path, "postgresql://nobody@127.0.0.1:1/none")

    assert ran("check", option, f"--queries={tmp_path / 'gone'}") == 1

    assert "there is no such folder of queries" in capsys.readouterr().err
