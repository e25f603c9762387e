"""The table in `docs/faults.md`: made from what a run of the matrix has seen."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from tests.faults.expected import Outcome
from tests.faults.fault import Fault

FILE = Path(__file__).parents[2] / "docs" / "faults.md"
RECORD = "CUSTOMER360_FAULTS_SEEN"
"""The environment variable that names a file in which the tests write down what they see."""

Seen = Mapping[tuple[str, Fault], Outcome]
"""What was seen, by the kind of the source and its fault."""

_OPENS = " ●"
_NOTHING = "–"
_FAMILIES = (
    ("Sources behind HTTP", ("rest", "graphql", "s3", "webdav")),
    ("Databases", ("sql",)),
    ("Files", ("files",)),
    ("Other programs", ("airbyte",)),
)
_HEAD = """\
# What a failing source costs

<!-- Made by `./dev run python -m tests.faults`; the tests fail where it is not what they see. -->

A gateway over five sources is asked for customers with all that the five know. One source then
gets a fault, by a real proxy (HAProxy) before a real server, or in real files. For every cell below
the tests have seen that

- the status in `extensions.sources` and the code of the errors are these, and the source is named,
- the fields of the failing source are `null` with an error, never `[]`: unknown is not empty,
- all other fields are there, unchanged,
- nothing of hosts, statements, paths or drivers stands in the answer,
- `sources { status problem }` in the graph tells it too,
- everything is back within one interval of the breaker (`breaker.open_s`) after the fault is gone,
  or once the time of `Retry-After` is over.

A cell is the status and the code. ● says that the breaker opens when it goes on: the status is then
`open`, the code `SOURCE_OPEN`, and the source is left alone. `partial` has no error: what could be
read is there, and what could not is counted and logged.
"""


def cell(outcome: Outcome) -> str:
    """What stands in the table for an outcome."""
    code = f" `{outcome.code}`" if outcome.code else ""
    wait = f", `retryAfter` {outcome.retry_after_s:g}" if outcome.retry_after_s else ""
    return f"`{outcome.status}`{code}{wait}{_OPENS if outcome.opens else ''}"


def rendered(seen: Seen) -> str:
    """The whole page."""
    kinds = list(dict.fromkeys(kind for kind, _ in seen))
    parts = [_HEAD]
    for title, beginnings in _FAMILIES:
        own = [each for each in kinds if each.split(" ")[0] in beginnings]
        if own:
            parts.append(f"## {title}\n\n{_table(seen, own)}")
    return "\n".join(parts)


def written() -> Mapping[tuple[str, str], str]:
    """The cells of the page as it is, by the names of kind and fault."""
    cells: dict[tuple[str, str], str] = {}
    header: Sequence[str] = ()
    for line in FILE.read_text("utf-8").splitlines():
        parts = [each.strip() for each in line.strip("|").split("|")]
        if line.startswith("| fault |"):
            header = parts[1:]
        elif line.startswith("| ") and header:
            cells |= {(kind, parts[0]): each for kind, each in zip(header, parts[1:], strict=True)}
    return {key: each for key, each in cells.items() if each != _NOTHING}


def _table(seen: Seen, kinds: Sequence[str]) -> str:
    faults = [each for each in Fault if any((kind, each) in seen for kind in kinds)]
    lines = [_line(["fault", *kinds]), "|---" * (len(kinds) + 1) + "|"]
    lines += [
        _line([fault.value, *(_seen(seen, kind, fault) for kind in kinds)]) for fault in faults
    ]
    return "\n".join(lines) + "\n"


def _seen(seen: Seen, kind: str, fault: Fault) -> str:
    outcome = seen.get((kind, fault))
    return cell(outcome) if outcome else _NOTHING


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
