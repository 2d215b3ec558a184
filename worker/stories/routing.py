"""Who gets an alert, when, and whether by itself or in a digest. Pure.

A channel gets an alert once, from that of its subscriptions which may have it first. A mute
leaves a trace: a delivery that is settled from the start and says why. A channel that has its fill
gets what comes on top in one message at the end of the while, with every alert listed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from worker.domain import ids
from worker.domain.alert import Alert, Subscription
from worker.domain.delivery import Delivery, DeliveryState
from worker.domain.standing import Digested, Pending, Standing
from worker.domain.story import Mute, Reason

TAKEN_BACK = (Reason.CORRECTION, Reason.WITHDRAWAL)


@dataclass(slots=True)
class Traffic:
    """How many messages of their own a channel has been planned to get within a span of time.

    `count` asks for those that are stored; those of the judgement in the making are added.
    """

    count: Callable[[str, datetime, datetime], int]
    own: Counter[tuple[str, datetime]] = field(default_factory=Counter)

    def full(self, subscription: Subscription, due: datetime) -> datetime | None:
        """The end of the while in which the channel has its fill; `None` if there is room."""
        limit = subscription.limit
        if limit is None:
            return None
        start = limit.start(due)
        end = start + limit.window
        taken = self.own[subscription.channel, start]
        taken += self.count(subscription.channel, start, end)
        return end if taken >= limit.alerts else None

    def add(self, subscription: Subscription, due: datetime) -> None:
        """Count a message that is to be stored."""
        if subscription.limit is not None:
            self.own[subscription.channel, subscription.limit.start(due)] += 1


@dataclass(frozen=True, slots=True)
class Routed:
    """Where alerts go. `overtaken` are waiting messages that they make pointless."""

    deliveries: tuple[Delivery, ...] = ()
    digests: tuple[Digested, ...] = ()
    overtaken: tuple[str, ...] = ()


def route(
    alert: Alert,
    subscriptions: Sequence[Subscription],
    standing: Standing,
    traffic: Traffic,
    *,
    now: datetime,
    late: bool = False,
) -> Routed:
    """The ways of one alert. With `late` it is known already, and goes where it has not been."""
    deliveries: list[Delivery] = []
    digests: list[Digested] = []
    taken_back = alert.reason in TAKEN_BACK
    by_channel: dict[str, Subscription] = {}
    wanted = [
        (subscription.due(alert.severity, now), subscription)
        for subscription in subscriptions
        if subscription.wants(alert) or (taken_back and subscription.id in standing.listeners)
    ]
    for _, subscription in sorted(wanted, key=lambda each: (each[0], each[1].id)):
        if not (late and subscription.channel in standing.told):
            by_channel.setdefault(subscription.channel, subscription)
    for channel, subscription in by_channel.items():
        due = subscription.due(alert.severity, now)
        mute = _mute(standing.mutes, alert, subscription, now)
        end = None if mute or subscription.digest_at else traffic.full(subscription, due)
        if mute is None and (subscription.digest_at or end):
            digests.append(Digested(subscription.id, channel, end or due, alert.id, alert.told_by))
            continue
        deliveries.append(
            Delivery(
                id=ids.delivery_id(alert.id, subscription.id),
                alert_id=alert.id,
                subscription_id=subscription.id,
                channel=channel,
                state=DeliveryState.SUPERSEDED if mute else DeliveryState.PENDING,
                next_attempt_at=None if mute else due,
                created=now,
                last_error=_why(mute) if mute else None,
                told_by=alert.told_by,
            )
        )
        if mute is None:
            traffic.add(subscription, due)
    return Routed(tuple(deliveries), tuple(digests), _overtaken(alert, by_channel, standing, late))


def combine(parts: Iterable[Routed]) -> Routed:
    """Several alerts' ways as one."""
    every = tuple(parts)
    return Routed(
        deliveries=tuple(delivery for part in every for delivery in part.deliveries),
        digests=tuple(entry for part in every for entry in part.digests),
        overtaken=tuple(dict.fromkeys(key for part in every for key in part.overtaken)),
    )


def _overtaken(
    alert: Alert, channels: Iterable[str], standing: Standing, late: bool
) -> tuple[str, ...]:
    if late:
        return ()
    reached = set(channels)
    return tuple(
        pending.delivery_id
        for pending in standing.pending
        if pending.channel in reached and overtakes(alert, pending)
    )


def overtakes(alert: Alert, pending: Pending) -> bool:
    """Whether nobody needs an earlier message of the story any more once they have this one.

    The first report of a story is overtaken when the story has got further, and any other when
    everything has moved on that moved with it.
    """
    moved = {change.field for change in alert.changes}
    if pending.sequence == 1:
        return "status" in moved
    return bool(pending.fields) and pending.fields <= moved


def _mute(
    mutes: Iterable[Mute], alert: Alert, subscription: Subscription, now: datetime
) -> Mute | None:
    fitting = [
        mute
        for mute in mutes
        if mute.story_id == alert.story_id
        and mute.until > now
        and mute.subscription_id in (None, subscription.id)
    ]
    return max(fitting, key=lambda mute: mute.until, default=None)


def _why(mute: Mute) -> str:
    until = mute.until.astimezone(UTC)
    return f"not sent: the story is muted until {until:%Y-%m-%d %H:%M} UTC"
