"""One HTTP request of a channel, and the verdict when no answer came."""

from __future__ import annotations

from collections.abc import Mapping

from worker.channels.base import Answer, Outbound
from worker.channels.text import clean_line
from worker.domain.delivery import Outcome, Verdict

MAX_ANSWER_BYTES = 64 * 1024


async def post_json(
    outbound: Outbound,
    url: str,
    body: bytes,
    *,
    headers: Mapping[str, str],
    timeout: float,  # noqa: ASYNC109 - covers the whole exchange, which only `outbound` can do
) -> Answer | Verdict:
    """Posts `body` as JSON without following redirects; a `Verdict` to retry when that failed."""
    from worker.net import NetError  # brings the HTTP client with it

    try:
        return await outbound.request(
            "POST",
            url,
            headers={"content-type": "application/json", **headers},
            body=body,
            timeout=timeout,
            max_bytes=MAX_ANSWER_BYTES,
            follow_redirects=False,
            cut=True,  # a long or broken answer to a message that was taken changes nothing
        )
    except NetError as error:
        return Verdict(Outcome.RETRY, detail=clean_line(str(error), 300))
