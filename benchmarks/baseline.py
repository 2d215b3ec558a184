"""The keyword filter that a careful feed-reader user would write: what we have to beat.

Regular expressions over title and text, with exclusions; it says nothing about who, how much
or how far.
"""

from __future__ import annotations

import re

EQUITY = {
    "en": re.compile(
        r"\b(?:buy|sell|rais|cut|reduc|acquir|tak|increas|boost|transfer|offload|trim)\w*\b[^.]{0,60}"
        r"\b(?:stakes?|shareholding|shares? (?:in|of)|percent of|per cent of|\d% of)\b"
        r"|\bstake\b[^.]{0,40}\b(?:buy|sell|rais|cut|reduc|acquir|tak)\w*"
        r"|\b(?:merger|takeover|merge with|buyout|joint venture)\b",
        re.I,
    ),
    "fr": re.compile(
        r"\b(?:c[ée]d|vend|rach[eè]t|acqu[ée]r|acquis|r[ée]dui|augment|port|prend|pris|transf[ée]r)"
        r"\w*\b[^.]{0,60}"
        r"\b(?:participation|parts?|capital|actions?|titres)\b"
        r"|\b(?:entr[ée]e? au capital|prise de participation|fusion\w*|OPA|coentreprise"
        r"|prise de contr[ôo]le)\b",
        re.I,
    ),
}
EV = {
    "en": re.compile(
        r"\b(?:invest|stake|put|rais|inject|fund)\w*\b[^.]{0,80}\b(?:electric|EVs?)\b"
        r"|\b(?:electric|EVs?)\b[^.]{0,80}\b(?:invest|stake|inject|funding)\w*",
        re.I,
    ),
    "fr": re.compile(
        r"\b(?:invest|inject|apport|lev|lèv|participation|capital)\w*\b[^.]{0,80}\b[ée]lectrique"
        r"|\b[ée]lectriques?\b[^.]{0,80}\b(?:invest|inject|apport|participation|capital)\w*",
        re.I,
    ),
}
IP = {
    "en": re.compile(
        r"\b(?:intellectual property|patents?|know-how|licen[cs](?:e|es|ing)"
        r"|technology (?:sharing|transfer)"
        r"|shar\w+ (?:\w+ ){0,3}(?:technolog|platform)\w*|cross-licen[cs]\w*)\b",
        re.I,
    ),
    "fr": re.compile(
        r"\b(?:propri[ée]t[ée] intellectuelle|brevets?|savoir-faire|licences?"
        r"|transferts? de technologie"
        r"|partag\w+ (?:\w+ ){0,3}(?:technolog|plateforme)\w*)\b",
        re.I,
    ),
}
NOT_EQUITY = re.compile(
    r"own shares|buyback|share buy-back|employee share|market share|ses propres actions"
    r"|parts? de march[ée]|salari[ée]s actionnaires",
    re.I,
)
NOT_IP = re.compile(r"\bsu(?:es|ed|ing)\b|lawsuit|infring|contrefa|porte plainte", re.I)


def baseline(title: str, text: str, language: str) -> set[str]:
    """The rules that the filter would raise."""
    whole = f"{title}. {text}"
    found = set()
    if EQUITY[language].search(whole) and not NOT_EQUITY.search(whole):
        found.add("equity-change")
    if EV[language].search(whole):
        found.add("ev-unit-investment")
    if IP[language].search(whole) and not NOT_IP.search(whole):
        found.add("ip-sharing")
    return found
