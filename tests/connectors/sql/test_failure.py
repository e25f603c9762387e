"""What is wrong with a SQL source is said in words, and one broken row costs only itself."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from connectors.contract import Batch, Finding, Misconfigured, Order, Refused, Severity, Unavailable
from connectors.sql.connector import SqlConnector
from tests.connectors.sql.database import ENGINES, MARIADB, POSTGRES, database, server
from tests.connectors.sql.source import asked, opened, scanned, statements

MAPPING = """
entities:
  customer:
    table: people
    key: id
    changed: updated
    fields: {name: name, emails: mail, created_at: since}
"""
PEOPLE = [
    (
        "CREATE TABLE people (id INTEGER, name VARCHAR(80), mail VARCHAR(80), since VARCHAR(40),"
        " updated INTEGER)"
    ),
    (
        "INSERT INTO people VALUES (1, 'Ada', 'ada@example.com', '2024-05-01', 10),"
        " (2, '王小明', 'ADA@example.com', 'someday', 10),"
        " (NULL, 'Nobody', 'no@example.com', '2024-05-01', 11),"
        " (3, '50%_\\\\off', NULL, NULL, NULL),"
        " (4, 'Bea', 'bea@example.com', '2024-05-03T10:00:00+08:00', 12)"
    ),
]
PASSWORD = "s3cret-word"


def _people(engine: str) -> list[str]:
    return [each if engine == "mariadb" else each.replace("\\\\", "\\") for each in PEOPLE]


@pytest.fixture(params=ENGINES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database of five people, of whom two cannot be read."""
    with database(request.param, tmp_path, _people(request.param)) as made:
        yield made


def _checked(url: str, folder: Path, mapping: str = MAPPING) -> list[Finding]:
    return list(asked(opened(mapping, url=url, base_dir=folder), lambda it: it.check()))


def _listed(connector: SqlConnector, **asking: Any) -> Any:
    batch = Batch(entity="customer_record", **({"fields": ("record_id", "name")} | asking))
    return asked(connector, lambda it: it.fetch(batch))


def _with_login(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=f"nobody:{PASSWORD}@{parts.hostname}:{parts.port}").geturl()


def test_a_missing_sqlite_file_is_named_and_not_created(tmp_path: Path) -> None:
    """The check says which file is missing; nothing is created in its place."""
    (found,) = _checked("sqlite:///shop/no such.db", tmp_path)

    path = tmp_path / "shop" / "no such.db"
    assert found == Finding(
        Severity.ERROR, f"there is no file {path}; correct 'url' or put it there", "url"
    )
    assert not path.exists()


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    """A text file is not taken for an empty database."""
    (tmp_path / "text.db").write_text("just a text, long enough to have a header" * 9)

    (found,) = _checked("sqlite:///text.db", tmp_path)

    assert found.message == "the file that 'url' names is no sound SQLite database"


def test_a_sqlite_file_is_opened_for_reading_only(tmp_path: Path) -> None:
    """The connector could not write even if it wanted to."""
    with database("sqlite", tmp_path, _people("sqlite")) as url:
        connector = opened(MAPPING, url=url, base_dir=tmp_path)

        async def write(it: SqlConnector) -> None:
            async with it.engine().connect() as connection:
                await connection.exec_driver_sql("DELETE FROM people")

        with pytest.raises(Exception, match="readonly database"):
            asked(connector, write)


@pytest.mark.parametrize("scheme", ["postgresql", "mysql"])
def test_a_server_that_is_down_is_unavailable(scheme: str, tmp_path: Path) -> None:
    """Nobody listens: the failure may pass, and its text holds no password."""
    connector = opened(MAPPING, url=f"{scheme}://u:{PASSWORD}@127.0.0.1:1/x", base_dir=tmp_path)

    with pytest.raises(Unavailable) as caught:
        _listed(connector)

    assert "cannot be reached" in caught.value.message
    assert PASSWORD not in caught.value.message


def test_an_unknown_host_is_named_as_such(tmp_path: Path) -> None:
    """A name that cannot be resolved is told apart from a server that is down."""
    (found,) = _checked(f"postgresql://u:{PASSWORD}@nowhere.invalid/x", tmp_path)

    assert found.message == ("the host name in 'url' is not known: check it, or the name service")


@pytest.mark.parametrize("variable", [POSTGRES, MARIADB])
def test_an_unknown_database_is_named_as_such(variable: str, tmp_path: Path) -> None:
    """The server is there and the login is good, but it has no such database."""
    url = urlsplit(server(variable))._replace(path="/c360_there_is_none").geturl()

    (found,) = _checked(url, tmp_path)

    assert found.message == ("the server has no database of that name; check the end of 'url'")


def test_a_wrong_password_is_refused_without_repeating_it(tmp_path: Path) -> None:
    """The login fails: somebody must correct it, and the text does not leak it."""
    url = _with_login(server(MARIADB))
    connector = opened(MAPPING, url=url, base_dir=tmp_path)

    with pytest.raises(Refused) as caught:
        _listed(connector)

    assert caught.value.message == ("the database refuses the user or the password; check 'url'")
    assert PASSWORD not in repr(connector.options)


def test_a_renamed_column_is_found_at_check_with_the_nearest_name(url: str, tmp_path: Path) -> None:
    """The check names the column and what it may be called now; questions say the same."""
    mapping = MAPPING.replace("emails: mail", "emails: maill")
    message = "customer: 'people' has no column 'maill'; did you mean 'mail'?"

    (found,) = _checked(url, tmp_path, mapping)

    assert found == Finding(Severity.ERROR, message, "entities.customer")
    with pytest.raises(Misconfigured, match="maill"):
        _listed(opened(mapping, url=url, base_dir=tmp_path))


def test_a_missing_table_is_found_at_check(url: str, tmp_path: Path) -> None:
    """The check names the most similar table."""
    (found,) = _checked(url, tmp_path, MAPPING.replace("people", "poeple"))

    assert found.message == "customer: there is no table 'poeple'; did you mean 'people'?"


def test_rows_that_cannot_be_read_are_warned_of_at_check(url: str, tmp_path: Path) -> None:
    """The key that may be missing and the date that nobody can read are both told."""
    keys, rows = _checked(url, tmp_path)

    assert keys.message.startswith("'id' is empty in some rows; these are skipped")
    assert rows.message.startswith("2 of the first 5 rows cannot be read")


def test_a_broken_row_is_skipped_and_reported(url: str, tmp_path: Path) -> None:
    """The unreadable date and the missing key cost their own rows; a page is full all the same."""
    answer = _listed(
        opened(MAPPING, url=url, base_dir=tmp_path),
        fields=("record_id", "name", "created_at"),
        order=(Order("record_id"),),
        limit=3,
    )

    assert [row[:2] for row in answer.rows[()]] == [
        ("1", "Ada"),
        ("3", "50%_\\off"),
        ("4", "Bea"),
    ]
    assert {(each.record_id, each.reason) for each in answer.skipped} >= {
        (
            "2",
            (
                "customer: record '2': 'created_at' is 'someday', expected an ISO 8601 date such as"
                " 2024-05-31T09:30:00Z; set 'format' or 'unit' for others"
            ),
        ),
    }


def test_two_customers_with_one_address_are_two_records(url: str, tmp_path: Path) -> None:
    """Records are not merged here; the address is normalised in both."""
    answer = _listed(
        opened(MAPPING, url=url, base_dir=tmp_path),
        fields=("name", "emails"),
        match=("record_id",),
        keys=(("1",), ("2",)),
    )

    assert {key: (rows[0][0], rows[0][1][0]["address"]) for key, rows in answer.rows.items()} == {
        ("1",): ("Ada", "ada@example.com"),
        ("2",): ("王小明", "ada@example.com"),
    }


def test_one_statement_whatever_the_number_of_keys(url: str, tmp_path: Path) -> None:
    """A thousand keys cost as many statements as one: one."""
    connector = opened(MAPPING, url=url, base_dir=tmp_path)

    async def counted(it: SqlConnector) -> list[int]:
        counts = []
        await it.push("customer_record")
        for most in (1, 1000):
            keys = tuple((str(number),) for number in range(most))
            batch = Batch(
                entity="customer_record", fields=("name",), match=("record_id",), keys=keys
            )
            with statements(it) as seen:
                await it.fetch(batch)
            counts.append(len(seen))
        return counts

    assert asked(connector, counted) == [1, 1]


def test_a_scan_of_changes_loses_nothing(url: str, tmp_path: Path) -> None:
    """Rows of the same instant are read again, blank ones always, broken ones are reported."""
    connector = opened(f"page_size: 1\n{MAPPING}", url=url, base_dir=tmp_path)

    async def runs(it: SqlConnector) -> tuple[list[Any], list[Any]]:
        first = await scanned(it, "customer_record")
        return first, await scanned(it, "customer_record", since=first[-1].cursor)

    first, second = asked(connector, runs)

    assert [each.record_id for page in first for each in page.changes] == ["3", "1", "4"]
    assert [each.record_id for page in first for each in page.skipped] == [None, "2"]
    assert first[-1].cursor == {"changed": 12}
    assert [each.record_id for page in second for each in page.changes] == ["3", "4"]
    assert second[-1].cursor == {"changed": 12}


@pytest.mark.parametrize("stop", range(1, 6))
def test_a_scan_resumes_wherever_it_was_stopped(url: str, stop: int, tmp_path: Path) -> None:
    """After every page: what follows is the rest, nothing lost."""
    connector = opened(f"page_size: 1\n{MAPPING}", url=url, base_dir=tmp_path)

    async def in_two(it: SqlConnector) -> list[Any]:
        begun = await scanned(it, "customer_record", most=stop)
        return begun + await scanned(it, "customer_record", since=begun[-1].cursor)

    found = [each.record_id for page in asked(connector, in_two) for each in page.changes]

    assert set(found) == {"1", "3", "4"}


def test_discovery_tells_tables_columns_and_types(url: str, tmp_path: Path) -> None:
    """What could be mapped is listed by name."""
    (people,) = asked(opened("{}", url=url, base_dir=tmp_path), lambda it: it.discover())

    assert people.name == "people"
    assert list(people.fields) == ["id", "name", "mail", "since", "updated"]
    assert people.fields["name"].startswith("VARCHAR(80)")


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("not a url", "'url' is no database URL; write for example postgresql://user@host/name"),
        ("postgresql+pg8000://u@h/x", "the driver 'pg8000' is not installed; install pg8000"),
        ("foo://u@h/x", "there is no driver for 'foo'; install one, or correct 'url'"),
        ("sqlite://", "'url' names no file; write sqlite:///path/to/file.db"),
    ],
)
def test_a_url_that_cannot_work_is_refused_in_words(url: str, message: str, tmp_path: Path) -> None:
    """Nothing was connected to; the check says what to do."""
    (found,) = _checked(url, tmp_path)

    assert found == Finding(Severity.ERROR, message, "url")
