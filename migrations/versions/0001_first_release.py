"""Create the tables of the first release."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import SchemaItem

revision = "0001"
down_revision = None

TEXT = sa.Text(collation="C")
TIME = sa.DateTime(timezone=True)
JSON = postgresql.JSONB()


def upgrade() -> None:
    _create_customer()
    _create_customer_record()
    _create_customer_identifier()
    _create_purchase()
    _create_purchase_line()
    _create_product()
    _create_ticket()
    _create_document()
    _create_campaign()
    _create_campaign_membership()
    _create_interaction()
    _create_logged_interaction()
    _create_interaction_amendment()
    _create_sync_state()
    _create_sync_problem()
    _create_source_call()


def _create_customer() -> None:
    op.create_table(
        "customer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("name", TEXT),
        sa.Column("given_name", TEXT),
        sa.Column("family_name", TEXT),
        sa.Column("emails", JSON, nullable=False),
        sa.Column("phones", JSON, nullable=False),
        sa.Column("addresses", JSON, nullable=False),
        sa.Column("language", TEXT),
        sa.Column("preferred_channel", TEXT),
        sa.Column("lifecycle_stage", TEXT),
        sa.Column("tags", JSON, nullable=False),
        sa.Column("owner", TEXT),
        sa.Column("custom", JSON),
        sa.Column("created_at", TIME),
        sa.Column("updated_at", TIME),
        sa.Column("primary_email", TEXT),
        sa.Column("primary_phone", TEXT),
        sa.Column("organization_id", sa.Uuid()),
        sa.Column("provenance", JSON, nullable=False),
        sa.Column("superseded_by", sa.Uuid()),
        sa.Column("superseded_at", TIME),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "customer_by_created_at", "customer", [sa.text("created_at DESC NULLS LAST"), "id"]
    )
    op.create_index("customer_by_name", "customer", ["name", "id"])
    op.create_index("customer_by_organization", "customer", ["organization_id", "id"])
    op.create_index("customer_by_primary_email", "customer", ["primary_email", "id"])


def _create_customer_record() -> None:
    op.create_table(
        "customer_record",
        sa.Column("source", TEXT, nullable=False),
        sa.Column("record_id", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("name", TEXT),
        sa.Column("given_name", TEXT),
        sa.Column("family_name", TEXT),
        sa.Column("emails", JSON, nullable=False),
        sa.Column("phones", JSON, nullable=False),
        sa.Column("addresses", JSON, nullable=False),
        sa.Column("language", TEXT),
        sa.Column("preferred_channel", TEXT),
        sa.Column("lifecycle_stage", TEXT),
        sa.Column("tags", JSON, nullable=False),
        sa.Column("owner", TEXT),
        sa.Column("custom", JSON),
        sa.Column("created_at", TIME),
        sa.Column("updated_at", TIME),
        sa.Column("observed_at", TIME, nullable=False),
        sa.Column("customer_id", sa.Uuid()),
        sa.Column("matched_by", JSON, nullable=False),
        sa.Column("external_ids", JSON),
        sa.Column("organization_ref", TEXT),
        sa.Column("is_deleted", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("source", "record_id"),
    )
    op.create_index(
        "customer_record_by_customer", "customer_record", ["customer_id", "source", "record_id"]
    )
    op.create_index(
        "customer_record_by_organization", "customer_record", ["source", "organization_ref"]
    )


def _create_customer_identifier() -> None:
    op.create_table(
        "customer_identifier",
        sa.Column("source", TEXT, nullable=False),
        sa.Column("record_id", TEXT, nullable=False),
        sa.Column("type", TEXT, nullable=False),
        sa.Column("value", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("source", "record_id", "type", "value"),
    )
    op.create_index("customer_identifier_by_value", "customer_identifier", ["type", "value"])


def _create_purchase() -> None:
    op.create_table(
        "purchase",
        *_record(),
        sa.Column("number", TEXT),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("placed_at", TIME, nullable=False),
        sa.Column("total", sa.Numeric(), nullable=False),
        sa.Column("currency", TEXT, nullable=False),
        sa.Column("channel", TEXT),
        *_customer(),
    )
    op.create_index(
        "purchase_by_customer",
        "purchase",
        ["customer_id", sa.text("placed_at DESC NULLS LAST"), "source", "record_id"],
    )
    op.create_index("purchase_by_customer_ref", "purchase", ["customer_source", "customer_ref"])
    op.create_index(
        "purchase_by_newest",
        "purchase",
        [sa.text("placed_at DESC NULLS LAST"), "source", "record_id"],
    )


def _create_purchase_line() -> None:
    op.create_table(
        "purchase_line",
        *_record(),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("description", TEXT),
        sa.Column("quantity", sa.Numeric(), nullable=False),
        sa.Column("unit_price", sa.Numeric()),
        sa.Column("total", sa.Numeric()),
        sa.Column("currency", TEXT, nullable=False),
        sa.Column("purchase_source", TEXT),
        sa.Column("purchase_ref", TEXT),
        sa.Column("product_source", TEXT),
        sa.Column("product_ref", TEXT),
    )
    op.create_index(
        "purchase_line_by_purchase",
        "purchase_line",
        ["purchase_source", "purchase_ref", "position", "source", "record_id"],
    )


def _create_product() -> None:
    op.create_table(
        "product",
        *_record(),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("sku", TEXT),
        sa.Column("category", TEXT),
        sa.Column("price", sa.Numeric()),
        sa.Column("currency", TEXT),
    )


def _create_ticket() -> None:
    op.create_table(
        "ticket",
        *_record(),
        sa.Column("number", TEXT),
        sa.Column("subject", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("priority", TEXT),
        sa.Column("channel", TEXT),
        sa.Column("queue", TEXT),
        sa.Column("agent", TEXT),
        sa.Column("opened_at", TIME, nullable=False),
        sa.Column("first_responded_at", TIME),
        sa.Column("resolved_at", TIME),
        sa.Column("satisfaction", sa.BigInteger()),
        *_customer(),
    )
    op.create_index(
        "ticket_by_customer",
        "ticket",
        ["customer_id", sa.text("opened_at DESC NULLS LAST"), "source", "record_id"],
    )
    op.create_index("ticket_by_customer_ref", "ticket", ["customer_source", "customer_ref"])
    op.create_index(
        "ticket_by_newest", "ticket", [sa.text("opened_at DESC NULLS LAST"), "source", "record_id"]
    )


def _create_document() -> None:
    op.create_table(
        "document",
        *_record(),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("media_type", TEXT),
        sa.Column("size_bytes", sa.BigInteger()),
        sa.Column("version", TEXT),
        sa.Column("modified_at", TIME),
        *_customer(),
    )
    op.create_index(
        "document_by_customer",
        "document",
        ["customer_id", sa.text("modified_at DESC NULLS LAST"), "source", "record_id"],
    )
    op.create_index("document_by_customer_ref", "document", ["customer_source", "customer_ref"])


def _create_campaign() -> None:
    op.create_table(
        "campaign",
        *_record(),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("kind", TEXT),
        sa.Column("channel", TEXT),
        sa.Column("starts_at", TIME),
        sa.Column("ends_at", TIME),
        sa.Column("cost", sa.Numeric()),
        sa.Column("currency", TEXT),
    )
    op.create_index(
        "campaign_by_newest",
        "campaign",
        [sa.text("starts_at DESC NULLS LAST"), "source", "record_id"],
    )


def _create_campaign_membership() -> None:
    op.create_table(
        "campaign_membership",
        *_record(),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("sent_at", TIME),
        sa.Column("responded_at", TIME),
        sa.Column("campaign_source", TEXT),
        sa.Column("campaign_ref", TEXT),
        *_customer(),
    )
    op.create_index(
        "campaign_membership_by_campaign",
        "campaign_membership",
        [
            "campaign_source",
            "campaign_ref",
            sa.text("sent_at DESC NULLS LAST"),
            "source",
            "record_id",
        ],
    )
    op.create_index(
        "campaign_membership_by_customer",
        "campaign_membership",
        ["customer_id", sa.text("sent_at DESC NULLS LAST"), "source", "record_id"],
    )
    op.create_index(
        "campaign_membership_by_customer_ref",
        "campaign_membership",
        ["customer_source", "customer_ref"],
    )


def _create_interaction() -> None:
    op.create_table(
        "interaction",
        *_record(),
        sa.Column("channel", TEXT, nullable=False),
        sa.Column("direction", TEXT),
        sa.Column("subject", TEXT),
        sa.Column("content", TEXT),
        sa.Column("resolution", TEXT),
        sa.Column("key_details", JSON, nullable=False),
        sa.Column("department", TEXT),
        sa.Column("agent", TEXT),
        sa.Column("participants", JSON, nullable=False),
        sa.Column("occurred_at", TIME, nullable=False),
        sa.Column("thread", TEXT),
        sa.Column("amended_at", TIME),
        sa.Column("ticket_source", TEXT),
        sa.Column("ticket_ref", TEXT),
        sa.Column("purchase_source", TEXT),
        sa.Column("purchase_ref", TEXT),
        sa.Column("campaign_source", TEXT),
        sa.Column("campaign_ref", TEXT),
        *_customer(),
    )
    op.create_index(
        "interaction_by_customer",
        "interaction",
        ["customer_id", sa.text("occurred_at DESC NULLS LAST"), "source", "record_id"],
    )
    op.create_index(
        "interaction_by_customer_ref", "interaction", ["customer_source", "customer_ref"]
    )


def _create_logged_interaction() -> None:
    op.create_table(
        "logged_interaction",
        sa.Column("idempotency_key", TEXT, nullable=False),
        sa.Column("content_hash", TEXT, nullable=False),
        sa.Column("record_id", TEXT, nullable=False),
        sa.Column("logged_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("idempotency_key"),
    )


def _create_interaction_amendment() -> None:
    op.create_table(
        "interaction_amendment",
        sa.Column("record_id", TEXT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("amended_at", TIME, nullable=False),
        sa.Column("previous", JSON, nullable=False),
        sa.Column("reason", TEXT),
        sa.PrimaryKeyConstraint("record_id", "version"),
    )


def _create_sync_state() -> None:
    op.create_table(
        "sync_state",
        sa.Column("source", TEXT, nullable=False),
        sa.Column("entity", TEXT, nullable=False),
        sa.Column("cursor", JSON),
        sa.Column("started_at", TIME),
        sa.Column("succeeded_at", TIME),
        sa.Column("record_count", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("skipped_count", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("problem", TEXT),
        sa.PrimaryKeyConstraint("source", "entity"),
    )


def _create_sync_problem() -> None:
    op.create_table(
        "sync_problem",
        sa.Column("source", TEXT, nullable=False),
        sa.Column("entity", TEXT, nullable=False),
        sa.Column("record_id", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("seen_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("source", "entity", "record_id"),
    )


def _create_source_call() -> None:
    op.create_table(
        "source_call",
        sa.Column("source", TEXT, nullable=False),
        sa.Column("per_ms", sa.BigInteger(), nullable=False),
        sa.Column("bucket", sa.BigInteger(), nullable=False),
        sa.Column("holder", sa.Uuid(), nullable=False),
        sa.Column("call_count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("source", "per_ms", "bucket", "holder"),
    )


def _record() -> tuple[SchemaItem, ...]:
    return (
        sa.Column("source", TEXT, nullable=False),
        sa.Column("record_id", TEXT, nullable=False),
        sa.Column("observed_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("source", "record_id"),
    )


def _customer() -> tuple[SchemaItem, ...]:
    return (
        sa.Column("customer_source", TEXT),
        sa.Column("customer_ref", TEXT),
        sa.Column("customer_id", sa.Uuid()),
    )
