"""Filters and addresses that templates use."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.factories import NOW
from worker.dashboard.pages import own_path
from worker.dashboard.templating import polyline, query, safe_link, since_tag, static_url, time_tag


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "data:text/html,x",
        "//evil.example/x",
        "https://user:password@wire.example/",
        "http://[::1",
        "https://",
        "mailto:a@b.example",
        " javascript:alert(1)",
    ],
)
def test_addresses_that_are_no_good_for_a_link(url: str | None) -> None:
    assert safe_link(url) == ""


def test_addresses_on_the_web_are_links() -> None:
    assert safe_link("https://wire.example/a?b=1&c=2") == "https://wire.example/a?b=1&c=2"


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example/",
        "\\/evil.example",
        "/a\\b",
        "/a\r\nset-cookie: x",
        "/a\tb",
        "alerts",
        "",
        "/sign-out",
        "/sign-in?next=/",
    ],
)
def test_nobody_is_sent_elsewhere_after_signing_in(target: str) -> None:
    assert own_path(target) == "/"


def test_own_pages_are_kept() -> None:
    assert own_path("/alerts?q=Nissan&rule=") == "/alerts?q=Nissan&rule="


def test_times_are_readable_without_scripts_and_exact_with() -> None:
    assert 'datetime="2026-03-02T09:30:00Z"' in time_tag(NOW)
    assert "2 Mar 2026, 09:30:00 UTC" in time_tag(NOW)
    assert since_tag(NOW, NOW + timedelta(seconds=2)) == "<span>just now</span>"
    assert ">2 min ago<" in since_tag(NOW, NOW + timedelta(seconds=125))
    assert since_tag(None, NOW) == "never"


def test_filters_keep_each_other_in_addresses() -> None:
    assert query({"q": "a&b", "rule": ""}, cursor="x=") == "?q=a%26b&cursor=x%3D"


def test_static_addresses_change_with_the_content() -> None:
    assert static_url("board.css") == static_url("board.css")
    assert static_url("board.css").startswith("/static/board.css?v=")
    assert static_url("board.css")[-12:] != static_url("live.js")[-12:]


def test_a_line_keeps_its_peaks_and_ends_with_the_newest() -> None:
    assert polyline([]) == ""
    assert polyline([4]) == ""
    assert polyline([0, 10], width=100, height=20) == "0.0,19.0 100.0,1.0"
    points = [0] * 300
    points[150] = 7
    line = polyline(points, most=60)
    assert len(line.split()) <= 60
    assert ",1.0" in line
    assert polyline([0, 0, 0]).endswith("120.0,27.0")
