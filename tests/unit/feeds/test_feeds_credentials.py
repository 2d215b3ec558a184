from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.feeds.credentials import without_credentials


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://user:hidden@a.example:8443/rss", "https://a.example:8443/rss"),
        ("https://a.example/rss?key=hidden", "https://a.example/rss"),
        ("https://a.example/rss?api_key=hidden&lang=fr", "https://a.example/rss?lang=fr"),
        ("https://a.example/rss?X-Amz-Signature=hidden&a=1", "https://a.example/rss?a=1"),
        ("https://a.example/rss?feed=hidden4f9ab31c77d0e2a6651b", "https://a.example/rss"),
        ("https://a.example/rss#access_token=hidden", "https://a.example/rss"),
        ("https://[broken/rss?key=hidden", "https://[broken/rss"),
    ],
)
def test_nothing_that_opens_a_door_is_left(url: str, shown: str) -> None:
    assert without_credentials(url) == shown


@pytest.mark.parametrize(
    "url",
    [
        "https://news.google.com/rss/search?q=Renault+Nissan+alliance&hl=en-GB&gl=GB&ceid=GB:en",
        "https://a.example/rss?keyword=cars&monkey=1",
        "https://a.example/feed/",
        "https://a.example/?feed=rss2",
    ],
)
def test_addresses_that_need_no_key_stay_as_they_are(url: str) -> None:
    assert without_credentials(url) == url


@given(st.text(), st.text(alphabet="abcdef0123456789", min_size=1))
def test_a_password_never_gets_through(path: str, password: str) -> None:
    assert f":{password}@" not in without_credentials(f"https://u:{password}@a.example/{path}")
