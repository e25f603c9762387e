"""Who may come in, and who read what."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"

TEXT = sa.Text(collation="C")
TIME = sa.DateTime(timezone=True)
JSON = postgresql.JSONB()


def upgrade() -> None:
    _create_api_key()
    _create_audit()
    _create_access_record()


def _create_api_key() -> None:
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


def _create_audit() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("chain", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("body", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("chain", "number"),
    )
    op.create_index("audit_entry_by_time", "audit_entry", ["at"], postgresql_using="brin")
    op.create_table(
        "audit_anchor",
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("body", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )


def _create_access_record() -> None:
    op.create_table(
        "access_record",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("viewer", TEXT, nullable=False),
        sa.Column("role", TEXT),
        sa.Column("purpose", TEXT),
        sa.Column("operation", TEXT),
        sa.Column("client", TEXT),
        sa.Column("request_id", TEXT),
        sa.Column("fields", JSON, nullable=False),
        sa.Column("masked", JSON, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "access_record_by_customer",
        "access_record",
        ["customer_id", sa.text("at DESC NULLS LAST"), "id"],
    )
