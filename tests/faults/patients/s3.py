"""Documents in a bucket of moto's S3 server."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.faults.company import DOCUMENTS, mapped_documents
from tests.faults.patient import Admission, Patient, Ward, proxied
from tests.faults.proxy import HTTP_FAULTS, Forgery, proxy
from tests.stores.s3 import Bucket, moto

FORGERY = Forgery(
    half="<?xml version='1.0'?><ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>c1",
    other="<?xml version='1.0'?><ListAllMyBucketsResult></ListAllMyBucketsResult>",
    media_type="application/xml",
)


@contextmanager
def vault(_ward: Ward) -> Iterator[Patient]:
    """The documents as objects."""
    with moto() as port, proxy(f"127.0.0.1:{port}", FORGERY) as before:
        bucket = Bucket.new(port)
        for path, content in DOCUMENTS.items():
            bucket.put(path, content)
        yield Patient(
            source="vault",
            settings={
                **bucket.settings(before.port, secret_key="open-sesame"),
                "connect_timeout_s": 0.2,
                "max_response_bytes": 1_000_000,
                "refresh_s": 0,
                "entities": mapped_documents(),
            },
            faults=proxied(before, HTTP_FAULTS),
            secrets=(str(before.port), "open-sesame", bucket.name),
        )


PATIENTS = {"s3": Admission(vault, HTTP_FAULTS)}
