"""WebDAV: the files of Nextcloud, ownCloud, SharePoint, Apache and so on as documents.

    kind: webdav
    base_url: https://cloud.example.com/remote.php/dav/files/crm/Kunden
    auth:
      basic: {user: crm, password: ${CLOUD_PASSWORD}}
    entities:
      document:
        layout: "{customer}/{kind}/{name}"

A customer's documents are listed folder by folder, only below the folder of the customer.
Downloads go through the gateway.
"""

from connectors.contract import Environment, Kind
from connectors.documents.connector import StoreConnector
from connectors.webdav.options import WebdavOptions
from connectors.webdav.store import WebdavStore


def open_webdav(name: str, options: WebdavOptions, environment: Environment) -> StoreConnector:
    """The connector of a server; nothing is asked yet."""
    return StoreConnector(name, options, environment, WebdavStore(name, options, environment))


KIND = Kind(name="webdav", options=WebdavOptions, open=open_webdav)
"""The kind `webdav`."""
