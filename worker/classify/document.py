"""The item as the matcher sees it: sentences, tokens, words with a meaning, companies, figures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from dataclasses import field as default
from datetime import datetime
from itertools import chain
from operator import attrgetter
from typing import Literal, NamedTuple

from worker.domain.event import FieldName, Language

EntityKind = Literal["company", "unit", "person", "place", "press", "authority", "unknown"]
MentionForm = Literal["name", "nominal", "pronoun", "unit", "group"]
FigureKind = Literal["percent", "money", "split", "shares", "year"]


class Token(NamedTuple):
    """A word or a sign. `start` and `end` are offsets in the field; `low` is its normal form."""

    text: str
    low: str
    start: int
    end: int

    @property
    def capital(self) -> bool:
        return self.text[:1].isupper()


class Hit(NamedTuple):
    """Tokens `i` to `j` (exclusive) of a sentence stand for a concept, in the form `tag`."""

    concept: str
    tag: str
    i: int
    j: int


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with its unit. `value` is in percent, or in units of currency.

    `cue` is what the word before it makes of it: `from`, `to`, `by` or nothing; `low` is the
    lower end of a range, `other` the second part of a split; `below` marks "less than"; `part` is
    set when only a part of it is meant ("half of its 19%": 50; "some of its 19%": 0).
    """

    kind: FigureKind
    value: float
    i: int
    j: int
    start: int
    end: int
    text: str
    cue: str = ""
    low: float | None = None
    other: float | None = None
    below: bool = False
    part: float | None = None


@dataclass(slots=True, eq=False)
class Entity:
    """A company (or what else bears a name) within one item, whatever it is called there."""

    name: str
    kind: EntityKind
    key: str = ""
    known: bool = False
    countries: set[str] = default(default_factory=set)
    kinds: set[str] = default(default_factory=set)
    electric: bool = False
    not_electric: bool = False
    owner: Entity | None = None
    alliances: tuple[str, ...] = ()
    surfaces: list[str] = default(default_factory=list)
    titles: list[str] = default(default_factory=list)
    count: int = 0
    strong: bool = False
    unnamed: bool = False
    own: bool = False
    owners: list[Entity] = default(default_factory=list)

    def __repr__(self) -> str:
        return f"<{self.kind} {self.name}>"


@dataclass(slots=True, eq=False)
class Mention:
    """A place where an entity is spoken of: tokens `i` to `j` of a sentence.

    `prep` names the preposition that governs it (`of`, `in`, `from`, `to`, `by`, `with`, `for`,
    `prep`), "" when none does; `possessive` when it owns what follows ("Renault's …").
    `members` holds all entities of a coordination or of "the two companies".
    """

    entities: tuple[Entity, ...]
    form: MentionForm
    i: int
    j: int
    prep: str = ""
    possessive: bool = False
    joined: Mention | None = None

    @property
    def entity(self) -> Entity:
        return self.entities[0]


@dataclass(slots=True, eq=False)
class Sentence:
    """A sentence or a title. `number` counts from 0 over the item, the title first.

    Its `figures` are looked for when they are asked for, by what stands in `reads_figures`.
    """

    field: FieldName
    number: int
    paragraph: int
    text: str
    start: int
    tokens: list[Token]
    quoted: bool = False
    hits: list[Hit] = default(default_factory=list)
    mentions: list[Mention] = default(default_factory=list)
    reads_figures: Callable[[Sentence], list[Figure]] | None = None
    _figures: list[Figure] | None = None
    _index: dict[str, list[Hit]] = default(default_factory=dict)
    _covers: dict[int, set[str]] = default(default_factory=dict)

    @property
    def figures(self) -> list[Figure]:
        """The percentages, sums and the like, in order."""
        if self._figures is None:
            self._figures = self.reads_figures(self) if self.reads_figures else []
        return self._figures

    def index(self) -> None:
        """Make `of` and `at` fast; to be called once the hits are complete."""
        self._index.clear()
        self._covers.clear()
        index, covers = self._index, self._covers
        for hit in self.hits:
            concept, _, i, j = hit
            if concept in index:
                index[concept].append(hit)
            else:
                index[concept] = [hit]
            for position in range(i, j):
                if position in covers:
                    covers[position].add(concept)
                else:
                    covers[position] = {concept}

    def of(self, *concepts: str) -> list[Hit]:
        """The hits of these concepts, in order."""
        found = [self._index[concept] for concept in concepts if concept in self._index]
        if len(found) < 2:
            return found[0] if found else []
        return sorted(chain.from_iterable(found), key=_start)

    def at(self, position: int) -> set[str]:
        """The concepts that cover a token."""
        return self._covers.get(position, _NOTHING)

    def has(self, *concepts: str) -> bool:
        return not self._index.keys().isdisjoint(concepts)

    def has_any(self, concepts: frozenset[str]) -> bool:
        return not self._index.keys().isdisjoint(concepts)

    def span(self, i: int, j: int) -> tuple[int, int]:
        """Offsets in the field of the tokens `i` to `j`."""
        return self.tokens[i].start, self.tokens[j - 1].end

    def cut(self, i: int, j: int) -> str:
        """The text of the tokens `i` to `j`."""
        start, end = self.span(i, j)
        return self.text[start - self.start : end - self.start]

    def mention_at(self, position: int) -> Mention | None:
        return next((m for m in self.mentions if m.i <= position < m.j), None)


_NOTHING: set[str] = set()
_start = attrgetter("i")


@dataclass(slots=True, eq=False)
class Document:
    """One analysed item."""

    language: Language
    title: str
    text: str
    published: datetime | None
    sentences: list[Sentence]
    entities: list[Entity] = default(default_factory=list)

    def given(self, name: FieldName) -> str:
        return self.title if name == "title" else self.text

    def companies(self) -> Iterator[Entity]:
        return (entity for entity in self.entities if entity.kind in ("company", "unit"))
