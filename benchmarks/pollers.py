"""One poller under measurement: `python -m benchmarks.pollers ours|reader FOLDER`.

Reads the addresses of feeds as a line of JSON from its input. Each further line has it poll all of
them once; it answers with a line of JSON: the seconds that took, and how many entries it has
stored. At the end of its input it says how much memory it took at most.
"""

from __future__ import annotations

import asyncio
import json
import logging
import resource
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
import structlog

from worker.domain.feed import Feed
from worker.domain.ids import feed_id
from worker.feeds.fetch import Fetcher
from worker.feeds.parse import ParserPool
from worker.net import Outbound
from worker.polling import Polling
from worker.store import Store

_HOUR = timedelta(hours=1)
_EMPTY = b'<rss version="2.0"><channel><title>x</title></channel></rss>'


def main() -> None:
    """Measure the poller that is named."""
    kind, folder = sys.argv[1], Path(sys.argv[2])
    urls: list[str] = json.loads(sys.stdin.readline())
    if kind == "ours":
        asyncio.run(_ours(urls, folder))
    else:
        _reader(urls, folder)


async def _ours(urls: list[str], folder: Path) -> None:
    store = Store.open(f"sqlite:///{folder / 'ours.db'}")
    store.upgrade()
    feeds = [Feed(feed_id(url), url, url, _HOUR) for url in urls]
    counts: dict[str, float] = {}
    reached = asyncio.Event()
    target = 0

    def count(name: str, by: float) -> None:
        counts[name] = counts.get(name, 0) + by
        if counts.get("polls", 0) >= target:
            reached.set()

    async with Outbound(["127.0.0.0/8"]) as out, ParserPool() as parser:
        # A service is measured once it runs, not while its children start.
        await asyncio.gather(*(parser.parse(_EMPTY, None, "http://127.0.0.1/") for _ in range(2)))
        polling = Polling(
            store=store,
            fetcher=Fetcher(out, parser),
            owner="poller@bench:1",
            clock=lambda: datetime.now(UTC),
            count=count,
            enqueue=lambda ids: None,
            headers={},
        )
        loop = asyncio.get_running_loop()
        first = True
        while await loop.run_in_executor(None, sys.stdin.readline):
            target += len(feeds)
            reached.clear()
            if first:
                store.sync_feeds(feeds, datetime.now(UTC))
            else:
                now = datetime.now(UTC)
                for feed in feeds:
                    store.poll_soon(feed.id, now)
            first = False
            stop = asyncio.Event()
            began, busy = time.perf_counter(), _busy(parser.pids)
            running = asyncio.create_task(polling.until(stop))
            await reached.wait()
            took, busy = time.perf_counter() - began, _busy(parser.pids) - busy
            stop.set()
            await running
            failed = counts.get("polls_failed", 0)
            _say({"seconds": took, "busy": busy, "entries": _stored(store), "failed": failed})
        memory = _peak("self") + sum(_peak(pid) for pid in parser.pids)
    _say({"memory_mib": memory})
    store.close()


def _stored(store: Store) -> int:
    return sum(one.items for one in store.reads.feed_overview(datetime.now(UTC)))


def _reader(urls: list[str], folder: Path) -> None:
    import feedparser_sgmllib

    # reader's own copy of feedparser wants a module that feedparser brings under another name now.
    sys.modules.setdefault("sgmllib", feedparser_sgmllib)
    from reader import make_reader

    with make_reader(str(folder / "reader.db")) as reader:
        for url in urls:
            reader.add_feed(url)
        while sys.stdin.readline():
            began, busy = time.perf_counter(), _busy(())
            # As many workers as it was quickest with.
            failed = [
                result
                for result in reader.update_feeds_iter(workers=20, scheduled=False)
                if isinstance(result.value, Exception)
            ]
            took, busy = time.perf_counter() - began, _busy(()) - busy
            entries = reader.get_entry_counts().total
            _say({"seconds": took, "busy": busy, "entries": entries, "failed": len(failed)})
    _say({"memory_mib": _peak("self")})


def _busy(children: Iterable[int]) -> float:
    """Processor time of this process and of these children so far, in seconds."""
    times = [psutil.Process(pid).cpu_times() for pid in (None, *children)]
    return sum(each.user + each.system for each in times)


def _peak(pid: int | str) -> float:
    """The most resident memory that a process has had, in MiB."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 if pid == "self" else 0.0


def _say(figures: dict[str, Any]) -> None:
    print(json.dumps(figures), flush=True)


if __name__ == "__main__":
    # Its log is not what is to be read here.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    main()
