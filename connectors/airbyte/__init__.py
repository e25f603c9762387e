"""Airbyte sources: any program that speaks the Airbyte protocol, for entities that are synced.

The program is started for each pull, told by files what to read, and writes its records to its
standard output. It cannot be asked at query time.

    kind: airbyte
    command: [source-faker]
    config: {count: 1000, seed: 7}
    entities:
      customer:
        stream: users
        key: id
        fields:
          name: name
          emails: [{address: email}]
          updated_at: updated_at
"""

from connectors.airbyte.connector import AirbyteConnector
from connectors.airbyte.options import AirbyteOptions
from connectors.contract import Kind

KIND = Kind(name="airbyte", options=AirbyteOptions, open=AirbyteConnector)
