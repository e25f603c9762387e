"""Breaking what the demo asks: by word, by byte, by file, and for a whole answer."""

import asyncio
import json
from pathlib import Path

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from gateway.demo.door import Door
from gateway.demo.fault import Fault, UnknownFault, changed, move, read, write
from tests.gateway.demo.running import Demo
from tests.serving import serving

_APP = Starlette(routes=[Route("/", lambda _: JSONResponse({"tickets": []}))])


@pytest.mark.parametrize(
    ("word", "problem"),
    [
        ("printer=down", "there is no source 'printer'; there are crm, desk, shop"),
        ("desk=tired", "desk can be blackhole, delay, down"),
        ("shop=429", "shop can be down, none"),
        ("desk", "desk can be"),
    ],
)
def test_what_cannot_be_broken_is_told_with_what_can(word: str, problem: str) -> None:
    """The sources, or the faults of this one."""
    with pytest.raises(UnknownFault, match=problem):
        changed({}, [word])


def test_words_add_to_what_is_broken_and_none_heals() -> None:
    """Of several words about a source the last one counts."""
    before = changed({}, ["desk=blackhole", "crm=500"])

    assert changed(before, ["desk=none", "shop=down", "crm=html"]) == {
        "crm": Fault.HTML,
        "shop": Fault.DOWN,
    }


def test_what_is_broken_stands_in_a_file(tmp_path: Path) -> None:
    """A file that is missing, or that nobody can understand, breaks nothing."""
    assert read(tmp_path) == {}
    write(tmp_path, {"desk": Fault.RESET})
    assert read(tmp_path) == {"desk": Fault.RESET}
    (tmp_path / "faults").write_text("desk=tired")
    assert read(tmp_path) == {}


def test_files_that_are_down_are_away_and_come_back(tmp_path: Path) -> None:
    """Twice the same changes nothing, and what was never there is not made."""
    file = tmp_path / "shop" / "shop.db"
    file.parent.mkdir()
    file.write_text("the shop")

    for _ in range(2):
        move(tmp_path, {"shop": Fault.DOWN, "mailing": Fault.DOWN})
        assert not file.exists()
    for _ in range(2):
        move(tmp_path, {})
        assert file.read_text() == "the shop"
    assert not (tmp_path / "mailing").exists()


def _asked(fault: Fault, *, timeout_s: float = 2) -> httpx2.Response:
    """The answer through a door that is well for one request, and then has a fault."""

    async def run(port: int) -> httpx2.Response:
        faults = [Fault.NONE]
        door = Door(port, lambda: faults[0])
        server = await asyncio.start_server(door.connect, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with server, httpx2.AsyncClient(timeout=timeout_s) as client:
            assert (await client.get(url)).json() == {"tickets": []}
            faults[0] = fault
            return await client.get(url)

    with serving(_APP) as url:
        return asyncio.run(run(int(url.rpartition(":")[2])))


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (Fault.UNAUTHORIZED, 401),
        (Fault.THROTTLED, 429),
        (Fault.FAILED, 500),
        (Fault.OVERLOADED, 503),
    ],
)
def test_the_door_answers_with_a_status(fault: Fault, status: int) -> None:
    """Also on a connection that was well before."""
    response = _asked(fault)

    assert response.status_code == status
    assert response.headers.get("retry-after") == ("30" if status == 429 else None)


@pytest.mark.parametrize("fault", [Fault.HTML, Fault.TRUNCATED])
def test_the_door_answers_with_what_is_no_json(fault: Fault) -> None:
    """With 200, as if all was well."""
    response = _asked(fault)

    assert response.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        response.json()


@pytest.mark.parametrize("fault", [Fault.RESET, Fault.DOWN, Fault.CUT])
def test_the_door_breaks_connections(fault: Fault) -> None:
    """Before or in the midst of an answer."""
    with pytest.raises((httpx2.NetworkError, httpx2.RemoteProtocolError)):
        _asked(fault)


@pytest.mark.parametrize("fault", [Fault.BLACKHOLE, Fault.DELAY, Fault.TRICKLE])
def test_the_door_makes_clients_wait(fault: Fault) -> None:
    """Longer than they do."""
    with pytest.raises(httpx2.ReadTimeout):
        _asked(fault, timeout_s=0.2)


def test_a_running_demo_can_be_broken_and_healed(demo: Demo) -> None:
    """The command line switches; tickets go and come back, all else stays."""
    whole = demo.example("1-whole-customer")
    with demo.broken("desk", "html"):
        partial = demo.example("1-whole-customer")
    healed = demo.example("1-whole-customer")

    # Links to documents are made anew for each answer.
    without = {"documents": None}
    assert healed["data"]["customer"] | without == whole["data"]["customer"] | without
    without["tickets"] = None
    assert partial["data"]["customer"] | without == whole["data"]["customer"] | without
    assert partial["data"]["customer"]["tickets"] is None
    assert partial["data"]["customer"]["documents"]
    (error,) = partial["errors"]
    assert error["path"] == ["customer", "tickets"]
    assert error["extensions"]["code"] == "SOURCE_MALFORMED"
    assert partial["extensions"]["sources"]["desk"]["status"] == "down"
