"""Any document to a feed. What runs here may be slow and hostile: call it through `ParserPool`."""

from __future__ import annotations

from worker.feeds.parsed import ParsedFeed, Unparsable
from worker.feeds.pool import ParserPool
from worker.feeds.reading import parse_document

__all__ = ["ParsedFeed", "ParserPool", "Unparsable", "parse_document"]
