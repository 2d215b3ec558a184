"""Bodies of requests as models, read after it is known who sends them.

FastAPI would read a body that it knows of before it asks that.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError

from worker.dashboard.problems import Problem

Model = TypeVar("Model", bound=BaseModel)


def reads(model: type[Model], *, optional: bool = False) -> Callable[[Request], Awaitable[Model]]:
    """A dependency that gives the body as `model`; an optional one may be left out.

    It has to come after the one on the role. Raises `Problem` with every fault of the body.
    """

    async def read(request: Request) -> Model:
        body = await request.body()
        if not body and optional:
            body = b"{}"
        elif not request.headers.get("content-type", "").lower().startswith("application/json"):
            raise Problem(415, "Send the request as application/json.")
        try:
            return model.model_validate_json(body)
        except ValidationError as error:
            found = error.errors(include_url=False, include_context=False, include_input=False)
            findings = [
                {"field": ".".join(map(str, each["loc"])), "problem": each["msg"]} for each in found
            ]
            if any(each["type"] == "json_invalid" for each in found):
                raise Problem(400, "The body is not valid JSON.", findings=findings) from None
            detail = "; ".join(f"{each['field']}: {each['problem']}" for each in findings[:5])
            raise Problem(422, detail, findings=findings) from None

    return read


def described(model: type[BaseModel], *, optional: bool = False) -> dict[str, Any]:
    """The `openapi_extra` of a route whose body is read so."""
    reference = {"$ref": f"#/components/schemas/{model.__name__}"}
    return {
        "requestBody": {
            "required": not optional,
            "content": {"application/json": {"schema": reference}},
        }
    }
