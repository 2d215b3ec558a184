"""What goes out: alerts, deliveries, and what becomes of them."""

import sqlalchemy as sa
from alembic import op

from worker.store.columns import Json, Moment, Text

revision = "r0002"
down_revision = "r0001"
branch_labels = None
depends_on = None

# Each after those that point to it; its indexes go with it.
TABLES = (
    "requests",
    "feedback",
    "unwanted",
    "threads",
    "circuits",
    "endpoints",
    "attempts",
    "digest_alerts",
    "deliveries",
    "reports",
    "alert_companies",
    "alerts",
)


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "alerts",
        sa.Column("id", Text(), nullable=False),
        sa.Column("story_id", Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("event_id", Text(), nullable=False),
        sa.Column("item_id", Text(), nullable=False),
        sa.Column("headline", Text(), nullable=False),
        sa.Column("severity", Text(), nullable=False),
        sa.Column("created", Moment(), nullable=False),
        sa.Column("language", Text(), nullable=False),
        sa.Column("previous_status", Text(), nullable=True),
        sa.Column("changes", Json(), nullable=False),
        sa.Column("feed_url", Text(), nullable=False),
        sa.Column("rule", Text(), nullable=False),
        sa.Column("status", Text(), nullable=False),
        sa.Column("alliance", Text(), nullable=True),
        sa.Column("reason", Text(), nullable=False),
        sa.Column("search", Text(), nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_alerts_event_id")),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name=op.f("fk_alerts_item_id")),
        sa.ForeignKeyConstraint(["story_id"], ["stories.id"], name=op.f("fk_alerts_story_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
        sa.UniqueConstraint("story_id", "sequence", name=op.f("uq_alerts_story_id_sequence")),
    )
    op.create_index("ix_alerts_created", "alerts", ["created", "id"], unique=False)
    op.create_index("ix_alerts_event", "alerts", ["event_id"], unique=False)
    op.create_index("ix_alerts_item", "alerts", ["item_id"], unique=False)
    op.create_table(
        "alert_companies",
        sa.Column("company", Text(), nullable=False),
        sa.Column("alert_id", Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["alert_id"],
            ["alerts.id"],
            name=op.f("fk_alert_companies_alert_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("company", "alert_id", name=op.f("pk_alert_companies")),
    )
    op.create_index("ix_alert_companies_alert", "alert_companies", ["alert_id"], unique=False)
    op.create_table(
        "reports",
        sa.Column("event_id", Text(), nullable=False),
        sa.Column("story_id", Text(), nullable=False),
        sa.Column("alert_id", Text(), nullable=True),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("headline", Text(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name=op.f("fk_reports_alert_id")),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_reports_event_id")),
        sa.ForeignKeyConstraint(["story_id"], ["stories.id"], name=op.f("fk_reports_story_id")),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_reports")),
    )
    op.create_index("ix_reports_alert", "reports", ["alert_id", "number"], unique=False)
    op.create_index("ix_reports_story", "reports", ["story_id", "at"], unique=False)
    op.create_table(
        "deliveries",
        sa.Column("id", Text(), nullable=False),
        sa.Column("alert_id", Text(), nullable=True),
        sa.Column("announcement", Json(), nullable=True),
        sa.Column("subscription_id", Text(), nullable=False),
        sa.Column("channel", Text(), nullable=False),
        sa.Column("state", Text(), nullable=False),
        sa.Column("reached", Json(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", Moment(), nullable=True),
        sa.Column("lease", Text(), nullable=True),
        sa.Column("queued_at", Moment(), nullable=False),
        sa.Column("created", Moment(), nullable=False),
        sa.Column("replayed", Moment(), nullable=True),
        sa.Column("settled", Moment(), nullable=True),
        sa.Column("last_error", Text(), nullable=True),
        sa.Column("planned", Moment(), nullable=True),
        sa.Column("told_by", Text(), nullable=True),
        sa.Column("also", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name=op.f("fk_deliveries_alert_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
    )
    op.create_index("ix_deliveries_alert", "deliveries", ["alert_id", "channel"], unique=False)
    op.create_index("ix_deliveries_created", "deliveries", ["created", "id"], unique=False)
    op.create_index("ix_deliveries_planned", "deliveries", ["channel", "planned"], unique=False)
    op.create_table(
        "digest_alerts",
        sa.Column("delivery_id", Text(), nullable=False),
        sa.Column("alert_id", Text(), nullable=False),
        sa.Column("told_by", Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["alert_id"], ["alerts.id"], name=op.f("fk_digest_alerts_alert_id")
        ),
        sa.ForeignKeyConstraint(
            ["delivery_id"],
            ["deliveries.id"],
            name=op.f("fk_digest_alerts_delivery_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("delivery_id", "alert_id", name=op.f("pk_digest_alerts")),
    )
    op.create_index("ix_digest_alerts_alert", "digest_alerts", ["alert_id"], unique=False)
    op.create_index(
        "ix_deliveries_due",
        "deliveries",
        ["due_at", "queued_at"],
        unique=False,
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index("ix_deliveries_settled", "deliveries", ["state", "settled"], unique=False)
    op.create_index(
        "ix_deliveries_state", "deliveries", ["state", "channel", "due_at"], unique=False
    )
    op.create_index(
        "ix_deliveries_subscription", "deliveries", ["subscription_id", "created"], unique=False
    )
    op.create_table(
        "attempts",
        sa.Column("delivery_id", Text(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("started", Moment(), nullable=False),
        sa.Column("finished", Moment(), nullable=True),
        sa.Column("outcome", Text(), nullable=True),
        sa.Column("status_code", sa.Integer(), nullable=True),
        sa.Column("detail", Text(), nullable=False),
        sa.Column("answer", Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_id"],
            ["deliveries.id"],
            name=op.f("fk_attempts_delivery_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("delivery_id", "number", name=op.f("pk_attempts")),
    )
    op.create_index("ix_attempts_finished", "attempts", ["finished"], unique=False)

    op.create_table(
        "endpoints",
        sa.Column("subscription_id", Text(), nullable=False),
        sa.Column("channel", Text(), nullable=False),
        sa.Column("name", Text(), nullable=False),
        sa.Column("url", Text(), nullable=False),
        sa.Column("shown_url", Text(), nullable=False),
        sa.Column("secrets", Text(), nullable=False),
        sa.Column("wanted", Json(), nullable=False),
        sa.Column("verified", Moment(), nullable=True),
        sa.Column("deleted", Moment(), nullable=True),
        sa.ForeignKeyConstraint(
            ["subscription_id"], ["subscriptions.id"], name=op.f("fk_endpoints_subscription_id")
        ),
        sa.PrimaryKeyConstraint("subscription_id", name=op.f("pk_endpoints")),
    )
    op.create_index("ix_endpoints_channel", "endpoints", ["channel"], unique=True)
    op.create_table(
        "circuits",
        sa.Column("name", Text(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("openings", sa.Integer(), nullable=False),
        sa.Column("failing_since", Moment(), nullable=True),
        sa.Column("open_until", Moment(), nullable=True),
        sa.Column("probe", Text(), nullable=True),
        sa.Column("next_at", Moment(), nullable=True),
        sa.Column("held", sa.Boolean(), nullable=False),
        sa.Column("warned", Moment(), nullable=True),
        sa.Column("last_error", Text(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_circuits")),
    )
    op.create_table(
        "threads",
        sa.Column("channel", Text(), nullable=False),
        sa.Column("story_id", Text(), nullable=False),
        sa.Column("receipt", Text(), nullable=False),
        sa.Column("alert_id", Text(), nullable=False),
        sa.Column("created", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name=op.f("fk_threads_alert_id")),
        sa.PrimaryKeyConstraint("channel", "story_id", name=op.f("pk_threads")),
    )
    op.create_table(
        "unwanted",
        sa.Column("channel", Text(), nullable=False),
        sa.Column("address", Text(), nullable=False),
        sa.Column("reason", Text(), nullable=False),
        sa.Column("since", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("channel", "address", name=op.f("pk_unwanted")),
    )
    op.create_table(
        "feedback",
        sa.Column("alert_id", Text(), nullable=False),
        sa.Column("reader", Text(), nullable=False),
        sa.Column("item_id", Text(), nullable=False),
        sa.Column("verdict", Text(), nullable=False),
        sa.Column("note", Text(), nullable=False),
        sa.Column("said", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["alert_id"], ["alerts.id"], name=op.f("fk_feedback_alert_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name=op.f("fk_feedback_item_id")),
        sa.PrimaryKeyConstraint("alert_id", "reader", name=op.f("pk_feedback")),
    )
    op.create_index("ix_feedback_said", "feedback", ["said"], unique=False)
    op.create_table(
        "requests",
        sa.Column("key", Text(), nullable=False),
        sa.Column("digest", Text(), nullable=False),
        sa.Column("begun", Moment(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("answer", Text(), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_requests")),
    )
    op.create_index("ix_requests_begun", "requests", ["begun"], unique=False)


def downgrade() -> None:
    """Take back."""
    for table in TABLES:
        op.drop_table(table)
