from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest

from tests.support.wires import GUID, NAR, news_item, news_message, nitf, package_item, xhtml
from worker.domain.item import Entry
from worker.feeds import parsed
from worker.feeds.parse import ParsedFeed, Unparsable, parse_document

BASE = "https://wire.example/api/"


def parse(body: bytes | str, content_type: str | None = None) -> ParsedFeed:
    return parse_document(body.encode() if isinstance(body, str) else body, content_type, BASE)


def only(body: bytes | str) -> Entry:
    (entry,) = parse(body).entries
    return entry


def test_a_news_item_gives_every_field() -> None:
    feed = parse(
        news_item(
            "Renault &amp; Nissan agree",
            xhtml("PARIS, Jan 26 (Reuters) - One &amp; <b>two</b>.", "Three.", title="slug"),
            version="3",
            meta='<title>RENAULT-NISSAN/ (UPDATE 2)</title><signal qcode="sig:update"/>'
            "<edNote>Adds shares in\n paragraph 3</edNote>",
            about='<by>By A. Martin</by><language tag="en"/><slugline>RENAULT</slugline>',
        )
    )
    assert (feed.kind, feed.dropped, feed.warnings) == ("newsml-g2", 0, ())
    assert feed.entries == (
        Entry(
            title="Renault & Nissan agree",
            text="PARIS, Jan 26 (Reuters) - One & two.\n\nThree.",
            guid=GUID,
            published=datetime(2023, 1, 26, 10, 0, tzinfo=UTC),
            updated=datetime(2023, 1, 26, 10, 30, tzinfo=UTC),
            author="By A. Martin",
            language="en",
            version="3",
            provider="Reuters",
            signal="update",
            note="Adds shares in paragraph 3",
        ),
    )
    assert parsed.load(parsed.dump(feed)) == feed


def test_nitf_gives_its_story_and_its_headline() -> None:
    entry = only(news_item("", nitf("One.", "Two.", headline="From NITF")))
    assert (entry.title, entry.text) == ("From NITF", "One.\n\nTwo.")
    prefixed = only(news_item("", nitf("One.", headline="H", prefix="n")))
    assert (prefixed.title, prefixed.text) == ("H", "One.")


def test_other_prefixes_mean_the_same() -> None:
    plain = news_item()
    document = plain.replace(f'<newsItem xmlns="{NAR}"', f'<nar:newsItem xmlns:nar="{NAR}"')
    for name in ("itemMeta", "contentMeta", "contentSet", "headline", "versionCreated"):
        document = document.replace(f"<{name}", f"<nar:{name}").replace(
            f"</{name}", f"</nar:{name}"
        )
    document = document.replace("</newsItem>", "</nar:newsItem>")
    assert parse(document) == parse(plain)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ('<inlineData contenttype="text/plain">One\n\nTwo &lt;3</inlineData>', "One\n\nTwo <3"),
        ("<inlineData>No kind</inlineData>", "No kind"),
        (
            '<inlineData contenttype="text/html">&lt;p&gt;One.&lt;/p&gt;&lt;p&gt;2&lt;/p&gt;'
            "</inlineData>",
            "One.\n\n2",
        ),
        (
            '<inlineData contenttype="text/plain" encoding="http://cv.iptc.org/newscodes/encoding/'
            f'base64">{base64.b64encode("Où ?".encode()).decode()}</inlineData>',
            "Où ?",
        ),
        ('<inlineData contenttype="text/plain" encoding="x:base64">%%</inlineData>', "in short"),
        ('<inlineData contenttype="image/jpeg">AAAA</inlineData>', "in short"),
        ('<remoteContent href="https://a.example/x.jpg"/>', "in short"),
        (xhtml("Short.") + xhtml("Longer, the whole text."), "Longer, the whole text."),
        (
            "<inlineXML><nitf><body><body.content><block><p>A</p></block><media><p>caption</p>"
            "</media><table><tr><td>1</td><td>2</td></tr></table></body.content></body></nitf>"
            "</inlineXML>",
            "A\n\n1 2",
        ),
        ("<inlineXML><div><p>a<br/>b</p><script>x()</script></div></inlineXML>", "a\nb"),
    ],
)
def test_bodies_in_every_form(content: str, expected: str) -> None:
    about = "<description role='drol:summary'>in short</description>"
    assert only(news_item(content=content, about=about)).text == expected


def test_an_item_is_called_by_what_there_is() -> None:
    meta = "<title>from the wire</title>"
    assert only(news_item("", xhtml("x", title="page"), meta=meta)).title == "page"
    assert only(news_item("", xhtml("x"), meta=meta)).title == "from the wire"
    assert only(news_item("", xhtml("x"))).title == ""


def test_who_provides_it() -> None:
    own = '<provider qcode="nprov:REUTERS"/>'
    document = news_item(
        rights='<rightsInfo><copyrightHolder literal="La Gazette"><name>Gazette SA</name>'
        "</copyrightHolder></rightsInfo>"
    )
    assert only(document).provider == "Reuters"
    assert only(document.replace(own, "")).provider == "Gazette SA"
    assert only(document.replace(own, '<provider literal="afp"/>')).provider == "AFP"
    named = '<provider uri="http://cv.example/p/77"><name>The Wire</name></provider>'
    assert only(document.replace(own, named)).provider == "The Wire"


def test_the_page_of_an_item() -> None:
    page = '<remoteContent contenttype="text/html" href="/news/1"/>'
    assert only(news_item(content=xhtml("x") + page)).url == "https://wire.example/news/1"
    assert only(news_item(guid="https://a.example/1")).url == "https://a.example/1"
    assert only(news_item(guid="tag:1")).url is None


def test_a_message_gives_its_items_and_those_in_its_packages() -> None:
    inline = news_item("Inside", guid="g:inside")
    message = news_message(
        package_item("g:1", "g:2", "g:elsewhere", inline=inline),
        news_item("One", guid="g:1"),
        news_item("Two", guid="g:2"),
    )
    feed = parse(message)
    assert [entry.title for entry in feed.entries] == ["Inside", "One", "Two"]
    assert feed.warnings == ("items that are referred to and not in here: 1",)


def test_a_package_of_references_has_nothing_to_read_and_says_so() -> None:
    feed = parse(package_item("g:1", "g:2"))
    assert feed.entries == ()
    assert feed.warnings == ("items that are referred to and not in here: 2",)


def test_pictures_are_passed_over() -> None:
    feed = parse(
        news_message(news_item("Photo", guid="g:1", item_class="ninat:picture"), news_item())
    )
    assert [entry.guid for entry in feed.entries] == [GUID]
    assert (feed.dropped, feed.warnings) == (0, ("items that are no text but picture: 1",))


@pytest.mark.parametrize(
    ("status", "meta", "reason"),
    [
        ("stat:usable", "", None),
        (None, "", None),
        ("ownstat:final", "", None),
        ("stat:withheld", "", "withheld by its publisher"),
        ("stat:canceled", "", "cancelled by its publisher"),
        ("stat:cancelled", "", "cancelled by its publisher"),
        ("stat:usable", '<signal qcode="sig:kill"/>', "cancelled by its publisher"),
        ("stat:usable", "<embargoed/>", "under an embargo without an end"),
        ("stat:usable", "<embargoed>soon</embargoed>", "under an embargo without an end"),
        ("stat:usable", "<embargoed>2023-01-27T06:00:00+01:00</embargoed>", None),
    ],
)
def test_what_its_publisher_allows(status: str | None, meta: str, reason: str | None) -> None:
    entry = only(news_item(status=status, meta=meta))
    assert entry.withdrawn == reason
    until = datetime(2023, 1, 27, 5, tzinfo=UTC) if "06:00" in meta else None
    assert entry.embargoed_until == until


@pytest.mark.parametrize("time", ["2023-01-27T06:00:00", "2023-01-27T06:00"])
def test_an_embargo_without_a_zone_lasts_until_it_is_over_everywhere(time: str) -> None:
    entry = only(news_item(meta=f"<embargoed> {time} </embargoed>"))
    assert entry.embargoed_until == datetime(2023, 1, 27, 18, tzinfo=UTC)
    assert only(news_item(meta="<embargoed>9999-12-31T23:59:59</embargoed>")).embargoed_until


def test_a_status_may_be_given_as_an_address() -> None:
    document = news_item().replace(
        'pubStatus qcode="stat:usable"',
        'pubStatus uri="http://cv.iptc.org/newscodes/pubstatusg2/canceled"',
    )
    assert only(document).withdrawn == "cancelled by its publisher"


def test_an_empty_cancellation_is_no_empty_entry() -> None:
    feed = parse(news_item("", "<inlineData/>", status="stat:canceled"))
    assert (feed.dropped, feed.entries[0].title) == (0, "cancelled by its publisher")
    assert feed.warnings == ("entries withheld or cancelled by their publisher: 1",)
    assert parse(news_item("", "<inlineData/>")).dropped == 1


def test_corrections_are_marked() -> None:
    meta = '<signal qcode="sig:update"/><signal qcode="sig:correction"/><edNote>Not 43%</edNote>'
    entry = only(news_item(meta=meta))
    assert (entry.signal, entry.note) == ("correction", "Not 43%")


def test_a_document_that_breaks_off_gives_the_items_before() -> None:
    whole = news_message(news_item("One", guid="g:1"), news_item("Two", guid="g:2"))
    feed = parse(whole[: whole.rindex(b"<contentSet>")])
    assert [entry.title for entry in feed.entries] == ["One"]
    assert feed.warnings[0].startswith("not well-formed: ")
    with pytest.raises(Unparsable, match="not well-formed"):
        parse(whole[:400])


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "iso-8859-1"])
def test_encodings(encoding: str) -> None:
    document = f'<?xml version="1.0" encoding="{encoding}"?>' + news_item("Où ça ?")
    assert only(document.encode(encoding)).title == "Où ça ?"


@pytest.mark.parametrize(
    "doctype",
    [
        "<!DOCTYPE newsItem>",
        '<!DOCTYPE newsItem SYSTEM "http://127.0.0.1:9/x.dtd">',
        '<!DOCTYPE newsItem [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE newsItem [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;&a;">]>',
    ],
)
def test_document_types_are_refused(doctype: str) -> None:
    with pytest.raises(Unparsable) as caught:
        parse(doctype + news_item("&a;" if "ENTITY" in doctype else "x"))
    assert "\n" not in str(caught.value)


def test_nesting_beyond_reason_is_refused() -> None:
    with pytest.raises(Unparsable, match="nested too deeply"):
        parse(news_item(content="<inlineXML>" + "<p>" * 5_000))


def test_comments_and_instructions_may_come_first() -> None:
    assert only("<!-- a -> b --><?xml-stylesheet href='x'?>\n" + news_item()).guid == GUID


def test_more_items_than_are_read_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("worker.feeds.formats.newsml.MAX_ENTRIES", 2)
    feed = parse(news_message(*(news_item(guid=f"g:{n}") for n in range(5))))
    assert (len(feed.entries), feed.dropped) == (2, 3)
