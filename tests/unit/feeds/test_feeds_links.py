from __future__ import annotations

import time

import pytest

from worker.feeds.links import Link, addresses, header_links, markup_links

BASE = "https://a.example/news/"


@pytest.mark.parametrize(
    ("value", "hubs"),
    [
        ('<https://hub.example/>; rel="hub"', ("https://hub.example/",)),
        ("<https://hub.example/>;rel=hub", ("https://hub.example/",)),
        ('<https://a/>; rel="self", <https://h/>; rel="hub"', ("https://h/",)),
        ('<https://h/1>; rel="hub", <https://h/2>; rel="hub"', ("https://h/1", "https://h/2")),
        ('<https://h/>; title="a, b; c"; rel="other hub"', ("https://h/",)),
        ("</hub>; rel=HUB", ("https://a.example/hub",)),
        ("<javascript:alert(1)>; rel=hub", ()),
        ("<https://h/>", ()),
        ("https://h/; rel=hub", ()),
        ("", ()),
    ],
)
def test_links_in_headers(value: str, hubs: tuple[str, ...]) -> None:
    assert addresses(header_links(value, BASE), "hub") == hubs


@pytest.mark.parametrize(
    ("document", "relation", "found"),
    [
        ('<link rel="hub" href="https://h/">', "hub", ("https://h/",)),
        ("<link href=https://h/ rel=hub>", "hub", ("https://h/",)),
        ("<LINK REL='self hub' HREF='/h?a=1&amp;b=2'/>", "hub", ("https://a.example/h?a=1&b=2",)),
        ('<atom:link rel="hub" href="https://h/"/>', "hub", ("https://h/",)),
        ('<atom10:link xmlns:atom10="x" rel="self" href="f"/>', "self", (BASE + "f",)),
        ('<a href="https://h/" rel="hub">hub</a>', "hub", ("https://h/",)),
        ('<base href="https://b.example/"><link rel=hub href=h>', "hub", ("https://b.example/h",)),
        ('<!-- <link rel="hub" href="https://h/"> -->', "hub", ()),
        ("<link>https://h/</link>", "hub", ()),
        ('<link rel="hub">', "hub", ()),
    ],
)
def test_links_in_documents(document: str, relation: str, found: tuple[str, ...]) -> None:
    assert addresses(markup_links(document.encode(), BASE), relation) == found


def test_a_link_says_what_it_leads_to() -> None:
    page = '<link rel="alternate" type="Application/RSS+XML; x=y" title=" All\nnews " href="/f">'
    assert markup_links(page.encode(), BASE) == (
        Link("https://a.example/f", frozenset({"alternate"}), "application/rss+xml", "All news"),
    )


@pytest.mark.parametrize(
    "piece",
    ["<link ", "<a '", '<link rel="', "<link a=", "<!--", "<a:", "<link rel=x/", "<link '\">"],
)
def test_hostile_documents_cost_no_more_than_others(piece: str) -> None:
    started = time.process_time()
    markup_links((piece * (300_000 // len(piece))).encode(), BASE)
    header_links(piece * 5_000, BASE)
    assert time.process_time() - started < 10
