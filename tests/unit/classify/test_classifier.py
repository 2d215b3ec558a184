"""What the classifier promises to those who call it."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from itertools import product
from pathlib import Path

import pytest

from worker.classify import Classifier, load
from worker.domain.event import Event, Status


def only(classifier: Classifier, text: str, rule: str, language: str = "en") -> Event:
    found = [e for e in classifier.classify("", text, language=language).events if e.rule == rule]
    assert len(found) == 1, text
    return found[0]


COMPANIES = [
    "Renault",
    "Nissan",
    "Toyota",
    "Honda",
    "Volkswagen",
    "Geely",
    "Stellantis",
    "Hyundai",
    "Ford",
    "BMW",
]
FRAMES = [
    ("en", "{a} has agreed to buy 20% of {b}, it said on Monday."),
    ("en", "{a} will raise its stake in {b} to 20% from 10%."),
    ("en", "A 20% stake in {b} has been bought by {a}."),
    ("en", "{a} is in talks to take a stake in {b}, people familiar with the matter said."),
    ("en", "{a} will cut its stake in {b} to 10% from 20%."),
    ("fr", "{a} a acquis 20 % du capital de {b}."),
    ("fr", "{a} va porter de 10 % à 20 % sa participation dans {b}."),
    ("fr", "{a} négocie une entrée au capital de {b}."),
    ("fr", "La participation de {a} dans {b} sera ramenée de 20 % à 10 %."),
    ("fr", "{a} a cédé à un fonds ses 20 % de {b}."),
]
SWAPS = [
    (language, frame, one, other)
    for (language, frame), (one, other) in product(
        FRAMES, list(zip(COMPANIES, [*COMPANIES[1:], COMPANIES[0]], strict=True)) * 1
    )
] + [
    (language, frame, one, other)
    for (language, frame), (one, other) in product(
        FRAMES, list(zip(COMPANIES, [*COMPANIES[3:], *COMPANIES[:3]], strict=True))
    )
]


def test_there_are_two_hundred_swaps() -> None:
    assert len(set(SWAPS)) == 200


@pytest.mark.parametrize(("language", "frame", "one", "other"), SWAPS)
def test_roles_swap_with_the_names(
    classifier: Classifier, language: str, frame: str, one: str, other: str
) -> None:
    for a, b in ((one, other), (other, one)):
        event = only(classifier, frame.format(a=a, b=b), "equity-change", language)
        assert (event.roles["holder"], event.roles["target"]) == (a, b)


ITEM = (
    "Geely to buy a tenth of Volvo Trucks' maker",
    "GOTHENBURG, May 4 (Reuters) - China’s Geely has agreed to buy 8.2% of Sweden’s Volvo Group "
    "for €3.3 billion, the two companies said on Monday.\n\n"
    "Geely already owns Volvo Cars. 💡 Shares rose.",
)


def test_evidence_is_cut_from_the_field_at_its_offsets(classifier: Classifier) -> None:
    title, text = ITEM
    events = classifier.classify(title, text).events
    assert events
    for event in events:
        assert event.evidence[0].role == ""
        assert {"holder", "target"} <= {e.role for e in event.evidence}
        for evidence in event.evidence:
            given = title if evidence.field == "title" else text
            assert given[evidence.start : evidence.end] == evidence.text


def test_companies_are_aligned_with_parties(classifier: Classifier) -> None:
    (event, *_) = classifier.classify(*ITEM).events
    assert dict(zip(event.parties, event.companies, strict=True)) == {
        "Geely": "geely",
        "Volvo Group": "volvo-group",
    }


def test_alliance_is_the_one_the_parties_share(classifier: Classifier) -> None:
    event = only(classifier, "Renault has sold 5% of Nissan.", "equity-change")
    assert event.alliance == "renault-nissan-mitsubishi"
    other = only(classifier, "Norvex Holdings has sold 5% of Datalume Inc.", "equity-change")
    assert other.alliance is None
    assert other.companies == ("norvex-holdings", "datalume-inc")


def test_listed_wants_two_companies_of_the_watchlist(rules: Path) -> None:
    listed = load([rules], companies="listed")
    assert (
        listed.classify("", "Norvex Holdings has sold 5% of Datalume Inc.", language="en").events
        == ()
    )
    assert listed.classify("", "Norvex Holdings has sold 5% of Nissan.", language="en").events == ()
    assert len(listed.classify("", "Renault has sold 5% of Nissan.", language="en").events) == 1


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (
            "Der Konzern hat am Montag 5 Prozent der Aktien von Nissan verkauft, teilte er mit.",
            None,
        ),
        (
            "El grupo ha vendido el lunes el 5% de las acciones de Nissan, según un comunicado.",
            None,
        ),
        ("Le groupe a vendu lundi 5 % du capital de Nissan, a-t-il annoncé.", "fr"),
        ("The group has sold 5% of its shares in Nissan, it said on Monday.", "en"),
        ("", None),
        ("12345 67890", None),
    ],
)
def test_language(classifier: Classifier, text: str, language: str | None) -> None:
    assert classifier.classify("", text).language == language


def test_a_hint_is_believed(classifier: Classifier) -> None:
    assert classifier.classify("", "Renault 5% Nissan", language="fr-CA").language == "fr"
    assert classifier.classify("", "The group said", language="de").language is None


def test_many_keep_their_order(classifier: Classifier) -> None:
    published = datetime(2024, 5, 4, tzinfo=UTC)
    items = [("", "Nothing of note.", "en", None), (*ITEM, None, published), ("", "", None, None)]
    results = classifier.classify_many(items)
    assert [bool(r.events) for r in results] == [False, True, False]


@pytest.mark.parametrize(
    "text",
    [
        "\x00\ud800 stake buy",
        "%" * 5000,
        "stake " * 3000,
        "(" * 2000 + "buy stake",
        "İ stake 5% of Nissan sold by Renault",
    ],
)
def test_odd_text_does_no_harm(classifier: Classifier, text: str) -> None:
    for event in classifier.classify(text, text, language="en").events:
        for evidence in event.evidence:
            assert text[evidence.start : evidence.end] == evidence.text


def test_hearsay_and_official_word(classifier: Classifier) -> None:
    sources = "Honda plans to buy 10% of Nissan, two sources said."
    official = "Honda plans to buy 10% of Nissan, the company said."
    assert only(classifier, sources, "equity-change").status is Status.RUMOURED
    assert only(classifier, official, "equity-change").status is Status.PLANNED


def test_explain_says_why_and_why_not(classifier: Classifier) -> None:
    told = classifier.explain("", "Renault has sold 5% of Nissan.", language="en")
    by_rule = {r.rule: r for r in told.rules}
    assert by_rule["equity-change"].fired
    assert by_rule["equity-change"].attempts[0].roles["holder"] == ("Renault",)
    assert not by_rule["ip-sharing"].gate
    own = classifier.explain("", "Toyota will buy back 3% of its own shares.", language="en")
    reason = next(r.reason for r in own.rules if r.rule == "equity-change")
    assert "own-shares" in reason or "company" in reason


def test_importing_the_package_does_not_import_spacy() -> None:
    code = "import sys, worker.classify; sys.exit('spacy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
