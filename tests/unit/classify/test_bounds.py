"""Whatever somebody writes, reading it comes to an end soon."""

from __future__ import annotations

import multiprocessing

import pytest

from worker.classify import Classifier
from worker.classify.classifier import TEXT_LIMIT, TITLE_LIMIT
from worker.classify.companies import MOST_NAMES
from worker.classify.sentences import LONGEST

SIZE = TEXT_LIMIT
PATIENCE = 120
"""Seconds of a busy machine; what is unbounded takes hours."""
OPENING = {
    "en": "Renault will buy a 20% stake in Nissan and invest 3 million euros in the electric "
    "vehicle maker Rivian; they share patents. ",
    "fr": "Renault va acheter 20 % du capital de Nissan et investir 3 millions d'euros dans la "
    "start-up de voitures électriques Verkor; ils partagent leurs brevets. ",
}


def fill(text: str) -> str:
    return text * (SIZE // len(text) + 1)


HOSTILE = {
    "one endless sentence": fill("Renault will buy a 20% stake in Nissan for 3 million euros and "),
    "triggers alone": fill("buy sell stake shares acquire merge takeover offer raise "),
    "pronouns": fill("it said they will buy its stake, it "),
    "names": ", ".join(f"Abc{n} Def{n}" for n in range(2_000)),
    "known names": fill("VW GM PSA "),
    "quotes": fill("\"“«('"),
    "letters": "a" * SIZE,
    "digits": fill("1 234 567 890 12,5 "),
    "splits": fill("20-30-50/50-"),
    "surrogates": fill("\ud800Renault\udfff buys İŞ’s «stake» ‑ "),
    "lines": fill("Renault buys stake in Nissan\n"),
    "descriptions": fill("the French carmaker's partner's electric vehicle unit "),
    "elisions": fill("l'd'n'qu'"),
}


@pytest.mark.parametrize("language", ["en", "fr"])
def test_hostile_texts_are_read_to_the_end(classifier: Classifier, language: str) -> None:
    def read_all() -> None:
        for text in HOSTILE.values():
            title = text[: TITLE_LIMIT * 2]
            classifier.classify(title, OPENING[language] + text, language=language)

    # A fork has the rules already, and it can be stopped in the middle of anything.
    child = multiprocessing.get_context("fork").Process(target=read_all)
    child.start()
    child.join(PATIENCE)
    done = child.exitcode
    child.kill()
    assert done == 0


def test_a_sentence_has_a_greatest_length(classifier: Classifier) -> None:
    text = HOSTILE["one endless sentence"]
    sentences = classifier.analyse("", text, "en").sentences
    assert max(len(sentence.tokens) for sentence in sentences) <= LONGEST
    assert "".join(s.text for s in sentences).replace(" ", "") == text.replace(" ", "")


def test_a_sentence_too_long_is_cut_at_a_pause(classifier: Classifier) -> None:
    text = "the group makes cars, vans and trucks in many towns of the country; " * 40
    sentences = classifier.analyse("", text, "en").sentences
    assert len(sentences) > 1
    assert {sentence.tokens[-1].text for sentence in sentences} <= {",", ";"}


def test_only_so_many_names_are_told_apart(classifier: Classifier) -> None:
    document = classifier.analyse("", f"Renault bought {HOSTILE['names']}.", "en")
    assert 0 < len(document.entities) <= MOST_NAMES


def test_what_lies_beyond_the_limit_is_not_read_and_the_rest_stays_in_place(
    classifier: Classifier,
) -> None:
    deal = "Renault has agreed to buy a 20% stake in Nissan for 300 million euros."
    filler = "The weather was fine in the town that day.\n"
    early = filler * 100 + deal + "\n" + filler * (TEXT_LIMIT // len(filler))
    (event,) = classifier.classify("", early, language="en").events
    for evidence in event.evidence:
        assert early[evidence.start : evidence.end] == evidence.text
    late = filler * (TEXT_LIMIT // len(filler) + 1) + deal
    assert classifier.classify("", late, language="en").events == ()
