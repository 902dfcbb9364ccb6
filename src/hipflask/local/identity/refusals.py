"""What the provider says no to, in the words of RFC 6749 and OpenID Connect Core."""

from __future__ import annotations


class Refused(Exception):
    """An error answer: ``code`` is for programs, ``description`` for people."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(f"{code}: {description}")
        self.code = code
        self.description = description

    @property
    def status(self) -> int:
        """The HTTP status at the token endpoint (RFC 6749 section 5.2)."""
        return 401 if self.code == "invalid_client" else 400

    @property
    def body(self) -> dict[str, str]:
        """The JSON of the answer."""
        return {"error": self.code, "error_description": self.description}
