"""GraphiQL in a real browser that can reach nothing but the gateway."""

from pathlib import Path

import pytest

from tests.browser.devtools import find
from tests.browser.visit import Report, visit
from tests.gateway.demo.running import Demo


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory, demo: Demo) -> Report:
    """One visit; every test looks at another side of it."""
    chromium = find()
    if chromium is None:
        pytest.skip("Chromium is not installed (Debian: apt install chromium)")
    picture = tmp_path_factory.mktemp("graphiql") / "page.png"
    found = visit(chromium, demo.endpoint, screenshot=picture)
    assert picture.read_bytes().startswith(b"\x89PNG")
    return found


def test_nothing_is_asked_of_another_origin(report: Report) -> None:
    """The page is complete by itself."""
    assert report.foreign_requests == []


def test_the_policy_is_never_violated(report: Report) -> None:
    """Page and workers do with what the Content-Security-Policy grants."""
    assert report.policy_violations == []


def test_the_console_shows_no_errors(report: Report) -> None:
    """No exception, no failed load, no console.error."""
    assert report.console_errors == []


def test_every_example_runs(report: Report) -> None:
    """Each tab answers with data and without an error."""
    assert list(report.answers) == [
        "WholeCustomer",
        "CustomerPage",
        "OpenComplaints",
        "LogInteraction",
        "Sources",
        "WhoSeesWhat",
    ]
    for answer in report.answers.values():
        assert "errors" not in answer
        assert all(answer["data"].values())


def test_there_is_a_tab_for_every_example(report: Report) -> None:
    """The page was built after the last change of the examples."""
    examples = Path(__file__).parents[2] / "examples" / "queries"

    assert len(report.answers) == len(list(examples.glob("*.graphql")))


def test_the_editor_knows_the_language(report: Report) -> None:
    """All three workers run; documentation, history and marks under mistakes are there."""
    assert report.workers == {"editor.worker", "graphql.worker", "json.worker"}
    assert report.has_docs
    assert report.remembers
    assert report.marks_mistakes
