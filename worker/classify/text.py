"""Words and sentences, by spaCy's blank pipelines. Beside `french` the only module to know spaCy.

No trained model is needed: the tokenizer is spaCy's, the sentences are our own.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise
from operator import add, lt
from typing import Any, NamedTuple

import spacy

from worker.classify.document import Sentence, Token
from worker.classify.french import French
from worker.classify.sentences import SentenceStarts, part
from worker.classify.vocabulary import Vocabulary, normal
from worker.domain.event import FieldName

SURROGATE = re.compile("[\ud800-\udfff]")
LINE = re.compile(r"[^\n]+")
LONG_WORD = re.compile(r"\S{200}")
"""No word of a language: the tokenizer would spend the square of its length on it."""
DATELINE = re.compile(
    r"\s*(?:(?:[A-ZÀ-Þ][A-ZÀ-Þ.'’\-/ ]{2,60}(?:, [A-Z][A-Za-z. ]{2,20})?)"
    r"(?:, (?:le )?[\w.]{1,10} [\w.éû]{1,10}| \([A-Z][\w/ ]{1,20}\)){0,3}"
    r"|(?:[\w.éû]{1,10} [\w.éû]{1,10})(?:, \d{4})? ?\([A-Z][\w/ ]{1,20}\)"
    r"|(?:[A-Z][a-zé.]{2,9}\.? \d{1,2}|\d{1,2}(?:er)? [a-zéû]{3,9})"
    r"|(?:AP|AFP|Reuters|[A-Z][a-z]+\.com))"
    r"(?: \([A-Z][\w/ ]{1,20}\))? ?[-–—]{1,2} "
)
"""`TOKYO, June 10 - `, `PARIS (Reuters) - `, `Feb 29 (Reuters) - `, `Dec 31 - `, `AP - `."""


@cache
def _tokenizer(language: str, abbreviations: tuple[str, ...]) -> Any:
    pipeline = French() if language == "fr" else spacy.blank(language)
    tokenizer: Any = pipeline.tokenizer
    for form in abbreviations:
        tokenizer.add_special_case(form, [{"ORTH": form}])
    return tokenizer


class Words(NamedTuple):
    """The words of a text, blanks between them included where there are many; and their offsets."""

    texts: list[str]
    places: list[int]

    def within(self, start: int, end: int) -> Words:
        """Those that begin between two offsets."""
        first, last = bisect_left(self.places, start), bisect_left(self.places, end)
        return Words(self.texts[first:last], self.places[first:last])


class Reader:
    """Cuts the fields of items into sentences of tokens."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        words = frozenset(vocabulary.settings.get("abbreviations", []))
        openers = frozenset(vocabulary.settings.get("language-words", []))
        self._tokenizer = _tokenizer(vocabulary.language, tuple(sorted(words)))
        self._starts = SentenceStarts(words, openers)

    def read(self, name: FieldName, text: str, number: int = 0) -> list[Sentence]:
        """The sentences of a field, numbered from `number`; datelines are left out."""
        out: list[Sentence] = []
        words = self._words(text)
        low = normal(text)
        for paragraph, (start, end) in enumerate(_paragraphs(text)):
            if name == "text" and paragraph == 0:
                dateline = DATELINE.match(text, start, end)
                start = dateline.end() if dateline else start
            for tokens in self._sentences(words.within(start, end), low):
                first, last = tokens[0].start, tokens[-1].end
                out.append(
                    Sentence(name, number + len(out), paragraph, text[first:last], first, tokens)
                )
        return out

    def _words(self, text: str) -> Words:
        if not text.isascii():
            text = SURROGATE.sub("\ufffd", text)
        texts: list[str] = []
        places: list[int] = []
        for start, end in _pieces(text):
            for token in self._tokenizer(text[start:end]):
                texts.append(token.text)
                places.append(start + token.idx)
        return Words(texts, places)

    def _sentences(self, words: Words, low: str) -> Iterator[list[Token]]:
        texts, places = words
        if not texts:
            return
        ends = map(add, places, map(len, texts))
        spaced = [*map(lt, ends, places[1:]), False]
        bounds = [*sorted(self._starts.find(texts, spaced)), len(texts)]
        for first, last in pairwise(bounds):
            while first < last:
                cut = part(texts, first, last)
                tokens = _tokens(texts, places, low, first, cut)
                if tokens:
                    yield tokens
                first = cut


def _tokens(
    words: Sequence[str], places: Sequence[int], low: str, first: int, last: int
) -> list[Token]:
    """The tokens of some words; a full stop that stuck to a number or a name is one of its own."""
    out: list[Token] = []
    for at in range(first, last):
        word, start = words[at], places[at]
        if word.isspace():
            continue
        end = start + len(word)
        if word[-1] == "." and len(word) > 2 and word[-2].isdigit():
            end -= 1
            out.append(Token(word[:-1], low[start:end], start, end))
            out.append(Token(".", ".", end, end + 1))
        else:
            out.append(Token(word, low[start:end], start, end))
    return out


def _pieces(text: str) -> Iterator[tuple[int, int]]:
    """A text, cut within what is too long to be a word."""
    start = 0
    for word in LONG_WORD.finditer(text):
        yield start, word.end()
        start = word.end()
    if start < len(text):
        yield start, len(text)


def _paragraphs(text: str) -> Iterator[tuple[int, int]]:
    for match in LINE.finditer(text):
        if match.group().strip():
            yield match.start(), match.end()
