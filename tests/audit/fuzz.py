"""Schemathesis against a running GraphQL endpoint: `python fuzz.py URL CASES`.

Schemathesis counts cases per root field; this spreads CASES over all of them, rounded up, and ends
with the exit status of Schemathesis. A case fails on a 5xx, on an error with a server's code, on
null where the schema forbids it, on an answer that is no GraphQL, and where wrong types are
accepted.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import httpx2

ROOT_FIELDS = "{ __schema { queryType { fields { name } } mutationType { fields { name } } } }"


def count_root_fields(url: str) -> int:
    """How many fields queries and mutations have."""
    answer = httpx2.post(url, json={"query": ROOT_FIELDS}, timeout=30)
    schema = answer.raise_for_status().json()["data"]["__schema"]
    return sum(len(kind["fields"]) for kind in schema.values() if kind is not None)


def fuzz(url: str, *, cases: int) -> int:
    """Run at least `cases` cases; the exit status of Schemathesis."""
    per_field = -(-cases // count_root_fields(url))
    command = Path(sys.executable).with_name("schemathesis")
    options = ["--max-examples", str(per_field), "--continue-on-failure", "--warnings", "off"]
    # GraphQL has no type for a page size, an id or a cursor: what Schemathesis makes up for them
    # has the right type and is refused all the same, with a client's code, as this check forbids.
    options += ["--exclude-checks", "positive_data_acceptance"]
    # Schemathesis leaves its notes where it runs.
    with tempfile.TemporaryDirectory() as folder:
        return subprocess.call([command, "run", url, *options], cwd=folder)  # noqa: S603 - our own


if __name__ == "__main__":
    sys.exit(fuzz(sys.argv[1], cases=int(sys.argv[2])))
