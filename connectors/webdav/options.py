"""The settings of a source of the kind `webdav`."""

from typing import Literal

from pydantic import Field

from connectors.documents.options import StoreOptions
from connectors.http.options import HttpOptions


class WebdavOptions(StoreOptions, HttpOptions):
    """A folder of a WebDAV server: Nextcloud, ownCloud, SharePoint, Apache and so on."""

    kind: Literal["webdav"]
    """The kind of connector."""

    depth: Literal["1", "infinity"] = "1"
    """How folders are listed: one by one, which every server does, or with all that is below them
    in one answer, which many refuse."""

    max_folders: int = Field(10_000, gt=0)
    """The most folders that are listed for one question, where they are listed one by one."""
