"""What readers answer without signing in: links of mails, buttons of Slack.

Links are signed by us and good for one reader; presses of buttons are signed by Slack. A link
that is only opened changes nothing, since mail programs open links by themselves.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import parse_qs

import structlog
from fastapi import APIRouter, Form, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, Response

from worker.channels import FEEDBACK, UNSUBSCRIBE
from worker.channels.slack_blocks import MUTE, RIGHT, WRONG, read_value
from worker.channels.text import clean_line
from worker.dashboard.pages import render
from worker.dashboard.problems import Problem
from worker.dashboard.services import Services
from worker.domain import ids
from worker.domain.delivery import OPS_NOTE, Announcement
from worker.domain.feedback import UNSUBSCRIBED, Opinion
from worker.domain.story import Mute
from worker.pipeline import Owed

log = structlog.get_logger(__name__)

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

MUTED_FOR = timedelta(days=7)
MOST_OF_NOTE = 1_000
_OPINIONS = {RIGHT: Opinion.RIGHT, WRONG: Opinion.WRONG}


# ── links of mails ────────────────────────────────────────────────────────────────────────────


@router.get("/unsubscribe/{token}")
def unsubscribe_page(request: Request, token: str) -> HTMLResponse:
    """Asks a reader whether they mean it."""
    about = _signed(request, UNSUBSCRIBE, token)
    return render(request, "unsubscribe.html", None, address=about["address"], done=False)


@router.post("/unsubscribe/{token}")
def unsubscribe(request: Request, token: str) -> HTMLResponse:
    """Ends the mails of a channel to one address, for good; also by one click of a mail program
    (RFC 8058). Doing so again changes nothing."""
    services: Services = request.app.state.services
    about = _signed(request, UNSUBSCRIBE, token)
    now = services.clock()
    services.store.want_nothing(about["channel"], about["address"], UNSUBSCRIBED, now)
    services.store.audit(f"mail:{about['address']}", "unsubscribe", about["channel"], "", now)
    return render(request, "unsubscribe.html", None, address=about["address"], done=True)


@router.get("/feedback/{token}")
def feedback_page(request: Request, token: str) -> HTMLResponse:
    """Asks a reader what they think of an alert."""
    services: Services = request.app.state.services
    about = _signed(request, FEEDBACK, token)
    detail = services.store.reads.alert(about["alert"])
    if detail is None:
        raise Problem(404, "There is no such alert any more.")
    return render(request, "feedback.html", None, alert=detail.alert, said=None)


@router.post("/feedback/{token}")
def feedback(
    request: Request,
    token: str,
    opinion: Annotated[Opinion, Form()],
    note: Annotated[str, Form(max_length=MOST_OF_NOTE)] = "",
) -> HTMLResponse:
    """Keeps what a reader thinks of an alert; their last word counts."""
    services: Services = request.app.state.services
    about = _signed(request, FEEDBACK, token)
    reader = f"mail:{about['address']}"
    given = services.store.give_feedback(
        about["alert"], reader, opinion, note.strip(), services.clock()
    )
    detail = services.store.reads.alert(about["alert"])
    if not given or detail is None:
        raise Problem(404, "There is no such alert any more.")
    return render(request, "feedback.html", None, alert=detail.alert, said=opinion.value)


def _signed(request: Request, use: str, token: str) -> dict[str, Any]:
    services: Services = request.app.state.services
    about = services.seal().verify(use, token)
    if about is None:
        raise Problem(404, "This link is not valid: it may have been cut when it was copied.")
    return about


# ── buttons of Slack ──────────────────────────────────────────────────────────────────────────


@router.post("/slack/interactions")
async def slack_interaction(request: Request) -> Response:
    """Does what the pressed button says, once it is known that Slack sent it within 5 minutes."""
    services: Services = request.app.state.services
    body = await request.body()
    if not _from_slack(services, request, body):
        raise Problem(401, "The request is not signed by a Slack app of the configuration.")
    try:
        payload = json.loads(parse_qs(body.decode())["payload"][0])
        presses = [
            (action["action_id"], read_value(action["value"]))
            for action in payload.get("actions", ())
            if action.get("action_id") in (MUTE, RIGHT, WRONG)
        ]
        user = payload.get("user", {})
        who = clean_line(str(user.get("username") or user.get("id") or "somebody"), 80)
        reader = f"slack:{clean_line(str(user.get('id') or who), 80)}"
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Problem(400, "The request is none of Slack's interactions.") from None
    for action, (subject, channel) in presses:
        await run_in_threadpool(_press, services, action, subject, channel, who, reader)
    return Response(status_code=200)


def _from_slack(services: Services, request: Request, body: bytes) -> bool:
    from slack_sdk.signature import Clock, SignatureVerifier

    class Now(Clock):
        def now(self) -> float:
            return services.clock().timestamp()

    stamp = request.headers.get("x-slack-request-timestamp", "")
    signature = request.headers.get("x-slack-signature", "")
    if not stamp.isdecimal() or not stamp.isascii() or not signature.isascii():
        return False
    return any(
        SignatureVerifier(secret, Now()).is_valid(body, stamp, signature)
        for secret in services.slack_secrets
    )


def _press(
    services: Services, action: str, subject: str, channel: str, who: str, reader: str
) -> None:
    """Write down what a button means, and have it confirmed where it was pressed."""
    now = services.clock()
    if action == MUTE:
        until = now + MUTED_FOR
        chosen = services.store.subscriptions_of(channel)
        done = [
            services.store.mute(Mute(subject, until, subscription, reader), now)
            for subscription in chosen
        ]
        if not any(done):
            log.warning("press_without_effect", action=action, subject=subject)
            return
        services.store.audit(reader, "mute", subject, f"until {until:%Y-%m-%d %H:%M} UTC", now)
        story_id, words = subject, f"Muted here until {until:%Y-%m-%d %H:%M} UTC by {who}."
    else:
        opinion = _OPINIONS[action]
        detail = services.store.reads.alert(subject)
        if detail is None or not services.store.give_feedback(subject, reader, opinion, "", now):
            log.warning("press_without_effect", action=action, subject=subject)
            return
        story_id = detail.alert.story_id
        words = f"{who} says that this is {opinion.value}: {detail.alert.headline}"
    said = Announcement(OPS_NOTE, now, words, data={"story_id": story_id})
    delivery_id = ids.derive("msg", OPS_NOTE, reader, action, subject, now.isoformat())
    services.store.announce(delivery_id, f"ops:{channel}", channel, said, now)
    services.enqueue_deliveries([Owed(channel, delivery_id)])
