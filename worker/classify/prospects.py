"""What a rule's patterns ask of the bare words of an item: a trigger, and what stands near it.

Derived from the patterns, and weaker than they are: words are counted instead of tokens (there
are never more of them), sentences end only where they surely do, and everything that may name a
company counts as one. A pattern that fits an item is therefore always possible here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from worker.classify.atoms import FIGURE, Atoms, figure_words
from worker.classify.lexicon import RUN, family
from worker.classify.outline import HIDES, Outline, Place
from worker.classify.rulebook import Near, Pattern, Rule
from worker.classify.vocabulary import Vocabulary, normal
from worker.classify.watchlist import Watchlist

FIGURES = {
    "figure:percent": ("percent",),
    "figure:split": ("split",),
    "figure:stake": ("percent", "split"),
    "figure:topic": ("percent",),
    "figure:money": ("money",),
    "figure:shares": ("shares",),
}
AHEAD = frozenset({"future", "conditional"})
SAYS_WHEN = ("fut", "cond", "phrase")
"""Forms that can bring such a time themselves."""
AUXILIARIES = ("fn.modal", "fn.will", "fn.would-have")
AUXILIARY_WORDS = 7
ARTICLES = (" a ", " an ", " the ", "\na ", "\nan ", "\nthe ")
LONGEST_ARTICLE = 5
NEVER_HIDDEN = ("fn.",)
FIGURE_WORDS = 12
"""How many words a figure can have: one of them is known, while `near` counts from the first."""
COUNTED = 40
"""How far before "shares" their number can end."""
COMPANIES = frozenset({"company", "unit", "electric-unit"})
DESCRIPTION_WORDS = 10
"""How many words of a description can stand before its noun."""
AFTER = frozenset({"by", "from", "to", "with", "for", "in", "of", "on", "prep", "after"})
"""Relations that lead to a company after the trigger."""
PREPOSITIONAL = AFTER - {"after"}
STOP = re.compile(r"[;:()!?]|[,.](?: |$)")
GOVERNED_WORDS = 24
"""How many words can stand between a preposition and the noun or the name that it governs."""


@dataclass(frozen=True, slots=True)
class Reach:
    """One condition of a pattern: a word, or a part of a figure, within so many words.

    `words` and `figures` are the bits of which one has to occur.
    """

    words: int
    figures: int
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Prospect:
    """What one pattern asks of the words.

    `names` says how many companies have to be spoken of in the sentence, `later` how many of
    them after the trigger, and `governed` has, for each role that only prepositions lead
    to, what finds these.
    """

    rule: str
    trigger: int
    near: tuple[Reach, ...]
    companies: tuple[Near, ...]
    names: int
    later: int
    governed: tuple[re.Pattern[str], ...]

    def within(self, bits: int) -> bool:
        """Whether the trigger and something for each condition are among the bits."""
        return bool(bits & self.trigger) and all(
            bits & (reach.words | reach.figures) for reach in self.near
        )


class Prospects:
    """The prospects of all patterns of all rules, in one language.

    `forms` maps words, in normal form, to the bits of what they can be; the bits lie above the
    first `taken` ones. `hidden` holds those of them that a longer phrase hides. Words of
    figures, the `loose` ones, may stick to a number ("500eur").
    """

    def __init__(
        self, rules: Sequence[Rule], vocabulary: Vocabulary, watchlist: Watchlist, taken: int
    ) -> None:
        self.forms: dict[str, int] = {}
        self.hidden: dict[str, int] = {}
        self._next = taken
        self._bits: dict[tuple[str, ...], int] = {}
        self._atoms = Atoms(vocabulary, watchlist)
        self._abbreviations = tuple(sorted(set(vocabulary.settings.get("abbreviations", []))))
        words = figure_words(vocabulary)
        self._figures = {k: self._bit((FIGURE, k), words[k], NEVER_HIDDEN) for k in words}
        self.loose = sum(self._figures.values())
        scales = vocabulary.values.get("scales", {}).values()
        alternatives = "|".join(re.escape(normal(word)) for listed in scales for word in listed)
        self._counted = re.compile(rf"\d(?: (?:{alternatives})(?: d['e] ?)?)? ?(?:\w+ )?$")
        self._speaks = self._bit(("speaks",), self._atoms.speaking, NEVER_HIDDEN)
        self._verb = self._bit(("verb",), self._atoms.verbs(rules), NEVER_HIDDEN)
        self._by_trigger: dict[int, list[Prospect]] = {}
        for rule in rules:
            for pattern in rule.patterns:
                for made in self._prospects(rule, pattern):
                    self._by_trigger.setdefault(made.trigger, []).append(made)
        self._triggers = sum(self._by_trigger)
        self._hide(vocabulary)

    def _hide(self, vocabulary: Vocabulary) -> None:
        """Mark the phrases that hide a word which they contain, as the lexicon will do."""
        competing = {
            form
            for form, meanings in vocabulary.forms.items()
            if any(family(concept) == "" for concept, _ in meanings)
        }
        self.hidden = {f: bits | HIDES for f, bits in self.hidden.items() if f in competing}
        for form in competing - self.hidden.keys():
            if any(part in self.hidden for part in _parts(form)):
                self.hidden[form] = HIDES
                self.forms.setdefault(form, 0)

    def figure(self, low: str, start: int, end: int, bits: int) -> int:
        """The bits of a word of a figure, without those that what stands around it rules out."""
        if bits & self._figures["split"] and not (
            low[max(start - 2, 0) : start].rstrip()[-1:].isdigit()
            and low[end : end + 2].lstrip()[:1].isdigit()
        ):
            bits &= ~self._figures["split"]
        if bits & self._figures["shares"] and not self._counted.search(
            low, max(start - COUNTED, 0), start
        ):
            bits &= ~self._figures["shares"]
        return bits

    def possible(self, outline: Outline) -> set[str]:
        """The names of the rules of which a pattern is possible."""
        hopes: list[Prospect] = []
        left = outline.bits & self._triggers
        while left:
            trigger = left & -left
            left ^= trigger
            hopes += [p for p in self._by_trigger[trigger] if p.within(outline.bits)]
        found: set[str] = set()
        if not hopes:
            return found
        for stretch, places in outline.stretches(self._abbreviations).items():
            bits = 0
            for place in places:
                bits |= place[2]
            for prospect in hopes:
                if prospect.rule in found or not prospect.within(bits):
                    continue
                if self._fits(prospect, outline, stretch, places):
                    found.add(prospect.rule)
        return found

    def _fits(
        self, prospect: Prospect, outline: Outline, stretch: int, places: Sequence[Place]
    ) -> bool:
        for place in places:
            if not place[2] & prospect.trigger or self._noun(outline.low, place):
                continue
            if all(_near(outline.low, places, place, reach) for reach in prospect.near) and (
                not (prospect.names or prospect.companies)
                or self._named(prospect, outline, stretch, places, place)
            ):
                return True
        return False

    def _noun(self, low: str, place: Place) -> bool:
        """Whether an article before it makes a noun of what could only be an English verb."""
        if not place[2] & self._verb:
            return False
        return low.endswith(ARTICLES, max(place[0] - LONGEST_ARTICLE, 0), place[0])

    def _named(
        self,
        prospect: Prospect,
        outline: Outline,
        stretch: int,
        places: Sequence[Place],
        trigger: Place,
    ) -> bool:
        """Whether enough that may be companies stands in the stretch, where it has to."""
        start, end = trigger[:2]
        capitals = outline.capitals(stretch, self._atoms.not_names, self._atoms.openers)
        spoken = [p for p in places if p[2] & self._speaks]
        if len(capitals) + len(spoken) < prospect.names:
            return False
        if prospect.later:
            later = sum(at >= end for at, _ in capitals) + sum(p[1] > end for p in spoken)
            if later < prospect.later:
                return False
        named = [*(at for at, _ in capitals), *(place[0] for place in spoken)]
        for prepositions in prospect.governed:
            if not self._governs(outline, stretch, prepositions, named):
                return False
        for near in prospect.companies:
            low, before, after = outline.low, near.before, near.after
            long = after + DESCRIPTION_WORDS
            if not (
                any(_within(low, start, end, *one, before, after) for one in capitals)
                or any(_within(low, start, end, p[0], p[1], before, long) for p in spoken)
            ):
                return False
        return True

    def _governs(
        self, outline: Outline, stretch: int, prepositions: re.Pattern[str], named: Sequence[int]
    ) -> bool:
        """Whether one of these prepositions can govern something that may be a company."""
        for match in prepositions.finditer(outline.low, *outline.bounds(stretch)):
            start, end = match.span()
            if any(at >= start and self._leads(outline.raw[end:at]) for at in named):
                return True
        return False

    def _leads(self, between: str) -> bool:
        """Whether no clause begins or ends between a preposition and what it may govern."""
        if STOP.search(between):
            return False
        words = between.split()
        return len(words) <= GOVERNED_WORDS and self._atoms.breaks.isdisjoint(words)

    def _prospects(self, rule: Rule, pattern: Pattern) -> Iterator[Prospect]:
        """What a pattern asks; twice when its time can stand in its trigger or in another word."""
        near, companies = [], []
        for one in pattern.near:
            if one.absent:
                continue
            if COMPANIES & set(one.any):
                if set(one.any) <= COMPANIES:
                    companies.append(one)
                continue
            if not all(name in FIGURES or self._atoms.known(name) for name in one.any):
                continue  # something that only reading can tell
            words = tuple(name for name in one.any if name not in FIGURES)
            kinds = {kind for name in one.any for kind in FIGURES.get(name, ())}
            figures = sum(self._figures[kind] for kind in kinds)
            near.append(Reach(self._concepts(words), figures, one.before, one.after))
        names = 1 if pattern.needs else 0
        if len(pattern.needs) > 1 and not pattern.split:
            apart = [rule.role(name) for name in pattern.needs]
            names = 2 if any(r and set(r.differs) & set(pattern.needs) for r in apart) else 1
        later = any(set(pattern.slots.get(n, ("all",))) <= AFTER for n in pattern.needs)
        ahead = bool(pattern.times) and set(pattern.times) <= AHEAD
        governed = tuple(
            self._atoms.governing(slots)
            for slots in (pattern.slots.get(name, ("all",)) for name in pattern.needs)
            if set(slots) <= PREPOSITIONAL
        )
        for told in (True, False) if ahead else (False,):
            tags = frozenset(SAYS_WHEN) if told else frozenset()
            asked = [*near]
            if ahead and not told:
                asked.append(Reach(self._concepts(AUXILIARIES), 0, AUXILIARY_WORDS, 0))
            key = (*pattern.trigger, "|", *pattern.forms, "|", *sorted(tags))
            forms = self._atoms.triggers(pattern, tags)
            trigger = self._bit(key, forms, pattern.trigger)
            yield Prospect(
                rule.name, trigger, tuple(asked), tuple(companies), names, int(later), governed
            )

    def _concepts(self, concepts: tuple[str, ...]) -> int:
        return self._bit(concepts, self._atoms.meaning(concepts), concepts) if concepts else 0

    def _bit(self, key: tuple[str, ...], forms: Iterable[str], concepts: Iterable[str]) -> int:
        """The bit of a condition that one of the `forms` meets; some of which can be hidden."""
        if key not in self._bits:
            bit = self._bits[key] = 1 << self._next
            self._next += 1
            hides = all(family(concept) == "" for concept in concepts)
            for form in forms:
                self.forms[form] = self.forms.get(form, 0) | bit
                if hides:
                    self.hidden[form] = self.hidden.get(form, 0) | bit
        return self._bits[key]


def _near(low: str, places: Sequence[Place], trigger: Place, reach: Reach) -> bool:
    start, end = trigger[:2]
    before, after = reach.before, reach.after
    long = after + FIGURE_WORDS
    for first, last, bits, _ in places:
        if bits & reach.words and _within(low, start, end, first, last, before, after):
            return True
        if bits & reach.figures and _within(low, start, end, first, last, before, long):
            return True
    return False


def _within(low: str, start: int, end: int, first: int, last: int, before: int, after: int) -> bool:
    """Whether a place is near enough to a trigger, and no part of it."""
    if first >= start:
        if last <= end or not after:
            return False
        return len(low[end:first].split()) <= after
    return before > 0 and len(low[first:start].split()) <= before


def _parts(form: str) -> Iterator[str]:
    """The shorter stretches of whole words of a phrase."""
    spans = [match.span() for match in RUN.finditer(form)]
    for at, (start, _) in enumerate(spans):
        for _, end in spans[at:]:
            if end - start < len(form):
                yield form[start:end]
