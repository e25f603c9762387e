"""The statements of a request, from PostgreSQL's log."""

import orjson

from benchmarks.recording import between


def _line(message: str, detail: str | None = None) -> bytes:
    return orjson.dumps({"message": message} | ({"detail": detail} if detail else {}))


def test_statements_belong_to_the_mark_before_them() -> None:
    """What comes before the first mark and after the last belongs to no request."""
    lines = [
        _line("execute a: SELECT 0"),
        _line("statement: SELECT 'mark 0'"),
        _line("execute a: SELECT 1"),
        _line("execute b: SELECT 2"),
        _line("statement: SELECT 'mark 1'"),
        _line("statement: SELECT 'mark end'"),
        _line("execute a: SELECT 3"),
    ]

    assert between(lines, "mark") == [[("SELECT 1", []), ("SELECT 2", [])], []]


def test_parameters_are_read_as_postgresql_writes_them() -> None:
    """Quotes are doubled, and there are values without quotes."""
    detail = "Parameters: $1 = '{a,b}', $2 = NULL, $3 = 'O''Neill, $4 = ''x''', $4 = ''"
    lines = [
        _line("SELECT 'mark 0'"),
        _line("execute __asyncpg_stmt_1__: SELECT $1, $2, $3, $4", detail),
        _line("SELECT 'mark end'"),
    ]

    [[(text, values)]] = between(lines, "mark")

    assert text == "SELECT $1, $2, $3, $4"
    assert values == ["{a,b}", None, "O'Neill, $4 = 'x'", ""]


def test_what_the_driver_asks_for_itself_is_no_part_of_a_request() -> None:
    """Asyncpg looks up types once a connection."""
    lines = [
        _line("SELECT 'mark 0'"),
        _line("execute x: SELECT t.oid FROM pg_catalog.pg_type AS t"),
        _line("SELECT 'mark end'"),
    ]

    assert between(lines, "mark") == [[]]
