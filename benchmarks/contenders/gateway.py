"""This gateway, as `customer360 serve` runs it, but without pulls: there is nothing to pull."""

import os
import tempfile
from pathlib import Path

from benchmarks.contenders.serving import database_url, run, serve
from gateway.app import open_gateway
from gateway.config.loader import load
from gateway.logs import set_up

# Folders that hold nothing: their records are in the store already, as if they had been pulled.
CONFIGURATION = """
store: { url: "${DATABASE}", data_dir: data }
telemetry: { log_level: warning }
sources:
  shop:
    kind: files
    path: .
    entities:
      customer: { file: customers.csv, key: id }
      purchase: { mode: synced, file: orders.csv, key: id, references: { customer: customer },
        fields: { status: status, placed_at: at, total: total, currency: currency } }
      purchase_line: { mode: synced, file: lines.csv, key: id, references: { purchase: purchase },
        fields: { position: position, quantity: quantity, currency: currency } }
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


async def main(url: str, folder: Path) -> None:
    """Serve the gateway on the data set."""
    path = folder / "customer360.yaml"
    path.write_text(CONFIGURATION, encoding="utf-8")
    settings = load(path, {**os.environ, "DATABASE": url})
    set_up(settings.telemetry)
    async with open_gateway(settings) as gateway:
        await serve(gateway.app)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="c360-") as made:
        run(main(database_url(), Path(made)))
