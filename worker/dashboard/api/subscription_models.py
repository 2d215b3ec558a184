"""What subscribers send, and what they are shown."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Depends
from pydantic import BaseModel, ConfigDict, Field

from worker.dashboard.api.closed_bodies import reads
from worker.dashboard.api.paging import Moment
from worker.dashboard.subscribing import DEFAULT_OVERLAP, LONGEST_OVERLAP
from worker.domain.alert import Severity
from worker.domain.event import Language, Status

Name = Annotated[str, Field(min_length=1, max_length=200)]
Names = Annotated[list[Name], Field(max_length=500)]
Url = Annotated[
    str,
    Field(min_length=1, max_length=2_000, description="http(s) address that takes the messages"),
]


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid")


class SubscriptionIn(_Closed):
    """Which alerts an endpoint wants. An empty list lets everything pass."""

    url: Url
    name: str = Field("", max_length=200, description="For people")
    rules: Names = Field(default_factory=list)
    companies: Names = Field(default_factory=list)
    alliances: Names = Field(default_factory=list)
    languages: list[Language] = Field(default_factory=list, max_length=2)
    min_status: Status = Status.RUMOURED
    min_confidence: float = Field(0.5, ge=0, le=1)
    delivery: Literal["instant", "digest"] = "instant"
    digest_at: list[str] = Field(
        default_factory=lambda: ["08:00", "18:00"], max_length=24, description="Times of day"
    )
    quiet_hours: str = Field("", max_length=20, description='Such as "22:00-06:30"; empty for none')
    urgent: list[Severity] = Field(
        default_factory=list, max_length=3, description="Severities that pass in quiet hours"
    )
    timezone: str = Field("Europe/Paris", max_length=100)

    def filters(self) -> dict[str, Any]:
        """All of it but the address."""
        return self.model_dump(mode="json", exclude={"url"})


class SubscriptionPatch(_Closed):
    """What is to change; what is left out stays as it is."""

    url: Url | None = None
    name: str | None = Field(None, max_length=200)
    rules: Names | None = None
    companies: Names | None = None
    alliances: Names | None = None
    languages: list[Language] | None = Field(None, max_length=2)
    min_status: Status | None = None
    min_confidence: float | None = Field(None, ge=0, le=1)
    delivery: Literal["instant", "digest"] | None = None
    digest_at: list[str] | None = Field(None, max_length=24)
    quiet_hours: str | None = Field(None, max_length=20)
    urgent: list[Severity] | None = Field(None, max_length=3)
    timezone: str | None = Field(None, max_length=100)
    enabled: bool | None = Field(None, description="false ends it for now, true takes it up again")

    def changes(self) -> dict[str, Any]:
        """Those that were given."""
        return self.model_dump(mode="json", exclude={"enabled"}, exclude_none=True)


class RotationIn(_Closed):
    """How to change the secret."""

    overlap_seconds: int = Field(
        int(DEFAULT_OVERLAP.total_seconds()),
        ge=0,
        le=int(LONGEST_OVERLAP.total_seconds()),
        description="For how long the old secrets sign as well",
    )


class ReplayIn(_Closed):
    """Which deliveries of a subscription to send again. Times are those at which they were made."""

    subscription: str = Field(min_length=1, max_length=200)
    since: Moment | None = None
    until: Moment | None = None
    state: Literal["delivered", "exhausted", "superseded"] | None = Field(
        None, description="Only those in this state"
    )
    dry_run: bool = Field(False, description="Say which, and send nothing")


class ReplayedOut(BaseModel):
    """Deliveries that are (or would be) sent again. `more`: there are others beyond the most that
    are taken at a time."""

    dry_run: bool
    count: int
    deliveries: list[str]
    more: bool


SentSubscription = Annotated[SubscriptionIn, Depends(reads(SubscriptionIn))]
SentPatch = Annotated[SubscriptionPatch, Depends(reads(SubscriptionPatch))]
SentRotation = Annotated[RotationIn, Depends(reads(RotationIn, optional=True))]
SentReplay = Annotated[ReplayIn, Depends(reads(ReplayIn))]
BODIES = (SubscriptionIn, SubscriptionPatch, RotationIn, ReplayIn)


class SigningSecretOut(BaseModel):
    """A secret that signs now; `until` is null for the newest."""

    until: str | None


class HealthOut(BaseModel):
    """How the endpoint fares. `circuit`: closed, open (it is spared) or half-open (tried out)."""

    circuit: Literal["closed", "open", "half-open"]
    failures: int = Field(description="In a row")
    failing_since: str | None
    next_try: str | None
    last_error: str | None


class SubscriptionOut(BaseModel):
    """A subscription. `url` comes without what may be secret in it.

    `state`: active, unverified (alerts are held until the endpoint answers its test) or
    disabled (`ended` says why). Those of `origin` configuration cannot be changed here.
    """

    model_config = ConfigDict(extra="allow")

    id: str
    name: str
    origin: str
    channel: str
    url: str | None
    state: Literal["active", "unverified", "disabled"]
    ended: str | None
    rules: list[str]
    companies: list[str]
    alliances: list[str]
    languages: list[str]
    min_status: str
    min_confidence: float
    delivery: Literal["instant", "digest"]
    digest_at: list[str]
    quiet_hours: str | None
    urgent: list[str]
    timezone: str
    created: str
    updated: str
    verified: str | None
    signing_secrets: list[SigningSecretOut]
    health: HealthOut


class SubscriptionMade(SubscriptionOut):
    """A new subscription with its secret, which is shown this once."""

    secret: str = Field(description="`whsec_…`, as Standard Webhooks has it")
    test_delivery: str = Field(description="The delivery that carries the test")


class RotatedOut(BaseModel):
    """A new secret, which is shown this once."""

    secret: str
    signing_secrets: list[SigningSecretOut]


class TestOut(BaseModel):
    """The delivery that carries the test."""

    delivery: str
