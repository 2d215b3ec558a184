"""When two texts tell the same news: thresholds tried on pairs made for it, and on real wires."""

from __future__ import annotations

import gzip
import json
import random
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from worker.domain.item import Item
from worker.domain.sameness import Wording, adds_nothing, is_edit, is_same_news
from worker.feeds.likeness import bands

SEEN = datetime(2023, 1, 24, 12, tzinfo=UTC)
OWN = sorted((Path(__file__).parents[2] / "data" / "labelled").glob("*.jsonl"))
NOISE = Path(__file__).parents[4] / "shared" / "quality" / "noise.jsonl.gz"
CHANGED = 0.05
RECALL = 0.98
FALSE_MERGES = 0.001


def item(title: str, text: str, feed: str = "a", name: str = "1") -> Item:
    return Item(name, feed, title, text, SEEN, published=SEEN)


def texts() -> list[Item]:
    rows = [json.loads(line) for path in OWN for line in path.read_text("utf-8").splitlines()]
    return [item(row["title"], row["text"]) for row in rows if len(row["text"].split()) >= 20]


Change = Callable[[random.Random, list[str], int, list[str]], None]


def replaced(rng: random.Random, words: list[str], at: int, filler: list[str]) -> None:
    words[at] = rng.choice(filler)


def left_out(rng: random.Random, words: list[str], at: int, filler: list[str]) -> None:
    words[at] = ""


def added(rng: random.Random, words: list[str], at: int, filler: list[str]) -> None:
    words[at] += " " + rng.choice(filler)


def pairs(change: Change) -> Iterator[tuple[Item, Item]]:
    """Each text with a twin in which a twentieth of the words is changed, at random places."""
    rng = random.Random(7)
    known = texts()
    filler = [
        word for one in known for word in one.text.split() if word.isalpha() and word.islower()
    ]
    for one in known:
        for _ in range(3):
            words = one.text.split(" ")
            for at in rng.sample(range(len(words)), int(len(words) * CHANGED)):
                change(rng, words, at, filler)
            yield one, replace(one, id="2", feed_id="b", text=" ".join(filter(None, words)))


@pytest.mark.parametrize("change", [replaced, left_out, added])
def test_texts_with_a_twentieth_of_the_words_changed_are_the_same(change: Change) -> None:
    made = list(pairs(change))
    assert len(made) > 400
    met = [
        bool(set(bands(one.title, one.text)) & set(bands(twin.title, twin.text)))
        for one, twin in made
    ]
    merged = [
        meets and is_same_news(twin, one) for meets, (one, twin) in zip(met, made, strict=True)
    ]
    assert sum(met) / len(made) >= 0.995
    assert sum(merged) / len(made) >= RECALL


def test_a_text_in_which_one_figure_differs_is_never_the_same() -> None:
    rng = random.Random(7)
    for one in texts():
        figures = sorted(figure for figure in Wording.of(one).figures if figure in one.text)
        if figures:
            old = rng.choice(figures)
            twin = one.text.replace(old, "77.7")
            title = one.title.replace(old, "77.7")
            assert not is_same_news(item(title, twin, "b", "2"), one)


@pytest.mark.skipif(not NOISE.exists(), reason="the set of noise is not here")
def test_hardly_any_of_thousands_of_reports_are_taken_for_others() -> None:
    with gzip.open(NOISE, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    merged: list[tuple[Item, Item]] = []
    by_band: defaultdict[int, list[Item]] = defaultdict(list)
    for row in rows:
        one = item(row["title"], row["text"], f"feed {row['id']}", row["id"])
        found = bands(one.title, one.text)
        candidates = {other.id: other for band in found for other in by_band[band]}
        known = next((it for it in candidates.values() if is_same_news(one, it)), None)
        if known is not None:
            merged.append((one, known))
        for band in found:
            by_band[band].append(one)
    false = [(one.id, other.id) for one, other in merged if not is_one_report(one, other)]
    assert len(false) <= FALSE_MERGES * len(rows), false
    assert len(merged) > 10, "reports that were sent twice are not found"


def is_one_report(one: Item, other: Item) -> bool:
    """By another measure than the code's: the same figures, and nearly every long word common."""
    mine, its = (
        {word.strip(".,;:<>()\"'").casefold() for word in it.text.split()} for it in (one, other)
    )
    figures = [{word for word in words if any(map(str.isdigit, word))} for words in (mine, its)]
    few = figures[0] <= figures[1] or figures[1] <= figures[0]
    long = [{word for word in words if len(word) > 5} for words in (mine, its)]
    return few and len(long[0] & long[1]) >= 0.75 * min(map(len, long))


TALKS = (
    "Borel is in talks to cut its holding in Tamaki to 15% from 43%, two people said on Tuesday. "
    "The carmakers have shared platforms since 1999. Neither company wanted to comment on that."
)


@pytest.mark.parametrize(
    ("old", "fresh"),
    [
        ("15%", "20%"),
        ("Tamaki", "Sorano"),
        ("is in talks to cut", "has agreed to cut"),
        ("have shared", "have not shared"),
        ("1999", "2001"),
    ],
)
def test_what_changes_the_news_is_never_the_same(old: str, fresh: str) -> None:
    known = item("Borel reviews stake", TALKS)
    new = item("Borel reviews stake", TALKS.replace(old, fresh), "b", "2")
    assert not is_same_news(new, known)
    assert is_edit(new, known)


def test_somebody_who_joins_near_the_beginning_is_news_and_a_credit_at_the_end_is_not() -> None:
    known = item("Borel reviews stake", TALKS + " They have gone on for years, as is known." * 6)
    joined = known.text.replace("15% from 43%,", "15% from 43%, with Sorano as buyer,")
    assert not is_same_news(item(known.title, joined, "b", "2"), known)
    assert not is_same_news(item("Borel reviews stake, Sorano asks", known.text, "b", "2"), known)
    credited = known.text + " Reporting for the Lunel Herald."
    assert is_same_news(item(known.title, credited, "b", "2"), known)
    dated = "TOKYO, Jan 26 (Reuters) - " + known.text
    assert is_same_news(item(known.title, known.text, "b", "2"), item(known.title, dated))


def test_numbers_in_letters_count_before_what_they_measure() -> None:
    known = item("Borel invests", TALKS + " It will cost 1.5 billion euros.")
    new = item("Borel invests", TALKS + " It will cost two billion euros.", "b", "2")
    assert not is_same_news(new, known)


def test_short_notices_are_the_same_only_word_for_word() -> None:
    known = item("Borel Motors halts its plant in Vesoul for a week", "")
    assert is_same_news(replace(known, id="2", feed_id="b"), known)
    assert not is_same_news(
        item("Borel Motors halts its plant in Vesoul for a day", "", "b"), known
    )
    assert not is_same_news(item("Market report", "", "b"), item("Market report", ""))


def test_a_notice_of_every_week_is_not_the_one_of_last_week() -> None:
    known = item("Weekly notice", TALKS)
    assert not is_same_news(replace(known, id="2", published=SEEN + timedelta(days=7)), known)


def test_long_boilerplate_under_another_title_of_one_feed_is_not_the_same() -> None:
    known = item("Borel names a chief executive", TALKS)
    assert not is_same_news(item("Strike in the north continues", TALKS, name="2"), known)
    assert is_same_news(item("Strike in the north continues", TALKS, "b", "2"), known)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (TALKS, "Updated: 14:05 GMT. " + TALKS),
        (TALKS, TALKS + " 3 hours ago"),
        (TALKS + " 12 comments", TALKS + " 140 comments"),
        (TALKS, TALKS.replace("wanted to comment", "wished to comment")),
        (TALKS, TALKS[:90]),
        (TALKS, ""),
    ],
)
def test_polish_is_no_edit(before: str, after: str) -> None:
    assert not is_edit(item("Borel reviews stake", after), item("Borel reviews its stake", before))


@pytest.mark.parametrize(
    ("before", "after", "edited"),
    [
        ("Borel to cut stake in Tamaki", "UPDATE 3-Borel to cut its stake in Tamaki", False),
        ("Borel to cut stake to 43%", "Borel to cut stake to 15%", True),
        ("Borel to cut stake in Tamaki", "Strike in the north continues", True),
    ],
)
def test_of_a_mere_title_only_a_figure_or_all_of_it_is_an_edit(
    before: str, after: str, edited: bool
) -> None:
    assert is_edit(item(after, ""), item(before, "")) is edited


def test_a_title_with_a_link_adds_nothing_to_the_article() -> None:
    article = item("Borel reviews stake in Tamaki", TALKS)
    assert adds_nothing(item("Borel reviews stake in Tamaki - Daily", "", "b"), article)
    assert not adds_nothing(article, item("Borel reviews stake in Tamaki", "", "b"))
    assert not adds_nothing(item("Borel raises stake to 50%", "", "b"), article)
