"""What `docs/operations.md` shows is what happens."""

import io
import json
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from contextvars import copy_context
from pathlib import Path

import pytest
import structlog
import yaml

from connectors.aspects import failure_log
from connectors.aspects.failure_log import FailureLog
from connectors.errors import Unavailable
from gateway.config import load
from gateway.config.change import FIXED
from gateway.config.settings import Telemetry
from gateway.http.request_id import HEADER, begin
from gateway.logs import set_up
from gateway.metric import MEANINGS

MANUAL = (Path(__file__).parents[2] / "docs" / "operations.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    """The blocks of a language, in their order."""
    return re.findall(rf"```{language}\n(.*?)```", MANUAL, re.DOTALL)


@contextmanager
def logging_as(telemetry: Telemetry) -> Iterator[io.StringIO]:
    """What is logged, as the process would write it; afterwards all is as before."""
    root, written = logging.getLogger(), io.StringIO()
    before = root.level, list(root.handlers)
    try:
        with redirect_stderr(written):
            set_up(telemetry)
            yield written
    finally:
        structlog.reset_defaults()
        # The logger of the module has kept what it was set up with, and would hide its lines later.
        vars(failure_log.log).pop("bind", None)
        root.setLevel(before[0])
        root.handlers[:] = before[1]


def failure() -> Unavailable:
    """The failure of the manual."""
    shown = json.loads(blocks("json")[0])
    error = Unavailable(shown["source"], shown["error"])
    name, _, text = shown["cause"].partition(": ")
    error.__cause__ = type(name, (Exception,), {})(text)
    return error


def test_the_line_in_the_manual_is_what_is_logged() -> None:
    """But for the time."""
    (line,) = blocks("json")
    shown = json.loads(line)
    log = FailureLog(new_id=lambda: shown["error_id"])

    with logging_as(Telemetry(log_format="json")) as written:
        context = copy_context()
        context.run(begin, {HEADER: shown["request_id"].encode()})
        context.run(log.failed, failure(), entity=shown["entity"])

    logged = json.loads(written.getvalue())
    assert logged.pop("timestamp")[10] == shown.pop("timestamp")[10] == "T"
    assert list(logged.items()) == list(shown.items())


def test_every_metric_stands_in_the_manual() -> None:
    """With its kind, its labels and what it says; and no other does."""
    rows = re.findall(
        r"^\| `(customer360_\w+)` \| (\w+) \| (.*?) \| (.*?) \|$", MANUAL, re.MULTILINE
    )

    assert rows == [
        (name, kind, ", ".join(f"`{each}`" for each in labels) or "—", meaning)
        for name, (kind, meaning, labels) in MEANINGS.items()
    ]


def test_every_setting_that_needs_a_restart_stands_in_the_manual() -> None:
    """In the order of the code."""
    (listed,) = re.findall(r"These hold until a restart.*?: (.*?)\. What was", MANUAL, re.DOTALL)

    assert re.findall(r"`([\w.]+)`", listed) == [".".join(each) for each in FIXED]


@pytest.mark.parametrize("block", blocks("yaml"))
def test_the_configuration_in_the_manual_is_taken(block: str, tmp_path: Path) -> None:
    """Each block by itself."""
    file = tmp_path / "customer360.yaml"
    file.write_text(block, encoding="utf-8")

    settings = load(file, {})

    assert set(yaml.safe_load(block)) <= set(settings.model_fields_set) | {"sources"}


def test_text_shows_no_values_of_variables() -> None:
    """The default of structlog does, where rich is installed: passwords among them."""

    def broken() -> None:
        password = "hunter2"
        raise ValueError(len(password))

    with logging_as(Telemetry(log_format="text")) as written:
        try:
            broken()
        except ValueError:
            structlog.get_logger("test").exception("what")

    assert "ValueError: 7" in written.getvalue()
    assert "hunter2" not in written.getvalue().replace('password = "hunter2"', "")
