"""The first tables."""

import sqlalchemy as sa
from alembic import op

from worker.store.columns import Json, Moment, Span, Text, Verbatim

revision = "r0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "audit",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("actor", Text(), nullable=False),
        sa.Column("action", Text(), nullable=False),
        sa.Column("target", Text(), nullable=False),
        sa.Column("detail", Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_table(
        "feeds",
        sa.Column("id", Text(), nullable=False),
        sa.Column("url", Text(), nullable=False),
        sa.Column("name", Text(), nullable=False),
        sa.Column("interval", Span(), nullable=False),
        sa.Column("full_text", sa.Boolean(), nullable=False),
        sa.Column("origin", Text(), nullable=False),
        sa.Column("created", Moment(), nullable=False),
        sa.Column("status", Text(), nullable=False),
        sa.Column("next_poll_at", Moment(), nullable=True),
        sa.Column("next_poll_reason", Text(), nullable=False),
        sa.Column("etag", Verbatim(), nullable=True),
        sa.Column("last_modified", Verbatim(), nullable=True),
        sa.Column("body_hash", Text(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_polled_at", Moment(), nullable=True),
        sa.Column("last_success_at", Moment(), nullable=True),
        sa.Column("last_error", Text(), nullable=True),
        sa.Column("rhythm", Json(), nullable=True),
        sa.Column("not_modified", sa.Integer(), nullable=False),
        sa.Column("last_body_at", Moment(), nullable=True),
        sa.Column("move", Json(), nullable=True),
        sa.Column("host", Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feeds")),
    )
    op.create_index("ix_feeds_due", "feeds", ["status", "next_poll_at"], unique=False)
    op.create_index("ix_feeds_host", "feeds", ["host"], unique=False)
    op.create_table(
        "hosts",
        sa.Column("name", Text(), nullable=False),
        sa.Column("next_at", Moment(), nullable=True),
        sa.Column("reason", Text(), nullable=False),
        sa.Column("feed_id", Text(), nullable=True),
        sa.Column("lease_owner", Text(), nullable=True),
        sa.Column("lease_until", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_hosts")),
    )
    op.create_index("ix_hosts_feed", "hosts", ["feed_id"], unique=False)
    op.create_table(
        "items",
        sa.Column("id", Text(), nullable=False),
        sa.Column("feed_id", Text(), nullable=False),
        sa.Column("title", Text(), nullable=False),
        sa.Column("text", Text(), nullable=False),
        sa.Column("seen", Moment(), nullable=False),
        sa.Column("source", Text(), nullable=False),
        sa.Column("url", Text(), nullable=True),
        sa.Column("published", Moment(), nullable=True),
        sa.Column("published_raw", Moment(), nullable=True),
        sa.Column("language", Text(), nullable=True),
        sa.Column("content_hash", Text(), nullable=False),
        sa.Column("guid", Text(), nullable=True),
        sa.Column("correction", sa.Boolean(), nullable=False),
        sa.Column("withdrawn", Text(), nullable=True),
        sa.Column("updates", Text(), nullable=True),
        sa.Column("difference", Text(), nullable=False),
        sa.Column("state", Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("queued_at", Moment(), nullable=False),
        sa.Column("lease_owner", Text(), nullable=True),
        sa.Column("lease_until", Moment(), nullable=True),
        sa.Column("found_language", Text(), nullable=True),
        sa.Column("classified_at", Moment(), nullable=True),
        sa.Column("error", Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_items")),
    )
    op.create_index("ix_items_classified", "items", ["classified_at"], unique=False)
    op.create_index(
        "ix_items_failed",
        "items",
        ["seen", "id"],
        unique=False,
        sqlite_where=sa.text("state = 'failed'"),
        postgresql_where=sa.text("state = 'failed'"),
    )
    op.create_index("ix_items_feed", "items", ["feed_id", "seen"], unique=False)
    op.create_index(
        "ix_items_guid",
        "items",
        ["feed_id", "guid"],
        unique=False,
        sqlite_where=sa.text("guid IS NOT NULL"),
        postgresql_where=sa.text("guid IS NOT NULL"),
    )
    op.create_index("ix_items_seen", "items", ["seen", "id"], unique=False)
    op.create_index(
        "ix_items_updates",
        "items",
        ["updates", "seen"],
        unique=False,
        sqlite_where=sa.text("updates IS NOT NULL"),
        postgresql_where=sa.text("updates IS NOT NULL"),
    )
    op.create_index(
        "ix_items_waiting",
        "items",
        ["queued_at", "seen"],
        unique=False,
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "entry_keys",
        sa.Column("id", Text(), nullable=False),
        sa.Column("item_id", Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entry_keys")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "item_bands",
        sa.Column("band", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("item_id", Text(), nullable=False),
        sa.Column("seen", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("band", "item_id", name=op.f("pk_item_bands")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "item_sources",
        sa.Column("item_id", Text(), nullable=False),
        sa.Column("feed_id", Text(), nullable=False),
        sa.Column("name", Text(), nullable=False),
        sa.Column("title", Text(), nullable=False),
        sa.Column("url", Text(), nullable=True),
        sa.Column("published", Moment(), nullable=True),
        sa.Column("seen", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["item_id"], ["items.id"], name=op.f("fk_item_sources_item_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("item_id", "feed_id", name=op.f("pk_item_sources")),
    )
    op.create_table(
        "pushes",
        sa.Column("feed_id", Text(), nullable=False),
        sa.Column("hub", Text(), nullable=False),
        sa.Column("topic", Text(), nullable=False),
        sa.Column("key", Text(), nullable=False),
        sa.Column("secret", Text(), nullable=False),
        sa.Column("state", Text(), nullable=False),
        sa.Column("next_at", Moment(), nullable=True),
        sa.Column("lease_until", Moment(), nullable=True),
        sa.Column("pushed_at", Moment(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("misses", sa.Integer(), nullable=False),
        sa.Column("reason", Text(), nullable=False),
        sa.PrimaryKeyConstraint("feed_id", name=op.f("pk_pushes")),
    )
    op.create_index("ix_pushes_key", "pushes", ["key"], unique=True)
    op.create_index("ix_pushes_due", "pushes", ["next_at"], unique=False)
    op.create_table(
        "leases",
        sa.Column("name", Text(), nullable=False),
        sa.Column("owner", Text(), nullable=False),
        sa.Column("until", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leases")),
    )
    op.create_table(
        "parts",
        sa.Column("id", Text(), nullable=False),
        sa.Column("kind", Text(), nullable=False),
        sa.Column("host", Text(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("version", Text(), nullable=False),
        sa.Column("started", Moment(), nullable=False),
        sa.Column("seen", Moment(), nullable=False),
        sa.Column("figures", Json(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parts")),
    )
    op.create_table(
        "stories",
        sa.Column("id", Text(), nullable=False),
        sa.Column("rule", Text(), nullable=False),
        sa.Column("companies", Json(), nullable=False),
        sa.Column("alliance", Text(), nullable=True),
        sa.Column("started", Moment(), nullable=False),
        sa.Column("updated", Moment(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("status", Text(), nullable=True),
        sa.Column("state", Json(), nullable=False),
        sa.Column("alert_id", Text(), nullable=True),
        sa.Column("reported", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stories")),
    )
    op.create_index("ix_stories_updated", "stories", ["updated", "id"], unique=False)
    op.create_table(
        "story_companies",
        sa.Column("rule", Text(), nullable=False),
        sa.Column("company", Text(), nullable=False),
        sa.Column("story_id", Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["story_id"],
            ["stories.id"],
            name=op.f("fk_story_companies_story_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("rule", "company", "story_id", name=op.f("pk_story_companies")),
    )
    op.create_table(
        "mutes",
        sa.Column("story_id", Text(), nullable=False),
        sa.Column("subscription_id", Text(), nullable=False),
        sa.Column("until", Moment(), nullable=False),
        sa.Column("by", Text(), nullable=False),
        sa.Column("created", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["story_id"], ["stories.id"], name=op.f("fk_mutes_story_id")),
        sa.PrimaryKeyConstraint("story_id", "subscription_id", name=op.f("pk_mutes")),
    )
    op.create_table(
        "subscriptions",
        sa.Column("id", Text(), nullable=False),
        sa.Column("channel", Text(), nullable=False),
        sa.Column("rules", Json(), nullable=False),
        sa.Column("companies", Json(), nullable=False),
        sa.Column("alliances", Json(), nullable=False),
        sa.Column("languages", Json(), nullable=False),
        sa.Column("min_status", Text(), nullable=False),
        sa.Column("min_confidence", sa.Float(), nullable=False),
        sa.Column("quiet", Json(), nullable=True),
        sa.Column("digest_at", Json(), nullable=True),
        sa.Column("timezone", Text(), nullable=True),
        sa.Column("limit", Json(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("ended", Text(), nullable=True),
        sa.Column("told", Moment(), nullable=True),
        sa.Column("origin", Text(), nullable=False),
        sa.Column("created", Moment(), nullable=False),
        sa.Column("updated", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscriptions")),
    )
    op.create_table(
        "tokens",
        sa.Column("id", Text(), nullable=False),
        sa.Column("kind", Text(), nullable=False),
        sa.Column("role", Text(), nullable=False),
        sa.Column("digest", Text(), nullable=False),
        sa.Column("prefix", Text(), nullable=False),
        sa.Column("name", Text(), nullable=False),
        sa.Column("created", Moment(), nullable=False),
        sa.Column("expires", Moment(), nullable=True),
        sa.Column("consumed", Moment(), nullable=True),
        sa.Column("revoked", Moment(), nullable=True),
        sa.Column("last_used", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tokens")),
        sa.UniqueConstraint("digest", name=op.f("uq_tokens_digest")),
    )
    op.create_table(
        "events",
        sa.Column("id", Text(), nullable=False),
        sa.Column("item_id", Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("rule", Text(), nullable=False),
        sa.Column("created", Moment(), nullable=False),
        sa.Column("body", Json(), nullable=False),
        sa.ForeignKeyConstraint(
            ["item_id"], ["items.id"], name=op.f("fk_events_item_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
    )
    op.create_index("ix_events_item", "events", ["item_id", "position"], unique=False)
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
    op.drop_table("pushes")
    op.drop_table("item_sources")
    op.drop_table("item_bands")
    for table in ("digest_alerts", "reports", "mutes", "story_companies"):
        op.drop_table(table)
    for table in ("requests", "feedback", "unwanted", "threads", "circuits", "endpoints"):
        op.drop_table(table)
    op.drop_index("ix_attempts_finished", table_name="attempts")
    op.drop_table("attempts")
    op.drop_index("ix_deliveries_subscription", table_name="deliveries")
    op.drop_index("ix_deliveries_state", table_name="deliveries")
    op.drop_index("ix_deliveries_settled", table_name="deliveries")
    op.drop_index(
        "ix_deliveries_due",
        table_name="deliveries",
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.drop_index("ix_deliveries_created", table_name="deliveries")
    op.drop_index("ix_deliveries_alert", table_name="deliveries")
    op.drop_table("deliveries")
    op.drop_index("ix_alert_companies_alert", table_name="alert_companies")
    op.drop_table("alert_companies")
    op.drop_index("ix_alerts_item", table_name="alerts")
    op.drop_index("ix_alerts_event", table_name="alerts")
    op.drop_index("ix_alerts_created", table_name="alerts")
    op.drop_table("alerts")
    op.drop_index("ix_events_item", table_name="events")
    op.drop_table("events")
    op.drop_table("tokens")
    op.drop_table("subscriptions")
    op.drop_table("stories")
    op.drop_table("parts")
    op.drop_table("leases")
    op.drop_index(
        "ix_items_waiting",
        table_name="items",
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.drop_index("ix_items_seen", table_name="items")
    op.drop_index("ix_items_feed", table_name="items")
    op.drop_index(
        "ix_items_failed",
        table_name="items",
        sqlite_where=sa.text("state = 'failed'"),
        postgresql_where=sa.text("state = 'failed'"),
    )
    op.drop_index(
        "ix_items_updates",
        table_name="items",
        sqlite_where=sa.text("updates IS NOT NULL"),
        postgresql_where=sa.text("updates IS NOT NULL"),
    )
    op.drop_index("ix_items_classified", table_name="items")
    op.drop_table("items")
    op.drop_table("entry_keys")
    op.drop_index("ix_hosts_feed", table_name="hosts")
    op.drop_table("hosts")
    op.drop_index("ix_feeds_host", table_name="feeds")
    op.drop_index("ix_feeds_due", table_name="feeds")
    op.drop_table("feeds")
    op.drop_table("audit")
