"""The tables. `migrations/` makes them; a test holds the two equal."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Index, Table, UniqueConstraint

from worker.store.columns import Json, Moment, Span, Text, Verbatim

metadata = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)


def _partial(name: str, *columns: str, where: str) -> Index:
    """An index over those rows alone that are still to be worked on."""
    return Index(name, *columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


# `origin` is "configuration" or "added"; only the former are touched by a change of configuration.
# `host` is that of the address that is polled: `url`, or the one in `move`.
feeds = Table(
    "feeds",
    metadata,
    Column("id", Text, primary_key=True),
    Column("url", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("interval", Span, nullable=False),
    Column("full_text", sa.Boolean, nullable=False),
    Column("origin", Text, nullable=False),
    Column("created", Moment, nullable=False),
    Column("status", Text, nullable=False),
    Column("next_poll_at", Moment),
    Column("next_poll_reason", Text, nullable=False),
    Column("etag", Verbatim),
    Column("last_modified", Verbatim),
    Column("body_hash", Text),
    Column("failures", sa.Integer, nullable=False),
    Column("last_polled_at", Moment),
    Column("last_success_at", Moment),
    Column("last_error", Text),
    Column("rhythm", Json),
    Column("not_modified", sa.Integer, nullable=False),
    Column("last_body_at", Moment),
    Column("move", Json),
    Column("host", Text, nullable=False),
    Index("ix_feeds_due", "status", "next_poll_at"),
    Index("ix_feeds_host", "host"),
)

# Whose turn it is at a host: polls are leased by host, since a host is asked one thing at a time.
# `feed_id` is the feed that the owner of the lease polls. No request before `next_at`.
hosts = Table(
    "hosts",
    metadata,
    Column("name", Text, primary_key=True),
    Column("next_at", Moment),
    Column("reason", Text, nullable=False),
    Column("feed_id", Text),
    Column("lease_owner", Text),
    Column("lease_until", Moment),
    Index("ix_hosts_feed", "feed_id"),
)

# `language` is what the feed declares, `found_language` what classification found.
# `state` is one of items.ItemState.
items = Table(
    "items",
    metadata,
    Column("id", Text, primary_key=True),
    Column("feed_id", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("seen", Moment, nullable=False),
    Column("source", Text, nullable=False),
    Column("url", Text),
    Column("published", Moment),
    Column("published_raw", Moment),
    Column("language", Text),
    Column("content_hash", Text, nullable=False),
    Column("guid", Text),
    Column("correction", sa.Boolean, nullable=False),
    Column("withdrawn", Text),
    Column("updates", Text),
    Column("difference", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", sa.Integer, nullable=False),
    Column("queued_at", Moment, nullable=False),
    Column("lease_owner", Text),
    Column("lease_until", Moment),
    Column("found_language", Text),
    Column("classified_at", Moment),
    Column("error", Text),
    _partial("ix_items_waiting", "queued_at", "seen", where="state = 'waiting'"),
    _partial("ix_items_failed", "seen", "id", where="state = 'failed'"),
    _partial("ix_items_guid", "feed_id", "guid", where="guid IS NOT NULL"),
    Index("ix_items_seen", "seen", "id"),
    Index("ix_items_feed", "feed_id", "seen"),
    Index("ix_items_classified", "classified_at"),
    _partial("ix_items_updates", "updates", "seen", where="updates IS NOT NULL"),
)

# `position` is the event's place in the item's classification: 0 is the main one.
events = Table(
    "events",
    metadata,
    Column("id", Text, primary_key=True),
    Column("item_id", Text, ForeignKey(items.c.id, ondelete="CASCADE"), nullable=False),
    Column("position", sa.Integer, nullable=False),
    Column("rule", Text, nullable=False),
    Column("created", Moment, nullable=False),
    Column("body", Json, nullable=False),
    Index("ix_events_item", "item_id", "position"),
)

# `state` holds the ledger and the reports that it follows from, `alert_id` is the latest alert.
stories = Table(
    "stories",
    metadata,
    Column("id", Text, primary_key=True),
    Column("rule", Text, nullable=False),
    Column("companies", Json, nullable=False),
    Column("alliance", Text),
    Column("started", Moment, nullable=False),
    Column("updated", Moment, nullable=False),
    Column("sequence", sa.Integer, nullable=False),
    Column("status", Text),
    Column("state", Json, nullable=False),
    Column("alert_id", Text),
    Column("reported", Moment),
    Index("ix_stories_updated", "updated", "id"),
)

# `rule`, `status` and `alliance` repeat the event's, `search` its text for people: for filters.
alerts = Table(
    "alerts",
    metadata,
    Column("id", Text, primary_key=True),
    Column("story_id", Text, ForeignKey(stories.c.id), nullable=False),
    Column("sequence", sa.Integer, nullable=False),
    Column("event_id", Text, ForeignKey(events.c.id), nullable=False),
    Column("item_id", Text, ForeignKey(items.c.id), nullable=False),
    Column("headline", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("created", Moment, nullable=False),
    Column("language", Text, nullable=False),
    Column("previous_status", Text),
    Column("changes", Json, nullable=False),
    Column("feed_url", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("alliance", Text),
    Column("reason", Text, nullable=False),
    Column("search", Text, nullable=False),
    UniqueConstraint("story_id", "sequence"),
    Index("ix_alerts_created", "created", "id"),
    Index("ix_alerts_event", "event_id"),
    Index("ix_alerts_item", "item_id"),
)

alert_companies = Table(
    "alert_companies",
    metadata,
    Column("company", Text, primary_key=True),
    Column("alert_id", Text, ForeignKey(alerts.c.id, ondelete="CASCADE"), primary_key=True),
    Index("ix_alert_companies_alert", "alert_id"),
)

# `ended` is why an inactive one gets nothing; `told`, when operators learned of that.
subscriptions = Table(
    "subscriptions",
    metadata,
    Column("id", Text, primary_key=True),
    Column("channel", Text, nullable=False),
    Column("rules", Json, nullable=False),
    Column("companies", Json, nullable=False),
    Column("alliances", Json, nullable=False),
    Column("languages", Json, nullable=False),
    Column("min_status", Text, nullable=False),
    Column("min_confidence", sa.Float, nullable=False),
    Column("quiet", Json),
    Column("digest_at", Json),
    Column("timezone", Text),
    Column("limit", Json),
    Column("active", sa.Boolean, nullable=False),
    Column("ended", Text),
    Column("told", Moment),
    Column("origin", Text, nullable=False),
    Column("created", Moment, nullable=False),
    Column("updated", Moment, nullable=False),
)

# `due_at` is when somebody must act: a pending delivery's next attempt, or the end of the lease
# of one that is being sent; NULL once it is settled. `subscription_id` references nothing, so
# that a change of configuration at the wrong moment cannot cost an alert. A delivery is about an
# alert or carries an `announcement`; `reached` are those of several recipients who have it.
# `planned` is when an alert or a digest was first to go out. `told_by` is the event in whose words
# the alert is told, where that is not its own; `also` how many reports the first attempt knew of.
deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Text, primary_key=True),
    Column("alert_id", Text, ForeignKey(alerts.c.id)),
    Column("announcement", Json),
    Column("subscription_id", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("reached", Json),
    Column("attempts", sa.Integer, nullable=False),
    Column("due_at", Moment),
    Column("lease", Text),
    Column("queued_at", Moment, nullable=False),
    Column("created", Moment, nullable=False),
    Column("replayed", Moment),
    Column("settled", Moment),
    Column("last_error", Text),
    Column("planned", Moment),
    Column("told_by", Text),
    Column("also", sa.Integer),
    _partial("ix_deliveries_due", "due_at", "queued_at", where="due_at IS NOT NULL"),
    Index("ix_deliveries_alert", "alert_id", "channel"),
    Index("ix_deliveries_subscription", "subscription_id", "created"),
    Index("ix_deliveries_state", "state", "channel", "due_at"),
    Index("ix_deliveries_created", "created", "id"),
    Index("ix_deliveries_planned", "channel", "planned"),
    Index("ix_deliveries_settled", "state", "settled"),
)

attempts = Table(
    "attempts",
    metadata,
    Column("delivery_id", Text, ForeignKey(deliveries.c.id, ondelete="CASCADE"), primary_key=True),
    Column("number", sa.Integer, primary_key=True, autoincrement=False),
    Column("started", Moment, nullable=False),
    Column("finished", Moment),
    Column("outcome", Text),
    Column("status_code", sa.Integer),
    Column("detail", Text, nullable=False),
    Column("answer", Text, nullable=False),
    Index("ix_attempts_finished", "finished"),
)

# Only the digest of a token is kept. `kind` is "api", "session" or "signin" (good for one use).
tokens = Table(
    "tokens",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("prefix", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("created", Moment, nullable=False),
    Column("expires", Moment),
    Column("consumed", Moment),
    Column("revoked", Moment),
    Column("last_used", Moment),
    UniqueConstraint("digest"),
)

audit = Table(
    "audit",
    metadata,
    Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
    Column("at", Moment, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("detail", Text, nullable=False),
)

parts = Table(
    "parts",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("pid", sa.Integer, nullable=False),
    Column("version", Text, nullable=False),
    Column("started", Moment, nullable=False),
    Column("seen", Moment, nullable=False),
    Column("figures", Json, nullable=False),
)

leases = Table(
    "leases",
    metadata,
    Column("name", Text, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("until", Moment, nullable=False),
)
