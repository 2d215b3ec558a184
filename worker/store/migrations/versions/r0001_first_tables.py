"""The first tables: what comes in, and who may look at it."""

import sqlalchemy as sa
from alembic import op

from worker.store.columns import Json, Moment, Span, Text, Verbatim

revision = "r0001"
down_revision = None
branch_labels = None
depends_on = None

# Each after those that point to it; its indexes go with it.
TABLES = (
    "events",
    "tokens",
    "subscriptions",
    "mutes",
    "story_companies",
    "stories",
    "parts",
    "leases",
    "pushes",
    "item_sources",
    "item_bands",
    "entry_keys",
    "items",
    "hosts",
    "feeds",
    "audit",
)


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


def downgrade() -> None:
    """Take back."""
    for table in TABLES:
        op.drop_table(table)
