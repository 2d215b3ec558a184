"""Percentages, splits, money and numbers of shares, in every usual typography.

The words come from the vocabulary's tables, the grammar of numbers from here. Offsets are
those of the field; a figure's tokens are found afterwards.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import replace

from worker.classify.document import Figure, FigureKind, Sentence
from worker.classify.vocabulary import Vocabulary, normal

NUMBER = r"\d{1,3}(?:[ .,]\d{3})+(?:[.,]\d+)?|\d+(?:[.,]\d+)?"


def parse_number(text: str, decimal: str) -> float:
    """The value of a number as written; `decimal` is the language's decimal sign.

    A single separator followed by three digits groups thousands, unless it is the language's
    own decimal sign after a number that thousands could not begin with ("0,125").
    """
    text = text.replace(" ", "")
    thousands = "," if decimal == "." else "."
    if re.fullmatch(r"\d{1,3}(?:[.,]\d{3})+", text) and not text.startswith("0"):
        if decimal not in text or text.count(decimal) > 1:
            return float(re.sub(r"[.,]", "", text))
        if decimal == ",":
            return float(text.replace(",", "."))
        return float(text)
    if thousands in text and decimal not in text and re.fullmatch(rf"\d+\{thousands}\d+", text):
        return float(text.replace(thousands, "."))
    return float(text.replace(thousands, "").replace(decimal, "."))


class Figures:
    """Finds the figures of one language."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        tables = vocabulary.values.get("numbers", {})
        self._decimal = (tables.get("decimal") or ["."])[0]
        self._written = _numbers(vocabulary.values.get("written", {}))
        self._fractions = _numbers(vocabulary.values.get("fractions", {}))
        self._scales = _numbers(vocabulary.values.get("scales", {}))
        self._cues = {
            normal(word): cue
            for cue, words in vocabulary.values.get("figure-cues", {}).items()
            for word in words
        }
        self._about = tuple(normal(w) for w in tables.get("about", []))
        signs = "|".join(map(re.escape, tables.get("percent-signs", ["%"])))
        words = _alternatives(tables.get("percent-words", []))
        number = rf"(?:{NUMBER}|{_alternatives(self._written)})"
        tail = rf"(?: ?(?:{signs})|[ -](?:{words})(?!\w))"
        points = _alternatives(tables.get("point-words", []))
        some = _alternatives(tables.get("point-of", []))
        self._points = re.compile(
            rf"(?<![\w.,])(?P<number>{number})[ -](?:(?:{points})(?!\w)|points?(?= (?:{some})))"
        )
        between = _alternatives(tables.get("range-words", []))
        self._percent = re.compile(
            rf"(?<![\w.,])(?:(?P<low>{NUMBER}) ?(?:(?:{signs})| (?:{words}))? ?"
            rf"(?:-|–|{between}) ?)?"
            rf"(?P<number>{number}){tail}"
        )
        self._split = re.compile(
            r"(?<![\w.,/-])(\d{1,2}(?:[.,]\d)?) ?%? ?[-/–] ?"
            r"(\d{1,2}(?:[.,]\d)?)(?: ?%)?(?![\w/-]|[.,]\d)"
        )
        fractions = _alternatives(self._fractions)
        self._fraction = re.compile(
            rf"(?<!\w)(?P<number>{fractions})(?= (?:{_alternatives(tables.get('fraction-of', []))})"
            rf"(?! ?(?:\d{{4}}|{_alternatives(tables.get('fraction-not', []))})))"
        )
        after = _alternatives(tables.get("fraction-after", []))
        self._share_of = re.compile(rf"(?<!\w)(?:{after}) ?(?P<number>{fractions})(?!\w)")
        self._ordinals = tuple(normal(w) for w in tables.get("fraction-before", []))
        self._pair = tuple(f" {normal(w)}" for w in tables.get("pair-open", []))
        self._ranges = tuple(f" {normal(w)}" for w in tables.get("range-open", []) if " " in w)
        self._whole = re.compile(rf" ?(?:{_alternatives(tables.get('part-links', []))}) ?")
        self._restated = re.compile(
            rf"^.{{0,40}}\b(?:{_alternatives(tables.get('restated', []))}) (?:\w+ )?$"
        )
        self._some = re.compile(
            rf"(?<!\w)(?:{_alternatives(tables.get('some-of', []))})"
            r"(?: (?:[\w.&-]+ ){0,4}[\w.&-]+'s?)?$"
        )
        more = _alternatives(tables.get("figure-more", []))
        self._more = re.compile(rf" ?(?:{more})(?!\w)")
        self._below = tuple(normal(w) for w in tables.get("below", []))
        scale = _alternatives(self._scales)
        currency = _alternatives(tables.get("currencies", []))
        symbols = "|".join(
            re.escape(normal(s))
            for s in sorted(tables.get("currency-signs", []), key=len, reverse=True)
        )
        written_scale = rf"(?:[ -]?(?:{scale})(?: d['e] ?)?)"
        simple = (
            rf"(?:(?<!\w)(?:{symbols}) ?(?:{NUMBER})(?:[ -]?(?:{scale})(?!\w))?"
            rf"|(?<![\w.,])(?:{number}){written_scale}? ?(?:{currency}|(?:{symbols}))(?!\w))"
        )
        self._money = re.compile(rf"(?P<main>{simple})(?P<also> \((?:[^()\d]{{0,12}})?{simple}\))?")
        self._also = bool(tables.get("keep-parenthesis"))
        share_words = _alternatives(tables.get("share-words", []))
        self._shares = re.compile(
            rf"(?<![\w.,])({NUMBER})(?: (?:{scale})(?: d['e] ?)?)? ?(?:\w+ )?(?:{share_words})\b"
        )

    def find(self, sentence: Sentence) -> list[Figure]:
        """The figures of a sentence in order, money before percentages at the same place."""
        low = normal(sentence.text)
        found: list[Figure] = []
        taken: list[tuple[int, int]] = []
        for match in self._money.finditer(low):
            end = match.end() if self._also else match.end("main")
            start = self._stretch(low, match.start()) if self._also else match.start()
            value = self._amount(match["main"])
            found.append(self._figure(sentence, "money", value, start, end))
            taken.append((match.start(), match.end()))
        for match in self._percent.finditer(low):
            if _overlaps(taken, match.start(), match.end()):
                continue
            found.extend(self._percentages(sentence, low, match))
            taken.append((match.start(), match.end()))
        for match in self._points.finditer(low):
            if not _overlaps(taken, match.start(), match.end()):
                value = self._number(match["number"])
                found.append(
                    self._figure(sentence, "percent", value, match.start(), match.end(), "by")
                )
                taken.append((match.start(), match.end()))
        for match in self._split.finditer(low):
            one, two = parse_number(match[1], self._decimal), parse_number(match[2], self._decimal)
            if abs(one + two - 100) < 0.5 and not _overlaps(taken, match.start(), match.end()):
                found.append(
                    self._figure(sentence, "split", one, match.start(), match.end(), other=two)
                )
                taken.append((match.start(), match.end()))
        for match in (*self._fraction.finditer(low), *self._share_of.finditer(low)):
            if low[: match.start()].rstrip().endswith(self._ordinals):
                continue
            if not _overlaps(taken, match.start(), match.end()):
                value, start = self._fractions[match["number"]], match.start("number")
                cue = self._cue(low, start)
                found.append(self._figure(sentence, "percent", value, start, match.end(), cue))
                taken.append((match.start(), match.end()))
        for match in self._shares.finditer(low):
            if not _overlaps(taken, match.start(), match.end()):
                found.append(self._figure(sentence, "shares", 0.0, match.start(), match.end()))
        found.sort(key=lambda figure: figure.start)
        return self._related(sentence, low, found)

    def _related(self, sentence: Sentence, low: str, found: list[Figure]) -> list[Figure]:
        """Figures that belong together: "half of its 19%", "half, or 9.5%", « de 34 % à 24 % »."""
        out: list[Figure] = []
        for figure in found:
            last = out[-1] if out else None
            if figure.kind == "percent":
                begin = low[: self._bare(low, figure.start - sentence.start)].rstrip()
                if last is not None and last.kind == "percent" and last.i < figure.i:
                    between = low[last.end - sentence.start : figure.start - sentence.start]
                    written = not last.text[0].isdigit() and figure.text[0].isdigit()
                    if written and self._whole.fullmatch(between):
                        figure = replace(figure, part=last.value, cue="")
                        out.pop()
                    elif written and self._restated.search(between):
                        out.pop()
                    elif figure.cue == "to" and not last.cue and len(between.split()) <= 3:
                        opening = low[: self._bare(low, last.start - sentence.start)].rstrip()
                        if f" {opening}".endswith(self._pair):
                            out[-1] = replace(last, cue="from")
                if figure.part is None and self._some.search(begin):
                    figure = replace(figure, part=0.0, cue="")
            out.append(figure)
        return out

    def _bare(self, low: str, start: int) -> int:
        """Where a figure begins with its "about" or "its"."""
        while (shorter := self._stretch(low, start)) != start:
            start = shorter
        return start

    def _percentages(self, sentence: Sentence, low: str, match: re.Match[str]) -> Iterator[Figure]:
        """One figure; of a range its upper end; of "from 15% to 24%" both, each with its cue."""
        value, end = self._number(match["number"]), match.end()
        if not match["low"]:
            cue = self._cue(low, match.start()) or ("by" if self._more.match(low, end) else "")
            yield self._figure(sentence, "percent", value, match.start(), end, cue)
            return
        first = parse_number(match["low"], self._decimal)
        cue = self._cue(low, match.start())
        begin = f" {low[: match.start()]}".rstrip()
        opened = begin.endswith(self._pair) and not begin.endswith(self._ranges)
        if opened:
            cue = "from"
        if opened or first >= value:
            middle = match.start("low") + len(match["low"])
            yield self._figure(sentence, "percent", first, match.start(), middle, cue)
            yield self._figure(sentence, "percent", value, match.start("number"), end, "to")
        else:
            yield self._figure(sentence, "percent", value, match.start(), end, cue, first)

    def _number(self, text: str) -> float:
        if text in self._written:
            return self._written[text]
        return parse_number(text, self._decimal)

    def _amount(self, text: str) -> float:
        number = re.search(NUMBER, text)
        value = parse_number(number.group(), self._decimal) if number else 1.0
        if not number:
            value = next((v for w, v in self._written.items() if re.match(rf"{w}\b", text)), 1.0)
        for word, factor in self._scales.items():
            if re.search(rf"(?:^|[\d ]){re.escape(word)}(?!\w)", text):
                return value * factor
        return value

    def _stretch(self, low: str, start: int) -> int:
        for word in self._about:
            if (
                low.endswith(f"{word} ", 0, start)
                and not low[: start - len(word) - 1][-1:].isalnum()
            ):
                return start - len(word) - 1
        return start

    def _cue(self, low: str, start: int) -> str:
        """What the words before a figure make of it, approximations aside."""
        while True:
            shorter = self._stretch(low, start)
            if shorter == start:
                break
            start = shorter
        before = low[:start].rstrip(' "«(')
        for size in (3, 2, 1):
            words = re.findall(r"[\w'&-]+", before[-40:])[-size:]
            cue = self._cues.get(" ".join(words))
            if cue is not None and before.endswith(words[-1] if words else ""):
                return cue
        return ""

    def _figure(
        self,
        sentence: Sentence,
        kind: FigureKind,
        value: float,
        start: int,
        end: int,
        cue: str = "",
        lower: float | None = None,
        other: float | None = None,
    ) -> Figure:
        tokens = sentence.tokens
        first, last = sentence.start + start, sentence.start + end
        i = max(bisect_right([t.start for t in tokens], first) - 1, 0)
        j = min(max(bisect_left([t.end for t in tokens], last) + 1, i + 1), len(tokens))
        text = sentence.text[start:end]
        below = kind == "percent" and normal(sentence.text[:start]).rstrip().endswith(self._below)
        return Figure(kind, value, i, j, first, last, text, cue, lower, other, below)


def _overlaps(spans: list[tuple[int, int]], start: int, end: int) -> bool:
    return any(start < b and a < end for a, b in spans)


def _alternatives(words: object) -> str:
    listed = sorted((normal(str(w)) for w in words), key=len, reverse=True)  # type: ignore[attr-defined]
    return "|".join(map(re.escape, listed)) or r"(?!)"


def _numbers(table: dict[str, list[str]]) -> dict[str, float]:
    rows = {normal(word): float(value) for value, words in table.items() for word in words}
    return dict(sorted(rows.items(), key=lambda row: -len(row[0])))
