from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator

import psutil
import pytest

from tests.support.feeds import item, rss
from worker.feeds.parse import ParserPool, Unparsable

BASE = "https://wire.example/"
GOOD = rss(item(title="Renault", text="Nissan"))


@pytest.fixture
async def pool() -> AsyncIterator[ParserPool]:
    async with ParserPool(workers=1, timeout=20) as running:
        yield running


def gone(pid: int, seconds: float = 10) -> bool:
    """Whether the process ends in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.02)
    return False


async def test_a_child_parses_and_is_kept(pool: ParserPool) -> None:
    assert not pool.pids
    feed = await pool.parse(GOOD, None, BASE)
    assert [(entry.title, entry.text) for entry in feed.entries] == [("Renault", "Nissan")]
    first = pool.pids
    for _ in range(20):
        await pool.parse(GOOD, "text/xml", BASE)
    assert pool.pids == first
    assert len(first) == 1


async def test_what_is_no_feed_costs_one_error_and_no_child(pool: ParserPool) -> None:
    await pool.parse(GOOD, None, BASE)
    before = pool.pids
    for body in (b"", b"<html>", b"{]", b"\xff\xfe\x00"):
        with pytest.raises(Unparsable):
            await pool.parse(body, None, BASE)
    assert pool.pids == before


async def test_a_document_that_takes_too_long_costs_its_child_and_no_other() -> None:
    slow = b"<rss version='2.0'><channel>" + b"<item><title>t</title></item>" * 300_000
    async with ParserPool(workers=1, timeout=1) as pool:
        await pool.parse(GOOD, None, BASE)
        (victim,) = pool.pids
        begun = time.monotonic()
        with pytest.raises(Unparsable, match="longer than 1 s"):
            await pool.parse(slow, None, BASE)
        assert time.monotonic() - begun < 6
        assert not pool.pids
        assert gone(victim)
        assert (await pool.parse(GOOD, None, BASE)).entries
        assert victim not in pool.pids


async def test_a_document_that_takes_too_much_memory_is_refused() -> None:
    greedy = rss(*(item(title="t" * 50, text="x") for _ in range(40_000)))
    async with ParserPool(workers=1, timeout=60, memory_limit=80 * 1024 * 1024) as pool:
        await pool.parse(GOOD, None, BASE)
        (victim,) = pool.pids
        with pytest.raises(Unparsable, match=r"memory|died"):
            await pool.parse(greedy, None, BASE)
        assert gone(victim)
        assert (await pool.parse(GOOD, None, BASE)).entries


@pytest.mark.parametrize(
    "body",
    [
        b"<rss version='2.0'><channel><item><title>x</title>" + b"<a>" * 100_000,
        b"[" * 200_000,
        b'{"items":' * 100_000,
        b"<" * 500_000,
        b"<rss><channel><item><description>" + b"&lt;div&gt;" * 100_000,
    ],
    ids=["elements", "arrays", "objects", "brackets", "html"],
)
async def test_deep_nesting_costs_no_more_than_an_error(body: bytes, pool: ParserPool) -> None:
    try:
        await pool.parse(body, None, BASE)
    except Unparsable as error:
        assert "\n" not in str(error)  # noqa: PT017 - an error is one of two right answers
    assert (await pool.parse(GOOD, None, BASE)).entries


async def test_a_child_that_died_while_idle_is_replaced_unseen(pool: ParserPool) -> None:
    await pool.parse(GOOD, None, BASE)
    (victim,) = pool.pids
    os.kill(victim, signal.SIGKILL)
    assert (await pool.parse(GOOD, None, BASE)).entries
    assert pool.pids != {victim}


async def test_cancelling_a_parse_never_mixes_up_answers(pool: ParserPool) -> None:
    slow = rss(*(item(title=f"slow {n}") for n in range(3_000)))
    await pool.parse(GOOD, None, BASE)
    task = asyncio.create_task(pool.parse(slow, None, BASE))
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    feed = await pool.parse(GOOD, None, BASE)
    assert [entry.title for entry in feed.entries] == ["Renault"]


async def test_no_more_children_than_workers() -> None:
    async with ParserPool(workers=2, timeout=30) as pool:
        feeds = await asyncio.gather(
            *(pool.parse(rss(item(title=f"n{n}")), None, BASE) for n in range(20))
        )
        assert [feed.entries[0].title for feed in feeds] == [f"n{n}" for n in range(20)]
        assert 1 <= len(pool.pids) <= 2


async def test_closing_ends_the_children_and_takes_no_more() -> None:
    pool = ParserPool(workers=1)
    await pool.parse(GOOD, None, BASE)
    (child,) = pool.pids
    await pool.close()
    assert gone(child)
    with pytest.raises(RuntimeError, match="closed"):
        await pool.parse(GOOD, None, BASE)


async def test_a_child_sees_no_secret_of_the_service(
    pool: ParserPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALLIANCE_WATCH_SERVICE__DATABASE_URL", "postgresql://u:s3cret@db/x")
    await pool.parse(GOOD, None, BASE)
    (child,) = pool.pids
    assert "s3cret" not in str(psutil.Process(child).environ())


PARENT = """
import asyncio, sys
from worker.feeds.parse import ParserPool
async def main():
    pool = ParserPool(workers=1, timeout=60)
    await pool.parse(b'{"items": []}', None, "http://a.example/")
    print(*pool.pids, flush=True)
    if sys.argv[1] == "busy":
        slow = b"<rss version='2.0'><channel>" + b"<item><title>t</title></item>" * 300_000
        await pool.parse(slow, None, "http://a.example/")
    await asyncio.sleep(60)
asyncio.run(main())
"""


@pytest.mark.parametrize("state", ["idle", "busy"])
def test_children_die_with_a_parent_that_is_killed(state: str) -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT, state], stdout=subprocess.PIPE)
    try:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        time.sleep(0.3)
        assert psutil.pid_exists(child)
    finally:
        parent.kill()
        parent.communicate()
    assert gone(child)


def test_a_child_loads_nothing_that_it_does_not_need() -> None:
    """There are several of them, and each takes its own memory."""
    program = (
        "import sys, worker.feeds.child, worker.feeds.document; "
        "print({'asyncio', 'structlog', 'aiohttp', 'sqlalchemy'} & set(sys.modules))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() == "set()"
