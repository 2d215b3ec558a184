"""The classifier: gate, language, analysis, matching, one event a rule."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Literal

from worker.classify.assemble import Assembler
from worker.classify.attach import attach
from worker.classify.attribution import Attribution
from worker.classify.companies import Companies
from worker.classify.confidence import Calibration
from worker.classify.coreference import Coreference
from worker.classify.dates import Dates
from worker.classify.derive import derive
from worker.classify.document import Document, Hit, Sentence
from worker.classify.electrics import housed, learn_makers
from worker.classify.explain import Explanation, explain
from worker.classify.figures import Figures
from worker.classify.gate import Gate
from worker.classify.language import detect
from worker.classify.lexicon import Lexicon
from worker.classify.match import Candidate, candidates
from worker.classify.rulebook import Rule
from worker.classify.sisters import reconcile
from worker.classify.text import Reader
from worker.classify.vocabulary import Vocabulary, normal
from worker.classify.watchlist import Watchlist
from worker.domain.event import Classification, Event, Language

THRESHOLD = 1.0
NEVER_CAPITAL = frozenset({"fn.modal", "fn.will", "status.planned"})
"""Concepts that a capital within a sentence rules out: "May" is a month there."""
TITLE_LIMIT, TEXT_LIMIT = 1_000, 20_000
"""Characters that are read; what follows is a book, or somebody's try to keep the service busy."""
CompanyScope = Literal["any", "listed"]
ItemInput = tuple[str, str, str | None, datetime | None]


class Analyser:
    """Everything that one language needs to turn an item into a document."""

    def __init__(
        self,
        vocabulary: Vocabulary,
        watchlist: Watchlist,
        calibration: Calibration = Calibration(),  # noqa: B008
    ) -> None:
        self.language = vocabulary.language
        self._reader = Reader(vocabulary)
        self._figures = Figures(vocabulary)
        self._lexicon = Lexicon(_forms(vocabulary, watchlist))
        self._companies = Companies(vocabulary, watchlist)
        self._coreference = Coreference(vocabulary, watchlist, self._companies)
        self.assembler = Assembler(
            watchlist, Dates(vocabulary), Attribution(vocabulary), calibration
        )
        self._adverbs = tuple(vocabulary.settings.get("adverb-endings", [])) or ("\0",)
        self.conditional_hearsay = bool(vocabulary.settings.get("conditional-hearsay"))

    def document(self, title: str, text: str, published: datetime | None) -> Document:
        """Read, look up, name, resolve."""
        sentences = self._reader.read("title", title) if title.strip() else []
        sentences += self._reader.read("text", text, len(sentences))
        document = Document(self.language, title, text, published, sentences)  # type: ignore[arg-type]
        for sentence in sentences:
            self._look_up(sentence)
        self._companies.annotate(document)
        for sentence in sentences:
            _forget_names(sentence)
            attach(sentence)
        learn_makers(document)
        self._coreference.resolve(document)
        for sentence in sentences:
            attach(sentence)
        housed(document)
        return document

    def _look_up(self, sentence: Sentence) -> None:
        tokens = sentence.tokens
        starts = {token.start - sentence.start: at for at, token in enumerate(tokens)}
        ends = {token.end - sentence.start: at for at, token in enumerate(tokens, 1)}
        hits = sentence.hits
        for start, end, meanings in self._lexicon.find(normal(sentence.text)):
            i, j = starts.get(start), ends.get(end)
            if i is None or j is None or j <= i:
                continue
            name = i > 0 and j == i + 1 and tokens[i].capital
            for concept, tag in meanings:
                if not (name and concept in NEVER_CAPITAL):
                    hits.append(Hit(concept, tag, i, j))
        for at, token in enumerate(tokens):
            if token.low.endswith(self._adverbs) and len(token.low) > 4:
                hits.append(Hit("fn.between", "phrase", at, at + 1))
        sentence.index()
        sentence.reads_figures = self._figures.find


def _forget_names(sentence: Sentence) -> None:
    """Words within a name mean nothing by themselves: "General Motors", "Volvo Cars"."""
    inside = {at: m.i for m in sentence.mentions for at in range(m.i, m.j)}
    if not inside:
        return
    kept = [h for h in sentence.hits if h.i not in inside or inside[h.i] != inside.get(h.j - 1)]
    if len(kept) < len(sentence.hits):
        sentence.hits = kept
        sentence.index()


class Classifier:
    """Finds the events of news items. Not thread-safe; meant for one process each."""

    def __init__(
        self,
        rules: Sequence[Rule],
        vocabularies: Mapping[str, Vocabulary],
        watchlist: Watchlist,
        fingerprint: str,
        companies: CompanyScope = "any",
        calibration: Calibration = Calibration(),  # noqa: B008
    ) -> None:
        self._calibration = calibration
        self._rules = tuple(rules)
        self._watchlist = watchlist
        self._scope = companies
        self._vocabularies = dict(vocabularies)
        self._gates = {
            code: Gate(rules, vocabulary, watchlist) for code, vocabulary in vocabularies.items()
        }
        self._analysers: dict[str, Analyser] = {}
        self._words = {
            code: frozenset(v.settings.get("language-words", []))
            for code, v in vocabularies.items()
        }
        self.fingerprint = fingerprint

    @property
    def rule_names(self) -> tuple[str, ...]:
        """The names of all rules, in the order of their files."""
        return tuple(rule.name for rule in self._rules)

    @property
    def companies(self) -> Mapping[str, str]:
        """The companies on the watchlists: key to display name."""
        return {c.key: c.name for c in self._watchlist.companies.values() if c.watched}

    @property
    def alliances(self) -> Mapping[str, str]:
        """The alliances on the watchlists: key to display name."""
        return {a.key: a.name for a in self._watchlist.alliances.values()}

    def classify(
        self,
        title: str,
        text: str,
        *,
        language: str | None = None,
        published: datetime | None = None,
    ) -> Classification:
        """The language of an item and its events, the item's main one first.

        `language` is a hint ("fr", "fr-CA") that is believed; without one the language is
        detected. `published` resolves dates and tells background from news.
        """
        title, text = _opening(title, TITLE_LIMIT), _opening(text, TEXT_LIMIT)
        code = self._language(title, text, language)
        if code is None:
            return Classification(None)
        gate = self._gates[code]
        passing = gate.passing(gate.outline(title, text))
        if not passing:
            return Classification(code)
        rules = [rule for rule in self._rules if rule.name in passing]
        document, found = self._found(code, title, text, published, rules)
        return Classification(code, tuple(self._events(code, document, found)))

    def concerns(self, title: str, text: str, *, language: str | None = None) -> bool:
        """Whether an item passes the gate of any rule, so that it is read at all."""
        title, text = _opening(title, TITLE_LIMIT), _opening(text, TEXT_LIMIT)
        code = self._language(title, text, language)
        if code is None:
            return False
        gate = self._gates[code]
        return bool(gate.passing(gate.outline(title, text)))

    def classify_many(self, items: Iterable[ItemInput]) -> list[Classification]:
        """Classify items (title, text, language, published), in order."""
        return [
            self.classify(title, text, language=language, published=published)
            for title, text, language, published in items
        ]

    def explain(
        self,
        title: str,
        text: str,
        *,
        language: str | None = None,
        published: datetime | None = None,
    ) -> Explanation:
        """Why each rule did or did not fire."""
        title, text = _opening(title, TITLE_LIMIT), _opening(text, TEXT_LIMIT)
        code = self._language(title, text, language)
        found: dict[str, list[Candidate]] = {}
        events: list[Event] = []
        rules: list[Rule] = []
        atoms: list[str] = []
        if code is not None:
            outline = self._gates[code].outline(title, text)
            atoms = self._gates[code].explain(outline)
            passing = self._gates[code].passing(outline)
            rules = [rule for rule in self._rules if rule.name in passing]
            if rules:
                document, found = self._found(code, title, text, published, rules)
                events = self._events(code, document, found)
        return explain(self._rules, code, atoms, rules, found, events, THRESHOLD)

    def analyse(
        self, title: str, text: str, language: Language, published: datetime | None = None
    ) -> Document:
        """The analysed item, for tests and tools that show what was understood."""
        return self._analyser(language).document(title, text, published)

    def _found(
        self,
        code: Language,
        title: str,
        text: str,
        published: datetime | None,
        rules: Sequence[Rule],
    ) -> tuple[Document, dict[str, list[Candidate]]]:
        analyser = self._analyser(code)
        document = analyser.document(title, text, published)
        found: dict[str, list[Candidate]] = {}
        for rule in self._rules:
            if (rule not in rules and not rule.derived) or code not in rule.languages:
                continue
            own = (
                list(candidates(document, rule, analyser.conditional_hearsay))
                if rule in rules
                else []
            )
            own += derive(rule, found)
            found[rule.name] = own
        return document, found

    def _events(
        self, code: Language, document: Document, found: Mapping[str, list[Candidate]]
    ) -> list[Event]:
        ranked: list[tuple[float, int, Event]] = []
        for name, fits in found.items():
            good = [c for c in fits if not c.missing]
            if not good:
                continue
            best = max(good, key=_rank)
            if best.score < THRESHOLD or not self._in_scope(best):
                continue
            event = self._analyser(code).assembler.event(document, best, good)
            ranked.append((-best.score, self.rule_names.index(name), event))
        ranked.sort(key=lambda row: row[:2])
        return reconcile([event for _, _, event in ranked])

    def _in_scope(self, candidate: Candidate) -> bool:
        """With `listed`, at least two of the parties have to be on a watchlist."""
        if self._scope == "any" and candidate.rule.companies == "any":
            return True
        watched = 0
        for entity in candidate.filled:
            keys = [entity.key, entity.owner.key if entity.owner else ""]
            if any(k and self._watchlist.companies[k].watched for k in keys):
                watched += 1
        return watched >= 2

    def _language(self, title: str, text: str, hint: str | None) -> Language | None:
        if hint:
            code = hint.lower().replace("_", "-").partition("-")[0]
            if code in self._words:
                return code  # type: ignore[return-value]
            if len(code) in (2, 3) and code.isalpha() and code != "und":
                return None
        return detect(f"{title}. {text}", self._words)

    def _analyser(self, code: str) -> Analyser:
        if code not in self._analysers:
            self._analysers[code] = Analyser(
                self._vocabularies[code], self._watchlist, self._calibration
            )
        return self._analysers[code]


def _opening(text: str, limit: int) -> str:
    """The text, or as much of it as is read, without half a word at its end."""
    if len(text) <= limit:
        return text
    end = max(text.rfind(" ", limit - 200, limit), text.rfind("\n", limit - 200, limit))
    return text[: end if end > 0 else limit]


def _rank(candidate: Candidate) -> tuple[float, bool, int]:
    """Which fit of a rule is the best: of equal ones one in the text, then the first."""
    sentence = candidate.sentence
    return round(candidate.score, 2), sentence.field == "text", -sentence.number


def _forms(vocabulary: Vocabulary, watchlist: Watchlist) -> list[tuple[str, set[tuple[str, str]]]]:
    forms = {form: set(meanings) for form, meanings in vocabulary.forms.items()}
    for company in watchlist.companies.values():
        for nickname in company.nicknames.get(vocabulary.language, ()):
            forms.setdefault(normal(nickname), set()).add((f"fn.nickname.{company.key}", "phrase"))
    return list(forms.items())


def fingerprint(parts: Iterable[bytes]) -> str:
    """A short hash of everything that decides what the classifier finds."""
    digest = hashlib.blake2b(digest_size=8)
    for part in parts:
        digest.update(hashlib.blake2b(part, digest_size=16).digest())
    return digest.hexdigest()
