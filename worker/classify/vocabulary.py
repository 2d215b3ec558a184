"""The words of one language, grouped into concepts that rules and engine speak of.

A concept is a name (`buy`, `stake`, `fn.of`, `status.agreed`) under which each language lists
its verbs, nouns and phrases. Concepts whose name starts with `fn.` are function words: they
never hide, and are never hidden by, another concept.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from worker.classify.inflect import Inflector, Paradigm
from worker.classify.yamlfile import YamlFile, mapping

TYPOGRAPHIC = (
    ("’", "'"),
    ("‘", "'"),
    ("\u00a0", " "),
    ("\u202f", " "),
    ("\u2009", " "),
    ("‑", "-"),
)


def normal(text: str) -> str:
    """Lower case, straight apostrophes, plain spaces; as many code points as before."""
    if text.isascii():
        return text.lower()
    for sign, plain in TYPOGRAPHIC:
        text = text.replace(sign, plain)
    low = text.lower()
    return low if len(low) == len(text) else "".join(c.lower()[:1] or c for c in text)


@dataclass(slots=True)
class Vocabulary:
    """Everything that the files of one language say.

    `forms` maps a written form to the (concept, tag) pairs it stands for; `values` holds the
    tables that are not concepts (nationalities, kinds of company, months, …).
    """

    language: str
    forms: dict[str, set[tuple[str, str]]] = field(default_factory=dict)
    values: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    settings: dict[str, list[str]] = field(default_factory=dict)

    @property
    def concepts(self) -> set[str]:
        return {concept for pairs in self.forms.values() for concept, _ in pairs}

    def add(self, form: str, concept: str, tag: str) -> None:
        self.forms.setdefault(normal(form), set()).add((concept, tag))


def build(language: str, sources: Iterable[YamlFile]) -> Vocabulary:
    """Put the files of one language together: inflection first, then the concepts."""
    datas = [mapping(source.data) for source in sources]
    inflector = _inflector(datas)
    vocabulary = Vocabulary(language)
    for data in datas:
        for concept, entry in mapping(data.get("concepts")).items():
            _add_concept(vocabulary, inflector, concept, mapping(entry))
        for table, rows in mapping(data.get("tables")).items():
            target = vocabulary.values.setdefault(table, {})
            for key, words in mapping(rows).items():
                target.setdefault(key, []).extend(words)
            if table == "numbers":
                for form in (*rows.get("percent-signs", []), *rows.get("percent-words", [])):
                    vocabulary.add(form, "percent", "phrase")
            for key, words in mapping(rows).items():
                _add_table(vocabulary, inflector, table, key, words)
        for name, words in mapping(data.get("lists")).items():
            vocabulary.settings.setdefault(name, []).extend(words)
    return vocabulary


MARKED = {
    "kinds": "fn.kind.",
    "units": "fn.unit.",
    "pairs": "fn.pair.",
    "electric": "fn.",
    "weekdays": "fn.weekday",
}
"""Tables whose words are also looked up in the text, and the concepts they get."""


def _add_table(
    vocabulary: Vocabulary, inflector: Inflector, table: str, key: str, words: list[str]
) -> None:
    concept = MARKED.get(table)
    if concept is None:
        return
    if concept.endswith("."):
        concept += key
    for word in words:
        for form, tag in (
            inflector.noun(word) if table in ("kinds", "units") else [(word, "phrase")]
        ):
            vocabulary.add(form, concept, tag)


def _inflector(datas: Iterable[Mapping[str, Any]]) -> Inflector:
    inflector = Inflector()
    for data in datas:
        morphology = mapping(data.get("morphology"))
        for row in morphology.get("paradigms", []):
            forms = {tag: tuple(endings) for tag, endings in row["forms"].items()}
            inflector.paradigms.append(
                Paradigm(re.compile(row["ending"] + "$"), row.get("stem", ""), forms)
            )
        for verb, tags in mapping(morphology.get("irregular")).items():
            inflector.irregular[verb] = {
                tag: tuple(forms.split() if isinstance(forms, str) else forms)
                for tag, forms in tags.items()
            }
        for row in morphology.get("plurals", []):
            inflector.plurals.append((re.compile(row["ending"] + "$"), row["plural"]))
        inflector.prefixes += tuple(morphology.get("clitics", []))
    return inflector


def _add_concept(
    vocabulary: Vocabulary, inflector: Inflector, concept: str, entry: Mapping[str, Any]
) -> None:
    for verb in entry.get("verbs", []):
        for form, tag in inflector.verb(verb):
            vocabulary.add(form, concept, tag)
    for noun in entry.get("nouns", []):
        for form, tag in inflector.noun(noun):
            vocabulary.add(form, concept, tag)
    for phrase in entry.get("phrases", []):
        vocabulary.add(phrase, concept, "phrase")
