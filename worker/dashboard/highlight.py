"""An item's text cut where its evidence begins and ends, so that a page can mark it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from worker.domain.event import Evidence


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of text under the same evidence throughout.

    `proves`: it lies in a passage that proves the event. `roles`: what it shows, in the order of
    the evidence.
    """

    text: str
    proves: bool = False
    roles: tuple[str, ...] = ()

    @property
    def marked(self) -> bool:
        """Whether there is anything to mark."""
        return self.proves or bool(self.roles)


def segments(text: str, evidence: Iterable[Evidence], *, field: str = "text") -> list[Segment]:
    """`text` in order and complete; the texts of all segments joined give it back.

    Offsets count code points. Evidence whose words do not stand where it says is left out:
    nothing may be shown as proof that is not in the item.
    """
    spans = [
        passage
        for passage in evidence
        if passage.field == field
        and 0 <= passage.start < passage.end <= len(text)
        and text[passage.start : passage.end] == passage.text
    ]
    cuts = sorted({0, len(text), *(edge for span in spans for edge in (span.start, span.end))})
    found = []
    for start, end in pairwise(cuts):
        over = [span for span in spans if span.start <= start and end <= span.end]
        found.append(
            Segment(
                text[start:end],
                proves=any(not span.role for span in over),
                roles=tuple(dict.fromkeys(span.role for span in over if span.role)),
            )
        )
    return found
