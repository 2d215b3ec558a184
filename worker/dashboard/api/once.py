"""`Idempotency-Key`: the same request again gets the same answer and does nothing again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import Header, Request
from fastapi.responses import JSONResponse

from worker.dashboard.access import Viewer
from worker.dashboard.problems import Problem
from worker.dashboard.services import Services
from worker.domain import ids

Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        description="Any text of your own. For a day the same request with the same key gets "
        "the answer of the first one and does nothing again",
    ),
]


def once(
    request: Request,
    viewer: Viewer,
    key: str | None,
    asked: Any,
    act: Callable[[str | None], tuple[int, Any]],
) -> JSONResponse:
    """The answer to a request; with `key`, what `act` gave when it was first made.

    `act` gets a token that stands for the request, from which it can derive ids, and gives
    status and body. Raises `Problem` 409 while the first is being answered, and 422 when the
    key came with something else. A request that fails may be made again.
    """
    if key is None:
        status, body = act(None)
        return JSONResponse(body, status)
    services: Services = request.app.state.services
    method, path = request.method, request.url.path
    token = ids.derive("req", viewer.token_id, method, path, key)
    digest = hashlib.sha256(json.dumps(asked, sort_keys=True, default=str).encode()).hexdigest()
    known = services.store.begin_request(token, digest, services.clock())
    if known is not None:
        if known.digest != digest:
            raise Problem(422, "This Idempotency-Key came with another request before.")
        if known.status is None or known.answer is None:
            raise Problem(
                409, "The request is being answered already.", headers={"retry-after": "1"}
            )
        return JSONResponse(json.loads(services.seal().open(known.answer)), known.status)
    try:
        status, body = act(token)
    except BaseException:
        services.store.forget_request(token)
        raise
    services.store.finish_request(token, status, services.seal().close(json.dumps(body)))
    return JSONResponse(body, status)
