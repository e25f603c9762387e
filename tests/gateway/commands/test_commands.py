"""The commands on a real configuration: a folder of files and a real store."""

from pathlib import Path

import pytest
import yaml

from gateway.cli import main

CUSTOMERS = "id,given_name,Fax\n1,Ann,2\n"


def ran(*arguments: str) -> int:
    """The exit code of a command."""
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert isinstance(caught.value.code, int)
    return caught.value.code


def written(folder: Path, store_url: str, *, is_there: bool = True) -> str:
    """A configuration with one source of files, as the option that names it."""
    if is_there:
        (folder / "data").mkdir()
        (folder / "data" / "customers.csv").write_text(CUSTOMERS)
    config = {
        "store": {"url": store_url},
        "sources": {
            "mail": {
                "kind": "files",
                "path": "data",
                "entities": {
                    "customer": {
                        "file": "customers.csv",
                        "key": "id",
                        "fields": {"given_name": "given_name"},
                    }
                },
            }
        },
    }
    path = folder / "c.yaml"
    path.write_text(yaml.safe_dump(config))
    return f"--config={path}"


def test_check_says_that_all_is_well(
    tmp_path: Path, empty_database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Source by source, the store first."""
    assert ran("check", written(tmp_path, empty_database_url)) == 0

    out = capsys.readouterr().out
    assert out.index("store") < out.index("mail")
    assert out.endswith("All is well.\n")


def test_check_fails_and_counts_the_errors(
    tmp_path: Path, empty_database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A script can rely on the exit code."""
    assert ran("check", written(tmp_path, empty_database_url, is_there=False)) == 1

    assert capsys.readouterr().out.endswith("1 error\n")


def test_discover_shows_names_fields_and_types(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As a table."""
    assert ran("discover", "mail", written(tmp_path, "postgresql://h/d")) == 0

    out = capsys.readouterr().out
    assert "customers.csv" in out
    assert "given_name" in out


def test_discover_prints_yaml_to_start_from(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It can be loaded as it is."""
    assert ran("discover", "mail", "--yaml", written(tmp_path, "postgresql://h/d")) == 0

    entities = yaml.safe_load(capsys.readouterr().out)["entities"]
    assert entities["customer"]["fields"] == {"given_name": "given_name"}


def test_discover_of_an_unknown_source_lists_those_there_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A usage error."""
    assert ran("discover", "mial", written(tmp_path, "postgresql://h/d")) == 2

    assert "there is no source 'mial'" in capsys.readouterr().err


def test_sync_pulls_and_says_how_much(
    tmp_path: Path, empty_database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A second time finds nothing new, and is as well."""
    option = written(tmp_path, empty_database_url)

    assert ran("sync", option) == 0
    assert ran("sync", "mail", option) == 0

    lines = [line for line in capsys.readouterr().out.splitlines() if "customer_record" in line]
    assert [line.split("│")[1:4] for line in lines] == [
        [" mail   ", " customer_record ", " 1       "],
        [" mail   ", " customer_record ", " 0       "],
    ]


def test_sync_of_a_source_that_is_away_fails_and_says_so(
    tmp_path: Path, empty_database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The exit code tells a script."""
    assert ran("sync", written(tmp_path, empty_database_url, is_there=False)) == 1

    assert "customer_record" in capsys.readouterr().out


@pytest.mark.parametrize("what", [("config", "schema"), ("config", "manual"), ("schema",)])
def test_a_written_file_passes_the_check_until_it_differs(
    tmp_path: Path, what: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    """For files that are kept in git."""
    file = tmp_path / "file"

    assert ran(*what, "--write", str(file)) == 0
    assert ran(*what, "--write", str(file), "--check") == 0
    file.write_text(file.read_text() + "more\n")
    assert ran(*what, "--write", str(file), "--check") == 1
    assert "\n-more\n" in capsys.readouterr().err
    assert file.read_text().endswith("more\n")


def test_a_check_without_a_file_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    """There is nothing to compare with."""
    assert ran("schema", "--check") == 2
    assert "--write FILE --check" in capsys.readouterr().err
