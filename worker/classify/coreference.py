"""Who is meant: descriptions, pronouns and groups, resolved within the item.

The nearest company that fits the nationality and the kind wins; the company of which the
clause speaks is not its own partner.
"""

from __future__ import annotations

from worker.classify.attach import breath, verbal
from worker.classify.companies import Companies
from worker.classify.document import Document, Entity, Mention, Sentence
from worker.classify.nominals import Nominals, Phrase, describe, newborn
from worker.classify.pronouns import Pronouns
from worker.classify.recency import (
    COMPANY,
    last,
    subject_before,
)
from worker.classify.units import settle_units
from worker.classify.vocabulary import Vocabulary
from worker.classify.watchlist import Watchlist

APPOSED = (",", "(", "-", "–", "—", '"', "«", "“", "»", "”")


class Coreference:
    """Adds the mentions that are not names. Works sentence by sentence, in reading order."""

    def __init__(self, vocabulary: Vocabulary, watchlist: Watchlist, companies: Companies) -> None:
        self._nominals = Nominals(vocabulary, companies)
        self._pronouns = Pronouns(vocabulary)
        self._watchlist = watchlist
        self._language = vocabulary.language
        lists = vocabulary.settings
        self._possessive = frozenset(lists.get("possessive", []))
        self._definite = frozenset(lists.get("definite", []))
        self._indefinite = frozenset(lists.get("indefinite", []))
        self._named = frozenset({'"', "«", "“", *lists.get("named", [])})
        self._demonstrative = frozenset(lists.get("demonstrative", []))
        self._opens = self._definite | self._possessive

    def resolve(self, document: Document) -> None:
        """Describe, then resolve, every sentence of the document."""
        for sentence in document.sentences:
            _parents(sentence)
        phrases = {s.number: self._nominals.phrases(s) for s in document.sentences}
        loose: dict[int, list[Phrase]] = {}
        for sentence in document.sentences:
            loose[sentence.number] = [
                p for p in phrases[sentence.number] if not self._apposed(sentence, p)
            ]
        history: list[tuple[int, Mention]] = []
        for sentence in document.sentences:
            found = list(sentence.mentions)
            nicknames = self._nicknames(sentence, document)
            found.extend(nicknames)
            taken = {at for m in nicknames for at in range(m.i, m.j)}
            sentence.mentions = sorted(found, key=lambda m: m.i)
            for phrase in loose[sentence.number]:
                if any(at in taken for at in range(phrase.head, phrase.head + 1)):
                    continue
                mention = self._mention(document, sentence, phrase, history)
                if mention is not None:
                    found.append(mention)
                    sentence.mentions = sorted(found, key=lambda m: m.i)
            found.extend(self._pronouns.groups(sentence, history))
            sentence.mentions = sorted(found, key=lambda m: m.i)
            found.extend(self._pronouns.found(sentence, history))
            sentence.mentions = sorted(found, key=lambda m: (m.i, -m.j))
            history.extend((sentence.number, mention) for mention in sentence.mentions)
        settle_units(document, self._watchlist, self._opens)

    def _nicknames(self, sentence: Sentence, document: Document) -> list[Mention]:
        out = []
        for hit in sentence.hits:
            if hit.concept.startswith("fn.nickname."):
                key = hit.concept.removeprefix("fn.nickname.")
                entity = next((e for e in document.entities if e.key == key), None)
                if entity is not None:
                    out.append(Mention((entity,), "nominal", hit.i, hit.j))
        return out

    def _apposed(self, sentence: Sentence, phrase: Phrase) -> bool:
        """Whether the phrase describes a name beside it; the name then learns from it."""
        tokens = sentence.tokens
        after = phrase.j
        while after < len(tokens) and tokens[after].low in self._named:
            after += 1
        right = next((m for m in sentence.mentions if m.i == after), None)
        right = right or self._after_complement(sentence, after)
        if right is not None and right.form == "name":
            self._own(sentence, phrase, right)
            describe(right.entity, phrase)
            _owners(sentence, phrase, right.entity)
            return True
        if after < len(tokens) and tokens[after].low == "," and phrase.determiner:
            right = next((m for m in sentence.mentions if m.i == after + 1), None)
            if (
                right is not None
                and right.form == "name"
                and phrase.unit
                and right.j < len(tokens)
                and tokens[right.j].low in (",", ".")
            ):
                describe(right.entity, phrase)
                return True
        before = phrase.i - 1
        if before >= 0 and tokens[before].low in APPOSED and not self._acts(sentence, phrase):
            while before >= 0 and tokens[before].low in APPOSED:
                before -= 1
            left = sentence.mention_at(before) if before >= 0 else None
            if left is not None and left.form == "name" and left.j == before + 1:
                self._own(sentence, phrase, left)
                describe(left.entity, phrase)
                _owners(sentence, phrase, left.entity)
                return True
        return False

    @staticmethod
    def _after_complement(sentence: Sentence, at: int) -> Mention | None:
        """The name after "of" and a few plain words: « le spécialiste de l'éclairage Hella »."""
        if at >= len(sentence.tokens) or "fn.of" not in sentence.at(at):
            return None
        for end in range(at + 1, min(at + 6, len(sentence.tokens))):
            mention = sentence.mention_at(end)
            if mention is not None:
                if end > at + 1 and "fn.of" in sentence.at(end - 1):
                    return None
                plain = end > at + 2 or "fn.det" not in sentence.at(end - 1)
                direct = end == at + 1 or (end == at + 2 and not plain)
                return None if direct or mention.i != end else mention
            if not sentence.tokens[end].text[0].islower():
                return None
        return None

    def _acts(self, sentence: Sentence, phrase: Phrase) -> bool:
        """Whether a verb follows: then the description is a subject, no apposition."""
        if phrase.j >= len(sentence.tokens):
            return False
        following = sentence.at(phrase.j)
        acting = {"fn.have", "fn.be", "fn.will", "fn.modal", "fn.say", "fn.ne"}
        if self._language != "en":
            acting.add("fn.pron")
        done = any("fn.by" in sentence.at(at) for at in (phrase.j + 1, phrase.j + 2))
        return bool(following & acting) or (verbal(sentence, phrase.j) and not done)

    def _own(self, sentence: Sentence, phrase: Phrase, named: Mention) -> None:
        """ "Symbio, their venture", "the unit that Atos plans to float": whose the named one is."""
        if phrase.own and phrase.kinds <= {"company"}:
            phrase.unit = True  # « Erinion, sa société de camions électriques »
        if phrase.owner is not None or not phrase.unit:
            return
        tokens = sentence.tokens
        if phrase.own:
            owners = [
                m
                for m in sentence.mentions
                if m.j <= min(named.i, phrase.i)
                and m.form != "unit"
                and m.entity is not named.entity
                and m.entity.kind in COMPANY
            ]
            if owners:
                phrase.owner = breath(sentence, owners[-1])[0]
        elif phrase.j < len(tokens) and "fn.rel" in sentence.at(phrase.j):
            later = [
                m
                for m in sentence.mentions
                if phrase.j < m.i <= phrase.j + 4
                and not any(verbal(sentence, at) for at in range(phrase.j + 1, m.i))
            ]
            if later and later[0].entity is not named.entity:
                phrase.owner = later[0]

    def _mention(
        self,
        document: Document,
        sentence: Sentence,
        phrase: Phrase,
        history: list[tuple[int, Mention]],
    ) -> Mention | None:
        definite = phrase.determiner in self._definite
        if phrase.plural and not phrase.unit:
            return None
        if phrase.determiner in self._indefinite and not phrase.unit and newborn(sentence, phrase):
            phrase.unit = True
            phrase.kinds.add("newco")
        if phrase.determiner in self._indefinite and not phrase.unit:
            bare = phrase.j - phrase.i < 3 and not phrase.kinds - {"company"}
            return None if bare else self._unnamed(document, sentence, phrase)
        if phrase.unit and (
            phrase.owner is not None or phrase.own or not definite or phrase.kinds <= {"company"}
        ):
            return self._unit(document, sentence, phrase, history)
        if not definite and not (phrase.own and "partner" in phrase.kinds):
            return self._unit(document, sentence, phrase, history) if phrase.unit else None
        exclude: set[Entity] = set()
        if "partner" in phrase.kinds and phrase.own:
            subject = subject_before(sentence, phrase.i) or last(history)
            if subject is not None:
                exclude.update(subject.entities)
        entity = self._antecedent(sentence, phrase, history, exclude)
        if entity is None:
            return self._unit(document, sentence, phrase, history) if phrase.unit else None
        if entity.kind == "unit" and phrase.unit and not entity.surfaces:
            self._call(sentence, phrase, entity)
        if phrase.electric and not (phrase.not_electric or phrase.unit or entity.known):
            entity.electric = not entity.not_electric
        return Mention((entity,), "nominal", phrase.i, phrase.j)

    def _antecedent(
        self,
        sentence: Sentence,
        phrase: Phrase,
        history: list[tuple[int, Mention]],
        exclude: set[Entity],
    ) -> Entity | None:
        scores: dict[Entity, float] = {}
        earlier = [(sentence.number, m) for m in sentence.mentions if m.i < phrase.i]
        wanted = phrase.kinds - GENERIC
        order = 0.0
        for number, mention in [*history, *earlier]:
            if mention.form == "unit" and not phrase.unit:
                continue
            order += 0.01
            for entity in mention.entities:
                if entity in exclude or entity.kind not in ("company", "unknown", "unit"):
                    continue
                score = order - 0.4 * (sentence.number - number)
                part = (
                    entity.kind == "unit"
                    or (entity.unnamed and not entity.kinds - GENERIC)
                    or entity.owner is not None
                    or bool(entity.kinds & {"subsidiary", "venture"})
                )
                if phrase.unit and not part:
                    continue
                if number == sentence.number and _close(sentence, mention, phrase):
                    score -= 0.8
                if number == sentence.number and _its_own(sentence, mention, phrase):
                    score -= 1.5
                if mention.form == "name":
                    score += 0.2
                if part and phrase.determiner in self._demonstrative:
                    score += 1.2
                if phrase.countries:
                    if entity.countries:
                        score += 4 if entity.countries & phrase.countries else -9
                    elif entity.known:
                        score -= 1
                if phrase.electric and not phrase.not_electric and not entity.electric:
                    score -= 7 if entity.known or phrase.unit else 0.5
                if wanted and entity.kinds - {"subsidiary"}:
                    score += 1.5 if entity.kinds & wanted else -3
                if "partner" in phrase.kinds and exclude:
                    score -= 2 if part or entity.owners else 0
                    keys = [e.key for e in exclude if e.key]
                    if entity.key and self._watchlist.alliance_of([entity.key, *keys]):
                        score += 2
                scores[entity] = max(score, scores.get(entity, -99))
        if not scores:
            return None
        for mention in sentence.mentions:
            if mention.possessive and _its_own(sentence, mention, phrase):
                for entity in mention.entities:
                    scores[entity] = scores.get(entity, 0.0) - 1.5
        best = max(scores, key=lambda e: scores[e])
        return best if scores[best] > -6 else None

    def _unnamed(self, document: Document, sentence: Sentence, phrase: Phrase) -> Mention:
        """ "a large carmaker": someone whose name the item does not give."""
        entity = Entity(
            sentence.cut(phrase.i, phrase.j),
            "company",
            kinds=set(phrase.kinds),
            countries=set(phrase.countries),
            electric=phrase.electric,
            not_electric=phrase.not_electric,
            unnamed=True,
        )
        entity.surfaces.append(entity.name)
        document.entities.append(entity)
        return Mention((entity,), "nominal", phrase.i, phrase.j)

    def _unit(
        self,
        document: Document,
        sentence: Sentence,
        phrase: Phrase,
        history: list[tuple[int, Mention]],
    ) -> Mention | None:
        owner = phrase.owner.entity if phrase.owner is not None else None
        if owner is None and phrase.own:
            subject = subject_before(sentence, phrase.i) or last(history)
            owner = subject.entity if subject is not None else None
        entity = Entity(
            sentence.cut(phrase.i, phrase.j),
            "unit",
            owner=owner,
            countries=set(phrase.countries),
            electric=phrase.electric,
            not_electric=phrase.not_electric,
            kinds=set(phrase.kinds),
            own=phrase.own,
        )
        self._call(sentence, phrase, entity)
        document.entities.append(entity)
        return Mention((entity,), "unit", phrase.i, phrase.j)

    @staticmethod
    def _call(sentence: Sentence, phrase: Phrase, entity: Entity) -> None:
        """Take the text's words for a unit rather than those of the title."""
        if sentence.field == "text":
            entity.name = sentence.cut(phrase.i, phrase.j)
            entity.surfaces.append(entity.name)


GENERIC = frozenset({"company", "unit", "newco", "partner", "venture", "startup", "fund"})


def _parents(sentence: Sentence) -> None:
    """ "Tata Motors, owner of Iveco, …", "Cartier owner Richemont": who is told to own whom."""
    for hit in sentence.of("parent-company"):
        left = sentence.mention_at(hit.i - 1)
        right = sentence.mention_at(hit.j)
        owned, owner = left, right
        if right is None and "fn.of" in sentence.at(hit.j):
            owned = sentence.mention_at(hit.j + 1)
            apart = hit.i > 1 and sentence.tokens[hit.i - 1].low == ","
            owner = sentence.mention_at(hit.i - 2) if apart else None
        if owned is None or owner is None or owned.entity is owner.entity:
            continue
        owned.entity.owner = owned.entity.owner or owner.entity
        owned.entity.kinds.add("subsidiary")


def _close(sentence: Sentence, mention: Mention, phrase: Phrase) -> bool:
    """Whether a description stands too near a name in one clause to be another word for it."""
    between = range(mention.j, phrase.i)
    return len(between) < 8 and not any("fn.upshot" in sentence.at(at) for at in between)


def _its_own(sentence: Sentence, mention: Mention, phrase: Phrase) -> bool:
    """ "IAG, which has 20% of the Spanish carrier": who acts has no part of itself.

    Nor has an owner: "Renault's stake in the company".
    """
    if mention.prep not in ("", "by") or not 0 < mention.j < phrase.i:
        return False
    inside = sentence.at(phrase.i - 1) | sentence.at(phrase.i)
    if not inside & {"fn.of", "fn.in"}:
        return False
    between = range(mention.j, phrase.i)
    held = any(sentence.at(at) & {"stake", "shares"} for at in between) or any(
        mention.j <= f.i < phrase.i and f.kind == "percent" for f in sentence.figures
    )
    return held and not any(sentence.at(at) & {"fn.sub", "fn.say"} for at in between)


def _owners(sentence: Sentence, phrase: Phrase, entity: Entity) -> None:
    """All owners of a unit: named in one breath, or after "with" ("its venture with Geely")."""
    if "venture" in phrase.kinds:
        for mention in sentence.mentions:
            if phrase.j <= mention.i <= phrase.j + 8 and mention.prep == "with":
                entity.owners += [e for e in mention.entities if e not in (entity, *entity.owners)]
    if phrase.owner is None:
        return
    for mention in breath(sentence, phrase.owner):
        for owner in mention.entities:
            if owner is not entity and owner not in entity.owners:
                entity.owners.append(owner)
