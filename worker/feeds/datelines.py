"""The dateline with which an agency begins a story: where, when, and whose it is. Pure.

`TOKYO/PARIS, Jan 26 (Reuters) - `, `Paris, 26 janv. 2023 (AFP) – `, `DETROIT (AP) — `,
`PARIS--(BUSINESS WIRE)--`. The text itself is never altered: offsets into it are proof.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date

_LONGEST = 140
_SEPARATOR = re.compile(r"(?<=[)/])\s*-{1,2}\s*|\s+-{1,2}\s+|\s*--\s*|\s*[–—―]\s*")
_AGENCY = re.compile(r"\s*(?:\(([^()]{2,40})\)|/([^/()]{2,30})/)$")
_DAY = r"(?P<day>\d{1,2})(?:er|st|nd|rd|th)?"
_MONTH = r"(?P<month>[^\W\d_]{3,9})\.?"
_YEAR = r"(?:\s+(?P<year>\d{4}))?"
_WEEKDAY = re.compile(
    r"^(?:mon|tues|wednes|thurs|fri|satur|sun)day\s+"
    r"|^(?:lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche)\s+",
    re.IGNORECASE,
)
_DATES = (
    re.compile(rf"(?:le\s+)?{_DAY}\s+{_MONTH}{_YEAR}", re.IGNORECASE),
    re.compile(rf"{_MONTH}\s+{_DAY}{_YEAR}", re.IGNORECASE),
)
_PLACE = re.compile(r"[^\W\d_][^\d_,;:!?\"()«»]{0,39}")
_SMALL_WORDS = frozenset({
    "a", "am", "an", "and", "aux", "da", "das", "de", "del", "der", "des", "di", "do", "du", "e",
    "el", "en", "et", "in", "la", "las", "le", "les", "los", "of", "on", "sous", "sur", "the",
    "und", "upon", "van",
})  # fmt: skip
# Longer than a city with its region: a clause.
_MOST_WORDS = 4
_MOST_PLACES = 6
_MONTHS = {
    1: ("jan", "janv", "january", "janvier"),
    2: ("feb", "fev", "fevr", "february", "fevrier"),
    3: ("mar", "march", "mars"),
    4: ("apr", "avr", "april", "avril"),
    5: ("may", "mai"),
    6: ("jun", "june", "juin"),
    7: ("jul", "july", "juil", "juillet"),
    8: ("aug", "august", "aout"),
    9: ("sep", "sept", "september", "septembre"),
    10: ("oct", "october", "octobre"),
    11: ("nov", "november", "novembre"),
    12: ("dec", "december", "decembre"),
}
_MONTH_OF = {name: number for number, names in _MONTHS.items() for name in names}
_AGENCIES = {
    "".join(spelling.casefold().split()): name
    for name, spellings in {
        "Reuters": ("reuters", "thomson reuters", "reuters breakingviews"),
        "AFP": ("afp", "agence france-presse"),
        "AP": ("ap", "associated press", "the associated press"),
        "ANSA": ("ansa",),
        "AGI": ("agi",),
        "AWP": ("awp",),
        "Agefi-Dow Jones": ("agefi-dow jones", "agefi dow jones"),
        "ATS": ("ats", "keystone-ats"),
        "APA": ("apa",),
        "Belga": ("belga",),
        "Bernama": ("bernama",),
        "Bloomberg": ("bloomberg", "bloomberg news"),
        "Business Wire": ("business wire",),
        "The Canadian Press": ("canadian press", "the canadian press", "la presse canadienne"),
        "CNW": ("cnw",),
        "Dow Jones": ("dow jones", "dow jones newswires"),
        "dpa": ("dpa", "dpa-afx"),
        "EFE": ("efe",),
        "GlobeNewswire": ("globe newswire",),
        "IANS": ("ians",),
        "Interfax": ("interfax",),
        "Jiji Press": ("jiji", "jiji press"),
        "Kyodo": ("kyodo", "kyodo news"),
        "Lusa": ("lusa",),
        "MTI": ("mti",),
        "Nikkei": ("nikkei", "nikkei asia"),
        "PA": ("pa", "pa media", "press association"),
        "PAP": ("pap",),
        "PR Newswire": ("pr newswire",),
        "PTI": ("pti",),
        "Ritzau": ("ritzau",),
        "TASS": ("tass",),
        "TT": ("tt",),
        "UPI": ("upi",),
        "Xinhua": ("xinhua",),
        "Yonhap": ("yonhap",),
        "Zonebourse": ("zonebourse", "zonebourse.com"),
    }.items()
    for spelling in spellings
}


@dataclass(frozen=True, slots=True)
class Dateline:
    """What a dateline says, as far as it says it.

    `places` are as written, a region with its city (`HANOVER, Germany`). `agency` is the usual
    name of one that is known. `year` is most often missing. The story itself begins at `length`,
    in code points.
    """

    places: tuple[str, ...]
    agency: str | None
    month: int | None
    day: int | None
    year: int | None
    length: int

    def on(self, reference: date) -> date | None:
        """The day it was filed: without a year the one nearest to `reference`."""
        if self.month is None or self.day is None:
            return None
        years = (self.year,) if self.year else range(reference.year - 1, reference.year + 2)
        days = [day for year in years if (day := _day(year, self.month, self.day))]
        return min(days, key=lambda day: abs(day - reference), default=None)


def parse(text: str) -> Dateline | None:
    """The dateline at the beginning of `text`, in English or French; `None` without one.

    Capitals and a dash alone (`MUNICH - `) are none: that may as well be a company's name. A day
    or a known agency has to be there.
    """
    start = text[:_LONGEST]
    for separator in _SEPARATOR.finditer(start):
        head = start[: separator.start()].strip()
        if head and (found := _head(head, separator.end())):
            return found
    return None


def _head(head: str, length: int) -> Dateline | None:
    agency = _AGENCY.search(head)
    name = None
    if agency is not None:
        name = agency_name(agency.group(1) or agency.group(2))
        head = head[: agency.start()].rstrip(" -–—")
    elif (whole := agency_name(head)) is not None:
        name, head = whole, ""
    parts = [part.strip() for part in head.split(",")] if head else []
    day, parts = _take_day(parts)
    if day is None and name is None:
        return None
    places = _places(parts)
    if places is None:
        return None
    year, month, number = day or (None, None, None)
    return Dateline(places, name, month, number, year, length)


def _take_day(parts: list[str]) -> tuple[tuple[int | None, int, int] | None, list[str]]:
    """The day at the end of the parts (year, month, day), and the parts before it."""
    year = None
    rest = parts
    if len(rest) > 1 and re.fullmatch(r"\d{4}", rest[-1]):
        year, rest = int(rest[-1]), rest[:-1]
    if not rest:
        return None, parts
    words = _WEEKDAY.sub("", rest[-1])
    for pattern in _DATES:
        found = pattern.fullmatch(words)
        month = _MONTH_OF.get(_bare(found["month"])) if found else None
        if found and month:
            number = int(found["day"])
            year = year or (int(found["year"]) if found["year"] else None)
            if _day(year or 2000, month, number):
                return (year, month, number), rest[:-1]
    return None, parts


def _places(parts: list[str]) -> tuple[str, ...] | None:
    """The places; `None` when what stands there is no place. A region stays with its city."""
    found: list[str] = []
    for part in parts:
        cities = [city.strip() for city in part.split("/")]
        if not all(_is_place(city) for city in cities):
            return None
        if found and part != part.upper() and len(cities) == 1:
            found[-1] = f"{found[-1]}, {part}"
        else:
            found += cities
    return tuple(found) if len(found) <= _MOST_PLACES else None


def _is_place(words: str) -> bool:
    if not _PLACE.fullmatch(words):
        return False
    names = words.split()
    return len(names) <= _MOST_WORDS and all(
        name[0].isupper() or name.casefold() in _SMALL_WORDS for name in names
    )


def agency_name(name: str) -> str | None:
    """The usual name of a news agency or wire that is known, however it is spelt."""
    return _AGENCIES.get("".join(name.casefold().split()))


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _bare(word: str) -> str:
    """Without accents, in small letters."""
    decomposed = unicodedata.normalize("NFD", word.casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))
