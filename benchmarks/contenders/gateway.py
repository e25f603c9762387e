"""This gateway, as `customer360 serve` runs it, but without pulls: there is nothing to pull.

With `--tickets URL` tickets are asked for live, of the REST service there; with `--sources N` of
as many sources, all of which are that service. With `--workers N` it is as many processes; the
first of them looks once for what it could pull.
"""

import os
import socket
import tempfile
from argparse import Namespace
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from benchmarks.contenders.serving import arguments
from gateway.app import Gateway
from gateway.config.loader import load
from gateway.listening import listen
from gateway.logs import set_up
from gateway.serving import answer, run
from gateway.supervision import supervise

# Folders that hold nothing: their records are in the store already, as if they had been pulled.
CONFIGURATION = """
store: { url: "${DATABASE}", data_dir: data }
server: { port: 0 }
telemetry: { log_level: error }
limits: { max_first: 1000 }
sources:
  shop:
    kind: files
    path: .
    entities:
      customer: { file: customers.csv, key: id }
      purchase: { mode: synced, file: orders.csv, key: id, references: { customer: customer },
        fields: { status: status, placed_at: at, total: total, currency: currency } }
  desk:
    kind: files
    path: .
    entities:
      ticket: { mode: synced, file: tickets.csv, key: id, references: { customer: customer },
        fields: { subject: subject, kind: kind, status: status, opened_at: at } }
      interaction: { mode: synced, file: talks.csv, key: id, references: { customer: customer },
        fields: { channel: channel, occurred_at: at } }
  mailing:
    kind: files
    path: .
    entities:
      campaign: { mode: synced, file: campaigns.csv, key: id, fields: { name: name } }
      campaign_membership: { mode: synced, file: members.csv, key: id,
        references: { customer: customer, campaign: campaign }, fields: { status: status } }
  archive:
    kind: files
    path: .
    entities:
      document: { mode: synced, file: documents.csv, key: id, references: { customer: customer },
        fields: { name: name, kind: kind } }
"""

LIVE = """
kind: rest
base_url: "${TICKETS}"
entities:
  ticket:
    mode: live
    key: id
    references: { customer: { from: customer, source: shop } }
    list: { path: /tickets }
    by:
      customer: { path: /tickets, how: repeat, param: customer, keys_per_call: 100 }
    fields: { number: number, subject: subject, kind: kind, status: status, priority: priority,
      opened_at: openedAt }
"""


def configuration(*, live_sources: int) -> Mapping[str, Any]:
    """The configuration; tickets are live where there are `live_sources` of them."""
    whole: dict[str, Any] = yaml.safe_load(CONFIGURATION)
    if live_sources:
        sources = whole["sources"]
        talks = sources.pop("desk")
        del talks["entities"]["ticket"]
        live = yaml.safe_load(LIVE)
        # The interactions of the source `desk` are in the store, and stay visible.
        live["entities"]["interaction"] = {
            "mode": "synced",
            "key": "id",
            "references": {"customer": "customer"},
            "list": {"path": "/interactions"},
            "fields": {"channel": "channel", "occurred_at": "at"},
        }
        sources["desk"] = live
        for number in range(2, live_sources + 1):
            sources[f"desk{number}"] = yaml.safe_load(LIVE)
    return whole


async def main(given: Namespace, folder: Path) -> None:
    """Serve the gateway on the data set."""
    path = folder / "customer360.yaml"
    whole = configuration(live_sources=int(given.sources or 1) if given.tickets else 0)
    whole["server"]["workers"] = int(given.workers or 1)
    path.write_text(yaml.safe_dump(whole), encoding="utf-8")
    variables = {"DATABASE": given.database, "TICKETS": given.tickets or ""}
    settings = load(path, {**os.environ, **variables})
    set_up(settings.telemetry)
    if settings.server.workers > 1:
        await supervise(settings, when_ready=_print_port)
        return
    with listen(settings.server) as listening:
        await answer(settings, listening, when_ready=_announce, does_pull=False)


async def _announce(_gateway: Gateway, listening: socket.socket) -> None:
    _print_port(listening)


def _print_port(listening: socket.socket) -> None:
    print(listening.getsockname()[1], flush=True)


if __name__ == "__main__":
    given_ = arguments("tickets", "sources", "workers")
    with tempfile.TemporaryDirectory(prefix="c360-") as made:
        run(main(given_, Path(made)))
