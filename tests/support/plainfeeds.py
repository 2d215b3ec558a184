"""Feeds much as publishers write them, plain and not so plain, for comparing two ways of reading.

`feeds` draws whole documents: RSS 2.0 and Atom 1.0 of elements in any order, some of them twice,
with texts, addresses, dates and attributes that are usual, and now and then with what is not.
"""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

from hypothesis import strategies as st

_TEXTS = st.sampled_from(
    [
        "", " ", "Renault cuts its stake", "  spaces \n and\tlines  ", "a & b", "a &amp; b",
        "AT&amp;amp;T", "&lt;b&gt;not bold&lt;/b&gt;", "<p>One.</p><p>Two &eacute;.</p>", "a < b",
        "<b>bold</b> &nbsp; x", "<unknown>x</unknown>", "&bogus; <i>x</i>", "café — naïve €",
        "cafÃ© mojibake", "Ã©", "smart \x92 quote", "\u00a0nbsp\u00a0", "日本語", "x" * 600,
        "&#233; and &#x27;", "<script>x()</script>text", "<![CDATA[ inner ", "😀",
        "\u2028", "<br/>",
        "<div>one</div>", "ends with ; &copy;", "<img src='x'/>", "http://a.example/?a=1&b=2",
    ]
)  # fmt: skip
_WORDS = st.text(alphabet="aé &<>;'\"\n#x/p—", max_size=12)
_VALUES = _TEXTS | _WORDS
_ADDRESSES = st.sampled_from(
    [
        "https://a.example/1", "http://a.example/x?a=1&b=2", "http://a.example/x?a=1&amp;b;=2",
        "/relative/1", "relative", "", " https://a.example/ spaced ", "urn:uuid:1", "tag:a,2023:1",
        "https:///a.example/2", "mailto:x@a.example", "//a.example/3", "http://[broken/", "a b c",
        "https://a.example/é", "javascript:alert(1)", "HTTPS://A.example/UP", "42",
    ]
)  # fmt: skip
_DATES = st.sampled_from(
    [
        "Tue, 24 Jan 2023 10:00:00 +0100", "Tue, 24 Jan 2023 10:00:00 GMT", "2023-01-24T10:00:00Z",
        "2023-01-24T10:00:00.123+01:00", "2023-01-24", "24 Jan 2023", "yesterday", "", "2023",
        "Tue, 24 Jan 23 10:00 EST", "1674554400", "Tue, 99 Foo 2023 10:00:00 GMT", "0000-00-00",
        "2023-01-24 10:00:00", "9999-12-31T23:59:59Z", "Jan 24, 2023",
    ]
)  # fmt: skip


def _written(value: str, how: int) -> str:
    """Text as XML: escaped, in CDATA, or with something inside that means nothing."""
    value = "".join(c for c in value if c in "\t\n\r" or ord(c) >= 0x20)
    if how == 1 and "]]>" not in value:
        return f"<![CDATA[{value}]]>"
    if how == 2:
        return f"{escape(value[:3])}<!-- c -->{escape(value[3:])}"
    if how == 3:
        return f"{escape(value[:3])}<?pi x?>{escape(value[3:])}"
    if how == 4:
        return f"\n  {escape(value)}\n"
    return escape(value)


_HOW = st.sampled_from([0, 0, 0, 0, 1, 1, 2, 3, 4])


def _tag(name: str, values: st.SearchStrategy[str], attributes: str = "") -> st.SearchStrategy[str]:
    written = st.builds(_written, values, _HOW)
    return written.map(lambda inside: f"<{name}{attributes}>{inside}</{name}>")


def _mostly(usual: st.SearchStrategy[str], *rare: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """One in eight is unusual."""
    return st.integers(0, 7).flatmap(lambda n: st.one_of(*rare) if n == 0 else usual)


def _link(rel: str, kind: str) -> st.SearchStrategy[str]:
    return _ADDRESSES.map(lambda href: f"<link{rel}{kind} href={quoteattr(href)}/>")


_ODD = st.sampled_from(
    [
        "<media:title>M</media:title>", "<itunes:summary>S</itunes:summary>",
        "<source url='x'>S</source>",
        "<media:content url='http://a.example/x.jpg'><media:title>T</media:title></media:content>",
        "<dc:language>fr</dc:language>", "<x:y>z</x:y>", "stray text",
        "<author><name>N</name></author>",
        "<title xml:lang='fr'>T</title>",
        "<description xml:base='http://b.example/'>D</description>",
        "<content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'><p>X</p></div></content>",
        "<summary>S</summary>", "<updated>2023-01-24T10:00:00Z</updated>", "<body>B</body>",
        "<link href='http://a.example/attr'/>", "<language>de</language>",
        "<image><title>I</title></image>",
        "<title><b>nested</b></title>", "<id>an-id</id>", "<geo:lat>x</geo:lat>",
    ]
)  # fmt: skip
_RSS_PART = _mostly(
    st.one_of(
        _tag("title", _VALUES),
        _tag("link", _ADDRESSES),
        _tag("description", _VALUES),
        _tag("content:encoded", _VALUES),
        _tag("guid", _ADDRESSES),
        _tag("guid", _ADDRESSES, ' isPermaLink="false"'),
        _tag("guid", _ADDRESSES, ' isPermaLink="true"'),
        _tag("pubDate", _DATES),
        _tag("dc:date", _DATES),
        _tag("author", _VALUES),
        _tag("dc:creator", _VALUES),
        _tag("category", _VALUES, ' domain="x"'),
        _tag("comments", _ADDRESSES),
        _tag("slash:comments", _VALUES),
        _tag("wfw:commentRss", _ADDRESSES),
        _tag("feedburner:origLink", _ADDRESSES),
        st.just('<enclosure url="http://a.example/x.mp3" length="1" type="audio/mpeg"/>'),
    ),
    _ODD,
    _tag("title", _VALUES, ' type="html"'),
)
_RSS_HEAD = _mostly(
    st.one_of(
        _tag("title", _VALUES),
        _tag("link", _ADDRESSES),
        _tag("description", _VALUES),
        _tag("language", st.sampled_from(["fr", "en-US", "EN_gb", "", "x"])),
        _tag("ttl", st.sampled_from(["60", "x", "", " 5 "])),
        _tag("lastBuildDate", _DATES),
        _tag("pubDate", _DATES),
        _tag("generator", _VALUES),
        _tag("sy:updatePeriod", st.sampled_from(["hourly", " daily ", "never"])),
        _tag("sy:updateFrequency", st.sampled_from(["1", "2", "x"])),
        _tag("sy:updateBase", _DATES),
        _tag("managingEditor", _VALUES),
        st.just('<atom:link rel="self" type="application/rss+xml" href="https://a.example/f"/>'),
        st.just("<image><url>http://a.example/i</url><title>I</title><link>x</link></image>"),
        st.just("<skipHours><hour>1</hour></skipHours><skipDays><day>Sunday</day></skipDays>"),
    ),
    _ODD,
)
_ATOM_PART = _mostly(
    st.one_of(
        *(
            _tag(name, _VALUES, kind)
            for name in ("title", "summary", "content")
            for kind in ("", ' type="html"', ' type="text"', ' type="TEXT"')
        ),
        _tag("id", _ADDRESSES),
        _link("", ""),
        _link(' rel="alternate"', ' type="text/html"'),
        _link(' rel="self"', ""),
        _link(' rel="enclosure"', ' type="audio/mpeg"'),
        _link(' rel="alternate"', ' type="application/json"'),
        _tag("updated", _DATES),
        _tag("published", _DATES),
        st.builds(
            lambda name, email: f"<author>{name}{email}<uri>http://a.example/</uri></author>",
            _tag("name", _VALUES) | st.just(""),
            _tag("email", st.sampled_from(["a@a.example", ""])) | st.just(""),
        ),
        st.just('<category term="x" scheme="y" label="z"/>'),
    ),
    _ODD,
    _tag("content", _VALUES, ' type="application/octet-stream"'),
    _tag("content", _VALUES, ' src="http://a.example/x"'),
)
_ATOM_HEAD = _mostly(
    st.one_of(
        _tag("title", _VALUES),
        _tag("title", _VALUES, ' type="html"'),
        _tag("subtitle", _VALUES),
        _tag("id", _ADDRESSES),
        _tag("updated", _DATES),
        _link(' rel="self"', ""),
        _tag("generator", _VALUES, ' uri="http://a.example/" version="1"'),
        _tag("icon", _ADDRESSES),
        st.just("<author><name>Editor</name></author>"),
    ),
    _ODD,
)
_NAMESPACES = (
    'xmlns:content="http://purl.org/rss/1.0/modules/content/" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:atom="http://www.w3.org/2005/Atom" '
    'xmlns:sy="http://purl.org/rss/1.0/modules/syndication/" '
    'xmlns:slash="http://purl.org/rss/1.0/modules/slash/" '
    'xmlns:wfw="http://wellformedweb.org/CommentAPI/" xmlns:x="http://x.example/" '
    'xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0" '
    'xmlns:media="http://search.yahoo.com/mrss/" '
    'xmlns:geo="http://www.w3.org/2003/01/geo/wgs84_pos#" '
    'xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"'
)
_DECLARATIONS = st.sampled_from(
    [
        '<?xml version="1.0" encoding="utf-8"?>\n', "", "<?xml version='1.0'?>",
        '<?xml version="1.0" encoding="iso-8859-1"?>', '<?xml version="1.1"?>\n',
        '<?xml version="1.0"?><?xml-stylesheet href="x"?>', '<?xml version="1.0"?><!-- c -->',
        '<?xml version="1.0"?><!DOCTYPE rss>',
    ]
)  # fmt: skip
_RSS_VERSIONS = st.sampled_from(['version="2.0"'] * 6 + ['version="0.91"', "", 'version="2.0.1"'])
_LANGUAGES = st.sampled_from([""] * 4 + [' xml:lang="fr"', ' xml:lang="en_US"', ' xml:lang=""'])


def _inside(parts: st.SearchStrategy[str], most: int) -> st.SearchStrategy[str]:
    return st.lists(parts, max_size=most, unique_by=lambda part: part.split(">")[0]).map("\n".join)


_rss_items = _inside(_RSS_PART, 8).map(lambda inside: f"<item>{inside}</item>")
_rss = st.builds(
    lambda declaration, version, head, items, late: (
        f"{declaration}<rss {version} {_NAMESPACES}><channel>{head}{''.join(items)}{late}"
        "</channel></rss>"
    ),
    _DECLARATIONS,
    _RSS_VERSIONS,
    _inside(_RSS_HEAD, 6),
    st.lists(_rss_items, max_size=4),
    st.just("") | _RSS_HEAD,
)
_atom_entries = _inside(_ATOM_PART, 8).map(lambda inside: f"<entry>{inside}</entry>")
_atom = st.builds(
    lambda declaration, language, head, entries: (
        f'{declaration}<feed xmlns="http://www.w3.org/2005/Atom"{language} {_NAMESPACES}>{head}'
        f"{''.join(entries)}</feed>"
    ),
    _DECLARATIONS,
    _LANGUAGES,
    _inside(_ATOM_HEAD, 6),
    st.lists(_atom_entries, max_size=4),
)
feeds: st.SearchStrategy[bytes] = st.one_of(_rss, _atom).map(lambda text: text.encode())
"""Documents in UTF-8, whatever they declare."""
