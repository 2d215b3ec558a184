"""Who says so, as written: the clause with the verb of saying and its speaker."""

from __future__ import annotations

from worker.classify.document import Document, Hit, Sentence
from worker.classify.vocabulary import Vocabulary

REACH = 12


class Attribution:
    """Cuts the attribution out of a sentence; which way it stretches is the language's matter."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        lists = vocabulary.settings
        self._inverted = bool(lists.get("inverted-attribution"))
        self._tail = frozenset(lists.get("attribution-tail", []))
        self._openers = tuple(lists.get("attribution-openers", []))

    def of(self, document: Document, sentence: Sentence, hearsay: bool) -> str | None:
        """The attribution of the event's sentence, or of the nearest before it that has one."""
        text = [s for s in document.sentences if s.field == "text"]
        order = [sentence, *(s for s in text if s is not sentence)]
        if hearsay:
            for other in order:
                found = self._sources(other) or self._saying(other)
                if found:
                    return found
            return None
        if sentence.field == "title" or not (found := self._saying(sentence)):
            for other in order[1:]:
                found = self._sources(other) or self._saying(other)
                if found:
                    return found
                if other.number > sentence.number + 1:
                    break
            return None
        return found

    def _sources(self, sentence: Sentence) -> str | None:
        for hit in sentence.of("source-group"):
            i = hit.i
            while i > 0 and "fn.det" in sentence.at(i - 1) | set():
                i -= 1
            j = hit.j
            if self._inverted:
                while j < len(sentence.tokens) and j - hit.j < REACH // 2:
                    ends = sentence.at(j) & {
                        "fn.say",
                        "fn.have",
                        "fn.rel",
                        "fn.weekday",
                        "fn.assert",
                    }
                    if ends or (
                        not sentence.tokens[j].low[-1].isalpha()
                        and (sentence.tokens[j].low not in ("d'", "l'", "'"))
                    ):
                        break
                    j += 1
            else:
                while (
                    j < len(sentence.tokens)
                    and j - hit.j < REACH
                    and sentence.tokens[j].low not in (",", ".", ";")
                ):
                    j += 1
                    if "fn.say" in sentence.at(j - 1):
                        break
            return sentence.cut(i, j)
        return None

    def _saying(self, sentence: Sentence) -> str | None:
        """The clause of saying; failing that one of denying, insisting, showing."""
        return self._clause(sentence, "fn.say") or self._clause(sentence, "fn.assert")

    def _clause(self, sentence: Sentence, concept: str) -> str | None:
        for say in sentence.of(concept):
            if say.tag == "ger" or (say.tag == "inf" and concept == "fn.assert"):
                continue
            if sentence.cut(say.i, say.j).lower().replace("’", "'").startswith(self._openers):
                return self._until(sentence, say.i, say.j, inverted=True)
            if self._no_saying(sentence, say):
                continue
            speaker = self._speaker(sentence, say.i)
            if speaker is not None and not self._inverted:
                return self._until(sentence, speaker, say.j)
            if self._inverted:
                start = _auxiliary(sentence, say.i)
                while start > 0 and sentence.at(start - 1) & {"fn.have", "fn.pron", "fn.det"}:
                    start -= 1
                if speaker is not None and speaker < start:
                    return self._until(sentence, speaker, say.j)
                return self._until(sentence, start, say.j, inverted=True)
        return None

    def _no_saying(self, sentence: Sentence, say: Hit) -> bool:
        """Words of saying that tell of no speaker: "is added", "could add", "did not disclose"."""
        first = _auxiliary(sentence, say.i)
        before = sentence.at(first - 1) if first else set()
        finite = any(h.i == say.i and h.tag in ("past", "pres") for h in sentence.of(say.concept))
        if say.tag == "part" and not finite and not before & {"fn.have", "fn.not", "fn.clitic"}:
            return True
        if say.tag == "part" and not before & {"fn.have", "fn.not", "fn.clitic"}:
            return self._inverted or bool(before & {"fn.be"})
        if "fn.object" in sentence.at(say.i) and sentence.at(say.j) & {"fn.det"}:
            return True
        near = before | (sentence.at(say.i - 2) if say.i > 1 else set())
        if near & {"fn.modal", "fn.be"} or (before & {"fn.not"} and not self._inverted):
            return True
        if any(f.kind == "money" and 0 <= f.i - say.j <= 1 for f in sentence.figures):
            return True
        speaker = self._speaker(sentence, say.i)
        return speaker is not None and "fn.rel" in sentence.at(speaker)

    def _speaker(self, sentence: Sentence, at: int) -> int | None:
        """Where the noun phrase before the verb begins."""
        i = at - 1
        while i >= 0 and sentence.at(i) & {"fn.have", "fn.not"}:
            i -= 1
        first = None
        if i > 0 and sentence.tokens[i].low == "," and not self._inverted:
            opening = next(
                (n for n in range(i - 1, max(i - 9, 0), -1) if sentence.tokens[n].low == ","), None
            )
            if opening is not None:
                i = opening - 1
        while i >= 0 and at - i <= REACH:
            token = sentence.tokens[i]
            if token.low in (
                ",",
                ";",
                ":",
                '"',
                "”",
                "»",
                "«",
                "“",
                "-",
                "–",
            ) or "fn.sub" in sentence.at(i):
                break
            first = i
            i -= 1
        return first

    def _until(self, sentence: Sentence, i: int, j: int, *, inverted: bool = False) -> str:
        tokens = sentence.tokens
        end = j
        while end < len(tokens) and end - j < REACH:
            low = tokens[end].low
            if inverted and low not in (",", ".", ";", '"', "»"):
                end += 1
                continue
            if "fn.weekday" in sentence.at(end) or low in self._tail:
                end += 1
                continue
            break
        while (
            end > j
            and tokens[end - 1].low in self._tail
            and "fn.weekday" not in sentence.at(end - 1)
            and tokens[end - 1].low in ("on", "in", "a", "le", "à")
        ):
            end -= 1
        while end > j and "fn.det" in sentence.at(end - 1):
            end -= 1
        return sentence.cut(i, end)


def _auxiliary(sentence: Sentence, at: int) -> int:
    """Before the adverb between an auxiliary and its verb: « a fermement démenti »."""
    adverb = at > 1 and "fn.between" in sentence.at(at - 1) and "fn.have" in sentence.at(at - 2)
    return at - 1 if adverb else at
