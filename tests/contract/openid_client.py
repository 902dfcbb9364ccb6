"""An application that signs people in by OpenID Connect, of npm's openid-client's making.

openid-client is a certified OpenID Connect client. It checks state, issuer, audience, times, nonce
and, as the script asks it to, the signature of the ID token.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import pytest

from tests.contract.js_client import NodeProcess, Thrown, start_node

_names = count(1)


@dataclass
class Application:
    """The application; ``client`` and ``server`` are the metadata that it holds."""

    node: NodeProcess
    name: str
    back: str
    client: dict[str, Any] = field(default_factory=dict)
    server: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def made(cls, node: NodeProcess, issuer: str, back: str, **options: Any) -> Application:
        """Find the provider, and register there unless ``clientId`` is given."""
        name = f"application{next(_names)}"
        found = node.call(name, "create", [issuer, options])
        return cls(node, name, back, found["client"], found["server"])

    def leave(self, *, plain: bool = False, **more: str) -> str:
        """Return where the browser goes to sign in."""
        asked = {"redirect_uri": self.back, "scope": "openid email profile", **more}
        return str(self.node.call(self.name, "leave", [asked, plain]))

    def come_back(self, url: str, **other: str) -> Any:
        """Take the way back; return ``tokens`` and the checked ``claims``."""
        return self.node.call(self.name, "comeBack", [url, other])

    def __call__(self, method: str, *args: Any) -> Any:
        """Ask something else with the client."""
        return self.node.call(self.name, method, list(args))


def refused(caught: pytest.ExceptionInfo[Thrown]) -> tuple[Any, Any]:
    """Return the error's word in RFC 6749 and what is said of it."""
    return caught.value.error.get("error"), caught.value.error.get("why")


def running() -> Iterator[NodeProcess]:
    """Run the script."""
    process = start_node("relying_party.mjs")
    yield process
    process.close()
