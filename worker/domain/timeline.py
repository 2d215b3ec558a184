"""The published JSON forms of what a story knows."""

from __future__ import annotations

from typing import Any

from worker.domain.payload import timestamp
from worker.domain.story import Mute, Story


def ledger_data(story: Story) -> dict[str, Any]:
    """The current state by field: the value, the item that proves it, and what was before."""
    return {
        name: {
            "value": _named(known.value),
            "item": known.item_id,
            "at": timestamp(known.at),
            "former": [
                {"value": _named(value), "until": timestamp(over)} for value, over in known.former
            ],
        }
        for name, known in story.ledger.items()
    }


def mute_data(mute: Mute) -> dict[str, Any]:
    """A mute; without a subscription it is of all."""
    return {
        "story_id": mute.story_id,
        "subscription_id": mute.subscription_id,
        "until": timestamp(mute.until),
        "by": mute.by,
    }


def _named(value: Any) -> Any:
    """Parties by their names."""
    return list(value.values()) if isinstance(value, dict) else value
