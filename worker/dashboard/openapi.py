"""The OpenAPI document, open at `/api/openapi.json`."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from worker.dashboard.api.feedback import FeedbackIn
from worker.dashboard.api.models import ItemIn
from worker.dashboard.api.subscription_models import BODIES
from worker.dashboard.problems import MEDIA_TYPE, ProblemDocument

PATH = "/api/openapi.json"

_TEXT = (
    "Alerts about changes in corporate alliances, with the sentences that prove them. "
    "Lists come newest first, a page at a time: pass `next` back as `cursor`. "
    "Errors are problem documents (RFC 9457). Send an API token as `Authorization: Bearer …`."
)


def add_openapi(app: FastAPI) -> None:
    """Serve the document, with every error in the form in which it is sent."""

    def make() -> dict[str, Any]:
        if app.openapi_schema is None:
            made = get_openapi(
                title=app.title, version=app.version, description=_TEXT, routes=app.routes
            )
            schemas = made.setdefault("components", {}).setdefault("schemas", {})
            _add(schemas, ProblemDocument)
            for model in (ItemIn, FeedbackIn, *BODIES):
                _add(schemas, model)
            for unused in ("HTTPValidationError", "ValidationError"):
                schemas.pop(unused, None)
            _correct_validation_errors(made)
            app.openapi_schema = made
        return app.openapi_schema

    app.openapi = make  # type: ignore[method-assign]

    @app.get(PATH, include_in_schema=False)
    async def document() -> JSONResponse:
        return JSONResponse(make())


def _add(schemas: dict[str, Any], model: type[BaseModel]) -> None:
    """Describe a model that no route names as its own body or answer."""
    schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(schema.pop("$defs", {}))
    schemas[model.__name__] = schema


def _correct_validation_errors(made: dict[str, Any]) -> None:
    """FastAPI documents its own form of 422; ours is a problem document like every error."""
    reference = {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}
    for operations in made["paths"].values():
        for operation in operations.values():
            answer = operation.get("responses", {}).get("422")
            if answer is not None:
                answer["content"] = {MEDIA_TYPE: reference}
