"""Google's errors: the status words and the JSON that carries them (google.rpc.Status)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

STATUS_WORDS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ALREADY_EXISTS",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
}


class GoogleError(Exception):
    """An answer other than success; a handler raises it.

    ``violations`` maps a field to what is wrong with it: gcloud then shows `field: description`
    in place of the message.
    """

    def __init__(
        self,
        code: int,
        message: str,
        *,
        violations: Mapping[str, str] | None = None,
        word: str | None = None,
        reason: str | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.word = word or STATUS_WORDS[code]
        self.details: list[dict[str, Any]] = []
        if violations:
            self.details.append(
                {
                    "@type": "type.googleapis.com/google.rpc.BadRequest",
                    "fieldViolations": [
                        {"field": field, "description": text} for field, text in violations.items()
                    ],
                }
            )
        if reason:
            self.details.append(
                {
                    "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                    "reason": reason,
                    "domain": "googleapis.com",
                    "metadata": dict(metadata or {}),
                }
            )

    def to_json(self) -> dict[str, Any]:
        """Return the body of the answer."""
        error: dict[str, Any] = {
            "code": self.code,
            "message": self.message,
            "status": self.word,
        }
        if self.details:
            error["details"] = self.details
        return {"error": error}


class HTMLError(Exception):
    """What Google's front end answers itself, where no API was reached: a page, not JSON."""

    def __init__(self, code: int, title: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.page = (
            f"<html><head><title>{code} {title}</title></head>"
            f"<body><h1>Error: {title}</h1><h2>{text}</h2></body></html>"
        ).encode()


def invalid(field: str, description: str) -> GoogleError:
    """Return a 400 about one field, worded as Cloud Run does."""
    return GoogleError(400, f"{field}: {description}", violations={field: description})


def not_found(what: str = "Requested entity was not found.") -> GoogleError:
    return GoogleError(404, what)
