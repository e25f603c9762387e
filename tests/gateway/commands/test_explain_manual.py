"""What `docs/explain.md` shows is what happens."""

import json
import re
import sys
from io import StringIO
from pathlib import Path

import pytest

from tests.gateway.commands.test_commands import ran
from tests.gateway.commands.test_explain import DEMO, QUERIES, SECRETS

MANUAL = (Path(__file__).parents[3] / "docs" / "explain.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    """The blocks of a language, in their order."""
    return re.findall(rf"```{language}\n(.*?)```", MANUAL, re.DOTALL)


@pytest.fixture(autouse=True)
def _demo(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)


def test_the_plan_in_the_manual_is_what_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """Word by word."""
    document = str(QUERIES / "2-customer-page.graphql")

    assert ran("explain", document, f"--config={DEMO}") == 0

    assert blocks("text") == [capsys.readouterr().out]


def test_the_json_in_the_manual_is_what_is_answered(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """For the query that stands above it."""
    (query,) = re.findall(r"`(\{ tickets.*?\})`", MANUAL)
    monkeypatch.setattr(sys, "stdin", StringIO(query))

    assert ran("explain", "-", f"--config={DEMO}", "--format=json") == 0

    assert json.loads(capsys.readouterr().out) == json.loads(blocks("json")[-1])
