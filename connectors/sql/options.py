"""The settings of a SQL source."""

from typing import Self

from pydantic import Field, SecretStr, model_validator

from connectors.mapping import EntityMapping, MappedOptions


class SqlEntity(EntityMapping):
    """An entity in a table or in the result of a query. Names in the mapping are columns."""

    table: str | None = Field(None, min_length=1)
    """The table or view, with its schema where it is not the default one: `sales.orders`."""

    query: str | None = Field(None, min_length=1)
    """A SELECT statement instead of a table, for joins and computed columns."""

    @model_validator(mode="after")
    def _has_one_place(self) -> Self:
        if (self.table is None) == (self.query is None):
            raise ValueError("write either 'table' or 'query'")
        if any(each.from_ is None or each.conversions for each in self.key):
            raise ValueError("'key' must be a column, or a list of columns, without conversions")
        return self


class SqlOptions(MappedOptions[SqlEntity]):
    """A SQL database that is only read: PostgreSQL, MySQL, MariaDB, SQLite and others."""

    url: SecretStr
    """Where the database is: `postgresql://user:password@host:5432/name`, `mysql://…`,
    `sqlite:///path/to/file.db` (relative to the configuration file), or any SQLAlchemy URL with an
    asynchronous driver."""

    pool_size: int = Field(5, ge=1, le=200)
    """The most connections that are open at once."""

    batch_limit: int = Field(1000, ge=1, le=10_000)
    """The most keys in one statement."""

    page_size: int = Field(500, ge=1, le=10_000)
    """How many records a pull reads at once."""

    connect_timeout_s: float = Field(10, gt=0)
    """How long to wait for a connection."""
