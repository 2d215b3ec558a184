"""Which entry is which: one piece of news keeps one id, however its feed presents it. Pure.

An entry is known by its guid; without a usable one by its canonical address; without that by
its content. The step is taken entry by entry, so that one bad guid costs no other entry its own.
All three are remembered: an entry whose guid rotates is found by its address, one whose address
changes by its guid, one that changes both by its words. What is found is compared before it is
believed, since guids repeat and many entries may link to one front page.

Wires that count the versions of a guid (NewsML-G2, ninjs) mean it: there, another text under the
same guid is an item of its own, and the story decides whether it brings anything new. A version
that changes no word is the item already known.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from w3lib.url import canonicalize_url, url_query_cleaner

from worker.domain.feed import Feed
from worker.domain.ids import item_id
from worker.domain.item import Entry, Item
from worker.domain.sameness import without_churn
from worker.feeds import datelines
from worker.feeds.corrections import corrects

# Parameters that say where a click came from, not which page it leads to.
_TRACKING = re.compile(
    r"^(?:utm_\w+|at_(?:medium|campaign|custom\d|link\w+|ptr_name|format)|mtm_\w+|pk_\w+|hsa_\w+|"
    r"fbclid|gclid|dclid|msclkid|yclid|igshid|mc_[ce]id|xtor|cmpid|ocid|smid|partner)$",
    re.IGNORECASE,
)
_USUAL_PORT = re.compile(r"^(http://[^/?#]+):80(?=[/?#]|$)|^(https://[^/?#]+):443(?=[/?#]|$)")
# Most addresses: nothing in them can be spelled in another way.
_PLAIN = re.compile(r"https?:(//[a-z0-9.-]{1,253}(?:/[A-Za-z0-9._~/-]{0,1000})?)")
_WEB = re.compile(r"^https?:(?=//)", re.IGNORECASE)
# An address belongs to no feed: whoever links to the page means the same.
_ANY_FEED = ""


@dataclass(frozen=True, slots=True)
class Sighting:
    """An item as one document shows it, with the ids under which it may be known.

    `guid` and `content` are the feed's own, `page` is the same in all feeds. `item.id` is the
    first of them that identifies the entry within its document. `is_version`: the feed counts
    versions, so that neither address nor words of an earlier one are this one's.
    """

    item: Item
    guid: str | None
    page: str | None
    content: str
    is_version: bool = False

    @property
    def keys(self) -> tuple[str, ...]:
        """All that it may be looked up by, the surest first."""
        keys = (self.item.id, self.guid, self.page, self.content)
        return tuple(dict.fromkeys(key for key in keys if key))


def content_hash(entry: Entry) -> str:
    """A hash over the words of title and text; spacing does not count, everything else does."""
    words = "\x1f".join((" ".join(entry.title.split()), " ".join(entry.text.split())))
    return hashlib.blake2b(words.encode("utf-8", "surrogatepass"), digest_size=15).hexdigest()


def canonical_url(url: str) -> str | None:
    """The address in the form in which two spellings of it are equal; http and https are one.

    `None` for what does not parse.
    """
    plain = _PLAIN.fullmatch(url)
    if plain:
        return plain.group(1).rstrip("/")
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
    return tuple(keys[0] for keys in _usable(entries))


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
        guid=entry.guid,
        correction=corrects(entry),
        withdrawn=entry.withdrawn,
    )


def sightings(feed: Feed, entries: Sequence[Entry], seen: datetime) -> tuple[Sighting, ...]:
    """The entries of one document as items, each once: of equal keys the first stays."""
    found: dict[str, Sighting] = {}
    for entry, keys in zip(entries, _usable(entries), strict=True):
        if keys[0] in found:
            continue
        of_kind = {key.partition(":")[0]: key for key in keys}
        guid, page = of_kind.get("guid"), of_kind.get("url")
        found[keys[0]] = Sighting(
            to_item(entry, feed, seen, keys[0]),
            guid=item_id(feed.id, guid) if guid else None,
            page=item_id(_ANY_FEED, page) if page else None,
            content=item_id(feed.id, of_kind["hash"]),
            is_version=bool(entry.version),
        )
    return tuple(found.values())


def all_keys(found: Iterable[Sighting]) -> frozenset[str]:
    """All ids that a look-up of what is known has to ask for."""
    return frozenset(key for one in found for key in one.keys)


def _usable(entries: Sequence[Entry]) -> list[tuple[str, ...]]:
    """For each entry the keys that mean it and no other entry of the document, the surest first."""
    guids = [_guid_key(entry) for entry in entries]
    urls = [_url_key(entry) for entry in entries]
    # A guid or an address that means several entries says nothing about any.
    unclear = _ambiguous(entries, guids, urls) | _ambiguous(entries, urls, urls)
    return [
        (*(key for key in (guid, url) if key and key not in unclear), _hash_key(entry))
        for entry, guid, url in zip(entries, guids, urls, strict=True)
    ]


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
    """The words, without clocks and counters: they run in feeds that have nothing else to go by."""
    words = without_churn(f"{entry.title}\x1f{entry.text}").split()
    digest = hashlib.blake2b(" ".join(words).encode("utf-8", "surrogatepass"), digest_size=15)
    return f"hash:{digest.hexdigest()}"
