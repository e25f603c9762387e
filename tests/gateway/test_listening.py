"""The socket of the gateway."""

import pytest

from gateway.config.settings import Server
from gateway.listening import address, listen


def test_a_free_port_is_taken_and_named() -> None:
    """Port 0 takes any."""
    with listen(Server(port=0)) as listening:
        port = listening.getsockname()[1]

        assert port > 0
        assert address(listening) == f"http://127.0.0.1:{port}"


def test_an_address_for_all_is_named_as_this_machine_finds_it() -> None:
    """Nobody can open 0.0.0.0 in a browser."""
    with listen(Server(host="0.0.0.0", port=0)) as listening:  # noqa: S104 - that is what is tested
        assert address(listening) == f"http://127.0.0.1:{listening.getsockname()[1]}"


def test_a_taken_port_is_told_in_words() -> None:
    """With the setting to change."""
    with listen(Server(port=0)) as first:
        port = first.getsockname()[1]

        with pytest.raises(OSError, match="taken") as caught:
            listen(Server(port=port))

    assert str(caught.value.strerror) == (
        f"port {port} of 127.0.0.1 is taken by another program; stop that one, or choose another"
        " port with --port or server.port"
    )
