"""The text of an article in a page, by trafilatura: for the child process, since pages are hostile
and it has no limit of time of its own."""

from __future__ import annotations

import trafilatura

from worker.feeds import text
from worker.feeds.encoding import to_utf8
from worker.feeds.parsed import Unparsable


def article_text(body: bytes, content_type: str | None, url: str) -> str:
    """The article of a page as plain text with its paragraphs. Raises `Unparsable` without one."""
    page, _ = to_utf8(body, content_type)
    found = trafilatura.extract(
        page.decode("utf-8", "replace"),
        url=url,
        include_comments=False,
        include_tables=False,
        deduplicate=False,
        favor_precision=True,
        with_metadata=False,
    )
    article = text.from_plain("\n\n".join((found or "").splitlines()))
    if not article:
        raise Unparsable("no article in this page")
    return article
