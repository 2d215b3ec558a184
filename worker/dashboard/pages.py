"""The pages for people. Each is complete without scripts; `live.js` keeps some of them current."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from worker.dashboard.access import Gate, Operator, Reader, Viewer, current_viewer
from worker.dashboard.board import LISTED, alerts_context, feeds_context, health_context
from worker.dashboard.highlight import segments
from worker.dashboard.marks import TONES, facts, legend
from worker.dashboard.problems import Problem
from worker.dashboard.sampler import Sampler
from worker.dashboard.services import Services
from worker.domain.access import Role
from worker.domain.delivery import DeliveryState
from worker.domain.event import Status
from worker.domain.feedback import Opinion
from worker.store import AlertFilter, DeliveryFilter

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

TOLD = 50  # alerts of a story that its page lists, the newest


def render(request: Request, template: str, viewer: Viewer | None, **values: Any) -> HTMLResponse:
    """A page in its frame."""
    state = request.app.state
    here = "/" + request.url.path.split("/")[1]
    html = state.templates.get_template(template).render(
        viewer=viewer, here=here, version=state.services.version, **values
    )
    return HTMLResponse(html)


@router.get("/")
async def health(request: Request, viewer: Reader) -> HTMLResponse:
    """Queues, processes, feeds, outbox. Shown from memory: it works when nothing else does."""
    sampler: Sampler = request.app.state.sampler
    return render(request, "health.html", viewer, **health_context(sampler.latest))


@router.get("/feeds")
async def feeds(request: Request, viewer: Reader) -> HTMLResponse:
    """Every feed, those in trouble first."""
    sampler: Sampler = request.app.state.sampler
    return render(request, "feeds.html", viewer, **feeds_context(sampler.latest))


@router.get("/alerts")
def alerts(
    request: Request,
    viewer: Reader,
    q: Annotated[str, Query(max_length=200)] = "",
    rule: Annotated[str, Query(max_length=100)] = "",
    company: Annotated[str, Query(max_length=100)] = "",
    status: Annotated[str, Query(max_length=20)] = "",
    cursor: Annotated[str, Query(max_length=300)] = "",
) -> HTMLResponse:
    """Alerts, the newest first."""
    services: Services = request.app.state.services
    filters = AlertFilter(
        rule=rule or None,
        company=company.strip().casefold() or None,
        status=Status(status) if status in set(Status) else None,
        q=q,
    )
    try:
        page = services.store.reads.alerts(filters, cursor or None, LISTED)
    except ValueError as error:
        raise Problem(400, f"The address of this page is {error}.") from None
    filtered = bool(q or rule or company or status)
    values = alerts_context(request.app.state.sampler.latest)
    return render(
        request,
        "alerts.html",
        viewer,
        **{**values, "alerts": page.items, "now": services.clock()},
        filters={"q": q, "rule": rule, "status": status, "company": company},
        filtered=filtered,
        cursor=cursor,
        next=page.next,
        rules=_rules(request),
        statuses=[known.value for known in Status],
        live=not filtered and not cursor,
        **({"nothing": "No alert fits these filters."} if filtered else {}),
    )


@router.get("/alerts/{alert_id}")
def alert(request: Request, viewer: Reader, alert_id: str) -> HTMLResponse:
    """One alert with its evidence in the item's own words."""
    reads = request.app.state.services.store.reads
    detail = reads.alert(alert_id)
    if detail is None:
        raise Problem(404, "There is no such alert.")
    story = reads.story(detail.alert.story_id)
    told = story.alerts if story else (detail.alert,)
    evidence = detail.alert.event.evidence
    shown = [(entry, tried.attempts if (tried := reads.delivery(entry.id)) else ())
             for entry in detail.deliveries[:50]]  # fmt: skip
    return render(
        request,
        "alert.html",
        viewer,
        alert=detail.alert,
        deliveries=shown,
        story=told[-TOLD:],
        earlier=max(0, len(told) - TOLD),
        title_cut=segments(detail.alert.item.title, evidence, field="title"),
        text_cut=segments(detail.alert.item.text, evidence, field="text"),
        tones=TONES,
        legend=legend([detail.alert.event]),
        facts=facts(detail.alert.event),
        feedback=request.app.state.services.store.feedback(alert_id=alert_id, limit=20),
        may_say=viewer.role.allows(Role.OPERATE),
    )


@router.post("/alerts/{alert_id}/feedback")
def say(
    request: Request, viewer: Operator, alert_id: str, opinion: Annotated[Opinion, Form()]
) -> Response:
    """Keeps what somebody who is signed in thinks of an alert."""
    services: Services = request.app.state.services
    now = services.clock()
    if not services.store.give_feedback(alert_id, viewer.actor, opinion, "", now):
        raise Problem(404, "There is no such alert.")
    services.store.audit(viewer.actor, "feedback", alert_id, opinion.value, now)
    return RedirectResponse(f"/alerts/{alert_id}#h-feedback", status_code=303)


@router.get("/deliveries")
def deliveries(
    request: Request,
    viewer: Reader,
    state: Annotated[str, Query(max_length=20)] = "",
    channel: Annotated[str, Query(max_length=200)] = "",
    cursor: Annotated[str, Query(max_length=300)] = "",
) -> HTMLResponse:
    """Deliveries, the newest first."""
    services: Services = request.app.state.services
    filters = DeliveryFilter(
        state=DeliveryState(state) if state in set(DeliveryState) else None,
        channel=channel.strip() or None,
    )
    try:
        page = services.store.reads.deliveries(filters, cursor or None, LISTED)
    except ValueError as error:
        raise Problem(400, f"The address of this page is {error}.") from None
    filtered = bool(state or channel)
    return render(
        request,
        "deliveries.html",
        viewer,
        deliveries=page.items,
        now=services.clock(),
        filters={"state": state, "channel": channel},
        filtered=filtered,
        cursor=cursor,
        next=page.next,
        states=[known.value for known in DeliveryState],
        live=not filtered and not cursor,
        **({"nothing": "No delivery fits these filters."} if filtered else {}),
    )


@router.get("/deliveries/{delivery_id}")
def delivery(request: Request, viewer: Reader, delivery_id: str) -> HTMLResponse:
    """One delivery with every attempt."""
    detail = request.app.state.services.store.reads.delivery(delivery_id)
    if detail is None:
        raise Problem(404, "There is no such delivery.")
    return render(request, "delivery.html", viewer, detail=detail)


@router.get("/sign-in")
def sign_in_page(request: Request, next: str = "/") -> HTMLResponse:
    """Where a person shows their token; open to all."""
    return render(request, "sign-in.html", None, next=own_path(next), wrong=False)


@router.get("/sign-in/state", response_class=JSONResponse)
def sign_in_state(
    viewer: Annotated[Viewer | None, Depends(current_viewer)],
) -> JSONResponse:
    """Whether the browser has a session; for the scripts of pages."""
    return JSONResponse({"signed_in": viewer is not None})


@router.post("/sign-in")
def sign_in(
    request: Request,
    token: Annotated[str, Form(max_length=400)],
    next: Annotated[str, Form(max_length=2_000)] = "/",
) -> Response:
    """Begin a session."""
    gate: Gate = request.app.state.gate
    begun = gate.sign_in(token.strip())
    if begun is None:
        page = render(request, "sign-in.html", None, next=own_path(next), wrong=True)
        page.status_code = 403
        return page
    secret, viewer = begun
    answer = RedirectResponse(own_path(next), status_code=303)
    gate.set_cookie(answer, secret, viewer.expires)
    return answer


@router.post("/sign-out")
def sign_out(request: Request, viewer: Reader) -> Response:
    """End the session."""
    gate: Gate = request.app.state.gate
    if viewer.kind == "session":
        gate.sign_out(viewer)
    answer = RedirectResponse("/sign-in", status_code=303)
    gate.clear_cookie(answer)
    return answer


def own_path(target: str) -> str:
    """`target` if it is a page of ours, `/` otherwise: nobody is sent elsewhere."""
    if not target.startswith("/") or target.startswith(("//", "/\\", "/sign-")):
        return "/"
    return target if target.isprintable() and "\\" not in target else "/"


def _rules(request: Request) -> list[str]:
    """The rules to choose from: those that ship with the service, and those that fired."""
    state = request.app.state
    fired = {alert.event.rule for alert in state.sampler.latest.alerts}
    return sorted({*state.services.rules, *fired})
