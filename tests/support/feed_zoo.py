# ruff: noqa: E501 - lists of values, a line of them as good as another
"""Feeds of every dialect and extension that is met in the wild, right and wrong, in any charset.

`feeds` draws a document: a root of some dialect, elements of its own and of extensions with values
that fit and values that do not, a charset that is declared, lied about or missing.
"""

from __future__ import annotations

from hypothesis import strategies as st

_NAMESPACES = {
    "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
    "media": "http://search.yahoo.com/mrss/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "sy": "http://purl.org/rss/1.0/modules/syndication/",
    "slash": "http://purl.org/rss/1.0/modules/slash/",
    "wfw": "http://wellformedweb.org/CommentAPI/",
    "thr": "http://purl.org/syndication/thread/1.0",
    "georss": "http://www.georss.org/georss",
    "gml": "http://www.opengis.net/gml",
    "geo": "http://www.w3.org/2003/01/geo/wgs84_pos#",
    "cc": "http://web.resource.org/cc/",
    "creativeCommons": "http://backend.userland.com/creativeCommonsRssModule",
    "admin": "http://webns.net/mvcb/",
    "psc": "http://podlove.org/simple-chapters",
    "atom": "http://www.w3.org/2005/Atom",
    "app": "http://www.w3.org/2007/app",
    "xhtml": "http://www.w3.org/1999/xhtml",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "feedburner": "http://rssnamespace.org/feedburner/ext/1.0",
    "opensearch": "http://a9.com/-/spec/opensearch/1.1/",
    "svg": "http://www.w3.org/2000/svg",
    "m": "http://www.w3.org/1998/Math/MathML",
    "x": "urn:unknown",
}
_ROOTS = (
    ('<rss version="{v}"{ns}><channel>', "item", "</channel></rss>"),
    ('<rss{ns}><channel>', "item", "</channel>"),
    ('<feed version="0.3" xmlns="http://purl.org/atom/ns#"{ns}>', "entry", "</feed>"),
    ('<feed xmlns="http://www.w3.org/2005/Atom"{ns}>', "entry", "</feed>"),
    ('<atom:feed{ns}>', "atom:entry", "</atom:feed>"),
    ('<rdf:RDF xmlns="http://purl.org/rss/1.0/"{ns}><channel/>', "item", "</rdf:RDF>"),
    ('<rdf:RDF xmlns="http://my.netscape.com/rdf/simple/0.9/"{ns}>', "item", "</rdf:RDF>"),
    ('<rdf:RDF xmlns="http://channel.netscape.com/rdf/simple/0.9/"{ns}>', "item", "</rdf:RDF>"),
    ('<Channel xmlns="http://purl.org/net/rss1.1#"{ns}><items>', "item", "</items></Channel>"),
    ('<CHANNEL HREF="http://a.example/"{ns}>', "ITEM", "</CHANNEL>"),
    ('<opml version="1.0"{ns}><body>', "outline", "</body></opml>"),
    ('<RSS VERSION="2.0"{ns}><CHANNEL>', "ITEM", "</CHANNEL></RSS>"),
)  # fmt: skip
_VERSIONS = ("0.90", "0.91", "0.92", "0.93", "0.94", "2.0", "2.1", "", "x", "1e9")
_OWN = (
    "title", "link", "description", "guid", "id", "pubDate", "published", "updated", "modified",
    "issued", "created", "lastBuildDate", "author", "contributor", "managingEditor", "webMaster",
    "category", "comments", "enclosure", "source", "generator", "copyright", "rights", "tagline",
    "subtitle", "summary", "content", "info", "language", "docs", "cloud", "ttl", "rating",
    "textInput", "image", "url", "width", "height", "icon", "logo", "skipHours", "hour",
    "skipDays", "day", "expirationDate", "name", "email", "uri", "body", "fullitem", "LOGO",
)  # fmt: skip
_EXTENSIONS = (
    "itunes:author", "itunes:block", "itunes:duration", "itunes:explicit", "itunes:image",
    "itunes:category", "itunes:keywords", "itunes:owner", "media:content", "media:group",
    "media:thumbnail", "media:rating", "media:credit", "media:player", "media:text",
    "media:license", "media:restriction", "dc:creator", "dc:date", "dc:title", "dc:language",
    "dc:rights", "dc:subject", "dcterms:modified", "dcterms:created", "dcterms:valid",
    "content:encoded", "content:items", "sy:updatePeriod", "sy:updateFrequency", "sy:updateBase",
    "slash:comments", "wfw:commentRss", "thr:in-reply-to", "thr:total", "georss:point",
    "georss:line", "georss:polygon", "georss:box", "georss:where", "gml:Point", "gml:pos",
    "gml:posList", "gml:Polygon", "gml:LinearRing", "geo:lat", "geo:long", "cc:license",
    "cc:License", "creativeCommons:license", "admin:generatorAgent", "psc:chapters",
    "psc:chapter", "atom:link", "atom:author", "atom:id", "atom:published", "app:edited",
    "xhtml:body", "xhtml:div", "rdf:value", "feedburner:origLink", "opensearch:totalResults",
    "svg:svg", "m:math", "x:y", "undeclared:thing",
)  # fmt: skip
_DATES = (
    "Thu, 01 Jan 2004 19:48:21 GMT", "Thu, 01 Jan 04 19:48 EST", "01 Jan 2004", "2003", "2003-12",
    "2003-12-31T10:14:55Z", "2003-12-31T10:14:55.1234567-08:00", "20031231", "2003-335", "--12-31",
    "-03-335", "Sun Jan  4 16:29:06 PST 2004", "Jan 1 2004", "1/1/2004", "2004-02-30", "25:61:61",
    "Κυρ, 11 Ιούλ 2004 12:00:00 EST", "július-13T9:15-05:00", "2004년 5월 28일 오후 01:31:15",
    "2004-05-25 23:23:17.0", "Thu, 31 Jun 2004 19:48:21 GMT", "Wed, 19 Aug 2009 18:28:00 Etc/GMT",
    "0000-00-00T00:00:00Z", "9999-12-31T23:59:59Z", "-1", "١٤٢٥", "Mon, 26 January 2004 16:31:00 AT",
)  # fmt: skip
_TEXTS = (
    "", " ", "plain", "a & b", "a &amp; b", "&lt;b&gt;bold&lt;/b&gt;", "<![CDATA[<p>x</p>]]>",
    "<![CDATA[]]]]><![CDATA[>]]>", "&eacute;&nbsp;&hellip;", "&#233;&#x2026;&#128;", "&undefined;",
    "<b>loose", "</b>", "<br>", "<p>a<p>b", "<div><div><div>", "&lt;script&gt;alert(1)&lt;/script&gt;",
    "<script>alert(1)</script>", "<style>a{}</style>", "<iframe src='x'/>", "<a href='javascript:x'>y</a>",
    "<img src=x onerror=y>", "<!-- c -->", "<?php x ?>", "Q2hhcnM=", "<div xmlns='x'>y</div>",
    "http://a.example/1?x=1&amp;y=2", "http://[::1", "//a", "../b", "mailto:a@b", "urn:x", "tag:a,2004:b",
    "me@example.com (Me)", "Me &lt;me@example.com&gt;", "(", "yes", "true", "-1", "1e400", "01:02:03:04",
    "45.256 -110.45", "45,256", "a b c d", "NaN NaN", "hourly", "1 2 3 4 5", "\ufffd", "\U0001f697", "\u202e",
)  # fmt: skip
_ATTRIBUTES = (
    'rel="alternate"', 'rel="self"', 'rel="enclosure"', 'rel=""', 'href="http://a.example/1"',
    'href="http://["', 'href=""', "href", 'type="text/html"', 'type="html"', 'type="xhtml"',
    'type="text"', 'type="application/octet-stream"', 'type="x/y;z"', 'mode="base64"',
    'mode="escaped"', 'mode="xml"', 'mode="?"', 'isPermaLink="false"', 'isPermaLink="maybe"',
    'xml:lang="fr"', 'xml:lang=""', 'xml:base="http://b.example/"', 'xml:base="http://["',
    'url="x"', 'length="-1"', 'length="99999999999999999999"', 'medium="image"', 'src="x"',
    'scheme="urn:x"', 'term="t"', 'label="l"', 'domain="d"', 'rdf:about="http://a.example/"',
    'rdf:resource="x"', 'role="x"', 'start="00:00"', 'time="x"', 'value="v"', "HREF='x'",
    'srsName="EPSG:4326"', 'xmlns=""', 'xmlns:y="z"', "a=b", 'a="1" a="2"', 'text="t" xmlUrl="u"',
)  # fmt: skip
_CHARSETS = (
    "utf-8", "utf-16", "utf-16-le", "utf-32", "iso-8859-1", "windows-1252", "windows-1251", "koi8-r",
    "big5", "gb2312", "shift_jis", "euc-jp", "iso-2022-jp", "us-ascii", "cp037", "utf-7",
)  # fmt: skip
_HEADS = (
    "", '<?xml version="1.0"?>', '<?xml version="1.0" encoding="{e}"?>', "<?xml version='1.1'?>",
    '<?xml version="1.0" encoding="x-nonsense"?>', '\n\n<?xml version="1.0"?>', "<!-- x -->",
    '<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "http://x/rss-0.91.dtd">',
    '<!DOCTYPE rss [<!ENTITY a "b"><!ENTITY % p "q">]>', '<?xml-stylesheet href="x"?>',
)  # fmt: skip

_value = st.sampled_from(_TEXTS + _DATES) | st.text(max_size=12).map(
    lambda text: text.replace("<", "&lt;")
)
_name = st.sampled_from(_OWN) | st.sampled_from(_EXTENSIONS)
_attributes = st.lists(st.sampled_from(_ATTRIBUTES), max_size=3).map(" ".join)


def _element(name: str, attributes: str, inside: str, closing: str) -> str:
    return f"<{name} {attributes}>{inside}{closing.format(name)}"


_closing = st.sampled_from(["</{}>"] * 12 + ["", "/>", "</x>", "</{} >"])
_leaf = st.builds(_element, _name, _attributes, _value, _closing)
_nest = st.builds(_element, _name, _attributes, st.lists(_leaf, max_size=4).map("".join), _closing)
_elements = st.lists(_leaf | _nest, max_size=8).map("".join)


@st.composite
def feeds(draw: st.DrawFn) -> bytes:
    """A document that some reader of feeds would take for its own."""
    opening, entry, closing = draw(st.sampled_from(_ROOTS))
    used = draw(st.lists(st.sampled_from(sorted(_NAMESPACES)), max_size=8, unique=True))
    declared = "".join(f' xmlns:{name}="{_NAMESPACES[name]}"' for name in used)
    charset = draw(st.sampled_from(_CHARSETS))
    lied = draw(st.sampled_from([charset] * 3 + list(_CHARSETS)))
    body = draw(_elements)
    for _ in range(draw(st.integers(0, 3))):
        body += f"<{entry} {draw(_attributes)}>{draw(_elements)}</{entry}>"
    head = draw(st.sampled_from(_HEADS)).replace("{e}", lied)
    root = opening.replace("{v}", draw(st.sampled_from(_VERSIONS))).replace("{ns}", declared)
    return f"{head}{root}{body}{draw(st.sampled_from([closing] * 5 + ['']))}".encode(
        charset, "replace"
    )
