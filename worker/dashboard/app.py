"""The web application: what is put together from the modules beside it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import quote

import structlog
from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse, Response
from starlette.exceptions import HTTPException
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from worker.dashboard import api, charts, hub, live, metrics, operations, pages, playground, replies
from worker.dashboard.access import Gate
from worker.dashboard.board import Board
from worker.dashboard.guard import Guard
from worker.dashboard.history import Historian
from worker.dashboard.openapi import add_openapi
from worker.dashboard.problems import Problem, document, wants_page
from worker.dashboard.sampler import Sampler
from worker.dashboard.services import Services
from worker.dashboard.templating import STATIC, environment
from worker.dashboard.trial import Trials
from worker.feeds.parse import ParserPool
from worker.store import StoreError, StoreUnavailable

log = structlog.get_logger(__name__)

NOTE_USE_EVERY = 60.0


def create_app(services: Services) -> FastAPI:
    """The dashboard and API over these services. Nothing is read before the app is started."""
    app = FastAPI(
        title="Alliance Watch",
        version=services.version or "0",
        lifespan=_lifespan,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
    )
    templates = environment()
    app.state.services = services
    app.state.gate = Gate(services)
    app.state.sampler = Sampler(services)
    app.state.templates = templates
    app.state.board = Board(templates)
    app.state.trials = Trials(services.explain)
    app.state.parser = ParserPool(workers=1)
    app.state.metrics = metrics.registry(app.state.sampler, services.version)
    app.include_router(operations.router)
    app.include_router(pages.router)
    app.include_router(replies.router)
    app.include_router(playground.router)
    app.include_router(charts.router)
    app.include_router(live.router)
    app.include_router(hub.router)
    app.include_router(api.router)
    add_openapi(app)
    app.mount("/static", _Static(directory=STATIC), name="static")
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(StoreError, _store_failed)
    app.add_exception_handler(Exception, _failed)
    app.add_middleware(Guard, public_url=services.public_url)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    sampler: Sampler = app.state.sampler
    services: Services = app.state.services
    historian = Historian(services.store, services.version)
    tasks = [
        asyncio.create_task(sampler.run()),
        asyncio.create_task(historian.run(lambda: sampler.latest, services.sample_interval)),
        asyncio.create_task(_note_use(app.state.gate)),
    ]
    try:
        yield
    finally:
        sampler.stop()
        await app.state.parser.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _note_use(gate: Gate) -> None:
    while True:
        await asyncio.sleep(NOTE_USE_EVERY)
        with suppress(StoreError):
            await run_in_threadpool(gate.note_use)


class _Static(StaticFiles):
    """Files whose address changes with their content may be kept for ever."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        answer = await super().get_response(path, scope)
        versioned = b"v=" in scope.get("query_string", b"")
        answer.headers["cache-control"] = (
            "public, max-age=31536000, immutable" if versioned else "no-cache"
        )
        return answer


# ── errors ────────────────────────────────────────────────────────────────────────────────────


async def _refused(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    problem = (
        error
        if isinstance(error, Problem)
        else Problem(error.status_code, _DETAILS.get(error.status_code, ""), headers=error.headers)
    )
    if not wants_page(request):
        return document(problem)
    if problem.status_code == 401 and request.method == "GET":
        target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"/sign-in?next={quote(target, safe='/')}", status_code=303)
    page = pages.render(request, "error.html", None, problem=problem)
    page.status_code = problem.status_code
    page.headers.update(problem.headers or {})
    return page


_DETAILS = {
    404: "There is nothing at this address.",
    405: "This address does not take that method.",
}


async def _invalid(request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    findings = [
        {
            "field": ".".join(str(step) for step in finding["loc"] if step != "body"),
            "problem": str(finding["msg"]),
        }
        for finding in jsonable_encoder(error.errors(), exclude={"input", "ctx"})
    ]
    kinds = {finding["type"] for finding in error.errors()}
    if "json_invalid" in kinds:
        problem = Problem(400, "The body is not valid JSON.", findings=findings)
    else:
        detail = "; ".join(f"{finding['field']}: {finding['problem']}" for finding in findings[:5])
        problem = Problem(422, detail, findings=findings)
    return await _refused(request, problem)


async def _store_failed(request: Request, error: Exception) -> Response:
    if isinstance(error, StoreUnavailable):
        log.warning("request_without_database", path=request.url.path, error=str(error))
        detail = "The database does not answer. Try again in a moment."
        return await _refused(request, Problem(503, detail, headers={"retry-after": "2"}))
    return await _failed(request, error)


async def _failed(request: Request, error: Exception) -> Response:
    log.error("request_failed", path=request.url.path, exc_info=error)
    return await _refused(request, Problem(500, "A fault of the service; it has been logged."))
