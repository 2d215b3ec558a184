"""What is fed to the service: labelled news, noise, and news made up to raise one alert each."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tests.support.news import pair

DATA = Path(__file__).resolve().parents[2] / "shared" / "quality"
NOISE = DATA / "noise.jsonl.gz"
ABSENT = "the labelled sets are not beside the project (../shared/quality)"


@dataclass(frozen=True, slots=True)
class Text:
    """One item. `relevant`: labelled as holding an event, or written so that it does."""

    key: str
    title: str
    text: str
    language: str
    relevant: bool


def noise() -> list[Text]:
    """The unrelated items, in the order of the file; those about deals are left out."""
    return [
        Text(item["id"], item["title"], item["text"], item["lang"], relevant=False)
        for item in _lines(NOISE)
        if "acq" not in item["topics"]
    ]


def labelled() -> list[Text]:
    """Those labelled items that hold an event, both languages."""
    return [
        Text(item["id"], item["title"], item["text"], item["lang"], relevant=True)
        for language in ("en", "fr")
        for item in _lines(DATA / f"dev.{language}.jsonl")
        if item["events"]
    ]


def wire(share: float) -> list[Text]:
    """The noise with labelled items spread over it, so that they are `share` of the whole."""
    unrelated, related = noise(), labelled()
    wanted = round(len(unrelated) * share / (1 - share))
    draw = random.Random(11)
    mixed = unrelated + [related[at % len(related)] for at in range(wanted)]
    draw.shuffle(mixed)
    return mixed


def deals(count: int) -> list[Text]:
    """`count` items, up to 2,500, about deals between companies that meet once: one story each."""
    return [_deal(number, *pair(number)) for number in range(count)]


def _deal(number: int, buyer: str, target: str) -> Text:
    percent = 10 + number % 30
    return Text(
        key=f"deal-{number}",
        title=f"{buyer} agrees to buy {percent}% stake in {target}",
        text=(
            f"PARIS, March 3 - {buyer} has signed an agreement to buy a {percent}% stake in "
            f"{target}, the two companies said in a joint statement on Monday.\n\n"
            "The price was not disclosed. The transaction needs the approval of competition "
            "authorities, which both companies expect by the end of the year.\n\n"
            f"Analysts had expected {buyer} to look for a partner after two years of weak sales. "
            "Shares of both companies were little changed in early trading."
        ),
        language="en",
        relevant=True,
    )


def pages(texts: Sequence[Text], size: int) -> list[Sequence[Text]]:
    """`texts` cut into feeds of `size` items."""
    return [texts[start : start + size] for start in range(0, len(texts), size)]


def page(texts: Sequence[Text], number: int, size: int) -> list[Text]:
    """`size` texts that no other page has, as long as `texts` are and of their words.

    The words stand in no order, so that no two tell the same, however many there are.
    """
    words = sorted({word for text in texts for word in text.text.split()})
    made = []
    for at in range(number * size, (number + 1) * size):
        model, draw = texts[at % len(texts)], random.Random(at)
        text = " ".join(draw.choices(words, k=len(model.text.split())))
        title = " ".join(draw.choices(words, k=len(model.title.split())))
        made.append(replace(model, key=f"{model.key}-{at}", title=title, text=text))
    return made


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    raw = path.read_bytes()
    for line in (gzip.decompress(raw) if path.suffix == ".gz" else raw).splitlines():
        yield json.loads(line)
