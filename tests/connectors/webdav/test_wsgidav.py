"""A folder of a real server: wsgidav."""

import asyncio
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.contract import Environment, Refused, Severity
from connectors.documents.connector import StoreConnector
from connectors.webdav import KIND
from tests.connectors.documents.shelves import answered, batch, checked, text_of
from tests.stores.webdav import Share, settings

ENTITIES = {"document": {"layout": "customers/{customer}/{kind}/{name}"}}
NAMES = [
    "customers/1007/contracts/框架合同.pdf",
    "customers/1007/发票/a b#1 50%.pdf",
    "customers/王芳/invoices/x+y&z=1;2.txt",
    "customers/1/offers/é'(x)!~ %41.txt",
]


class Served:
    """A folder of the server, with documents."""

    def __init__(self, share: Share) -> None:
        self.port = share.port
        self.folder = share.folder / f"Kunden {uuid.uuid4().hex}"
        for name in NAMES:
            self.write(name, name.encode())

    def write(self, name: str, content: bytes) -> None:
        """A file."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def connector(self, **more: Any) -> StoreConnector:
        """A connector to the folder."""
        base_url = f"http://127.0.0.1:{self.port}/dav/{self.folder.name.replace(' ', '%20')}"
        values = {**settings(self.port), "base_url": base_url, "entities": ENTITIES, **more}
        environment = Environment(now=lambda: datetime.now(UTC), base_dir=Path())
        made = KIND.open("cloud", KIND.options.model_validate(values), environment)
        assert isinstance(made, StoreConnector)
        return made


@pytest.fixture
def served(webdav_share: Share) -> Served:
    """A folder with documents of several customers."""
    return Served(webdav_share)


@pytest.mark.parametrize(("depth", "calls"), [("1", 8), ("infinity", 4)])
def test_names_of_all_sorts_are_found_and_downloaded(
    served: Served, depth: str, calls: int
) -> None:
    """Folder by folder, or each customer at once."""

    async def run() -> None:
        made = served.connector(depth=depth)
        keys = ["1007", "王芳", "1", "nobody"]
        answer = await made.fetch(batch("record_id", match="customer_ref", keys=keys))
        ids = sorted(str(row[0]) for rows in answer.rows.values() for row in rows)
        assert ids == sorted(NAMES)
        assert answer.calls == calls
        for each in ids:
            assert await text_of(made, each) == each.encode()
        await made.close()

    asyncio.run(run())


def test_no_folder_is_listed_that_is_deeper_than_the_layout(served: Served) -> None:
    """A backup of a million files in a subfolder costs nothing."""
    served.write("customers/1007/contracts/old/2019/x.pdf", b"x")
    made = served.connector()

    answer = answered(made, batch("name", match="customer_ref", keys=["1007"]))

    assert answer.rows[("1007",)] == [("框架合同.pdf",), ("a b#1 50%.pdf",)]
    assert answer.calls == 3


def test_a_wrong_password_is_told_and_not_tried_for_each_customer(served: Served) -> None:
    """A hundred tries would lock the account."""
    made = served.connector(
        auth={"basic": {"user": "crm", "password": "no"}}, limits={"concurrent": 1}
    )

    with pytest.raises(Refused, match="the credentials in `auth` are not valid"):
        answered(made, batch("name", match="customer_ref", keys=["1", "2", "3"]))


def test_check_says_what_is_wrong(served: Served) -> None:
    """Nothing, no folder, a file instead of one."""
    assert checked(served.connector()) == []

    base = f"http://127.0.0.1:{served.port}/dav/"
    (missing,) = checked(served.connector(base_url=f"{base}none"))
    assert missing.severity is Severity.ERROR
    assert "nothing is there; check `base_url`" in missing.message

    served.write("file.txt", b"")
    address = f"{base}{served.folder.name.replace(' ', '%20')}/file.txt"
    (a_file,) = checked(served.connector(base_url=address))
    assert a_file.severity is Severity.ERROR


def test_too_many_folders_are_refused(served: Served) -> None:
    """With what to do."""
    made = served.connector(max_folders=2)

    with pytest.raises(Refused, match="more than 2 folders below customers/1007/; raise `max_fo"):
        answered(made, batch("name", match="customer_ref", keys=["1007"]))
