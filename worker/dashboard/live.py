"""`/live/{topic}`: the moving parts of a page, pushed when they change."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse

from worker.dashboard.access import Gate, Reader, Viewer
from worker.dashboard.board import TOPICS, Board
from worker.dashboard.problems import Problem
from worker.dashboard.sampler import Sampler
from worker.dashboard.stream import frame, respond
from worker.domain.payload import timestamp
from worker.store import StoreError

router = APIRouter(include_in_schema=False)

RECHECK = timedelta(seconds=30)


@router.get("/live/{topic}")
async def live(topic: str, request: Request, viewer: Reader) -> StreamingResponse:
    """Fragments of one topic: all of them at first, then those that have changed."""
    if topic not in TOPICS:
        raise Problem(404, "There is no such page to follow.")
    state = request.app.state
    frames = _fragments(topic, state.sampler, state.board)
    return respond(while_signed_in(frames, state.gate, viewer, state.services.clock))


async def _fragments(topic: str, sampler: Sampler, board: Board) -> AsyncIterator[str]:
    sent: dict[str, str] = {}
    yield "retry: 2000\n\n"
    with sampler.wanting(topic):
        async for snapshot in sampler.changes():
            # The list of deliveries is only sampled while somebody looks at it.
            if topic != "deliveries" or snapshot.deliveries_sampled:
                for fragment in board.fragments(topic, snapshot):
                    if sent.get(fragment.id) != fragment.essence:
                        sent[fragment.id] = fragment.essence
                        yield frame({"id": fragment.id, "html": fragment.html}, event="fragment")
            yield frame({"now": timestamp(snapshot.taken)}, event="beat")


async def while_signed_in(
    frames: AsyncIterator[str], gate: Gate, viewer: Viewer, clock: Callable[[], datetime]
) -> AsyncIterator[str]:
    """The frames until the viewer's session or token has ended."""
    checked = clock()
    async for text in frames:
        if clock() - checked >= RECHECK:
            checked = clock()
            try:
                if await run_in_threadpool(gate.known, viewer.digest, viewer.kind) is None:
                    return
            except StoreError:
                pass  # who was let in stays while the database is away; a new start asks again
        yield text
