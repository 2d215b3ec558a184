"""Whether two texts tell the same news. Pure.

Likeness of words is not enough. A text that has a figure which the other lacks, that names somebody
else in the same place, or that turns the news around is other news, however few words it changes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property, lru_cache
from itertools import islice, pairwise

from worker.domain.item import Item

# With a twentieth of the words replaced, 82 of 100 pairs of words are common.
COMMON = 0.7
# Below so many words every word counts, and below so few a text says too little to be known by.
SHORT = 20
LEAST = 6
# New pairs of words from which on an edit is more than polish: a sentence that came.
_PASSAGE = 12
_TITLES = 0.5
_TEXTS = 0.3
# Two reports further apart are not the same: notices recur every week in the same words.
_APART = timedelta(hours=48)

_DIGIT = re.compile(r"\d")
_WORD = re.compile(r"[^\W_]+(?:[.,:/][0-9]+)*")
_NAME = re.compile(r"(?<![.!?…:;\"“«»(\n-] )(?<!^)\b([^\W\d_a-zà-öø-ÿ][^\W\d_]{2,})")
# Numbers in letters, before what they count.
_IN_LETTERS = re.compile(
    r"\b(?:two|three|four|five|six|seven|eight|nine|ten|deux|trois|quatre|cinq|sept|huit|neuf|dix)"
    r"(?= (?:[mb]illion|[mb]ln|milliard|pct|per ?cent|pour cent|point|cents?\b))"
)
# Beginnings of words that turn news around or take it further, where news is told: above.
_TURNS = re.compile(
    r"(?:not$|never$|denie[sd]|cancel|withdr|scrap|suspend|correct|retract|agree[sd]|signed|"
    r"postpone|pas$|jamais$|démen|annul|corrig|rectif|signé|conclu|repouss)"
)
_ABOVE = 60
# Who wrote it, from where and when is no news.
_BYLINE = frozenset(
    (
        "reuters", "afp", "ap", "dpa", "ansa", "kyodo", "bloomberg", "reporting", "writing",
        "editing", "january", "february", "march", "april", "may", "june", "july", "august",
        "september", "october", "november", "december", "monday", "tuesday", "wednesday",
        "thursday", "friday", "saturday", "sunday",
    )
)  # fmt: skip
_BEGINNING = 300
# Figures that matter even where words are free to change: with a unit, a fraction, or large.
_WEIGHTY = re.compile(r"\d+[.,]\d|\d{3}")
_WITH_UNIT = re.compile(
    r"(\d[\d.,]*)\s?(?:%|pct\b|per ?cent|pour ?cent|[mb]n\b|[mb]illion|milliard)"
    r"|[$€£¥]\s?(\d[\d.,]*)"
)
# What counts readers or the clock, and says nothing of the news. In two parts, for speed: what
# begins with a digit, and what begins with one of a few words.
_COUNTED = re.compile(
    r"(?<![0-9a-z])[0-9](?:"
    r"[0-9.,\s]{0,8}(?:comments?|commentaires?|views?|vues?|likes?|reactions?|réactions?)\b"
    r"|[0-9]?[:h][0-9]{2}(?::[0-9]{2})?\s*(?:[ap]\.?m\b\.?|gmt|utc|cet|cest|est|edt|bst)?"
    r"|[0-9]{0,2}\s*(?:seconds?|min(?:ute)?s?|hours?|days?)\s+ago\b"
    r"|[0-9]{3}-[0-9]{2}-[0-9]{2}[t ][0-9]{2}:[0-9]{2}(?::[0-9]{2})?(?:\.[0-9]+)?"
    r"(?:z|[+-][0-9]{2}:?[0-9]{2})?)"
)
_CLOCK_WORDS = (
    "il y a", "updated", "modified", "published", "mis à jour", "mise à jour", "modifié", "publié",
)  # fmt: skip
_CLOCKED = re.compile(
    r"\bil y a\s+[0-9]{1,3}\s*(?:secondes?|min(?:ute)?s?|heures?|h|jours?)\b"
    r"|\b(?:updated|modified|published|mise? à jour|modifié|publié)\b"
    r"[^\n.]{0,12}?\b[0-9][^\n.]{0,40}"
)


def without_churn(text: str) -> str:
    """`text` without case and without what counts readers or the clock."""
    text = text.casefold()
    if any(word in text for word in _CLOCK_WORDS):
        text = _CLOCKED.sub(" ", text)
    return _COUNTED.sub(" ", text)


def is_same_news(new: Item, known: Item) -> bool:
    """Whether `new` tells nothing that `known` does not tell, in nearly the same words.

    Not symmetric: what `new` leaves out is no loss, what it adds would be. Of one feed the titles
    have to be alike as well, since some put the same long text under everything.
    """
    if new.published and known.published and abs(new.published - known.published) > _APART:
        return False
    one, other = Wording.of(new), Wording.of(known)
    if not one.figures <= other.figures:  # most forms that are filled in again and again
        return False
    if new.feed_id == known.feed_id and not one.has_title_like(other):
        return False
    return one.tells_the_same_as(other)


def is_same_page(new: Item, known: Item) -> bool:
    """Whether two entries with one address are about one thing, rather than share a front page."""
    return Wording.of(new).is_about_the_same_as(Wording.of(known))


def adds_nothing(new: Item, known: Item) -> bool:
    """Whether an entry with the address of `known` says nothing that `known` does not say."""
    one, other = Wording.of(new), Wording.of(known)
    if one.words == other.words:
        return True
    if not one.is_about_the_same_as(other) or one.has_news_for(other):
        return False
    fresh = one.names - other.vocabulary
    return not fresh and one.share_of_pairs_in(other) >= COMMON


def is_edit(new: Item, known: Item) -> bool:
    """Whether `new`, a later form of the same entry, brings something that `known` did not have.

    Titles are polished, clocks and counters run, slips of the pen are put right: none of these is
    an edit in this sense. A figure, a name, a turn or a passage that came is.
    """
    one, other = Wording("", new.text), Wording.of(known)
    if not one.words:
        # Nothing but a title: words are polished, a figure with a unit is news.
        title = Wording(new.title, "")
        return not known.text and (
            bool(title.weighty - other.weighty) or not title.shares_words_with(other)
        )
    if one.words == Wording("", known.text).words:
        return False
    turned = any(_TURNS.match(word) for word in one.vocabulary - other.vocabulary)
    named = bool(one.names - other.vocabulary)
    came = len(one.pairs - other.pairs)
    return (
        turned or named or not one.figures <= other.figures
        or came >= _PASSAGE or one.share_of_pairs_in(other) < COMMON
    )  # fmt: skip


@dataclass(frozen=True)
class Wording:
    """The words of a title and a text."""

    title: str
    text: str

    @staticmethod
    def of(item: Item) -> Wording:
        """The wording of an item. Kept for a while, since one is compared with many."""
        return _wording(item.title, item.text)

    @cached_property
    def words(self) -> tuple[str, ...]:
        """All of them in order, without case and without what counts readers or the clock."""
        return tuple(_words(f"{self.title}\n{self.text}"))

    @cached_property
    def title_words(self) -> frozenset[str]:
        """Those of the title, each once."""
        return frozenset(_words(self.title))

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        """Each word once."""
        return frozenset(self.words)

    @cached_property
    def pairs(self) -> frozenset[tuple[str, str]]:
        """Each pair of neighbours once."""
        return frozenset(pairwise(self.words))

    @cached_property
    def figures(self) -> frozenset[str]:
        """The words with a digit in them, and numbers in letters that count much."""
        in_letters = _IN_LETTERS.findall(" ".join(self.words))
        return frozenset(in_letters).union(word for word in self.vocabulary if _DIGIT.search(word))

    @cached_property
    def weighty(self) -> frozenset[str]:
        """The figures that are not mere numbering."""
        text = without_churn(f"{self.title}\n{self.text}")
        with_unit = {one or other for one, other in _WITH_UNIT.findall(text)}
        return frozenset(with_unit).union(filter(_WEIGHTY.match, self.figures))

    @cached_property
    def turns(self) -> frozenset[str]:
        """The words near the beginning that turn news around or take it further."""
        above = islice(self.words, len(tuple(_words(self.title))) + _ABOVE)
        return frozenset(filter(_TURNS.match, above))

    @cached_property
    def names(self) -> frozenset[str]:
        """Words with a capital where no sentence begins; none of a title that has only such."""
        found = frozenset(map(str.casefold, _NAME.findall(self.text)))
        in_title = [name.casefold() for name in _NAME.findall(self.title)]
        if 2 * len(in_title) < len(tuple(_words(self.title))):
            found = found.union(in_title)
        return found & self.vocabulary

    @cached_property
    def names_above(self) -> frozenset[str]:
        """Those of the title and the beginning, where news is told; no bylines."""
        beginning = self.text.strip()
        if len(beginning) > _BEGINNING:  # and no part of a word
            beginning = beginning[:_BEGINNING].rpartition(" ")[0]
        return Wording(self.title, beginning).names - _BYLINE

    def has_title_like(self, other: Wording) -> bool:
        """Whether half of the words of the titles are common."""
        mine, its = self.title_words, other.title_words
        return _common(mine, its) >= _TITLES or not (mine or its)

    def tells_the_same_as(self, known: Wording) -> bool:
        """Whether all news in these words is in those."""
        if len(self.words) < LEAST:
            return False
        if min(len(self.words), len(known.words)) < SHORT:
            return self.words == known.words
        if self.has_news_for(known):
            return False
        return _common(self.pairs, known.pairs) >= COMMON

    def is_about_the_same_as(self, other: Wording) -> bool:
        """Whether titles or texts are alike enough for two forms of one report."""
        mine, its = tuple(_words(self.text)), tuple(_words(other.text))
        if self.has_title_like(other) or (mine and mine == its):
            return True
        if self.title and mine and its:
            return _common(frozenset(pairwise(mine)), frozenset(pairwise(its))) >= _TEXTS
        return False

    def has_news_for(self, known: Wording) -> bool:
        """Whether there is a figure or a turn that is not there, or somebody who is not.

        Below the beginning only a name in the place of another counts: copies get credits there.
        """
        return (
            not self.figures <= known.figures
            or not self.turns <= known.vocabulary
            or not self.names_above <= known.vocabulary
            or (bool(self.names - known.vocabulary) and bool(known.names - self.vocabulary))
        )

    def shares_words_with(self, other: Wording) -> bool:
        """Whether a fifth of the words is common."""
        return _common(self.vocabulary, other.vocabulary) >= 0.2

    def share_of_pairs_in(self, other: Wording) -> float:
        """Which part of the pairs of words is there as well, from 0 to 1."""
        if not self.pairs:
            return float(self.vocabulary <= other.vocabulary)
        return len(self.pairs & other.pairs) / len(self.pairs)


@lru_cache(maxsize=1_024)
def _wording(title: str, text: str) -> Wording:
    return Wording(title, text)


def _words(text: str) -> Iterator[str]:
    for found in _WORD.finditer(without_churn(text)):
        yield found.group()


def _common(mine: frozenset[object], its: frozenset[object]) -> float:
    union = len(mine | its)
    return len(mine & its) / union if union else 0.0
