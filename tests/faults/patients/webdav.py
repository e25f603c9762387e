"""Documents of a wsgidav server."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.faults.company import mapped_documents, write_documents
from tests.faults.patient import Admission, Patient, Ward, proxied
from tests.faults.proxy import HTTP_FAULTS, Forgery, proxy
from tests.stores.webdav import PASSWORD, settings, wsgidav

FORGERY = Forgery(
    half='<?xml version="1.0"?><d:multistatus xmlns:d="DAV:"><d:response><d:href>/dav/c1',
    other='<?xml version="1.0"?><d:error xmlns:d="DAV:"/>',
    media_type="application/xml",
)


@contextmanager
def vault(ward: Ward) -> Iterator[Patient]:
    """The documents as files of the server."""
    folder = ward.folder / "dav"
    write_documents(folder)
    with wsgidav(folder) as share, proxy(f"127.0.0.1:{share.port}", FORGERY) as before:
        yield Patient(
            source="vault",
            settings={
                **settings(before.port),
                "connect_timeout_s": 0.2,
                "max_response_bytes": 1_000_000,
                "entities": mapped_documents(),
            },
            faults=proxied(before, HTTP_FAULTS),
            secrets=(str(before.port), PASSWORD, "/dav"),
        )


PATIENTS = {"webdav": Admission(vault, HTTP_FAULTS)}
