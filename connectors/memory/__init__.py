"""The reference connector: records in memory. It shows the whole contract in the plainest way."""

from connectors.memory.connector import MemoryConnector

__all__ = ["MemoryConnector"]
