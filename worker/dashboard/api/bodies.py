"""Reading what is sent, after it is known who sends it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Request
from pydantic import ValidationError

from worker.dashboard.api.models import ItemIn
from worker.dashboard.problems import Problem

# For the OpenAPI document: FastAPI would read a body that it knows of before it asks who sends it.
ITEM_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ItemIn"}}},
    }
}


async def read_item(request: Request) -> ItemIn:
    """Dependency, to come after the one on the role: the item in the body."""
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != "application/json":
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


Sent = Annotated[ItemIn, Depends(read_item)]
