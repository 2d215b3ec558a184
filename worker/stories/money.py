"""Whether two amounts, as written in two languages, are the same sum. Pure."""

from __future__ import annotations

import re

# A rounded sum ("1 billion" for 1.02) is the same sum; a renegotiated one moves by more.
TOLERANCE = 0.025

_SCALES = {
    "thousand": 1e3, "k": 1e3, "mille": 1e3, "millier": 1e3, "milliers": 1e3,
    "million": 1e6, "millions": 1e6, "mln": 1e6, "mn": 1e6, "m": 1e6, "mio": 1e6,
    "billion": 1e9, "billions": 1e9, "bln": 1e9, "bn": 1e9, "b": 1e9,
    "milliard": 1e9, "milliards": 1e9, "md": 1e9, "mds": 1e9, "mrd": 1e9,
    "trillion": 1e12, "trillions": 1e12, "trn": 1e12,
}  # fmt: skip
_CURRENCIES = {
    "eur": ("€", "euro", "euros", "eur"),
    "usd": ("$", "us$", "dollar", "dollars", "usd"),
    "gbp": ("£", "pound", "pounds", "livre", "livres", "sterling", "gbp"),
    "jpy": ("¥", "yen", "yens", "jpy"),
    "cny": ("yuan", "yuans", "rmb", "cny", "renminbi"),
    "krw": ("won", "wons", "krw"),
    "sek": ("crown", "crowns", "couronne", "couronnes", "sek"),
    "inr": ("rupee", "rupees", "roupie", "roupies", "inr"),
}
_BY_WORD = {word: code for code, words in _CURRENCIES.items() for word in words}
_NUMBER = re.compile(r"\d+(?:[.,\u00a0\u202f' ]\d+)*")
_WORD = re.compile(r"us\$|[€$£¥]|[^\W\d_]+")
_ONE = re.compile(r"\b(?:an?|une?)\s(?=milli|billion|trillion)")


def same_sum(one: str, other: str) -> bool:
    """Whether the texts name the same sum.

    Sums in different currencies cannot be told apart, and count as the same: an outlet that
    converts brings no news. Texts that hold no sum are compared as they are.
    """
    first, second = sums(one), sums(other)
    if not first or not second:
        return " ".join(one.casefold().split()) == " ".join(other.casefold().split())
    shared = first.keys() & second.keys()
    return not shared or any(_close(first[code], second[code]) for code in shared)


def sums(text: str) -> dict[str, float]:
    """The sums in `text` by currency, the first of each: "900 million euros ($1.04 billion)"."""
    found: dict[str, float] = {}
    low = _ONE.sub("1 ", text.casefold())
    numbers = list(_NUMBER.finditer(low))
    for at, number in enumerate(numbers):
        end = numbers[at + 1].start() if at + 1 < len(numbers) else len(low)
        before = low[numbers[at - 1].end() if at else 0 : number.start()]
        words = _WORD.findall(low[number.end() : end])
        scale = next((_SCALES[word] for word in words[:1] if word in _SCALES), 1.0)
        sign = [word for word in _WORD.findall(before)[-1:] if word in _BY_WORD]
        code = next((_BY_WORD[word] for word in (*sign, *words) if word in _BY_WORD), "")
        found.setdefault(code, _value(number[0]) * scale)
    return found


def _close(one: float, other: float) -> bool:
    return abs(one - other) <= TOLERANCE * max(abs(one), abs(other))


def _value(digits: str) -> float:
    """A number as either language writes it: "1,900" and "1.900.000", "42,7" and "1.04"."""
    plain = re.sub(r"[\u00a0\u202f' ]", "", digits)
    marks = re.findall(r"[.,]", plain)
    if len(marks) > 1 and len(set(marks)) == 2:
        decimal = marks[-1]
        plain = plain.replace("." if decimal == "," else ",", "").replace(decimal, ".")
    elif len(marks) > 1 or re.fullmatch(r"[1-9]\d{0,2}[.,]\d{3}", plain):
        plain = re.sub(r"[.,]", "", plain)
    else:
        plain = plain.replace(",", ".")
    return float(plain)
