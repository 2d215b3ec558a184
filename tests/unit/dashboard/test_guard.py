"""Requests that another site's page made are told apart from our own."""

from __future__ import annotations

import pytest
from starlette.datastructures import Headers

from worker.dashboard.guard import POLICY, forged

OURS = "https://watch.example"


def check(method: str = "POST", **headers: str) -> str | None:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return forged(method, Headers({"host": "10.0.0.7:8765", **named}), OURS)


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_safe_methods_pass_from_everywhere(method: str) -> None:
    assert check(method, origin="https://evil.example", sec_fetch_site="cross-site") is None


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("site", ["cross-site", "same-site", "none"])
def test_unsafe_methods_of_other_sites_are_refused(method: str, site: str) -> None:
    assert check(method, sec_fetch_site=site, cookie="a=b") is not None
    assert check(method, sec_fetch_site=site, authorization="Bearer x") is not None


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "https://watch.example.evil.example",
        "https://watch.example:8443",
        "null",
        "",
        "http://10.0.0.7",
    ],
)
def test_other_origins_are_refused(origin: str) -> None:
    assert check(origin=origin, cookie="a=b") is not None


@pytest.mark.parametrize(
    "origin", ["https://watch.example", "http://10.0.0.7:8765", "https://WATCH.example"]
)
def test_our_own_origins_pass(origin: str) -> None:
    assert check(origin=origin, cookie="a=b", sec_fetch_site="same-origin") is None


def test_a_request_that_says_nothing_passes_only_without_a_session() -> None:
    assert check(cookie="aw_session_8765=x") is not None
    assert check(authorization="Bearer x") is None
    assert check() is None


def test_the_policy_allows_nothing_from_elsewhere_and_nothing_inline() -> None:
    assert "unsafe" not in POLICY
    assert "default-src 'none'" in POLICY
    assert "http" not in POLICY
