"""SQL databases as sources: PostgreSQL, MySQL, MariaDB, SQLite and others, only read."""

from connectors.contract import Kind
from connectors.sql.connector import SqlConnector
from connectors.sql.options import SqlOptions

KIND = Kind(name="sql", options=SqlOptions, open=SqlConnector)
"""The kind `sql`."""
