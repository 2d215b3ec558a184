"""Who is named in an item: companies on a list or on none, told from people, places and press.

A name is a run of capitalised words. Lists decide where they can; otherwise words in the
name ("Motors"), what stands around it, and whether the item uses it again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from worker.classify.around import (
    acts,
    headed,
    held,
    lowercased,
    noun,
    title_case,
    venture,
)
from worker.classify.document import Document, EntityKind, Mention, Sentence
from worker.classify.identity import Run, identify
from worker.classify.vocabulary import Vocabulary, normal
from worker.classify.watchlist import Company, Watchlist

MOST_NAMES = 1_000
"""Names of one item that are told apart, each from each; a longer list is no news."""
HEAD = 5
"""Letters of a word that are enough to see that no known name begins with it."""
JOINERS = frozenset({"&", "-", "‑", "/", "."})
NAME_WORD = re.compile(r"[A-ZÀ-ÞØ][\w.&'’+]*|[a-z]?[A-Z][\w&]*|\d[\dA-Z]*[A-Z]\w*|e&")


class Companies:
    """Recognises names for one language."""

    def __init__(self, vocabulary: Vocabulary, watchlist: Watchlist) -> None:
        lists = vocabulary.settings
        self._aliases = watchlist.aliases()
        self._company_words = frozenset(lists.get("company-words", []))
        self._authority = frozenset(lists.get("authority-words", []))
        self._press = frozenset(map(normal, lists.get("press", [])))
        self._stop = frozenset(lists.get("stop-capitals", []))
        self._first = frozenset(lists.get("first-names", []))
        self._places = frozenset(map(normal, lists.get("places", [])))
        self._titles = frozenset(lists.get("titles", []))
        self._suffixes = frozenset(lists.get("company-suffixes", []))
        self._tails = frozenset(lists.get("name-tails", []))
        self._particles = frozenset(lists.get("name-particles", []))
        self._unit_particles = frozenset(lists.get("unit-particles", []))
        self._named = frozenset(lists.get("named", []))
        self._former = frozenset(lists.get("former", []))
        self._adjectives: dict[str, str] = {}
        self._countries: dict[str, str] = {}
        for code, words in vocabulary.values.get("nationalities", {}).items():
            self._adjectives.update({normal(word): code for word in words})
        for code, words in vocabulary.values.get("countries", {}).items():
            self._countries.update({normal(word): code for word in words})
        self._multi = {
            normal(word): set(codes.split(","))
            for codes, words in vocabulary.values.get("multinational", {}).items()
            for word in words
        }
        self._heads = {alias[:size] for alias in self._aliases for size in range(1, HEAD + 1)}
        self._longest = max((len(a.split()) for a in self._aliases), default=1) + 2

    def annotate(self, document: Document) -> None:
        """Put name mentions into the sentences and the entities into the document."""
        lows = lowercased(document)
        every = (run for sentence in document.sentences for run in self._runs(sentence, lows))
        runs = list(islice(every, MOST_NAMES))
        runs = self._plausible(runs)
        for run in runs:
            run.former = run.i > 0 and run.sentence.tokens[run.i - 1].low in self._former
        self._kinds(runs)
        entities = identify(runs, self._names_company)
        for run, entity in entities:
            if entity.kind in ("place",):
                continue
            tokens = run.sentence.tokens
            possessive = run.j < len(tokens) and (
                tokens[run.j].low in ("'s", "'", "s'")
                or run.sentence.cut(run.j, min(run.j + 3, len(tokens))).startswith("#39;s")
            )
            run.sentence.mentions.append(
                Mention((entity,), "name", run.i, run.j, possessive=possessive)
            )
        document.entities = list({id(entity): entity for _, entity in entities}.values())

    def countries(self, low: str) -> set[str]:
        """The countries that a word names, as adjective or as noun."""
        if low in self._multi:
            return self._multi[low]
        code = self._adjectives.get(low) or self._countries.get(low)
        return {code} if code else set()

    def _runs(self, sentence: Sentence, lows: set[str]) -> Iterator[Run]:
        tokens, size, i = sentence.tokens, len(sentence.tokens), 0
        all_caps = sentence.field == "title" and sentence.text.isupper()
        while i < size:
            alias = self._alias(sentence, i)
            if alias is not None and not self._continues(sentence, alias[0]):
                j, company = alias
                own = self._own_name(sentence, i, j, company)
                if own is not None:
                    yield own
                    i = own.j
                    continue
                if not (company.ambiguous and i == 0 and tokens[i].low in lows):
                    yield Run(sentence, i, j, sentence.cut(i, j), i == 0, "company", company)
                    i = j
                    continue
            if all_caps or not self._starts(sentence, i, lows):
                i += 1
                continue
            j = self._end(sentence, i)
            yield from self._split(sentence, i, j, lows)
            i = j

    def _own_name(self, sentence: Sentence, i: int, j: int, company: Company) -> Run | None:
        """A venture named after its owners ("GAC-Stellantis"), a unit ("Renault do Brasil")."""
        tokens = sentence.tokens
        if j + 1 >= len(tokens):
            return None
        if tokens[j].low in self._unit_particles and tokens[j + 1].capital:
            text = sentence.cut(i, j + 2)
            return Run(sentence, i, j + 2, text, i == 0, "company", None, (company,))
        if tokens[j].low in self._countries and tokens[j].capital and not company.ambiguous:
            text = sentence.cut(i, j + 1)
            return Run(sentence, i, j + 1, text, i == 0, "company", None, (company,))
        if tokens[j].text not in ("-", "/"):
            return None
        other = self._alias(sentence, j + 1)
        if other is None or other[1] is company:
            return None
        end, partner = other
        if not (held(sentence, i) or venture(sentence, i, end)):
            return None
        text = sentence.cut(i, end)
        return Run(sentence, i, end, text, i == 0, "company", None, (company, partner))

    def _alias(self, sentence: Sentence, i: int) -> tuple[int, Company] | None:
        tokens = sentence.tokens
        first = tokens[i].text
        if tokens[i].low[:HEAD] not in self._heads:
            return None
        if not (first[0].isupper() or first[0].isdigit() or first.startswith("e&") or first == "e"):
            return None
        for j in range(min(i + self._longest + 2, len(tokens)), i, -1):
            low = normal(sentence.cut(i, j))
            company = self._aliases.get(low)
            if company is not None:
                return j, company
        return None

    def _continues(self, sentence: Sentence, j: int) -> bool:
        """Whether the name goes on after an alias, into the name of another company."""
        tokens = sentence.tokens
        if j >= len(tokens):
            return False
        word = tokens[j].text
        return (
            NAME_WORD.fullmatch(word) is not None
            and word not in self._stop
            and word[0].isupper()
            and word not in self._titles
            and not (sentence.field == "title" and title_case(sentence))
            and normal(word) not in self._aliases
        )

    def _starts(self, sentence: Sentence, i: int, lows: set[str]) -> bool:
        token = sentence.tokens[i]
        if not NAME_WORD.fullmatch(token.text) or token.text in self._stop:
            return False
        if token.low in self._adjectives or token.low in self._multi:
            return self._national_name(sentence, i)
        first = i == 0 or sentence.tokens[i - 1].text in ('"', "“", "«", ":", "(", "”", "'")
        if first and (token.low in lows or sentence.at(i)):
            return False
        cased = sentence.field == "title" and title_case(sentence)
        return not (cased and (token.low in lows or sentence.at(i)))

    def _national_name(self, sentence: Sentence, i: int) -> bool:
        """ "Swedish Automobile", "American Electric": an adjective that opens a company's name."""
        if i + 1 >= len(sentence.tokens) or sentence.tokens[i + 1].text not in self._company_words:
            return False
        return not (sentence.field == "title" and title_case(sentence))

    def _end(self, sentence: Sentence, i: int) -> int:
        tokens, j = sentence.tokens, i + 1
        while j < len(tokens):
            word = tokens[j].text
            glued = tokens[j].start == tokens[j - 1].end
            if NAME_WORD.fullmatch(word) and word not in self._stop:
                if word in self._titles and not glued:
                    break
                if tokens[j].low in self._adjectives and not glued and noun(sentence, j + 1):
                    break
            elif word in JOINERS and j + 1 < len(tokens):
                nxt = tokens[j + 1]
                if not (NAME_WORD.fullmatch(nxt.text) or (word == "-" and nxt.text.isalnum())):
                    break
                if word != "&" and not (glued and nxt.start == tokens[j].end):
                    break
                tail = f"{tokens[j - 1].text}-{nxt.text}" in self._company_words
                if word == "." or (word == "-" and nxt.text.islower() and not tail):
                    break
            elif word.isdigit() and len(word) <= 2 and glued is False and word not in ("1", "2"):
                break
            elif (
                word in self._particles
                and j + 1 < len(tokens)
                and sentence.tokens[j - 1].text in self._first
                and tokens[j + 1].capital
            ):
                pass
            else:
                break
            j += 1
        return j

    def _split(self, sentence: Sentence, i: int, j: int, lows: set[str]) -> Iterator[Run]:
        """A run, or two when a hyphen joins two companies ("Renault-Nissan")."""
        tokens = sentence.tokens
        for at in range(i + 1, j - 1):
            if tokens[at].text in ("-", "/"):
                left, right = normal(sentence.cut(i, at)), normal(sentence.cut(at + 1, j))
                if left in self._aliases and right in self._aliases:
                    yield Run(
                        sentence, i, at, sentence.cut(i, at), i == 0, "company", self._aliases[left]
                    )
                    yield Run(
                        sentence,
                        at + 1,
                        j,
                        sentence.cut(at + 1, j),
                        False,
                        "company",
                        self._aliases[right],
                    )
                    return
        hyphen = j < len(tokens) - 1 and tokens[j].text == "-"
        if hyphen and tokens[j + 1].low in self._tails and tokens[j].start == tokens[j - 1].end:
            return
        yield Run(sentence, i, j, sentence.cut(i, j), i == 0)

    def _plausible(self, runs: list[Run]) -> list[Run]:
        """Without single words whose capital only comes from opening a sentence."""
        inside = {run.text for run in runs if not run.initial}
        first: dict[str, int] = {}
        for run in runs:
            first[run.text] = first.get(run.text, 0) + 1
        out = []
        for run in runs:
            low = normal(run.text)
            if low in self._multi or low in self._adjectives:
                continue
            if len(run.text.strip(".")) < 2 and run.company is None:
                continue
            if run.kind == "unknown" and self._names_technology(run):
                continue
            if run.initial and run.kind == "unknown" and run.j == run.i + 1:
                named = acts(run.sentence, run.j) or headed(run)
                spelled = any(c.isupper() or c.isdigit() for c in run.text[1:])
                if not (run.text in inside or first[run.text] > 1 or named or spelled):
                    continue
            out.append(run)
        return out

    def _names_technology(self, run: Run) -> bool:
        """ "its MEB platform", "a new platform called VAN.EA": a name that is no company's."""
        tokens = run.sentence.tokens
        if run.i and "technology" in run.sentence.at(run.i - 1):
            return True
        called = run.i > 1 and tokens[run.i - 1].low in self._named
        before = range(max(run.i - 8, 0), run.i)
        return called and any("technology" in run.sentence.at(at) for at in before)

    def _kinds(self, runs: list[Run]) -> None:
        surnames: set[str] = set()
        for run in runs:
            if run.kind == "unknown":
                run.kind = self._kind(run)
            if run.kind == "person":
                surnames.add(run.text.split()[-1])
        for run in runs:
            if run.kind == "unknown" and run.text in surnames:
                run.kind = "person"

    def _kind(self, run: Run) -> EntityKind:
        words = run.text.split()
        low = normal(run.text)
        if low in self._press or normal(words[0]) in self._press:
            return "press"
        company = self._aliases.get(low) or self._with_suffix(words)
        if company is not None:
            run.company = company
            return "company"
        base = self._product_of(words)
        if base is not None and held(run.sentence, run.i):
            run.parents = (base,)
            return "company"
        if base is not None:
            run.company = base
            return "company"
        if low in self._places or low in self._countries:
            return "place"
        if any(word in self._authority for word in words):
            return "authority"
        if any(word in self._company_words for word in words[1:]):
            return "company"
        tokens = run.sentence.tokens
        before = tokens[run.i - 1].text if run.i else ""
        if before in self._titles or (
            run.i > 1 and f"{tokens[run.i - 2].text} {before}" in self._titles
        ):
            return "person"
        if words[0] in self._first and len(words) > 1 and "&" not in words:
            return "person"
        if len(words) == 2 and words[0].endswith("."):
            return "person"
        return "unknown"

    def _product_of(self, words: list[str]) -> Company | None:
        """The maker of a product that bears its name: "Renault Captur", "Iveco S-Way"."""
        if len(words) < 2 or any(w in self._company_words for w in words[1:]):
            return None
        company = self._aliases.get(normal(words[0]))
        return company if company is not None and not company.ambiguous else None

    def _with_suffix(self, words: list[str]) -> Company | None:
        """A known company under a fuller name: "Toyota Motor Corp", "Stellantis N.V."."""
        for size in range(len(words) - 1, 0, -1):
            company = self._aliases.get(normal(" ".join(words[:size])))
            if company is not None and all(w in self._suffixes for w in words[size:]):
                return company
        return None

    def _names_company(self, run: Run) -> bool:
        """Whether a run is the company's own name, not that of a product that bears it."""
        return normal(run.text) in self._aliases or self._with_suffix(run.text.split()) is not None
