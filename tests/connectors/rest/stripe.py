"""A payment service for tests: localstripe, a real server with the paging and words of Stripe."""

import contextlib
import importlib.util
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field

import httpx2
import pytest

KEY = "sk_test_12345"


@dataclass
class Payments:
    """The service at `url`, with ids of what was put into it, by name."""

    url: str
    ids: dict[str, str] = field(default_factory=dict)

    def post(self, path: str, **data: str) -> str:
        """Make something; its id."""
        headers = {"Authorization": f"Bearer {KEY}"}
        answer = httpx2.post(f"{self.url}{path}", data=data, headers=headers)
        assert answer.status_code == 200, answer.text
        made: str = answer.json()["id"]
        return made

    def add_customer(self, name: str, **data: str) -> None:
        """A customer who can pay by card."""
        self.ids[name] = self.post("/customers", name=name, source=self._card(), **data)

    def _card(self) -> str:
        card = {"number": "4242424242424242", "exp_month": "12", "exp_year": "2030", "cvc": "123"}
        named = {f"card[{name}]": value for name, value in card.items()}
        return self.post("/tokens", **named)

    def add_charge(self, name: str, *, cents: int, currency: str = "eur") -> str:
        """A payment of a customer; its id."""
        amount = str(cents)
        return self.post("/charges", customer=self.ids[name], amount=amount, currency=currency)


@contextlib.contextmanager
def running() -> Iterator[Payments]:
    """The service in a process of its own; skips the test where it is not installed."""
    if importlib.util.find_spec("localstripe") is None:
        pytest.skip("localstripe is not installed")
    command = [sys.executable, "-m", "tests.connectors.rest.stripe_process"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:  # noqa: S603  # our own module
        try:
            assert process.stdout is not None
            port = int(process.stdout.readline())
            yield Payments(f"http://127.0.0.1:{port}/v1")
        finally:
            process.terminate()
