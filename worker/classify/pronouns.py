"""Who is meant by "it", « lui », "the latter", "the two companies", « y »."""

from __future__ import annotations

from collections.abc import Mapping

from worker.classify.attach import verbal
from worker.classify.document import Entity, Mention, Sentence
from worker.classify.recency import (
    COMPANY,
    enumerated,
    last_subject,
    last_unit,
    recent,
    subject_before,
)
from worker.classify.vocabulary import Vocabulary

SIZES: Mapping[str, int] = {"two": 2, "three": 3, "others2": 2, "others3": 3}


class Pronouns:
    """Finds the pronouns and the groups of one language and whom they stand for."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        lists = vocabulary.settings
        self._definite = frozenset(lists.get("definite", []))
        self._plural = frozenset(lists.get("plural-pronouns", []))
        self._dative = frozenset(lists.get("dative-pronouns", []))
        self._singular = frozenset(lists.get("singular-pronouns", []))
        self._there = frozenset(lists.get("place-pronouns", []))
        self._ordinals = tuple(lists.get("ordinals", []))

    def groups(self, sentence: Sentence, history: list[tuple[int, Mention]]) -> list[Mention]:
        """ "the two companies", "its two partners": the companies spoken of last."""
        out = []
        for hit in sentence.hits:
            if not hit.concept.startswith("fn.pair."):
                continue
            kind = hit.concept.rpartition(".")[2]
            size = SIZES.get(kind, 0)
            members = recent(sentence, hit.i, history, size + kind.startswith("others"))
            if kind.startswith("others"):
                subject = subject_before(sentence, hit.i, start_only=True)
                first = subject.entities if subject is not None else members[:1]
                members = [e for e in members if e not in first]
            if size and len(members) >= size:
                out.append(Mention(tuple(members), "group", hit.i, hit.j))
        return out

    def _stands_alone(self, sentence: Sentence, at: int) -> bool:
        """ "the latter will own …", « le second devient », « l'architecture du second pour … »."""
        if not at or sentence.tokens[at - 1].low not in self._definite:
            return False
        if at + 1 >= len(sentence.tokens):
            return True
        following = sentence.at(at + 1)
        governed = (sentence.at(at - 1) | sentence.at(at - 2)) & {"fn.of", "fn.to", "fn.from"}
        ends = not sentence.tokens[at + 1].text[0].isalpha() or bool(
            following
            & {"fn.of", "fn.in", "fn.to", "fn.for", "fn.on", "fn.prep", "fn.conj", "fn.sub"}
        )
        if governed and ends:
            return True
        acts = following & {"fn.have", "fn.be", "fn.will", "fn.modal", "fn.ne", "fn.clitic"}
        return bool(acts) or verbal(sentence, at + 1) or bool(following & {"now-owned"})

    @staticmethod
    def _told(sentence: Sentence, at: int) -> Entity | None:
        """Who « lui » is: the last company before it that is not the subject of its verb."""
        before = [
            m
            for m in sentence.mentions
            if m.j <= at and m.entity.kind in COMPANY and m.form != "unit"
        ]
        for mention in reversed(before):
            if mention.prep or mention is not before[-1]:
                return mention.entity
        return None

    def found(self, sentence: Sentence, history: list[tuple[int, Mention]]) -> list[Mention]:
        """The pronouns of a sentence, each with whom it means."""
        out = []
        for at, token in enumerate(sentence.tokens):
            if token.low in self._singular:
                subject = subject_before(sentence, at, start_only=True) or last_subject(history)
                if subject is not None:
                    out.append(Mention(subject.entities[:1], "pronoun", at, at + 1))
            elif token.low in self._there and at + 1 < len(sentence.tokens):
                unit = last_unit(sentence, at, history)
                if unit is not None and "fn.have" not in sentence.at(at + 1):
                    out.append(Mention((unit,), "pronoun", at, at + 1, prep="in"))
            elif token.low in self._dative and at and "fn.with" not in sentence.at(at - 1):
                found = self._told(sentence, at)
                if found is not None:
                    out.append(Mention((found,), "pronoun", at, at + 1, prep="to"))
            elif token.low in self._ordinals and self._stands_alone(sentence, at):
                members = enumerated(sentence, at) or recent(sentence, at, history, 2)
                if len(members) > 1:
                    meant = members[-self._ordinals.index(token.low)]
                    out.append(Mention((meant,), "nominal", at - 1, at + 1))
            elif token.low in self._plural:
                members = recent(sentence, at, history, 2)
                if len(members) >= 2:
                    out.append(Mention(tuple(members), "pronoun", at, at + 1))
        return out
