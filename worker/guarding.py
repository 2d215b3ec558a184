"""Watching endpoints that fail: people are told, later their subscriptions end, visibly.

Both are told on other channels (`[delivery] ops_channels`). A subscription of the API is disabled
when its endpoint has failed without a break for `disable_after`, and never before those channels
had half of that time to see it coming. Channels of the configuration are told about, not disabled.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import structlog

from worker.channels import CHANNEL_PREFIX
from worker.domain import ids
from worker.domain.circuit import Circuit
from worker.domain.delivery import OPS_FAILING, SUBSCRIPTION_DISABLED, Announcement
from worker.domain.payload import timestamp
from worker.pipeline import Owed
from worker.store import Store, Subscriber

log = structlog.get_logger(__name__)


def watch(
    store: Store, *, now: datetime, disable_after: timedelta, ops_channels: Sequence[str]
) -> list[Owed]:
    """Warn of endpoints that fail, end those that have failed for too long, and tell of endings.

    Gives the announcements to send. A step that dies in between is made up for by the next call.
    """
    owed: list[Owed] = []
    for circuit in store.circuits().values():
        if circuit.failing_since is None:
            continue
        failing = now - circuit.failing_since
        if circuit.warned is None and failing >= disable_after / 2:
            owed += _warn(store, circuit, now, disable_after, ops_channels)
        elif (
            circuit.warned is not None
            and failing >= disable_after
            and now - circuit.warned >= disable_after / 2
            and circuit.name.startswith(CHANNEL_PREFIX)
        ):
            reason = f"its endpoint has failed since {circuit.failing_since:%Y-%m-%d %H:%M} UTC"
            subscription_id = circuit.name.removeprefix(CHANNEL_PREFIX)
            if store.end_subscription(subscription_id, reason, now):
                log.warning("subscription_disabled", subscription=subscription_id, why=reason)
    for ended in store.untold_endings():
        owed += _announce(store, _ending(ended, now), ended.subscription.id, ops_channels, now)
        store.note_ending_told(ended.subscription.id, now)
    return owed


def _warn(
    store: Store,
    circuit: Circuit,
    now: datetime,
    disable_after: timedelta,
    ops_channels: Sequence[str],
) -> list[Owed]:
    ends = None
    name = circuit.name
    if name.startswith(CHANNEL_PREFIX):
        known = store.subscriber(name.removeprefix(CHANNEL_PREFIX))
        if known is None or not known.active:
            return []
        ends = now + disable_after / 2
        name = (known.asked.name if known.asked else "") or name
    log.warning("endpoint_failing", channel=circuit.name, failures=circuit.failures)
    told = _announce(
        store,
        _failing(circuit, name, ends, now),
        f"{circuit.name} {circuit.failing_since}",
        [channel for channel in ops_channels if channel != circuit.name],
        now,
    )
    store.note_warning(circuit.name, now)
    return told


def _announce(
    store: Store, said: Announcement, about: str, channels: Iterable[str], now: datetime
) -> list[Owed]:
    owed = []
    for channel in channels:
        delivery_id = ids.derive("msg", said.kind, about, channel, str(said.data.get("since")))
        if store.announce(delivery_id, f"ops:{channel}", channel, said, now):
            owed.append(Owed(channel, delivery_id))
    return owed


def _failing(circuit: Circuit, name: str, ends: datetime | None, now: datetime) -> Announcement:
    lines = [
        f"No message has been taken since {circuit.failing_since:%Y-%m-%d %H:%M} UTC.",
        f"The last error was: {circuit.last_error or 'not known'}.",
        f"Unless it answers, its subscription ends at {ends:%Y-%m-%d %H:%M} UTC."
        if ends
        else "What it is owed goes on being tried until it is given up.",
    ]
    return Announcement(
        kind=OPS_FAILING,
        created=now,
        headline=f"The endpoint of {name} fails",
        lines=tuple(lines),
        data={
            "channel": circuit.name,
            "name": name,
            "since": timestamp(circuit.failing_since),
            "failures": circuit.failures,
            "last_error": circuit.last_error,
            "disabled_at": timestamp(ends),
        },
    )


def _ending(ended: Subscriber, now: datetime) -> Announcement:
    name = (ended.asked.name if ended.asked else "") or ended.subscription.channel
    return Announcement(
        kind=SUBSCRIPTION_DISABLED,
        created=now,
        headline=f"The subscription of {name} is disabled",
        lines=(
            f"Why: {ended.ended or 'not known'}.",
            "It gets nothing more until somebody enables it.",
        ),
        data={
            "subscription_id": ended.subscription.id,
            "channel": ended.subscription.channel,
            "name": name,
            "reason": ended.ended,
            "since": timestamp(ended.updated),
        },
    )
