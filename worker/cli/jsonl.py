"""`classify --jsonl`: one item a line in, one result a line out, in order."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from worker.cli.show import to_json
from worker.domain.event import Classification
from worker.domain.payload import event_data


class BadItem(Exception):  # noqa: N818 - it says what is wrong with the item
    """Not an item; `id` is its id if it has one."""

    def __init__(self, problem: str, id: str | None = None) -> None:
        super().__init__(problem)
        self.id = id


class JsonItem(BaseModel):
    """One item as programs give it; other keys than these are left alone."""

    model_config = ConfigDict(frozen=True, strict=True, hide_input_in_errors=True)

    id: str
    title: str
    text: str
    lang: Literal["fr", "en"] | None = None
    published: datetime | None = None
    url: str | None = None

    @field_validator("published", mode="before")
    @classmethod
    def _iso(cls, value: object) -> object:
        """ISO 8601, a date alone as well; without a zone in UTC."""
        if not isinstance(value, str):
            return value
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            raise ValueError("not an ISO 8601 date or time") from None
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


Classify = Callable[[JsonItem], Classification]


def parse_line(line: bytes) -> JsonItem:
    """The item on one line. Raises BadItem."""
    try:
        data = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise BadItem("not UTF-8") from None
    except (ValueError, RecursionError) as error:
        reason = error.msg if isinstance(error, json.JSONDecodeError) else "not readable"
        raise BadItem(f"not JSON: {reason[:1].lower()}{reason[1:]}") from None
    return parse_item(data)


def parse_item(data: Any) -> JsonItem:
    """The item in a JSON value. Raises BadItem, which names every key that is not right."""
    if not isinstance(data, dict):
        raise BadItem("not a JSON object")
    try:
        return JsonItem.model_validate(data)
    except ValidationError as error:
        problems = "; ".join(
            f"{details['loc'][0]}: {_problem(details['type'], details['msg'])}"
            for details in error.errors(include_url=False)
        )
        given = data.get("id")
        raise BadItem(problems, given if isinstance(given, str) else None) from None


def _problem(kind: str, message: str) -> str:
    known = {
        "missing": "is missing",
        "string_type": "is not a text",
        "datetime_type": "is not a text",
        "literal_error": 'is neither "fr" nor "en"',
    }
    return known.get(kind) or message.removeprefix("Value error, ")


def result_of(item_id: str, classification: Classification) -> dict[str, Any]:
    """One item's result in its published form."""
    return {
        "id": item_id,
        "lang": classification.language,
        "events": [event_data(event) for event in classification.events],
    }


def results(lines: Iterable[bytes], classify: Classify) -> Iterator[tuple[str, bool]]:
    """For each line that is not blank its line of output, and whether the item was in order."""
    for line in lines:
        if not line.strip():
            continue
        try:
            item = parse_line(line)
            result = result_of(item.id, classify(item))
        except BadItem as error:
            yield to_json({"id": error.id, "error": str(error)}), False
        except Exception as error:
            # Whatever one item does to the classifier, the others are to have their results.
            problem = f"could not be classified ({type(error).__name__})"
            yield to_json({"id": item.id, "error": problem}), False
        else:
            yield to_json(result), True
