"""Errors as RFC 9457 problem documents for programs, and as pages for people."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

MEDIA_TYPE = "application/problem+json"


class Problem(HTTPException):
    """An answer that is an error. `title` is a short phrase, `detail` says what to do about it.

    `findings` names what is wrong with single fields.
    """

    def __init__(
        self,
        status: int,
        detail: str = "",
        *,
        title: str = "",
        findings: list[dict[str, str]] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(status, detail, dict(headers or {}))
        self.title = title or HTTPStatus(status).phrase
        self.findings = findings or []


class FieldFinding(BaseModel):
    """One fault in what was sent."""

    field: str
    problem: str


class ProblemDocument(BaseModel):
    """The body of every error."""

    type: str = Field("about:blank", description="`title` says what `status` says")
    title: str
    status: int
    detail: str = ""
    errors: list[FieldFinding] = Field(default_factory=list)


def document(problem: Problem) -> JSONResponse:
    """The problem as `application/problem+json`."""
    content: dict[str, Any] = {
        "type": "about:blank",
        "title": problem.title,
        "status": problem.status_code,
    }
    if problem.detail:
        content["detail"] = problem.detail
    if problem.findings:
        content["errors"] = problem.findings
    return JSONResponse(
        content, problem.status_code, headers=problem.headers, media_type=MEDIA_TYPE
    )


def wants_page(request: Request) -> bool:
    """Whether a person's browser asks, rather than a program."""
    return not request.url.path.startswith("/api/") and "text/html" in request.headers.get(
        "accept", ""
    )


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route for OpenAPI: these errors, each a problem document."""
    return {
        status: {
            "description": HTTPStatus(status).phrase,
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}},
        }
        for status in statuses
    }
