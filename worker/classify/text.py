"""Words and sentences, by spaCy's blank pipelines. The only module that knows spaCy.

No trained model is needed: the tokenizer is spaCy's, the sentence component our own, because
the stock one breaks at abbreviations, initials and datelines.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import spacy
from spacy.language import Language as Pipeline
from spacy.tokens import Doc

from worker.classify.document import Sentence, Token
from worker.classify.vocabulary import Vocabulary, normal
from worker.domain.event import FieldName

ENDS = frozenset({".", "!", "?", "…"})
CLOSERS = frozenset({'"', "”", "»", ")", "'", "’"})
OPENERS = frozenset({'"', "“", "«", "("})
COMPONENT = "wire_sentences"

SURROGATE = re.compile("[\ud800-\udfff]")
DATELINE = re.compile(
    r"\s*(?:(?:[A-ZÀ-Þ][A-ZÀ-Þ.'’\-/ ]{2,60}(?:, [A-Z][A-Za-z. ]{2,20})?)"
    r"(?:, (?:le )?[\w.]{1,10} [\w.éû]{1,10}| \([A-Z][\w/ ]{1,20}\)){0,3}"
    r"|(?:[\w.éû]{1,10} [\w.éû]{1,10})(?:, \d{4})? ?\([A-Z][\w/ ]{1,20}\)"
    r"|(?:[A-Z][a-zé.]{2,9}\.? \d{1,2}|\d{1,2}(?:er)? [a-zéû]{3,9})"
    r"|(?:AP|AFP|Reuters|[A-Z][a-z]+\.com))"
    r"(?: \([A-Z][\w/ ]{1,20}\))? ?[-–—]{1,2} "
)
"""`TOKYO, June 10 - `, `PARIS (Reuters) - `, `Feb 29 (Reuters) - `, `Dec 31 - `, `AP - `."""


class SentenceStarts:
    """A spaCy component: a sentence starts after a full stop that ends one, and after a line."""

    def __init__(self, abbreviations: frozenset[str], openers: frozenset[str]) -> None:
        self._abbreviations = abbreviations
        self._openers = openers

    def __call__(self, doc: Doc) -> Doc:
        starts = True
        size = len(doc)
        texts = [token.text for token in doc]
        for at in range(size):
            token = doc[at]
            token.is_sent_start = starts
            starts = False
            text = texts[at]
            if "\n" in text or "\n" in token.whitespace_:
                starts = True
            elif text in ENDS or (text[-1] == "." and len(text) > 2 and self._closes(texts, at)):
                starts = self._next_opens(texts, at)
            elif len(text) == 2 and text[1] == "." and text[0].isupper():
                starts = (
                    at + 1 < size and texts[at + 1][0].isupper() and self._opener(texts, at + 1)
                )
            elif text in CLOSERS and at and texts[at - 1] in ENDS and not doc[at - 1].whitespace_:
                starts = self._next_opens(texts, at)
        return doc

    def _closes(self, texts: list[str], at: int) -> bool:
        text = texts[at]
        if text in self._abbreviations or re.fullmatch(r"(?:\w\.)+", text):
            return False
        return text[:-1].isalpha() and text[-1] == "."

    def _opener(self, texts: list[str], at: int) -> bool:
        return texts[at].lower() in self._openers

    def _next_opens(self, texts: list[str], at: int) -> bool:
        if at + 1 >= len(texts):
            return False
        following = texts[at + 1]
        if following in CLOSERS and following not in OPENERS:
            return False
        before = texts[at - 1] if at else ""
        if texts[at] == "." and (f"{before}." in self._abbreviations or _initial(before)):
            return self._opener(texts, at + 1)
        if following in OPENERS:
            return at + 2 < len(texts) and _opens(texts[at + 2])
        return _opens(following)


def _initial(text: str) -> bool:
    return len(text) == 1 and text.isupper()


def _opens(text: str) -> bool:
    return text[0].isupper() or text[0].isdigit() or text[0] in "\"“«'‘($€£" or "\n" in text


@Pipeline.factory(COMPONENT, default_config={"abbreviations": [], "openers": []})
def _sentence_component(
    nlp: Pipeline, name: str, abbreviations: list[str], openers: list[str]
) -> SentenceStarts:
    return SentenceStarts(frozenset(abbreviations), frozenset(openers))


@cache
def _pipeline(language: str, abbreviations: tuple[str, ...], openers: tuple[str, ...]) -> Pipeline:
    nlp = spacy.blank(language)
    nlp.max_length = 2_000_000
    nlp.add_pipe(COMPONENT, config={"abbreviations": list(abbreviations), "openers": list(openers)})
    tokenizer: Any = nlp.tokenizer
    for form in abbreviations:
        tokenizer.add_special_case(form, [{"ORTH": form}])
    return nlp


class Reader:
    """Cuts the fields of items into sentences of tokens."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        words = tuple(sorted(set(vocabulary.settings.get("abbreviations", []))))
        openers = tuple(sorted(set(vocabulary.settings.get("language-words", []))))
        self._nlp = _pipeline(vocabulary.language, words, openers)

    def read(self, name: FieldName, text: str, number: int = 0) -> list[Sentence]:
        """The sentences of a field, numbered from `number`; datelines are left out."""
        out: list[Sentence] = []
        paragraph = -1
        for start, end in _paragraphs(text):
            paragraph += 1
            if name == "text" and paragraph == 0:
                dateline = DATELINE.match(text, start, end)
                start = dateline.end() if dateline else start
            for tokens in self._sentences(text[start:end], start):
                first, last = tokens[0].start, tokens[-1].end
                out.append(
                    Sentence(name, number + len(out), paragraph, text[first:last], first, tokens)
                )
        return out

    def _sentences(self, text: str, offset: int) -> Iterator[list[Token]]:
        doc = self._nlp(SURROGATE.sub("\ufffd", text))
        tokens: list[Token] = []
        for token in doc:
            if token.is_sent_start and tokens:
                yield tokens
                tokens = []
            word = token.text
            if word.isspace():
                continue
            start = offset + token.idx
            tokens.extend(_pieces(word, start))
        if tokens:
            yield tokens


def _pieces(word: str, start: int) -> Iterator[Token]:
    """The token, or its parts when a final full stop stuck to a number or a name."""
    if len(word) > 2 and word[-1] == "." and word[-2].isdigit():
        yield Token(word[:-1], normal(word[:-1]), start, start + len(word) - 1)
        start, word = start + len(word) - 1, "."
    yield Token(word, normal(word), start, start + len(word))


def _paragraphs(text: str) -> Iterator[tuple[int, int]]:
    for match in re.finditer(r"[^\n]+", text):
        if match.group().strip():
            yield match.start(), match.end()
