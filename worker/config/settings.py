"""Everything that can be configured: one frozen model a section, with its defaults.

The descriptions are the reference (`alliance-watch config reference`), so they are written for
people who run the service. Checks of several keys together are in `worker.config.crosschecks`.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr

from worker.channels import ChannelSettings
from worker.config import urls, values
from worker.config.durations import parse_duration
from worker.config.values import Listen, between, fault
from worker.domain import ids
from worker.domain.alert import Limit, QuietHours, Severity, Subscription
from worker.domain.circuit import BreakerPolicy
from worker.domain.delivery import RetryPolicy
from worker.domain.event import Language, Status
from worker.domain.feed import Feed

# An endpoint that answers again should not wait for longer than this to be found out.
LONGEST_SPARED = timedelta(minutes=10)
_WAITS = ("5s", "30s", "2m", "10m", "1h", "4h", "12h")


def _number(value: object) -> object:
    if isinstance(value, bool):
        raise fault("expected a number", "write a number from 0 to 1")
    return value


class _Section(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", validate_default=False, hide_input_in_errors=True
    )


class ServiceSettings(_Section):
    """`[service]`: where the service keeps its data and how it is reached."""

    data_dir: values.Folder = Field(
        default=Path("var"),
        description="Folder of the embedded Redis and SQLite; relative to the current directory",
    )
    database_url: urls.DatabaseUrl = Field(
        default=SecretStr(""),
        description="Database: `postgresql+psycopg://…` or `sqlite:////…`; "
        "empty for the embedded SQLite",
    )
    broker_url: urls.BrokerUrl = Field(
        default=SecretStr(""),
        description="Broker: `redis://…`, `rediss://…`, `redis+socket://…`, `amqp://…` or "
        "`amqps://…`; empty for the embedded Redis",
    )
    listen: values.ListenAddress = Field(
        default=Listen("127.0.0.1", 8765),
        description="Address and port of the dashboard and API; "
        "an address that other machines can reach needs `auth`; port 0 lets the system choose",
    )
    public_url: urls.PublicUrl = Field(
        default="http://127.0.0.1:8765",
        description="Where people find the dashboard, for links in alerts; "
        "follows `listen` unless it is given",
    )
    websub: bool = Field(
        default=False,
        description="Let the hubs of feeds push what is new (WebSub); they must be able to reach "
        "`public_url`, and what they do not push is polled all the same",
    )
    auth: tuple[Literal["token"], ...] = Field(
        default=(),
        description='How people and programs on other machines prove who they are: `["token"]` for '
        "API tokens and the sessions begun with them. On loopback they are needed as well; "
        "naming them here allows `listen` to be more than loopback",
    )
    secret_key: values.ServiceKey = Field(
        default=SecretStr(""),
        description="Key that seals what subscribers of the API entrust to the service, and signs "
        "the links in mails: at least 16 characters, the same for every part; "
        "empty for one that is made in `data_dir`",
    )
    sentry_dsn: urls.SentryDsn = Field(
        default=SecretStr(""), description="Sentry project that gets errors; empty turns Sentry off"
    )
    rules: tuple[Path, ...] = Field(
        default=(),
        description="Folders of rules, vocabularies and watchlists, relative to the file that "
        "names them; empty for those that ship with the service",
    )


class NetworkSettings(_Section):
    """`[network]`: what the service may reach."""

    allow: tuple[values.NetworkRange, ...] = Field(
        default=(),
        description="Networks that feeds and webhooks may reach although they are not public",
    )
    proxy: urls.ProxyUrl = Field(
        default=SecretStr(""), description="HTTP proxy for everything that goes out; empty for none"
    )


class DeliverySettings(_Section):
    """`[delivery]`: how hard the service tries to get an alert to a receiver."""

    timeout: Annotated[values.Duration, between("1s", "1m")] = Field(
        default=timedelta(seconds=15), description="Time that a receiver has for its answer"
    )
    retry_waits: tuple[Annotated[values.Duration, between("100ms", "7d")], ...] = Field(
        default=tuple(map(parse_duration, _WAITS)),
        description="Waits between attempts, each lengthened by up to a quarter at random; "
        "the last repeats",
    )
    give_up_after: Annotated[values.Duration, between("1s", "365d")] = Field(
        default=timedelta(hours=72), description="Age at which a delivery is set aside as exhausted"
    )
    disable_after: Annotated[values.Duration, between("1m", "365d")] = Field(
        default=timedelta(hours=120),
        description="For how long an endpoint of the API may fail without a break before its "
        "subscription is disabled; `ops_channels` are told when half of it is over",
    )
    ops_channels: tuple[str, ...] = Field(
        default=(),
        description="Channels that are told of failing endpoints and disabled subscriptions",
    )
    sweep_interval: Annotated[values.Duration, between("100ms", "10m")] = Field(
        default=timedelta(seconds=5),
        description="How often overdue items and deliveries are put back into the queue",
    )


class FeedSettings(_Section):
    """`[[feeds]]`: one address to poll."""

    url: urls.HttpUrl = Field(description="Address of an RSS, Atom or JSON feed")
    name: str = Field(default="", description="Name for people; empty for the host of the address")
    interval: Annotated[values.Duration, between("1s", "30d")] = Field(
        default=timedelta(minutes=2), description="Shortest wait between two polls, from 1s"
    )
    full_text: bool = Field(
        default=False,
        description="Fetch the article behind each link and classify it instead of the summary, "
        "where robots.txt allows it; an item waits for up to 45s for its article",
    )
    headers: dict[values.HeaderName, values.HeaderValue] = Field(
        default_factory=dict, description="Headers sent with each request; values are kept secret"
    )

    def feed(self) -> Feed:
        """The feed as the poller knows it; its headers are in the clear."""
        return Feed(
            id=ids.feed_id(self.url),
            url=self.url,
            name=self.name or urlsplit(self.url).hostname or self.url,
            interval=self.interval,
            full_text=self.full_text,
            headers={name: value.get_secret_value() for name, value in self.headers.items()},
        )


class SubscriptionSettings(_Section):
    """`[[subscriptions]]`: who gets which alerts. An empty list lets everything pass."""

    channel: str = Field(description="Name of the channel that takes the alerts", min_length=1)
    rules: tuple[str, ...] = Field(
        default=(), description="Rules whose alerts are wanted; empty for all"
    )
    companies: tuple[str, ...] = Field(
        default=(),
        description="Companies of the watchlists, one of which must take part; empty for all",
    )
    alliances: tuple[str, ...] = Field(
        default=(), description="Alliances of the watchlists; empty for all"
    )
    min_status: Status = Field(
        default=Status.RUMOURED, description="How far an event must have got; denials always pass"
    )
    min_confidence: Annotated[float, BeforeValidator(_number)] = Field(
        default=0.5, ge=0, le=1, description="How sure the classifier must be, from 0 to 1"
    )
    languages: tuple[Language, ...] = Field(
        default=(), description="Languages of the items; empty for all"
    )
    delivery: Literal["instant", "digest"] = Field(
        default="instant",
        description="One message an alert, or several alerts in one at `digest_at`",
    )
    digest_at: tuple[values.TimeOfDay, ...] = Field(
        default=(time(8), time(18)), description="Times of day at which a digest is sent"
    )
    quiet_hours: values.Quiet = Field(
        default=None,
        description='Hours in which alerts are held back, such as `"22:00-06:30"`; empty for none',
    )
    urgent: tuple[Severity, ...] = Field(
        default=(), description="Severities that pass in quiet hours all the same"
    )
    timezone: values.Timezone = Field(
        default="Europe/Paris", description="Time zone of `digest_at` and `quiet_hours`"
    )

    def subscription(self) -> Subscription:
        """The subscription with an id that depends on what it wants, not on the order of words."""
        filters = (self.rules, self.companies, self.alliances, self.languages)
        wanted = ["\x1e".join(sorted(set(names))) for names in filters]
        return Subscription(
            id=ids.derive("sub", self.channel, *wanted, self.min_status, repr(self.min_confidence)),
            channel=self.channel,
            rules=self.rules,
            companies=self.companies,
            alliances=self.alliances,
            languages=self.languages,
            min_status=self.min_status,
            min_confidence=self.min_confidence,
            quiet=self.quiet_hours
            and QuietHours(
                self.quiet_hours.start, self.quiet_hours.end, self.timezone, self.urgent
            ),
            digest_at=tuple(sorted(set(self.digest_at))) if self.delivery == "digest" else (),
            timezone=self.timezone,
        )


class Settings(_Section):
    """A whole configuration. Without arguments: the defaults, with nothing to watch or to tell."""

    service: ServiceSettings = Field(default_factory=lambda: ServiceSettings())
    network: NetworkSettings = Field(default_factory=lambda: NetworkSettings())
    delivery: DeliverySettings = Field(default_factory=lambda: DeliverySettings())
    feeds: tuple[FeedSettings, ...] = ()
    channels: tuple[ChannelSettings, ...] = ()
    subscriptions: tuple[SubscriptionSettings, ...] = ()

    def feed_list(self) -> tuple[Feed, ...]:
        """The feeds to poll, in the order of the file."""
        return tuple(feed.feed() for feed in self.feeds)

    def subscription_list(self) -> tuple[Subscription, ...]:
        """The subscriptions, in the order of the file, each with the limit of its channel."""
        limits = {
            channel.name: Limit(channel.limit, timedelta(minutes=channel.limit_minutes))
            for channel in self.channels
            if channel.limit
        }
        return tuple(
            replace(subscription.subscription(), limit=limits.get(subscription.channel))
            for subscription in self.subscriptions
        )

    def breaker_policy(self) -> BreakerPolicy:
        """When an endpoint that fails is spared, and for how long."""
        return BreakerPolicy.following(self.delivery.retry_waits, LONGEST_SPARED)

    def retry_policy(self) -> RetryPolicy:
        """When deliveries are tried again."""
        return RetryPolicy(self.delivery.retry_waits, self.delivery.give_up_after)
