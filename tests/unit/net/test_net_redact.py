from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.net import redact_url


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://example.org/rss.xml", "https://example.org/rss.xml"),
        ("https://example.org", "https://example.org"),
        ("https://example.org/", "https://example.org/"),
        ("https://example.org:8443/a/b?token=s3cret#frag", "https://example.org:8443/a/b"),
        ("https://user:hunter2@example.org/feed", "https://example.org/feed"),
        ("https://www.lemonde.fr/economie/rss_full.xml", "https://www.lemonde.fr/economie/rss_full.xml"),
        ("https://example.org/press-releases/alliance-news", "https://example.org/press-releases/alliance-news"),
        ("https://example.org/FEEDS/NEWSROOM", "https://example.org/FEEDS/NEWSROOM"),
        ("https://example.org/PressReleases/en", "https://example.org/PressReleases/en"),
        ("https://example.org/news/Q3results2024", "https://example.org/news/Q3results2024"),
        ("https://example.org/blog2024/feed", "https://example.org/blog2024/feed"),
        ("http://[::1]:80/x", "http://[::1]:80/x"),
        ("https://example.org/a/b/c/d/e/f", "https://example.org/a/b/c/d/…"),
        ("not an address", "(address without host)"),
        ("http://[broken/", "(unreadable address)"),
        ("http://example.org:99999/", "(unreadable address)"),
    ],
)  # fmt: skip
def test_shows_where_and_no_secret(url: str, shown: str) -> None:
    assert redact_url(url) == shown


@pytest.mark.parametrize(
    "secret",
    [
        "XXXXXXXXXXXXXXXXXXXXXXXX",
        "T024BE7LDA",
        "XKQWZTRPLM",
        "kqXwzRtplm",
        "a1b2c3d4e5",
        "Zk8TrQp2Wx",
        "aBcDeFgHiJkLmNoPqRsTuVwX",
        "0123456789abcdef0123456789abcdef",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "abcdefghijklmnopqrstuvwx",
        "f47ac10b-58cc-4372-a567-0e02b2c3d479",
    ],
)
def test_a_segment_that_looks_like_a_token_is_masked(secret: str) -> None:
    assert secret not in redact_url(f"https://hooks.example.org/services/{secret}")
    assert secret not in redact_url(f"https://hooks.example.org/services/a/b/c/{secret}")


@given(st.text())
def test_never_raises_and_stays_on_one_printable_line(url: str) -> None:
    assert redact_url(url).isprintable()
    assert redact_url("https://example.org/" + url).isprintable()
