"""The shapes of the API's answers, for its OpenAPI document. More fields may be added to each."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class _Open(BaseModel):
    model_config = ConfigDict(extra="allow")


class EvidenceOut(_Open):
    """A passage of the item. Offsets count Unicode code points in the field as stored."""

    field: str
    start: int
    end: int
    text: str
    role: str | None = None


class EventOut(_Open):
    """One event, as `alliance-watch classify --jsonl` prints it."""

    rule: str
    status: str
    confidence: float
    parties: list[str]
    roles: dict[str, str | list[str] | None]
    direction: str | None
    from_pct: float | None
    to_pct: float | None
    pct: float | None
    amount: str | None
    attribution: str | None
    expected_date: str | None
    evidence: list[EvidenceOut]


class ItemBrief(_Open):
    """Where an alert comes from."""

    id: str
    url: str | None
    title: str
    source: str
    feed: str
    published: str | None
    seen: str


class ChangeOut(_Open):
    """What is new in one field against the alert before."""

    field: str
    before: Any = Field(None, alias="from")
    after: Any = Field(None, alias="to")


class MentionOut(_Open):
    """Another report of the same news."""

    item: str
    title: str
    source: str
    url: str | None
    published: str | None


class AlertOut(EventOut):
    """An alert, as webhooks carry it in `data`."""

    id: str
    story_id: str
    sequence: int
    previous_status: str | None
    reason: str
    headline: str
    changes: list[ChangeOut]
    also_reported_by: list[MentionOut]
    alliance: str | None
    severity: str
    language: str
    item: ItemBrief
    rule_version: int
    url: str


class DeliveryOut(_Open):
    """A delivery; `id` is also the `webhook-id` of its messages. One that is about no alert (a
    test, a message for operators) has no `alert_id`."""

    id: str
    alert_id: str | None
    subscription_id: str
    channel: str
    state: str
    attempts: int
    next_attempt_at: str | None
    created: str | None
    settled: str | None
    last_error: str | None


class DeliveryLineOut(DeliveryOut):
    """A delivery in a list."""

    headline: str
    story_id: str | None


class AttemptOut(_Open):
    """One try. `outcome` is null while it is under way."""

    number: int
    started: str
    finished: str | None
    milliseconds: int | None
    outcome: str | None
    status_code: int | None
    detail: str
    answer: str


class DeliveryDetailOut(DeliveryOut):
    """A delivery with every attempt."""

    tries: list[AttemptOut]


class AlertDetailOut(AlertOut):
    """An alert with what became of it."""

    deliveries: list[DeliveryOut]


class SourceOut(_Open):
    """Somebody who brought the same news after the item's own feed. `name`: whose news it is."""

    feed_id: str
    name: str
    title: str
    url: str | None
    published: str | None
    seen: str


class ItemOut(_Open):
    """An item. `state` is waiting, classified or failed. `updates`: the item of which its publisher
    made this one by an edit; `difference`: the sentences that went and came, one a line."""

    id: str
    feed_id: str
    title: str
    url: str | None
    source: str
    published: str | None
    seen: str
    lang: str | None
    state: str
    classified_at: str | None
    error: str | None
    events: list[EventOut]
    alert_ids: list[str]
    updates: str | None
    difference: str
    sources: list[SourceOut]


class ItemDetailOut(ItemOut):
    """An item with its text."""

    text: str


class FeedOut(_Open):
    """A feed. `url` comes without user, password and query, which may be secret."""

    id: str
    name: str
    url: str
    status: str
    level: str = Field(description="ok, warn or bad")
    trouble: str = Field(description="What is wrong, in words; empty when nothing is")
    interval_seconds: float
    last_polled_at: str | None
    last_success_at: str | None
    next_poll_at: str | None
    next_poll_reason: str
    moved_to: str | None = Field(description="Where it is polled after a permanent redirect")
    failures: int
    last_error: str | None
    items: int | None
    items_last_day: int | None


class SharesOut(_Open):
    """Seconds within which half, 95% and 99% of the messages of the last five minutes lay."""

    p50: float
    p95: float
    p99: float


class QueueOut(_Open):
    """A queue; null where it is not known. Ages in seconds."""

    name: str
    depth: int | None
    oldest_age_seconds: float | None
    in_flight: int | None
    consumers: int | None
    waited_seconds: SharesOut | None
    ran_seconds: SharesOut | None


class OutboxOut(_Open):
    """What the database still owes a channel."""

    channel: str
    pending: int
    sending: int
    exhausted: int
    due: int
    oldest_due_seconds: float | None


class FlowOut(_Open):
    """What happened within the last `window_seconds`."""

    window_seconds: float
    items_seen: int
    items_classified: int
    alerts: int
    delivered: int
    exhausted: int
    attempts_failed: int


class TroubleOut(BaseModel):
    """One thing that is wrong. `level` is warn or bad."""

    level: str
    subject: str
    text: str


class QueuesOut(_Open):
    """The figures of the health page."""

    taken: str
    broker_reachable: bool
    items: list[QueueOut]
    next: None = None
    outbox: list[OutboxOut]
    deliveries_due: int | None
    items_waiting: int | None
    items_failed: int | None
    oldest_item_waiting_seconds: float | None
    flow: list[FlowOut]
    level: str
    troubles: list[TroubleOut]


class MarkOut(_Open):
    """When another version, or another set of rules, was put in force."""

    at: str
    kind: str
    value: str


class HistoryOut(_Open):
    """How the service has fared. `times` are seconds since 1970; each series has a value or null
    for each of them."""

    span: str
    step_seconds: float
    since: str
    until: str
    times: list[float]
    series: dict[str, list[float | None]]
    marks: list[MarkOut]


class WorkerOut(_Open):
    """A process of the service. `state`: up, lost, or replaced by another of its kind."""

    id: str
    kind: str
    host: str
    pid: int
    version: str
    started: str
    seen: str
    state: str
    figures: dict[str, float | str]


class SessionOut(BaseModel):
    """Who is asking."""

    name: str
    role: str
    kind: str
    expires: str | None


class TakenOut(BaseModel):
    """What became of an item that was pushed. `new`: its news was not known before."""

    id: str
    new: bool


class HeldOut(BaseModel):
    """An item of a document that may not be used, or not yet."""

    guid: str | None
    why: str


class Accepted(TakenOut):
    """An item that was pushed; of a document the first one, and all of them in `items`."""

    items: list[TakenOut] = []
    held: list[HeldOut] = []


class Classified(BaseModel):
    """As `alliance-watch classify --jsonl` prints it."""

    id: str
    lang: str | None
    events: list[EventOut]


class AttemptedOut(_Open):
    """A place where a rule nearly or fully fitted. `notes` are what moved its score."""

    sentence: str
    field: str
    pattern: str
    trigger: str
    roles: dict[str, list[str]]
    missing: list[str]
    status: str
    status_cue: str
    hearsay: bool
    score: float
    notes: list[str]


class RuleExplained(_Open):
    """What became of one rule. `marks`: every passage of its event, those that show a role or
    figure with its name. `attempts`: where it came closest, the best first."""

    rule: str
    gate: bool
    fired: bool
    reason: str
    headline: str | None
    event: EventOut | None
    marks: list[EvidenceOut]
    attempts: list[AttemptedOut]


class Explained(_Open):
    """Why each rule fired or not. `words`: the concepts of the rules' gates that occur."""

    id: str
    lang: str | None
    words: list[str]
    rules: list[RuleExplained]


class ItemIn(BaseModel):
    """An item as `alliance-watch classify --jsonl` reads it."""

    model_config = ConfigDict(extra="forbid")

    id: str = Field(min_length=1, max_length=500, description="The same id is the same item")
    title: str = Field("", max_length=2_000)
    text: str = Field("", max_length=500_000)
    lang: str | None = Field(None, pattern="^(fr|en)$")
    published: str | None = Field(None, description="ISO 8601; without an offset it is UTC")
    url: str | None = Field(None, max_length=4_000, pattern=r"^https?://\S+$")
