"""The test people that anybody may be."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Any

_ADDRESS = re.compile(r"[^@\s<>\"',;:()\\]+@[^@\s<>\"',;:()\\]+\.[^@\s<>\"',;:()\\.]+")

_SCOPES_OF_GOOGLE = "https://www.googleapis.com/auth/userinfo."
_PROFILE = frozenset({"profile", f"{_SCOPES_OF_GOOGLE}profile"})
_EMAIL = frozenset({"email", f"{_SCOPES_OF_GOOGLE}email"})
_OF_EVERYBODY = frozenset({"gmail.com", "googlemail.com"})


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account at the provider; ``key`` names them in forms and addresses."""

    key: str
    name: str
    email: str = ""
    email_verified: bool = True

    def subject(self, provider: str) -> str:
        """Return the ``sub``: the same at every sign-in, another at every provider.

        Digits, as Google's and GitHub's.
        """
        digest = hashlib.sha256(f"{provider}\n{self.key}".encode()).digest()
        return str(10**20 + int.from_bytes(digest[:8], "big"))

    def claims(self, provider: str, issuer: str, scopes: frozenset[str]) -> dict[str, Any]:
        """Return what ID token and ``/userinfo`` say to who may see ``scopes``.

        OpenID Connect Core section 5.4; ``hd`` is Google's: whose Workspace the account is in.
        """
        said: dict[str, Any] = {"sub": self.subject(provider)}
        if scopes & _PROFILE:
            given, _, family = self.name.partition(" ")
            said |= {
                "name": self.name,
                "given_name": given,
                "family_name": family,
                "preferred_username": self.username,
                "picture": f"{issuer}/picture/{self.subject(provider)}.svg",
            }
        if self.email and scopes & _EMAIL:
            said |= {"email": self.email, "email_verified": self.email_verified}
            domain = self.email.rpartition("@")[2].lower()
            if provider == "google" and self.email_verified and domain not in _OF_EVERYBODY:
                said["hd"] = domain
        return {key: value for key, value in said.items() if value != ""}

    @property
    def username(self) -> str:
        """What they would be called in a place without e-mail addresses."""
        return self.key.partition("@")[0]


PEOPLE = (
    Person("ada", "Ada Lovelace", "ada@example.com"),
    Person("alan", "Alan Turing", "alan@example.com"),
    Person("grace", "Grace Hopper", "grace@example.com"),
    Person("xiaoyu", "林小雨", "xiaoyu@example.com"),
    Person("mallory", "Mallory Chen", "mallory@example.com", email_verified=False),
    Person("noel", "Noel Quiet"),
)


def somebody(address: str) -> Person | None:
    """Return a person with any address, or None when it is no e-mail address."""
    address = address.strip()
    if len(address) > 254 or not address.isprintable() or not _ADDRESS.fullmatch(address):
        return None
    for person in PEOPLE:
        if person.email.lower() == address.lower():
            return person
    return Person(address.lower(), address.partition("@")[0], address)


def hinted(hint: str, provider: str) -> Person | None:
    """Return whom a ``login_hint`` means: an address, or a ``sub`` that came before."""
    known = next((person for person in PEOPLE if person.subject(provider) == hint), None)
    return known or somebody(hint)


def find(key: str) -> Person | None:
    """Return one of the test people."""
    return next((person for person in PEOPLE if person.key == key), None)
