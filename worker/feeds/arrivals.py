"""What the entries of a document are to the store: known, a source more, an edit or new. Pure.

No entry is lost: what cannot be shown to be known is new. No entry comes twice: what a guid, an
address or the words show to be known is compared with all its earlier forms.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice

from worker.domain.ids import item_id
from worker.domain.item import Arrival, Item
from worker.domain.sameness import LEAST, Wording, adds_nothing, is_edit, is_same_page
from worker.feeds.identity import Sighting, canonical_url
from worker.feeds.likeness import bands

Known = Mapping[str, str]
"""Item ids by the keys under which they are known. An item may have been deleted since."""
Versions = Mapping[str, Sequence[Item]]
"""All forms of items, the oldest first, by the id of any of them."""

_SENTENCE = re.compile(r"(?<=[.!?…»\"])\s+|\n+")
_MOST_SENTENCES = 20
_LONGEST_SENTENCE = 300


def to_compare(found: Iterable[Sighting], known: Known) -> frozenset[str]:
    """The ids of items whose texts have to be looked at before `settle` can decide."""
    return frozenset(id_ for one in found for id_ in _doubtful(one, known))


def settle(
    found: Iterable[Sighting], known: Known, versions: Versions
) -> tuple[Arrival | None, ...]:
    """What is to be kept of each entry of one document, in its order; `None` of what is known.

    `known` holds all of `identity.all_keys`, `versions` what `to_compare` asked for.
    """
    return tuple(_settle(one, known, versions) for one in found)


def arrival(item: Item, *keys: str | None, is_version: bool = False) -> Arrival:
    """An item that is new, as far as its feed knows."""
    return Arrival(
        item,
        tuple(key for key in dict.fromkeys(keys) if key and key != item.id),
        bands(item.title, item.text),
        is_version=is_version,
    )


def _doubtful(one: Sighting, known: Known) -> Iterator[str]:
    if one.is_version or _is_plainly_known(one, known):
        return
    for key in one.keys:
        if key in known:
            yield known[key]


def _is_plainly_known(one: Sighting, known: Known) -> bool:
    """Whether the same words have been seen under the same guid, or at the same page."""
    if one.item.id in known and one.item.id == one.content:
        return True
    named = (one.guid is not None and one.guid in known) or (
        one.page is not None and one.page in known
    )
    return named and one.content in known


def _settle(one: Sighting, known: Known, versions: Versions) -> Arrival | None:
    if one.is_version:
        is_new = one.item.id not in known and one.content not in known
        return arrival(one.item, one.page, one.content, is_version=True) if is_new else None
    if _is_plainly_known(one, known):
        return None
    for key in dict.fromkeys((one.guid, one.item.id, one.page)):
        if key is None or key not in known:
            continue
        forms = versions.get(known[key], ())
        if not forms:
            return None  # deleted since, and not to come back
        if forms[0].feed_id != one.item.feed_id and key == one.page:
            standing = (form for form in forms if form.withdrawn is None)
            told = next((form for form in standing if adds_nothing(one.item, form)), None)
            if told is not None:
                return Arrival(one.item, _own_keys(one), same_as=told.id)
        elif _is_the_same_entry(one, forms, by_page=key == one.page):
            return _edited(one, forms)
    if one.content in known and _is_the_same_notice(one, versions.get(known[one.content], ())):
        return None
    item = one.item
    if item.id in known:  # a guid or an address that has gone over to another entry
        if one.content in known:
            return None
        item = replace(item, id=one.content)
    return arrival(item, one.guid, one.page, one.content)


def _own_keys(one: Sighting) -> tuple[str, ...]:
    return tuple(key for key in (one.item.id, one.guid, one.content) if key)


def _is_the_same_entry(one: Sighting, forms: Sequence[Item], *, by_page: bool) -> bool:
    """Guids repeat by mistake, and several entries may link to one page: both must fit the text.

    A guid whose address stayed is believed without that.
    """
    if not by_page:
        addresses = {canonical_url(form.url) for form in forms if form.url}
        own = canonical_url(one.item.url) if one.item.url else None
        if own is None or not addresses or own in addresses:
            return True
    return any(is_same_page(one.item, form) for form in forms)


def _is_the_same_notice(one: Sighting, forms: Sequence[Item]) -> bool:
    """The same words under another guid and address: a repeat, or the next of a series."""
    if one.guid is None and one.page is None:
        return True
    if len(Wording.of(one.item).words) >= LEAST:
        return True
    return any(form.published_raw == one.item.published_raw for form in forms)


def _edited(one: Sighting, forms: Sequence[Item]) -> Arrival | None:
    """The item that an edit makes, if it brings something that no earlier form had."""
    if not all(is_edit(one.item, form) for form in forms):
        return None
    first, latest = forms[0], forms[-1]
    original = first.updates or first.id
    key = f"edit:{original}:{one.item.content_hash}"
    item = replace(
        one.item,
        id=item_id(one.item.feed_id, key),
        updates=original,
        difference=difference(latest, one.item),
    )
    return arrival(item, one.content)


def difference(before: Item, after: Item) -> str:
    """The sentences that went (`- …`) and came (`+ …`), one a line; the first twenty."""
    changes = difflib.unified_diff(_sentences(before), _sentences(after), n=0, lineterm="")
    lines = (
        f"{line[0]} {line[1:]}"[:_LONGEST_SENTENCE]
        for line in islice(changes, 2, None)  # after the two lines that would name files
        if not line.startswith("@@") and line[1:].strip()
    )
    return "\n".join(islice(lines, _MOST_SENTENCES))


def _sentences(item: Item) -> list[str]:
    return [item.title, *(part.strip() for part in _SENTENCE.split(item.text[:20_000]))]
