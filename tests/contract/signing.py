"""Signing keys of each algorithm, for a backend that a test asks for after them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pytest

from tests.local.test_signing_keys import es256, hs256, rs256

KEYS: Final = {"ES256": es256, "RS256": rs256, "HS256": hs256}


def use(node: pytest.Item, folder: Path, *jwks: dict[str, Any]) -> None:
    """Let the backend of a test sign with the first of these keys."""
    path = folder / "signing_keys.json"
    path.write_text(json.dumps(jwks), encoding="utf-8")
    node.add_marker(pytest.mark.supabase(auth={"signing_keys_path": path}))


def forged(token: str) -> str:
    """Return the token with another signature of the same form."""
    head, body, signature = token.split(".")
    return f"{head}.{body}.{signature[::-1]}"
