"""What Alembic runs: the migrations, over the connection that the caller has opened."""

from alembic import context

from connectors.native.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    compare_server_default=True,
)
with context.begin_transaction():
    context.run_migrations()
