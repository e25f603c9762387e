"""The story of the demo: one command, one query, the whole customer."""

import json
import signal
import subprocess
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from tests.gateway.demo.readme import block
from tests.gateway.demo.running import Demo, command, running


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """A folder with a short path: those of sockets are limited."""
    with TemporaryDirectory(prefix="c360-", ignore_cleanup_errors=True) as folder:
        yield Path(folder) / "demo"


@pytest.fixture(scope="module")
def logged(home: Path) -> Mapping[str, Any]:
    """The interaction that was logged in a demo that was started for the first time."""
    with running(home) as first:
        response = first.example("4-log-interaction")
    assert "Making the data" in first.printed
    assert first.process.returncode == 128 + signal.SIGTERM
    found: Mapping[str, Any] = response["data"]["logInteraction"]["interaction"]
    return found


@pytest.fixture(scope="module")
def demo(home: Path, logged: Mapping[str, Any]) -> Iterator[Demo]:
    """A demo that was stopped and started again."""
    assert logged
    with running(home) as started:
        yield started


def nodes(connection: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """What the edges of a connection lead to."""
    return [edge["node"] for edge in connection["edges"]]


def test_one_query_gives_the_whole_customer(demo: Demo) -> None:
    """Profile, purchases with lines, tickets, campaigns, documents, interactions, provenance."""
    response = demo.example("1-whole-customer")

    lin = response["data"]["customer"]
    assert "errors" not in response
    assert lin["name"] == "王琳"
    assert {each["source"]["name"] for each in lin["records"]} == {
        "shop",
        "crm",
        "desk",
        "mailing",
        "documents",
    }
    assert {each["field"]: each["source"]["name"] for each in lin["provenance"]} == {
        "name": "crm",
        "language": "desk",
    }
    for name in ("purchases", "tickets", "campaigns", "documents", "interactions"):
        assert len(nodes(lin[name])) == 5, name
    assert all(nodes(each["lines"]) for each in nodes(lin["purchases"]))
    assert all(each["campaign"]["name"] for each in nodes(lin["campaigns"]))
    assert lin["organization"]["name"]


def test_the_readme_shows_what_is_answered(demo: Demo) -> None:
    """Whoever types the query of the README gets the answer of the README."""
    response = demo.ask(block("graphql"))

    assert response["data"] == json.loads(block("json"))["data"]


def test_a_download_link_gives_the_document(demo: Demo) -> None:
    """The bytes of the file, as many as the graph says."""
    lin = demo.example("1-whole-customer")["data"]["customer"]

    for document in nodes(lin["documents"]):
        with urllib.request.urlopen(document["downloadUrl"], timeout=60) as response:  # noqa: S310 - our own address
            assert len(response.read()) == document["sizeBytes"]


def test_the_customers_are_recognised_over_all_systems(demo: Demo) -> None:
    """Some 4,900 records are some 2,000 customers."""
    query = "query($after: String) { customers(first: 500, after: $after) { pageInfo { hasNextPage"
    query += " endCursor } edges { node { records { recordId } } } } }"
    counts: list[int] = []
    page: Mapping[str, Any] = {"hasNextPage": True, "endCursor": None}
    while page["hasNextPage"]:
        found = demo.ask(query, {"after": page["endCursor"]})["data"]["customers"]
        counts += [len(each["records"]) for each in nodes(found)]
        page = found["pageInfo"]

    assert 2_000 <= len(counts) <= 2_060
    assert sum(counts) > 4_800
    assert sum(count == 5 for count in counts) >= 140


def test_every_example_is_answered(demo: Demo) -> None:
    """Without errors, and with something to see."""
    page = demo.example("2-customer-page")
    complaints = demo.example("3-open-complaints")
    sources = demo.example("5-sources")

    assert not [each for each in (page, complaints, sources) if "errors" in each]
    assert len(nodes(page["data"]["customers"])) == 20
    assert len(nodes(complaints["data"]["tickets"])) == 20
    assert all(each["customer"] for each in nodes(complaints["data"]["tickets"]))
    assert [each["name"] for each in sources["data"]["sources"]] == [
        "native",
        "shop",
        "crm",
        "desk",
        "mailing",
        "documents",
    ]


def test_a_page_of_customers_costs_the_help_desk_one_request(demo: Demo) -> None:
    """However many customers are on it."""
    for first in (2, 20, 100):
        response = demo.example("2-customer-page", first=first)

        assert response["extensions"]["sources"]["desk"]["calls"] == 1


def test_records_that_cannot_be_read_are_counted(demo: Demo) -> None:
    """Every source has some, and none of them is lost silently."""
    query = "{ sources { name entities { entity skippedCount } } }"

    found = demo.ask(query)["data"]["sources"]

    skipped = {
        (source["name"], each["entity"]): each["skippedCount"]
        for source in found
        for each in source["entities"]
        if each["skippedCount"]
    }
    assert skipped == {
        ("shop", "customer"): 3,
        ("shop", "purchase"): 2,
        ("crm", "customer"): 2,
        ("desk", "customer"): 2,
        ("mailing", "customer"): 2,
        ("mailing", "campaign_membership"): 2,
        ("documents", "customer"): 1,
    }


def test_a_folder_is_for_one_demo_at_a_time(demo: Demo, home: Path) -> None:
    """The second one is told, and the first one goes on."""
    second = subprocess.run(  # noqa: S603 - our own command
        command("--port", "0", "--data-dir", str(home)),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert second.returncode == 1
    assert second.stderr == (
        f"another demo runs in {home}; stop that one, or choose another folder with --data-dir\n"
    )
    assert demo.process.poll() is None


def test_a_port_that_is_taken_is_told_before_anything_is_made(demo: Demo, tmp_path: Path) -> None:
    """With what to do about it."""
    port = demo.endpoint.rsplit(":", 1)[1].partition("/")[0]

    second = subprocess.run(  # noqa: S603 - our own command
        command("--port", port, "--data-dir", str(tmp_path / "demo")),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert second.returncode == 1
    assert f"port {port} of 127.0.0.1 is taken by another program" in second.stderr
    assert not (tmp_path / "demo" / "data").exists()


def test_a_folder_with_other_things_is_left_alone(tmp_path: Path) -> None:
    """Even with --reset."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "thesis.txt").write_text("years of work", encoding="utf-8")

    refused = subprocess.run(  # noqa: S603 - our own command
        command("--reset", "--port", "0", "--data-dir", str(tmp_path)),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert refused.returncode == 1
    assert "holds other things than a demo" in refused.stderr
    assert (tmp_path / "data" / "thesis.txt").exists()


def test_a_second_start_finds_everything_again(demo: Demo, logged: Mapping[str, Any]) -> None:
    """The same data and the same store: what was logged in the first run is still there."""
    again = demo.example("4-log-interaction")["data"]["logInteraction"]["interaction"]

    assert "Using the data" in demo.printed
    assert again == logged
    assert again["customer"]["name"] == "王琳"
