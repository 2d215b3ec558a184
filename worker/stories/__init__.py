"""Which story an event belongs to, what is new in it, and how to say so. Pure."""

from worker.stories.headline import headline
from worker.stories.judge import Judgement, judge, stories_of

__all__ = ["Judgement", "headline", "judge", "stories_of"]
