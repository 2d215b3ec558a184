"""Words, sentences, phrases and languages, as the classifier reads them."""

from __future__ import annotations

import pytest

from worker.classify import Classifier
from worker.classify.language import detect
from worker.classify.lexicon import Lexicon

WORDS = [
    ("en", "U.S. sales rose 5%. Renault's did not.", "U.S.|sales|rose|5|%|.", 2),
    ("en", "Mr. Ghosn spoke to J. P. Morgan", "Mr.|Ghosn|spoke|to|J.|P.|Morgan", 1),
    ("fr", "L'accord n'est-il pas signé?", "L'|accord|n'|est|-il|pas|signé|?", 1),
    ("fr", "aujourd’hui, peut-être", "aujourd’hui|,|peut-être", 1),
    ("fr", "la vice-présidente du sous-traitant", "la|vice-présidente|du|sous-traitant", 1),
    ("fr", "l'alliance Renault-Nissan", "l'|alliance|Renault|-|Nissan", 1),
    ("fr", "Y a-t-il 20% de hausse?", "Y|a|-t|-il|20|%|de|hausse|?", 1),
    ("fr", "Boulogne-sur-Mer", "Boulogne-sur-Mer", 1),
]


@pytest.mark.parametrize(("language", "text", "words", "count"), WORDS)
def test_words_and_sentences(
    classifier: Classifier, language: str, text: str, words: str, count: int
) -> None:
    sentences = classifier.analyse("", text, language).sentences  # type: ignore[arg-type]
    assert len(sentences) == count
    assert "|".join(token.text for token in sentences[0].tokens) == words
    for sentence in sentences:
        for token in sentence.tokens:
            assert text[token.start : token.end] == token.text


def test_the_longest_phrase_of_a_family_wins_and_small_words_are_kept() -> None:
    lexicon = Lexicon(
        [
            ("stake", {("stake", "noun")}),
            ("at stake", {("idiom", "phrase")}),
            ("at", {("fn.at", "phrase")}),
            ("per cent", {("percent", "phrase")}),
            ("d'", {("fn.of", "phrase")}),
        ]
    )
    found = [(f.start, f.end, f.meanings[0][0]) for f in lexicon.find("at stake: 5 per cent")]
    assert found == [(0, 8, "idiom"), (0, 2, "fn.at"), (12, 20, "percent")]
    assert [f.end for f in lexicon.find("d'une mistake at stakes")] == [2, 16]


NEITHER = [
    "Die Gruppe will ihre Beteiligung an dem Hersteller verkaufen, was in der Branche niemand "
    "erwartet hatte, und die Aktie fiel daraufhin um drei Prozent.",
    "De groep wil zijn belang in de fabrikant verkopen en was daarover in gesprek met een ander "
    "bedrijf, zo is uit bronnen van de krant vernomen.",
    "El grupo quiere vender su participación en el fabricante, que es una de las empresas más "
    "grandes de la región, según dijo un portavoz de la compañía.",
    "Il gruppo vuole vendere la sua quota nel costruttore, che non ha voluto commentare la "
    "notizia, e le azioni sono scese di tre punti.",
    "O grupo quer vender a sua participação no fabricante, que não quis comentar a notícia, e as "
    "ações caíram três por cento na bolsa de Lisboa.",
]


@pytest.mark.parametrize("text", NEITHER)
def test_other_languages_are_not_taken_for_ours(classifier: Classifier, text: str) -> None:
    assert classifier.classify("", text).language is None


def test_few_words_tell_a_language() -> None:
    words = {"en": frozenset({"the", "of", "in"}), "fr": frozenset({"le", "de", "dans"})}
    assert detect("Renault cuts the stake in Nissan", words) == "en"
    assert detect("Renault baisse dans le capital de Nissan", words) == "fr"
    assert detect("12345 !", words) is None
