"""Run the matrix and write what was seen into the documentation: `python -m tests.faults`."""

import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.faults import table
from tests.faults.expected import Outcome
from tests.faults.fault import Fault
from tests.faults.patient import patients


def main() -> None:
    """Refuse to write where a kind could not be tried, or did not do what is expected."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "seen"
        matrix = [str(Path(__file__).with_name("test_matrix.py")), "-k", "costs_the_fields"]
        ended = subprocess.run(  # noqa: S603 - our own tests
            [sys.executable, "-m", "pytest", *matrix, *sys.argv[1:]],
            env={**os.environ, table.RECORD: str(file)},
            check=False,
        )
        if ended.returncode:
            sys.exit("Nothing was written: the run failed.")
        lines = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    seen = {(kind, Fault[name]): Outcome(**outcome) for kind, name, outcome in lines}
    missing = set(patients()) - {kind for kind, _ in seen}
    if missing:
        sys.exit(f"Nothing was written: no server for {', '.join(sorted(missing))}.")
    table.FILE.write_text(table.rendered(seen), "utf-8")
    sys.stdout.write(f"Written: {table.FILE}\n")


if __name__ == "__main__":
    main()
