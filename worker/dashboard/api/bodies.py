"""Reading what is sent, after it is known who sends it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Request
from pydantic import ValidationError

from worker.dashboard.api.models import ItemIn
from worker.dashboard.api.wires import Wire, documented_types, is_wire, read_wire
from worker.dashboard.problems import Problem
from worker.domain import ids
from worker.domain.feed import Feed

# Pushed items belong together like those of a feed, so that the same id is the same item
# whoever pushes it. Nothing is ever polled at this address.
PUSHED = Feed(id=ids.feed_id("push:"), url="push:", name="pushed")

# For the OpenAPI document: FastAPI would read a body that it knows of before it asks who sends it.
ITEM_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ItemIn"}}},
    }
}


PUSH_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            **ITEM_BODY["requestBody"]["content"],
            **{media: {"schema": {"type": "string"}} for media in documented_types()},
        },
    }
}


async def read_pushed(request: Request) -> ItemIn | Wire:
    """Dependency, to come after the one on the role: an item, or the items of a wire's document."""
    media = _media(request)
    if is_wire(media):
        clock = request.app.state.services.clock
        return await read_wire(request, media, PUSHED, clock())
    return await read_item(request)


async def read_item(request: Request) -> ItemIn:
    """Dependency, to come after the one on the role: the item in the body."""
    if _media(request) != "application/json":
        raise Problem(415, "Send the item as application/json.")
    try:
        return ItemIn.model_validate_json(await request.body())
    except ValidationError as error:
        findings = [
            {"field": ".".join(map(str, found["loc"])), "problem": found["msg"]}
            for found in error.errors(include_url=False, include_context=False, include_input=False)
        ]
        if any(found["type"] == "json_invalid" for found in error.errors(include_url=False)):
            raise Problem(400, "The body is not valid JSON.", findings=findings) from None
        detail = "; ".join(f"{found['field']}: {found['problem']}" for found in findings[:5])
        raise Problem(422, detail, findings=findings) from None


def _media(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


Sent = Annotated[ItemIn, Depends(read_item)]
Pushed = Annotated[ItemIn | Wire, Depends(read_pushed)]
