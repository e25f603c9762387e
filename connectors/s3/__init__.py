"""S3 and what is compatible with it: the objects of a bucket as documents.

    kind: s3
    endpoint: https://minio.example.com
    bucket: crm
    prefix: documents
    access_key: ${S3_ACCESS_KEY}
    secret_key: ${S3_SECRET_KEY}
    entities:
      document:
        layout: customers/{customer}/{kind}/{name}

A customer's documents are listed by their prefix. Clients download from the bucket itself, by an
address that is signed for a minute.
"""

from connectors.contract import Environment, Kind
from connectors.documents.connector import StoreConnector
from connectors.s3.options import S3Options
from connectors.s3.store import S3Store


def open_s3(name: str, options: S3Options, environment: Environment) -> StoreConnector:
    """The connector of a bucket; nothing is asked yet."""
    return StoreConnector(name, options, environment, S3Store(name, options, environment))


KIND = Kind(name="s3", options=S3Options, open=open_s3)
"""The kind `s3`."""
