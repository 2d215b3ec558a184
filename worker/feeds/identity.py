"""Which entry is which: one piece of news keeps one id, however its feed presents it. Pure.

An entry is known by its guid; without a usable one by its canonical address; without that by
its content. The step is taken entry by entry, so that one bad guid costs no other entry its own.

Wires that count the versions of a guid (NewsML-G2, ninjs) mean it: there, another text under the
same guid is an item of its own, and the story decides whether it brings anything new. A version
that changes no word is the item already known.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from w3lib.url import canonicalize_url, url_query_cleaner

from worker.domain.feed import Feed, Fetched
from worker.domain.ids import item_id
from worker.domain.item import Entry, Item
from worker.feeds import datelines

# Parameters that say where a click came from, not which page it leads to.
_TRACKING = re.compile(
    r"^(?:utm_\w+|at_(?:medium|campaign|custom\d|link\w+|ptr_name|format)|mtm_\w+|pk_\w+|hsa_\w+|"
    r"fbclid|gclid|dclid|msclkid|yclid|igshid|mc_[ce]id|xtor|cmpid|ocid|smid|partner)$",
    re.IGNORECASE,
)
_USUAL_PORT = re.compile(r"^(http://[^/?#]+):80(?=[/?#]|$)|^(https://[^/?#]+):443(?=[/?#]|$)")
_WEB = re.compile(r"^https?:(?=//)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Sighting:
    """An item as one document shows it. `aliases` are ids that it may have been stored under."""

    item: Item
    aliases: tuple[str, ...] = ()


def content_hash(entry: Entry) -> str:
    """A hash over the words of title and text; spacing does not count, everything else does."""
    words = "\x1f".join((" ".join(entry.title.split()), " ".join(entry.text.split())))
    return hashlib.blake2b(words.encode("utf-8", "surrogatepass"), digest_size=15).hexdigest()


def canonical_url(url: str) -> str | None:
    """The address in the form in which two spellings of it are equal; http and https are one.

    `None` for what does not parse.
    """
    try:
        names = [part.split("=", 1)[0] for part in url.partition("?")[2].split("&")]
        tracking = [name for name in names if _TRACKING.match(name)]
        if tracking:
            url = url_query_cleaner(url, tracking, remove=True, unique=False)
        url = _USUAL_PORT.sub(r"\1\2", canonicalize_url(url))
        return _WEB.sub("", url).rstrip("/")
    except ValueError:
        return None


def entry_key(entry: Entry) -> str:
    """What identifies the entry within its feed, seen on its own: guid, address or content."""
    return _guid_key(entry) or _url_key(entry) or _hash_key(entry)


def entry_keys(entries: Sequence[Entry]) -> tuple[str, ...]:
    """The keys of the entries of one document, in their order.

    As `entry_key`, but a guid that the document gives to different entries (another address, or
    another title at the same one) identifies none of them, and an address likewise. Equal keys
    are one entry shown twice.
    """
    return tuple(chosen for chosen, _ in _choose(entries))


def to_item(entry: Entry, feed: Feed, seen: datetime, key: str | None = None) -> Item:
    """The item that `entry` is. A `published` after `seen` is clamped, what was claimed kept.

    Its source is the agency that the text names in its dateline, else who provides it, else the
    feed. A version is as old as itself, not as the first of them.
    """
    dateline = datelines.parse(entry.text)
    source = (dateline and dateline.agency) or entry.provider or feed.name
    claimed = (entry.updated if entry.version else None) or entry.published or entry.updated
    return Item(
        id=item_id(feed.id, key or entry_key(entry)),
        feed_id=feed.id,
        title=entry.title,
        text=entry.text,
        seen=seen,
        source=source,
        url=entry.url,
        published=min(claimed, seen) if claimed else None,
        published_raw=claimed,
        language=entry.language,
        content_hash=content_hash(entry),
    )


def sightings(feed: Feed, entries: Sequence[Entry], seen: datetime) -> tuple[Sighting, ...]:
    """The entries of one document as items, each once: of equal keys the first stays."""
    found: dict[str, Sighting] = {}
    for entry, (key, aliases) in zip(entries, _choose(entries), strict=True):
        if key not in found:
            item = to_item(entry, feed, seen, key)
            found[key] = Sighting(item, tuple(item_id(feed.id, alias) for alias in aliases))
    return tuple(found.values())


def candidate_ids(found: Iterable[Sighting]) -> frozenset[str]:
    """All ids that a look-up of what is known has to ask for."""
    return frozenset(id_ for one in found for id_ in (one.item.id, *one.aliases))


def unknown(found: Iterable[Sighting], known: Collection[str]) -> tuple[Item, ...]:
    """The items that are stored under none of their ids."""
    return tuple(
        one.item for one in found if not any(i in known for i in (one.item.id, *one.aliases))
    )


def new_items(
    feed: Feed, fetched: Fetched, seen: datetime, known: Collection[str] = ()
) -> tuple[Item, ...]:
    """The items of one poll that are not in `known` (ids), each once, in the document's order."""
    return unknown(sightings(feed, fetched.entries, seen), known)


def _choose(entries: Sequence[Entry]) -> list[tuple[str, tuple[str, ...]]]:
    """For each entry the key, and the other keys that it could have had in an earlier document."""
    guids = [_guid_key(entry) for entry in entries]
    urls = [_url_key(entry) for entry in entries]
    # A guid or an address that means several entries says nothing about any.
    unclear = _ambiguous(entries, guids, urls) | _ambiguous(entries, urls, urls)
    result = []
    for entry, guid, url in zip(entries, guids, urls, strict=True):
        usable = [key for key in (guid, url) if key and key not in unclear]
        usable.append(_hash_key(entry))
        result.append((usable[0], tuple(usable[1:])))
    return result


def _ambiguous(
    entries: Sequence[Entry], keys: Sequence[str | None], urls: Sequence[str | None]
) -> frozenset[str]:
    """The keys that stand for more than one entry."""
    counts = Counter(key for key in keys if key)
    identities: defaultdict[str, set[tuple[str | None, str]]] = defaultdict(set)
    for entry, key, url in zip(entries, keys, urls, strict=True):
        if key and counts[key] > 1:
            identities[key].add((url, " ".join(entry.title.casefold().split())))
    return frozenset(key for key, different in identities.items() if len(different) > 1)


def _guid_key(entry: Entry) -> str | None:
    guid = (entry.guid or "").strip()
    if not guid:
        return None
    text = f"@{content_hash(entry)}" if entry.version else ""
    return f"guid:{_WEB.sub('', guid)}{text}"


def _url_key(entry: Entry) -> str | None:
    address = canonical_url(entry.url) if entry.url else None
    return f"url:{address}" if address else None


def _hash_key(entry: Entry) -> str:
    return f"hash:{content_hash(entry)}"
