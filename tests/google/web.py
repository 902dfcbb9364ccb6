"""A request that came through a tunnel, and its answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tests.google.errors import HTMLError


@dataclass
class WebRequest:
    """A decrypted request of somebody's browser."""

    method: str
    host: str
    path: str
    headers: list[tuple[str, str]]
    body: bytes
    client: str

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")


@dataclass
class WebAnswer:
    """Status, headers, and the body in pieces as they come."""

    status: int
    headers: list[tuple[str, str]]
    body: Iterator[bytes]
    length: int | None = None
    reason: str = ""


def answer(
    status: int, body: bytes = b"", kind: str = "text/plain", headers: dict[str, str] | None = None
) -> WebAnswer:
    """Return an answer that is known as a whole."""
    found = [("Content-Type", kind), *(headers or {}).items()]
    return WebAnswer(status, found, iter([body]), len(body))


def page(error: HTMLError) -> WebAnswer:
    """Return a page of Google's own."""
    headers = [("Content-Type", "text/html; charset=UTF-8"), ("Server", "Google Frontend")]
    return WebAnswer(error.code, headers, iter([error.page]), len(error.page))
