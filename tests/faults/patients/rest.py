"""A help desk behind HTTP and JSON."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.faults.company import http_services, rest_tickets
from tests.faults.patient import Admission, Patient, Ward, proxied
from tests.faults.proxy import HTTP_FAULTS, Forgery, proxy

FORGERY = Forgery(half='{"tickets": [{"id": 7, "about": "Wh', other='{"found": {"tickets": 2}}')


@contextmanager
def desk(_ward: Ward) -> Iterator[Patient]:
    """The help desk of the company."""
    with http_services() as url, proxy(url.removeprefix("http://"), FORGERY) as before:
        yield Patient(
            source="desk",
            settings=rest_tickets(f"http://127.0.0.1:{before.port}")
            | {
                "connect_timeout_s": 0.2,
                "max_response_bytes": 1_000_000,
                "auth": {"bearer": "open-sesame"},
            },
            faults=proxied(before, HTTP_FAULTS),
            secrets=(str(before.port), "open-sesame"),
        )


PATIENTS = {"rest": Admission(desk, HTTP_FAULTS)}
