"""One attempt at several recipients: who has their message, who never will, who is to try again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from worker.channels.text import clean_line
from worker.channels.verdict import smtp_outcome
from worker.domain.delivery import Outcome, Verdict

if TYPE_CHECKING:
    import aiosmtplib


class MailRound:
    """Hands one message after the other to a relay and remembers its replies.

    A recipient whom the relay refuses for good (5xx) gets no mail any more. A message or a
    sender that is refused says nothing about the recipient.
    """

    def __init__(self, sender: str, recipients: list[str]) -> None:
        self._sender = sender
        self._recipients = recipients
        self._replies: dict[str, Verdict] = {}
        self._refused: dict[str, str] = {}

    async def offer(self, client: aiosmtplib.SMTP, recipient: str, raw: bytes) -> None:
        """Raises what the connection raises; replies of the relay are remembered."""
        import aiosmtplib

        what = "the mail relay refused the sender"
        try:
            sized = client.supports_extension("size")
            await client.mail(self._sender, options=[f"size={len(raw)}"] if sized else [])
            what = "refused recipient"
            await client.rcpt(recipient)
            what = "the mail relay refused the message"
            taken = await client.data(raw)
        except aiosmtplib.SMTPRecipientRefused as error:
            outcome = smtp_outcome(error.code)
            self._replies[recipient] = answered(
                outcome, f"{what} {recipient} ({error.code})", error.code, error.message
            )
            if outcome is Outcome.PERMANENT:
                self._refused[recipient] = clean_line(f"{error.code} {error.message}", 300)
            await client.rset()
        except aiosmtplib.SMTPResponseException as error:
            outcome = smtp_outcome(error.code)
            self._replies[recipient] = answered(outcome, what, error.code, error.message)
            await client.rset()
        else:
            self._replies[recipient] = answered(Outcome.DELIVERED, "", taken.code, taken.message)

    def verdict(self, broken: Verdict | None, reached: tuple[str, ...]) -> Verdict:
        """What the round comes to. `broken`: why the connection ended before its time.

        As long as somebody may still get the message it is tried again, for them alone; when
        nobody is left it counts as delivered if it has reached anybody.
        """
        now = tuple(key for key, each in self._replies.items() if _took(each))
        failed = [each for each in self._replies.values() if not _took(each)]
        waiting = [each for each in failed if each.outcome is Outcome.RETRY]
        taken = [each for each in self._replies.values() if _took(each)]
        if waiting:
            shown = waiting[0]
        elif broken is not None and len(self._replies) < len(self._recipients):
            shown = broken
        elif taken or reached:
            shown = taken[0] if taken else Verdict(Outcome.DELIVERED)
        else:
            shown = failed[0]
        return replace(
            shown,
            detail=_details(shown, failed),
            reached=now,
            refused=dict(self._refused),
        )


def _took(verdict: Verdict) -> bool:
    return verdict.outcome is Outcome.DELIVERED


def _details(shown: Verdict, failed: list[Verdict]) -> str:
    """Every failure once; the one that decides comes first."""
    said = dict.fromkeys(each.detail for each in (shown, *failed) if each.detail)
    return clean_line("; ".join(said), 500)


def answered(outcome: Outcome, detail: str, code: int, reply: str) -> Verdict:
    """The verdict on a reply of the relay."""
    return Verdict(
        outcome, detail=detail, status_code=code, answer=clean_line(f"{code} {reply}", 2000)
    )
