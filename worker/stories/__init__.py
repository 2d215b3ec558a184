"""Which story an event belongs to, what is new in it, and how to say so. Pure."""

from worker.stories.headline import headline
from worker.stories.judge import Judgement, judge
from worker.stories.relation import lock_keys
from worker.stories.retract import retract
from worker.stories.routing import Traffic

__all__ = ["Judgement", "Traffic", "headline", "judge", "lock_keys", "retract"]
