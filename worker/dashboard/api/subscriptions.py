"""Subscribers of webhooks, who serve themselves."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from fastapi.responses import JSONResponse, Response

from worker.channels.endpoint import SigningSecret, write_secrets
from worker.dashboard.access import Administrator, Operator, Reader, Viewer
from worker.dashboard.api.closed_bodies import described
from worker.dashboard.api.once import Key, once
from worker.dashboard.api.paging import Cursor, Limit, Listing, listing
from worker.dashboard.api.subscription_models import (
    RotatedOut,
    RotationIn,
    SentPatch,
    SentRotation,
    SentSubscription,
    SubscriptionIn,
    SubscriptionMade,
    SubscriptionOut,
    SubscriptionPatch,
    TestOut,
)
from worker.dashboard.problems import Problem, documented
from worker.dashboard.services import Services
from worker.dashboard.subscribing import (
    asked,
    make_test,
    new_secret,
    rotated,
    subscription_out,
)
from worker.domain import ids
from worker.pipeline import Owed
from worker.store import Challenge, Subscriber

router = APIRouter(tags=["subscriptions"], responses=documented(401, 403, 422, 503))

Id = Annotated[str, Path(max_length=100)]


@router.get("/subscriptions", response_model=Listing[SubscriptionOut], responses=documented(400))
def subscriptions(
    request: Request, viewer: Reader, cursor: Cursor = None, limit: Limit = 50
) -> Any:
    """Every subscription, those of the configuration too, the newest first."""
    services: Services = request.app.state.services
    return listing(
        lambda: services.store.subscribers(cursor, limit), lambda each: _shown(services, each)
    )


@router.get(
    "/subscriptions/{subscription_id}", response_model=SubscriptionOut, responses=documented(404)
)
def subscription(request: Request, viewer: Reader, subscription_id: Id) -> Any:
    """One subscription: what it wants, whether it is verified, how its endpoint fares."""
    services: Services = request.app.state.services
    return _shown(services, _known(services, subscription_id))


@router.post(
    "/subscriptions",
    status_code=201,
    response_model=SubscriptionMade,
    responses=documented(400, 409, 415),
    openapi_extra=described(SubscriptionIn),
)
def create(
    request: Request, viewer: Administrator, wanted: SentSubscription, key: Key = None
) -> Response:
    """Subscribe an endpoint. `secret` signs its messages and is shown this once.

    A `subscription.test` goes out at once. The first one that is answered with a status from 200
    to 299 makes the subscription `active`; alerts that are raised until then are held for it.
    """
    services: Services = request.app.state.services

    def act(token: str | None) -> tuple[int, Any]:
        now = services.clock()
        identity = ids.derive("sub", "api", token or uuid.uuid4().hex)
        secret, seal = new_secret(), services.seal()
        sealed = write_secrets([SigningSecret(secret)], seal)
        made = asked(identity, wanted.filters(), wanted.url, sealed, seal)
        test = make_test(identity, now)
        services.store.add_subscriber(made, test, now)
        services.store.audit(viewer.actor, "create_subscription", identity, made.shown_url, now)
        services.enqueue_deliveries([Owed(made.subscription.channel, test.delivery_id)])
        shown = _shown(services, _known(services, identity))
        return 201, {**shown, "secret": secret, "test_delivery": test.delivery_id}

    answer = once(request, viewer, key, wanted.model_dump(mode="json"), act)
    return answer


@router.patch(
    "/subscriptions/{subscription_id}",
    response_model=SubscriptionOut,
    responses=documented(400, 404, 409, 415),
    openapi_extra=described(SubscriptionPatch),
)
def change(request: Request, viewer: Administrator, subscription_id: Id, wanted: SentPatch) -> Any:
    """Change what a subscription wants, or where it goes: another `url` has to prove itself, and
    alerts are held until then. `enabled: false` ends it for the time being."""
    services: Services = request.app.state.services
    known = _own(services, subscription_id)
    now, seal = services.clock(), services.seal()
    assert known.asked is not None
    changes = wanted.changes()
    url = changes.pop("url", None)
    before = seal.open(known.asked.url)
    moved = url is not None and url != before
    made = asked(
        subscription_id, {**known.asked.wanted, **changes}, url or before, known.asked.secrets, seal
    )
    test = make_test(subscription_id, now) if moved and known.active else None
    services.store.change_subscriber(made, test, now)
    named = ", ".join(sorted([*changes, *(["url"] if moved else [])]))
    services.store.audit(viewer.actor, "change_subscription", subscription_id, named, now)
    if test is not None:
        services.enqueue_deliveries([Owed(made.subscription.channel, test.delivery_id)])
    if wanted.enabled is False and known.active:
        services.store.end_subscription(subscription_id, f"switched off by {viewer.actor}", now)
        services.store.audit(viewer.actor, "disable_subscription", subscription_id, "", now)
    elif wanted.enabled is True and not known.active:
        _enable(services, viewer, known)
    return _shown(services, _known(services, subscription_id))


@router.delete("/subscriptions/{subscription_id}", status_code=204, responses=documented(404, 409))
def delete(request: Request, viewer: Administrator, subscription_id: Id) -> Response:
    """End a subscription for good. Its address and secrets are forgotten at once; what it is
    still owed is given up, its deliveries stay visible."""
    services: Services = request.app.state.services
    _own(services, subscription_id)
    now = services.clock()
    services.store.delete_subscriber(subscription_id, now)
    services.store.audit(viewer.actor, "delete_subscription", subscription_id, "", now)
    return Response(status_code=204)


@router.post(
    "/subscriptions/{subscription_id}/test",
    status_code=202,
    response_model=TestOut,
    responses=documented(404, 409),
)
def send_test(
    request: Request, viewer: Operator, subscription_id: Id, key: Key = None
) -> JSONResponse:
    """Send a `subscription.test`. What was answered shows under `GET /deliveries/{id}`."""
    services: Services = request.app.state.services

    def act(token: str | None) -> tuple[int, Any]:
        known = _own(services, subscription_id)
        if not known.active:
            raise Problem(409, "The subscription is disabled: enable it, which sends a test.")
        now = services.clock()
        made = make_test(subscription_id, now)
        services.store.test_subscriber(known.subscription, made, now)
        services.store.audit(viewer.actor, "test_subscription", subscription_id, "", now)
        services.enqueue_deliveries([Owed(known.subscription.channel, made.delivery_id)])
        return 202, {"delivery": made.delivery_id}

    return once(request, viewer, key, None, act)


@router.post(
    "/subscriptions/{subscription_id}/rotate-secret",
    response_model=RotatedOut,
    responses=documented(400, 404, 409, 415),
    openapi_extra=described(RotationIn, optional=True),
)
def rotate_secret(
    request: Request,
    viewer: Administrator,
    subscription_id: Id,
    wanted: SentRotation,
    key: Key = None,
) -> JSONResponse:
    """Give a new secret, shown this once. Until the overlap is over the old ones sign as well:
    `webhook-signature` then has a signature for each."""
    services: Services = request.app.state.services
    overlap = timedelta(seconds=wanted.overlap_seconds)

    def act(token: str | None) -> tuple[int, Any]:
        _own(services, subscription_id)
        now, seal, secret = services.clock(), services.seal(), new_secret()
        services.store.change_secrets(
            subscription_id, lambda sealed: rotated(sealed, secret, overlap, now, seal), now
        )
        detail = f"overlap {overlap}"
        services.store.audit(viewer.actor, "rotate_secret", subscription_id, detail, now)
        shown = _shown(services, _known(services, subscription_id))
        return 200, {"secret": secret, "signing_secrets": shown["signing_secrets"]}

    return once(request, viewer, key, overlap.total_seconds(), act)


@router.post(
    "/subscriptions/{subscription_id}/enable",
    status_code=202,
    response_model=SubscriptionOut,
    responses=documented(404, 409),
)
def enable(
    request: Request, viewer: Administrator, subscription_id: Id, key: Key = None
) -> JSONResponse:
    """Take up a subscription that was disabled. Its endpoint is sent a test, and gets alerts from
    now on as soon as it has answered."""
    services: Services = request.app.state.services

    def act(token: str | None) -> tuple[int, Any]:
        known = _known(services, subscription_id)
        if known.active:
            raise Problem(409, "The subscription is not disabled.")
        _enable(services, viewer, known)
        return 202, _shown(services, _known(services, subscription_id))

    return once(request, viewer, key, None, act)


def _enable(services: Services, viewer: Viewer, known: Subscriber) -> None:
    now = services.clock()
    identity = known.subscription.id
    made: Challenge | None = make_test(identity, now) if known.asked is not None else None
    services.store.enable_subscriber(identity, made, now)
    services.store.audit(viewer.actor, "enable_subscription", identity, "", now)
    if made is not None:
        services.enqueue_deliveries([Owed(known.subscription.channel, made.delivery_id)])


def _shown(services: Services, subscriber: Subscriber) -> dict[str, Any]:
    return subscription_out(subscriber, services.seal(), services.clock())


def _known(services: Services, subscription_id: str) -> Subscriber:
    found = services.store.subscriber(subscription_id)
    if found is None:
        raise Problem(404, "There is no such subscription.")
    return found


def _own(services: Services, subscription_id: str) -> Subscriber:
    """A subscription that the API made. Raises `Problem` for one of the configuration."""
    known = _known(services, subscription_id)
    if known.asked is None:
        raise Problem(409, "The configuration made this subscription: change it there.")
    return known
