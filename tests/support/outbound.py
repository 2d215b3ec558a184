"""Fixtures for what goes out over HTTP; import those you need in a `conftest.py`.

server      an origin on loopback that answers what the test says
out         the way out, with loopback permitted
get(out, url)       one GET with limits that suit a test
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.support.origin import Origin, origin
from worker.net import Outbound, Response

LOOPBACK = ("127.0.0.0/8",)


@pytest.fixture
async def server() -> AsyncIterator[Origin]:
    async with origin() as running:
        yield running


@pytest.fixture
async def out() -> AsyncIterator[Outbound]:
    async with Outbound(LOOPBACK) as outbound:
        yield outbound


async def get(
    outbound: Outbound,
    url: str,
    *,
    headers: dict[str, str] | None = None,
    timeout: float = 5,  # noqa: ASYNC109
    max_bytes: int = 1_000_000,
    follow: bool = True,
    cut: bool = False,
) -> Response:
    return await outbound.request(
        "GET",
        url,
        headers=headers,
        timeout=timeout,
        max_bytes=max_bytes,
        follow_redirects=follow,
        cut=cut,
    )
