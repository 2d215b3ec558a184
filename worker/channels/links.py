"""The links of a mail that do something, each for one reader alone and without signing in."""

from __future__ import annotations

from dataclasses import dataclass

from worker.seal import Seal

UNSUBSCRIBE, FEEDBACK = "unsubscribe", "feedback"
"""The uses of a token."""


@dataclass(frozen=True, slots=True)
class ReaderLinks:
    """Where one reader unsubscribes from a channel, and says what they think of an alert."""

    unsubscribe: str
    feedback: str


class MailLinks:
    """Makes links to the dashboard at `public_url` that `seal` has signed."""

    def __init__(self, public_url: str, seal: Seal) -> None:
        self._base = public_url.rstrip("/")
        self._seal = seal

    def about(self, channel: str, address: str, alert_id: str) -> ReaderLinks:
        """The links for one reader of one alert; the same ones every time."""
        about = {"channel": channel, "address": address, "alert": alert_id}
        return ReaderLinks(
            unsubscribe=self.unsubscribe(channel, address),
            feedback=f"{self._base}/feedback/{self._seal.sign(FEEDBACK, about)}",
        )

    def unsubscribe(self, channel: str, address: str) -> str:
        """Where a reader ends the mails of a channel."""
        about = {"channel": channel, "address": address}
        return f"{self._base}/unsubscribe/{self._seal.sign(UNSUBSCRIBE, about)}"
