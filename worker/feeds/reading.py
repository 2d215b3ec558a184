"""Any document to a feed, for the child process: nothing here needs an event loop or a log."""

from __future__ import annotations

from worker.feeds.parsed import ParsedFeed, Unparsable


def parse_document(body: bytes, content_type: str | None, base_url: str) -> ParsedFeed:
    """Parse RSS 0.9 to 2.0, RDF, Atom, JSON Feed, NewsML-G2 or ninjs. Pure.

    `content_type` is the header as sent, `base_url` what relative links start from. Raises
    `Unparsable` with one line for what is no feed; single bad entries are counted instead.
    """
    start = body[:256].removeprefix(b"\xef\xbb\xbf").lstrip()
    if not start and not body.removeprefix(b"\xef\xbb\xbf").strip():
        raise Unparsable("an empty body")
    if start.startswith((b"{", b"[")):
        from worker.feeds.jsonfeed import parse_json

        return parse_json(body, base_url)
    # Here and not above: only the child process is to pay for feedparser.
    from worker.feeds.document import parse_xml

    return parse_xml(body, content_type, base_url)
