"""A kind of connector from a package of somebody else: nothing of ours is edited for it."""

import asyncio
import json
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from connectors import registry
from connectors.federation import Federation
from connectors.health import HealthBoard
from connectors.memory import MemoryConnector
from gateway.app import open_connectors
from gateway.config import load
from resolvers.request import Request
from tests.resolvers.asking import engine, given

DOCUMENT = Path(__file__).parents[2] / "docs" / "connectors.md"


def _block(language: str) -> str:
    """The block of a language in the manual for authors of connectors."""
    found = re.search(rf"```{language}\n(.*?)```", DOCUMENT.read_text("utf-8"), re.DOTALL)
    assert found is not None
    return found[1]


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The package as an installer leaves it: a module, and who it says it is."""
    site = tmp_path / "site"
    about = site / "echo_connector-1.0.dist-info"
    about.mkdir(parents=True)
    (site / "echo_connector.py").write_text(_block("python"), encoding="utf-8")
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: echo-connector\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(
        "[customer360.connectors]\necho = echo_connector:KIND\n", encoding="utf-8"
    )
    monkeypatch.syspath_prepend(str(site))
    yield tmp_path
    sys.modules.pop("echo_connector", None)


def test_a_kind_from_an_entry_point_is_known_beside_ours(installed: Path) -> None:
    """It stands in the registry by its name; uninstalled, it does not."""
    assert installed.is_dir()
    known = registry.kinds()
    assert known["echo"].name == "echo"
    assert {"sql", "rest", "files"} <= known.keys()
    sys.path.remove(str(installed / "site"))
    assert "echo" not in registry.kinds()


def test_a_configuration_names_the_kind_and_the_graph_answers_from_it(installed: Path) -> None:
    """From the file to an answer: options are checked, the connector is opened and asked."""
    config = installed / "customer360.yaml"
    config.write_text(_block("yaml"), encoding="utf-8")
    settings = load(config, {})
    robot = UUID(int=1)
    index = {
        "customer": [given("customer", id=robot, kind="PERSON", name="Ada")],
        "customer_record": [
            given("customer_record", source="robot", record_id="r1", customer_id=robot)
        ],
    }

    async def run() -> bytes:
        now = datetime.now(UTC)
        federation = Federation(
            MemoryConnector("native", index, observed_at=now),
            open_connectors(settings),
            modes={},
            board=HealthBoard(lambda: now),
        )
        it = engine(federation)
        query = "{ customers { nodes { name tickets { nodes { subject source { name } } } } } }"
        return (await it.engine.execute(Request(query=query), it.context())).body

    answer = json.loads(asyncio.run(run()))
    assert "errors" not in answer
    assert answer["data"] == {
        "customers": {
            "nodes": [
                {
                    "name": "Ada",
                    "tickets": {"nodes": [{"subject": "你好", "source": {"name": "robot"}}]},
                }
            ]
        }
    }
