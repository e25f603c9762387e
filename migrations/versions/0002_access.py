"""Who may come in: API keys."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"

TEXT = sa.Text(collation="C")
TIME = sa.DateTime(timezone=True)
JSON = postgresql.JSONB()


def upgrade() -> None:
    op.create_table(
        "api_key",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("digest", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("roles", JSON, nullable=False),
        sa.Column("claims", JSON, nullable=False),
        sa.Column("purpose", TEXT),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("expires_at", TIME),
        sa.Column("revoked_at", TIME),
        sa.Column("last_used_at", TIME),
        sa.Column("changed_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("api_key_by_change", "api_key", ["changed_at"])
