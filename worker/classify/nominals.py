"""Descriptions of companies and of their parts: "the Japanese carmaker", "its EV unit".

A description beside a name tells something about the company ("Ampere, the electric vehicle
unit of Renault"); one that stands alone is resolved later.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from worker.classify.attach import verbal
from worker.classify.companies import Companies
from worker.classify.document import Entity, Mention, Sentence
from worker.classify.vocabulary import Vocabulary

KIND, UNIT = "fn.kind.", "fn.unit."
REACH = 6
EXTENDED = 16
PREDICATES = frozenset({"fn.will", "fn.have", "fn.be", "fn.modal"})


@dataclass(slots=True, eq=False)
class Phrase:
    """A description: tokens `i` to `j`, its head at `head`, and what it says."""

    i: int
    j: int
    head: int
    kinds: set[str] = field(default_factory=set)
    countries: set[str] = field(default_factory=set)
    determiner: str = ""
    unit: bool = False
    electric: bool = False
    not_electric: bool = False
    owner: Mention | None = None
    own: bool = False
    plural: bool = False
    made: bool = False
    noun: int = 0


class Nominals:
    """Finds descriptions in the sentences of one language."""

    def __init__(self, vocabulary: Vocabulary, companies: Companies) -> None:
        self._companies = companies
        lists = vocabulary.settings
        self._definite = frozenset(lists.get("definite", []))
        self._indefinite = frozenset(lists.get("indefinite", []))
        self._possessive = frozenset(lists.get("possessive", []))
        self._after = bool(lists.get("adjectives-after"))
        self._endings = tuple(lists.get("adjective-endings", []))
        self._reach_stops = frozenset(lists.get("reach-stops", []))
        self._held = frozenset(lists.get("held-heads", []))
        self._bare = bool(lists.get("bare-nationals"))

    def phrases(self, sentence: Sentence) -> list[Phrase]:
        """Every description, the longest at each head, in order."""
        heads: dict[int, Phrase] = {}
        for hit in sentence.hits:
            unit = hit.concept.startswith(UNIT)
            if not unit and not hit.concept.startswith(KIND):
                continue
            known = heads.get(hit.j)
            kind = hit.concept.rpartition(".")[2]
            if known is None:
                heads[hit.j] = Phrase(hit.i, hit.j, hit.j - 1, {kind}, unit=unit, noun=hit.i)
            else:
                known.kinds.add(kind)
                known.i = known.noun = min(known.i, hit.i)
                known.unit = known.unit or unit
        found = [phrase for phrase in heads.values() if self._widen(sentence, phrase)]
        found.sort(key=lambda p: (p.i - p.j, p.i))
        out: list[Phrase] = []
        for phrase in found:
            if not any(q.i <= phrase.i and phrase.j <= q.j for q in out):
                out.append(phrase)
        if self._bare:
            out.extend(self._nationals(sentence, {p.head for p in out}))
        out.sort(key=lambda phrase: phrase.i)
        return out

    def _widen(self, sentence: Sentence, phrase: Phrase) -> bool:
        """Take in determiner, owner and adjectives; false when it is no description at all."""
        tokens = sentence.tokens
        if sentence.mention_at(phrase.head):
            return False
        at = phrase.i - 1
        while at >= 0 and phrase.i - at <= REACH:
            low = tokens[at].low
            mention = sentence.mention_at(at)
            if low in ("'s", "'", "s'") and at and (owner := sentence.mention_at(at - 1)):
                phrase.owner, phrase.i = owner, owner.i
                phrase.determiner = "the"
                break
            if low in self._definite or low in self._indefinite or low in self._possessive:
                phrase.determiner, phrase.i = low, at
                phrase.own = low in self._possessive
                break
            if mention is not None and phrase.unit and at == phrase.i - 1 and mention.i:
                low = tokens[mention.i - 1].low  # "a Ford subsidiary"
                if low in self._definite or low in self._indefinite:
                    phrase.owner, phrase.determiner, phrase.i = mention, low, mention.i - 1
            if mention is not None or not self._modifies(sentence, at):
                break
            phrase.countries |= self._companies.countries(low)
            if at > 1 and tokens[at - 1].low == "-":
                joined = self._companies.countries(sentence.cut(at - 2, at + 1).lower())
                if joined:
                    phrase.countries = joined
                    at -= 2
            at -= 1
        inner = range(at + 1, phrase.head + 1)
        if not phrase.determiner:
            phrase.i = min(phrase.i, at + 1)
        while phrase.i < phrase.head and not tokens[phrase.i].text[0].isalnum():
            phrase.i += 1
        head = tokens[phrase.noun if self._after else phrase.head].low
        phrase.plural = head.endswith("s") and not head.endswith("ss")
        self._electric(sentence, phrase, inner)
        self._right(sentence, phrase)
        return True

    def _modifies(self, sentence: Sentence, at: int) -> bool:
        token = sentence.tokens[at]
        if not (token.text[0].isalnum() or token.text in ("-", "'s", '"', "”", "“", "«", "»")):
            return False
        concepts = sentence.at(at)
        if "fn.conj" in concepts and at > 0 and sentence.mention_at(at - 1) is None:
            return sentence.tokens[at - 1].text[0].islower() and not any(
                c.startswith("fn.") and not c.startswith((KIND, UNIT)) for c in sentence.at(at - 1)
            )
        if any(c.startswith("fn.") and c.split(".")[1] in HARD for c in concepts):
            return False
        return (at > 0 and sentence.tokens[at - 1].low == "-") or not verbal(sentence, at)

    def _right(self, sentence: Sentence, phrase: Phrase) -> None:
        """Adjectives after the head (French), and "of X", "de X" as its owner."""
        tokens, at = sentence.tokens, phrase.j
        while self._after and at < len(tokens) and at - phrase.j < 3:
            countries = self._companies.countries(tokens[at].low)
            electric = "fn.electric" in sentence.at(at)
            if not countries and not electric and not self._adjective(sentence, at):
                break
            phrase.countries |= countries
            phrase.electric = phrase.electric or electric
            at += 1
            phrase.j = at
        if at < len(tokens) and "fn.of" in sentence.at(at) and at + 1 < len(tokens):
            nxt = at + 1
            while nxt < len(tokens) and "fn.det" in sentence.at(nxt):
                nxt += 1
            mention = sentence.mention_at(nxt) if nxt < len(tokens) else None
            held = phrase.unit or tokens[phrase.head].low in self._held
            if mention is not None and phrase.owner is None and held:
                phrase.owner = mention
                if phrase.unit:
                    phrase.j = mention.j
        self._maker_of_electrics(sentence, phrase)
        for hit in sentence.of("owned-by", "led-by"):
            if phrase.owner is None and phrase.unit and hit.i == phrase.j:
                phrase.owner = sentence.mention_at(hit.j)
        related = phrase.j < len(tokens) and "fn.rel" in sentence.at(phrase.j)
        phrase.made = self._made_by(sentence, phrase)
        related = related or phrase.made
        if phrase.unit or phrase.determiner in self._indefinite or related:
            before = phrase.electric
            self._reach_electric(sentence, phrase)
            if related and phrase.electric and (not before or phrase.made):
                phrase.unit = phrase.unit or phrase.kinds <= {"company"}
            wanted = related and before and not phrase.unit and phrase.kinds <= {"company"}
            if wanted and phrase.owner is None:
                subjects = [m for m in sentence.mentions if phrase.j < m.i <= phrase.j + 4]
                phrase.unit = bool(subjects)
                phrase.owner = subjects[0] if subjects else None
            if phrase.made and phrase.owner is None:
                later = [m for m in sentence.mentions if phrase.j <= m.i <= phrase.j + 6]
                phrase.owner = later[0] if later else None

    @staticmethod
    def _made_by(sentence: Sentence, phrase: Phrase) -> bool:
        """ "the company set up by Kia": a participle follows, and who did it."""
        after = range(phrase.j, min(phrase.j + 5, len(sentence.tokens)))
        if not any("fn.by" in sentence.at(at) for at in after) or not after:
            return False
        created = any("jv.create" in sentence.at(at) for at in after)
        return created and "fn.by" not in sentence.at(phrase.j)

    @staticmethod
    def _maker_of_electrics(sentence: Sentence, phrase: Phrase) -> None:
        """ "the maker of electric vans", « le constructeur de voitures électriques »."""
        size = len(sentence.tokens)
        if phrase.j >= size or "fn.of" not in sentence.at(phrase.j):
            return
        for at in range(phrase.j + 1, min(phrase.j + 5, size)):
            if sentence.mention_at(at) or not sentence.tokens[at].text[0].isalpha():
                return
            if "not-electric-unit" in sentence.at(at):
                return
            if "fn.electric" in sentence.at(at):
                phrase.electric = True
                phrase.j = at + 1
                return

    def _reach_electric(self, sentence: Sentence, phrase: Phrase) -> None:
        """Take in what follows up to "electric cars", when nothing else says what the unit is."""
        if phrase.electric or phrase.not_electric:
            return
        tokens, at = sentence.tokens, phrase.j
        passed = related = False
        while at < len(tokens) and at - phrase.j <= EXTENDED:
            concepts = sentence.at(at)
            if tokens[at].low in (";", ".", ":", "(") or "fn.contrast" in concepts:
                return
            if concepts & self._reach_stops or (not related and concepts & PREDICATES):
                return
            related = related or "fn.rel" in concepts
            if tokens[at].low == ",":
                passed = True
                ahead = sentence.at(at + 1) | sentence.at(at + 2)
                if "venture" not in phrase.kinds or "fn.rel" not in ahead:
                    return
            if "not-electric-unit" in concepts:
                phrase.not_electric = True
                return
            if "fn.electric" in concepts:
                owner = next((m for m in sentence.mentions if phrase.j <= m.i <= at), None)
                if phrase.owner is None and owner is not None and not phrase.own:
                    phrase.owner = owner
                phrase.electric = True
                if passed:
                    return
                phrase.j = at + 1
                if not self._after and at + 1 < len(tokens) and tokens[at + 1].text[0].islower():
                    phrase.j = at + 2
                return
            at += 1

    def _adjective(self, sentence: Sentence, at: int) -> bool:
        low = sentence.tokens[at].low
        return low.isalpha() and low.endswith(self._endings) and not sentence.at(at)

    def _electric(self, sentence: Sentence, phrase: Phrase, inner: range) -> None:
        for at in inner:
            concepts = sentence.at(at)
            phrase.electric = phrase.electric or "fn.electric" in concepts
            phrase.not_electric = phrase.not_electric or "not-electric-unit" in concepts

    def _nationals(self, sentence: Sentence, heads: set[int]) -> list[Phrase]:
        """ "le français", "l'italien": an adjective with an article and no noun after it."""
        out = []
        tokens = sentence.tokens
        for at in range(1, len(tokens)):
            low = tokens[at].low
            if tokens[at - 1].low not in self._definite or not tokens[at].text[0].islower():
                continue
            countries = self._companies.countries(low)
            if not countries or at in heads:
                continue
            if at + 1 < len(tokens) and f"{KIND}company" in sentence.at(at + 1):
                continue
            out.append(
                Phrase(at - 1, at + 1, at, {"company"}, countries, tokens[at - 1].low, noun=at)
            )
        return out


HARD = frozenset(
    {
        "of",
        "in",
        "from",
        "to",
        "by",
        "with",
        "for",
        "prep",
        "rel",
        "sub",
        "conj",
        "be",
        "have",
        "will",
        "modal",
        "not",
        "say",
        "pron",
    }
)


def describe(entity: Entity, phrase: Phrase) -> None:
    """Write down what a description beside a name tells about its bearer."""
    entity.countries |= phrase.countries
    entity.kinds |= phrase.kinds - {"company", "unit", "newco"}
    if phrase.electric and not phrase.not_electric:
        entity.electric = True
    if phrase.not_electric and not phrase.electric:
        entity.not_electric = True
    if entity.kind in ("unknown", "company", "person"):
        entity.kind = "company"
        entity.strong = True
    if phrase.unit:
        entity.own = entity.own or phrase.own
        entity.kinds.add("subsidiary")
    owner = phrase.owner.entity if phrase.owner is not None else entity
    if owner is not entity and owner.kind in ("company", "unknown"):
        entity.owner = owner


def newborn(sentence: Sentence, phrase: Phrase) -> bool:
    """ "have formed a company to …", « une société détenue à 51 % »: a venture, unnamed."""
    if phrase.kinds - {"company"}:
        return False
    if any("jv.create" in sentence.at(at) for at in range(max(phrase.i - 3, 0), phrase.i)):
        return True
    shared = sentence.has("merge", "jv.create", "split") or any(
        f.kind in ("percent", "split") for f in sentence.figures
    )
    after: set[str] = set()
    for at in range(phrase.j, min(phrase.j + 3, len(sentence.tokens))):
        after |= sentence.at(at)
    return shared and bool(after & {"fn.rel", "owned", "owned-by", "owned.weak"})
