"""News for tests: feeds made of items, and items that are sure to raise alerts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from html import escape
from pathlib import Path
from typing import Any

QUALITY = Path(__file__).resolve().parents[3] / "shared" / "quality"

ABSENT = "the labelled sets are not beside the project (../shared/quality)"


def seed() -> Mapping[str, Any] | None:
    """The seed article with its labels, where the shared folder is present."""
    path = QUALITY / "seed.jsonl"
    if not path.is_file():
        return None
    item: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8").splitlines()[0])
    return item


def rss(items: Iterable[Mapping[str, str]], *, language: str = "en", title: str = "Wire") -> bytes:
    """An RSS 2.0 document of items with `guid`, `title`, `text`, and `link` and `date` if any."""
    parts = [
        '<?xml version="1.0" encoding="utf-8"?>',
        f'<rss version="2.0"><channel><title>{escape(title)}</title>',
        f"<link>https://wire.example/</link><language>{language}</language>",
        "<description>News for a test</description>",
    ]
    for item in items:
        paragraphs = "".join(f"<p>{escape(part)}</p>" for part in item["text"].split("\n\n"))
        parts.append(
            "<item>"
            f'<guid isPermaLink="false">{escape(item["guid"])}</guid>'
            f"<title>{escape(item['title'])}</title>"
            f"<link>{escape(item.get('link', 'https://wire.example/' + item['guid']))}</link>"
            f"<description>{escape(paragraphs)}</description>"
            + (f"<pubDate>{item['date']}</pubDate>" if "date" in item else "")
            + "</item>"
        )
    parts.append("</channel></rss>")
    return "\n".join(parts).encode()


def pair(number: int) -> tuple[str, str]:
    """A buyer and a target; in 2,500 numbers no two companies meet twice."""
    buyer = _BUYERS[number % len(_BUYERS)]
    first, second = divmod(number // len(_BUYERS), len(_SECOND))
    kind = _KINDS[first // len(_FIRST) % len(_KINDS)]
    return buyer, f"{_FIRST[first % len(_FIRST)]}{_SECOND[second]} {kind}"


def stake_sale(number: int) -> dict[str, str]:
    """An item that begins a story of its own and raises exactly one alert."""
    percent = 10 + number % 30
    buyer, target = pair(number)
    return {
        "guid": f"stake-{number}",
        "title": f"{buyer} agrees to buy {percent}% stake in {target} - deal {number}",
        "text": (
            f"PARIS, March 3 - {buyer} has signed an agreement to buy a {percent}% stake in "
            f"{target}, the two companies said in a joint statement on Monday.\n\n"
            f"The companies gave no price. It is transaction number {number} of the year for them."
        ),
    }


_BUYERS = ("Renault", "Toyota", "Honda", "Volkswagen", "Stellantis")
_FIRST = ("Bor", "Tan", "Kel", "Mor", "Ver", "Sal", "Dor", "Hal", "Pel", "Gar")
_SECOND = ("vena", "duro", "mika", "loma", "tessa", "brin", "zeno", "pola", "rica", "fane")
_KINDS = ("Motors", "Holding", "Industries", "Systems", "Group")
