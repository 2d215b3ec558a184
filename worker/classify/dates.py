"""When something is to happen: dates as written, resolved against the day of publication."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from worker.classify.document import Document, Sentence
from worker.classify.vocabulary import Vocabulary, normal
from worker.domain.event import FieldName

NEAR = 40
BEFORE, AFTER = 110, 70
"""How many characters from a date the word stands that tells what is to happen then."""


@dataclass(frozen=True, slots=True)
class Due:
    """A date on which something is to happen: ISO date, month or year, and where it is written."""

    value: str
    field: FieldName
    start: int
    end: int


class Dates:
    """Reads the dates of one language."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        tables = vocabulary.values
        self._months = _table(tables.get("months", {}))
        self._days = _table(tables.get("weekdays", {}))
        self._ordinals = _table(tables.get("ordinals", {}))
        self._halves = _words(tables.get("periods", {}).get("half", []))
        self._quarters = _words(tables.get("periods", {}).get("quarter", []))
        self._mark = _words(vocabulary.settings.get("date-marks", []))
        self._firm = _words(vocabulary.settings.get("date-firm", []))
        self._ends = _words(vocabulary.settings.get("date-ends", []))
        self._starts = _words(vocabulary.settings.get("date-starts", []))
        self._mids = _words(vocabulary.settings.get("date-middles", []))
        self._event = re.compile(
            rf"(?<!\w)(?:{_words(vocabulary.settings.get('date-events', []))})"
        )
        self._other = re.compile(
            rf"(?<!\w)(?:{_words(vocabulary.settings.get('date-others', []))})"
        )
        lists = vocabulary.settings
        endings = _words(lists.get("future-endings", []))
        self._ahead = re.compile(
            rf"(?<!\w)(?:{_words(lists.get('date-ahead', []))})(?!\w)|\w(?:{endings})(?!\w)"
        )
        self._back = re.compile(rf"(?<!\w)(?:{_words(lists.get('date-back', []))})$")
        self._vague = re.compile(rf"(?<!\w)(?:{_words(lists.get('date-vague', []))})$")
        months, ordinals = _either(self._months), _either(self._ordinals)
        of = vocabulary.settings.get("date-of", [""])[0]
        number = r"(?P<day>\d{1,2})(?:er|st|nd|rd|th)?"
        year = r"(?P<year>20\d\d)"
        self._full = [
            re.compile(rf"\b(?P<month>{months})[ .]+{number}\b(?:,? {year})?"),
            re.compile(rf"\b{number} (?P<month>{months})\b(?: {year})?"),
        ]
        period = rf"(?P<ordinal>{ordinals}) (?P<period>{self._halves}|{self._quarters})"
        self._period = re.compile(rf"\b{period}(?: (?:{of}))?(?: ?{year})?")
        self._month = re.compile(rf"\b(?P<month>{months})\b(?: {year})?")
        self._weekday = re.compile(rf"\b(?P<weekday>{_either(self._days)})\b")
        words = tables.get("words", {})
        self._year_end = re.compile(rf"(?<!\w)(?:{_words(words.get('year-end', []))})(?! \d)")
        self._next_month = re.compile(rf"(?<!\w)(?:{_words(words.get('next-month', []))})(?!\w)")
        self._year = re.compile(rf"\b{year}\b")

    def expected(self, document: Document, near: Sentence, *, own: bool = False) -> Due | None:
        """The first date at which something is still to happen, near the event first.

        With `own` only the event's sentence is read.
        """
        order = (
            [near] if own else sorted(document.sentences, key=lambda s: (s is not near, s.number))
        )
        for sentence in order:
            found = self.in_sentence(sentence, document.published, sure=sentence is near)
            if found:
                return found
        return None

    def in_sentence(
        self, sentence: Sentence, published: datetime | None, *, sure: bool = False
    ) -> Due | None:
        """A future date that a mark like "by", "as early as" or "completed in" introduces.

        Unless the sentence is `sure` to be about the event, a word like "deal" or "closing" has to
        stand near; a word like "production" or "flotation" before the date makes it another's.
        """
        low = normal(sentence.text)
        weekdays = {match.start() for match in self._weekday.finditer(low)}
        for at, value, end in self._dates(low, published):
            if published is not None and not _later(value, published.date()):
                continue
            before = low[max(0, at - NEAR) : at].rstrip(' "«“')
            if not re.search(rf"(?<!\w)(?:{self._mark})(?:\W+\w+){{0,2}}$", before):
                continue
            if len(value) == 10 and at in weekdays and not re.search(rf"(?:{self._firm})$", before):
                continue
            if published is not None and self._told_back(sentence, low, at, value, published):
                continue
            if self._another(low[max(0, at - BEFORE // 2) : at]):
                continue
            if len(value) == 4 and self._vague.search(before):
                continue
            if sure or self._event.search(low[max(0, at - BEFORE) : at + AFTER]):
                return Due(value, sentence.field, sentence.start + at, sentence.start + end)
        return None

    def _another(self, before: str) -> bool:
        """Whether what stands before a date is another thing's, and no word of a deal is nearer."""
        others = list(self._other.finditer(before))
        return bool(others) and self._event.search(before, others[-1].end()) is None

    def _told_back(
        self, sentence: Sentence, low: str, at: int, value: str, published: datetime
    ) -> bool:
        """ "reports surfaced in April": a month that has passed, and no word of the future.

        Without a year such a month is next year's only beside a future tense or a modal verb.
        """
        if re.match(r"\w+ (?:last|dernier|derniere)\b", low[at : at + 30]):
            return True
        if self._back.search(low[max(0, at - NEAR) : at].rstrip(' "«“')):
            return True
        written = re.search(r"20\d\d", low[at : at + 24])
        if written or value[:4] == str(published.year):
            return False
        ahead = sentence.has("fn.will", "fn.modal") or any(
            hit.tag in ("fut", "cond") for hit in sentence.hits
        )
        return not ahead and self._ahead.search(low) is None

    def _dates(self, low: str, published: datetime | None) -> list[tuple[int, str, int]]:
        out: list[tuple[int, str, int]] = []
        taken: list[tuple[int, int]] = []

        def free(match: re.Match[str]) -> bool:
            if any(a < match.end() and match.start() < b for a, b in taken):
                return False
            taken.append(match.span())
            return True

        for pattern in self._full:
            for match in pattern.finditer(low):
                day, month = int(match["day"]), self._months[match["month"]]
                if day <= 31 and free(match):
                    year = self._year_of(match["year"], month, day, published)
                    if year:
                        out.append((match.start(), f"{year}-{month:02d}-{day:02d}", match.end()))
        for match in self._period.finditer(low):
            if free(match):
                year = self._year_of(match["year"], 12, 31, published)
                if year:
                    out.append(
                        (match.start(), f"{year}-{self._period_end(match):02d}", match.end())
                    )
        for match in self._month.finditer(low):
            month = self._months[match["month"]]
            if free(match):
                year = self._year_of(match["year"], month, 28, published)
                if year:
                    out.append((match.start(), f"{year}-{month:02d}", match.end()))
        if published is not None:
            for match in self._year_end.finditer(low):
                out.append((match.start(), f"{published.year}-12", match.end()))
            for match in self._next_month.finditer(low):
                month = published.month % 12 + 1
                out.append(
                    (match.start(), f"{published.year + (month == 1)}-{month:02d}", match.end())
                )
            for match in self._weekday.finditer(low):
                ahead = (self._days[match["weekday"]] - published.weekday()) % 7
                if free(match):
                    out.append(
                        (
                            match.start(),
                            str(published.date() + timedelta(days=ahead or 7)),
                            match.end(),
                        )
                    )
        for match in self._year.finditer(low):
            if free(match):
                before = low[max(0, match.start() - 24) : match.start()]
                suffix = ""
                if re.search(rf"(?:{self._ends}) $", before):
                    suffix = "-12"
                elif re.search(rf"(?:{self._mids}) ?$", before):
                    suffix = "-06"
                elif re.search(rf"(?:{self._starts}) $", before):
                    suffix = "-01"
                out.append((match.start(), f"{match['year']}{suffix}", match.end()))
        return sorted(out)

    def _period_end(self, match: re.Match[str]) -> int:
        ordinal = self._ordinals[match["ordinal"]]
        half = re.fullmatch(self._halves, match["period"]) is not None
        if ordinal < 0:
            return 12
        return min(12, ordinal * (6 if half else 3))

    @staticmethod
    def _year_of(text: str | None, month: int, day: int, published: datetime | None) -> int:
        if text:
            return int(text)
        if published is None:
            return 0
        day = min(day, calendar.monthrange(published.year, month)[1])
        passed = date(published.year, month, day) < published.date()
        return published.year + 1 if passed else published.year


def _later(value: str, today: date) -> bool:
    return value > today.isoformat()[: len(value)] or (
        len(value) == 7 and value == today.isoformat()[:7]
    )


def _table(rows: dict[str, list[str]]) -> dict[str, int]:
    made = {normal(word): int(key) for key, words in rows.items() for word in words}
    return dict(sorted(made.items(), key=lambda row: -len(row[0])))


def _either(words: Iterable[str]) -> str:
    return "|".join(re.escape(word) + (r"\b" if word[-1].isalpha() else "") for word in words)


def _words(words: list[str]) -> str:
    return "|".join(re.escape(normal(w)) for w in sorted(words, key=len, reverse=True)) or r"(?!)"
