"""What was acknowledged is there exactly once, whatever was killed meanwhile."""

import asyncio
import tempfile
from pathlib import Path

from benchmarks.durability import Plan, measure, report


def test_acknowledged_interactions_survive_kills_of_gateway_and_database() -> None:
    """300 calls of 8 clients, SIGKILL to each of the two in between and once more at the end."""
    plan = Plan(calls=300, clients=8, gateway_kills=1, postgres_kills=1)
    with tempfile.TemporaryDirectory(prefix="c360-") as folder:
        Path(folder).chmod(0o755)
        findings = asyncio.run(measure(plan, Path(folder)))
    shown = "\n".join(report(plan, findings))
    assert findings.is_durable, shown
    assert len(findings.acknowledged) == plan.calls
    assert len(set(findings.acknowledged.values())) == plan.calls
    assert findings.kills == {"gateway": 1, "PostgreSQL": 1}
