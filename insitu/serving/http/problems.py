"""Errors as problem details (RFC 9457): what was wrong, in which field, what was found and what was expected."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError
from starlette.responses import JSONResponse

MEDIA_TYPE = "application/problem+json"
TITLES = {
    400: "The request is no JSON",
    401: "No valid token",
    404: "Not found",
    405: "Method not allowed",
    413: "The request is too large",
    415: "The request is no JSON",
    422: "The request does not fit the model",
    500: "An error of the service",
    503: "Not available now",
    504: "The warehouse took too long",
}


class Problem(Exception):
    """What is answered in place of a prediction.

    Args:
        status: of HTTP.
        detail: one sentence.
        errors: for each field that is wrong: its place, what was found, what was expected.
        headers: of the answer.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        errors: list[dict[str, Any]] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status, self.detail, self.errors, self.headers = status, detail, errors, headers

    def response(self) -> JSONResponse:
        """The answer."""
        body = {"type": "about:blank", "title": TITLES[self.status], "status": self.status, "detail": self.detail}
        if self.errors:
            body["errors"] = self.errors
        return JSONResponse(body, self.status, self.headers, MEDIA_TYPE)


def invalid(error: ValidationError) -> Problem:
    """What pydantic found, without repeating values: they may be personal."""
    found = [
        {
            "pointer": "/" + "/".join(str(part).replace("~", "~0").replace("/", "~1") for part in each["loc"]),
            "expected": each["msg"],
            "found": _kind(each.get("input")),
        }
        for each in error.errors(include_url=False)[:20]
    ]
    first = found[0]
    more = f" ({error.error_count() - 1} more)" if error.error_count() > 1 else ""
    return Problem(422, f"`{first['pointer']}`: {first['expected']}; found {first['found']}{more}.", found)


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    names = {bool: "a boolean", int: "a number", float: "a number", str: "a text", list: "a list", dict: "an object"}
    return names.get(type(value), type(value).__name__)


SCHEMA = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {name: {"type": "string"} for name in ("pointer", "expected", "found")},
            },
        },
    },
}
