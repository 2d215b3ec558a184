"""Whether an item says of itself that it corrects an earlier one. Pure.

Wires mark corrections in words: "CORRECTED-…" or "CORRECTION - …" before a title, a line in
brackets at the head of the text ("(Corrects figure in paragraph 2)", « (Corrige le montant …) »).
"""

from __future__ import annotations

import re

from worker.domain.item import Entry

_HEAD = 400
"""How much of a text may hold the remark: its dateline and first sentence."""

_TITLE = re.compile(
    r"^\W*(?:(?:corrected|correction|corrective|corrects)(?!\s+(?:in|of|to|for|by|after)\b)|"
    r"corrig[ée]e?s?|rectificatif|rectification|rectifi[ée]e?)\b",
    re.IGNORECASE,
)
_TEXT = re.compile(
    r"[(\[]\s*(?:(?:this\s+)?(?:version\s+)?(?:corrects|corrected|correcting|correction)|"
    r"corrige|corrigée?|rectifie|rectificatif|correction)\b[^()\[\]]{0,300}[)\]]|"
    r"^\W*(?:correction|corrected|rectificatif)\s*[:–—-]",
    re.IGNORECASE,
)


def corrects(entry: Entry) -> bool:
    """Whether the publisher signals a correction, or its words do."""
    return (
        entry.signal == "correction"
        or _TITLE.match(entry.title) is not None
        or _TEXT.search(entry.text[:_HEAD]) is not None
    )
