"""Words and sentences, by spaCy's blank pipelines. Beside `french` the only module to know spaCy.

No trained model is needed: the tokenizer is spaCy's, the sentences are our own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise
from typing import Any

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
        paragraph = -1
        for start, end in _paragraphs(text):
            paragraph += 1
            if name == "text" and paragraph == 0:
                dateline = DATELINE.match(text, start, end)
                start = dateline.end() if dateline else start
            for low, high in _pieces(text, start, end):
                for tokens in self._sentences(text[low:high], low):
                    first, last = tokens[0].start, tokens[-1].end
                    out.append(
                        Sentence(
                            name, number + len(out), paragraph, text[first:last], first, tokens
                        )
                    )
        return out

    def _sentences(self, text: str, offset: int) -> Iterator[list[Token]]:
        if not text.isascii():
            text = SURROGATE.sub("\ufffd", text)
        words: list[str] = []
        places: list[int] = []
        for token in self._tokenizer(text):
            words.append(token.text)
            places.append(token.idx)
        if not words:
            return
        spaced = [False] * len(words)
        for at in range(len(words) - 1):
            spaced[at] = places[at] + len(words[at]) < places[at + 1]
        low = normal(text)
        bounds = [*sorted(self._starts.find(words, spaced)), len(words)]
        for first, last in pairwise(bounds):
            while first < last:
                cut = part(words, first, last)
                tokens = _tokens(words, places, low, first, cut, offset)
                if tokens:
                    yield tokens
                first = cut


def _tokens(
    words: Sequence[str], places: Sequence[int], low: str, first: int, last: int, offset: int
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
            out.append(Token(word[:-1], low[start:end], offset + start, offset + end))
            out.append(Token(".", ".", offset + end, offset + end + 1))
        else:
            out.append(Token(word, low[start:end], offset + start, offset + end))
    return out


def _pieces(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """A paragraph, cut within what is too long to be a word."""
    for word in LONG_WORD.finditer(text, start, end):
        yield start, word.end()
        start = word.end()
    if start < end:
        yield start, end


def _paragraphs(text: str) -> Iterator[tuple[int, int]]:
    for match in LINE.finditer(text):
        if match.group().strip():
            yield match.start(), match.end()
