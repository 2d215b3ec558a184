"""What is sent to change feeds, and what is said of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from worker.config import parse_duration
from worker.dashboard.api.models import FeedOut

_SHORTEST, _LONGEST = timedelta(seconds=1), timedelta(days=30)


def _interval(written: str) -> str:
    if not _SHORTEST <= parse_duration(written) <= _LONGEST:
        raise ValueError("an interval is from 1s to 30d")
    return written


Interval = Annotated[
    str,
    Field(description='Shortest wait between two polls, like "90s" or "2m"', max_length=40),
    AfterValidator(_interval),
]
Name = Annotated[str, Field(max_length=200, description="For people")]


class FeedIn(BaseModel):
    """A feed to watch beside those of the configuration.

    Headers that are secret belong into the configuration, which alone may hold them.
    """

    model_config = ConfigDict(extra="forbid")

    url: str = Field(max_length=2_000, pattern=r"^https?://\S+$")
    name: Name = ""
    interval: Interval = "2m"
    full_text: bool = Field(False, description="Fetch the article behind each link")
    discover: bool = Field(
        False, description="The address is a site's: look for its feed and watch the first one"
    )


class FeedPatch(BaseModel):
    """What is to change. Fields that are left out stay."""

    model_config = ConfigDict(extra="forbid")

    name: Name | None = None
    interval: Interval | None = None
    full_text: bool | None = None
    status: Literal["active", "paused"] | None = Field(
        None, description="`paused`: polled no more until it is `active` again"
    )


class PushOut(BaseModel):
    """What the hub of a feed does (WebSub). `state` is wanted, asked, active, silent, denied or
    ending; only an active one until `lease_until` is relied on. `reason`: why it is not."""

    hub: str
    state: str
    lease_until: str | None
    pushed_at: str | None
    reason: str


class FeedDetailOut(FeedOut):
    """One feed. `configured`: the configuration names it, and alone can change it. `push`: its
    hub, if it has named one."""

    full_text: bool
    configured: bool
    push: PushOut | None


class PollAsked(BaseModel):
    """A poll that was asked for: it comes as soon as its host may be asked."""

    id: str
    next_poll_at: str
