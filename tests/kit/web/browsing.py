"""What a browser would do with a page, for tests."""

from __future__ import annotations

import re

from flask.testing import FlaskClient
from werkzeug.test import TestResponse


def token_of(client: FlaskClient) -> str:
    """Open a page with a form and return its CSRF token."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/form").text)
    assert found is not None
    return found[1]


def session_cookie(response: TestResponse) -> str:
    """Return the response's Set-Cookie header for the session."""
    headers: list[str] = response.headers.getlist("Set-Cookie")
    return next(text for text in headers if text.startswith("__session="))
