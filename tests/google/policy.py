"""An IAM policy, and the read-modify-write that gcloud does with it."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from tests.google.errors import GoogleError

NOT_A_CUSTOMER = (
    "One or more users named in the policy do not belong to a permitted customer,  "
    "perhaps due to an organization policy."
)


@dataclass
class Policy:
    """The bindings of one resource. ``check`` is asked about every member that is new."""

    check: Callable[[str], None] = lambda member: None
    bindings: list[dict[str, Any]] = field(default_factory=list)
    version: int = 0

    @property
    def etag(self) -> str:
        """A word that changes with every change; an untouched resource has Google's "ACAB"."""
        return (
            "ACAB" if not self.version else base64.b64encode(f"v{self.version}".encode()).decode()
        )

    def to_json(self) -> dict[str, Any]:
        """Return the policy as an answer; a resource without bindings has only an etag."""
        answer: dict[str, Any] = (
            {"version": 1, "etag": self.etag} if self.bindings else {"etag": self.etag}
        )
        if self.bindings:
            answer["bindings"] = [dict(binding) for binding in self.bindings]
        return answer

    def replace(self, body: dict[str, Any]) -> dict[str, Any]:
        """Do a setIamPolicy: refuse one that was read before somebody else's change."""
        policy = body.get("policy", {})
        if policy.get("etag") and policy["etag"] != self.etag:
            raise GoogleError(
                409,
                "There were concurrent policy changes. Please retry the whole read-modify-write "
                "with exponential backoff.",
                word="ABORTED",
            )
        known = {member for binding in self.bindings for member in binding["members"]}
        wanted = [binding for binding in policy.get("bindings", []) if binding.get("members")]
        for binding in wanted:
            for member in binding["members"]:
                if member not in known:
                    self.check(member)
        self.bindings = wanted
        self.version += 1
        return self.to_json()

    def add(self, role: str, member: str) -> None:
        """Grant a role, as a test's preparation."""
        for binding in self.bindings:
            if binding["role"] == role:
                if member not in binding["members"]:
                    binding["members"].append(member)
                break
        else:
            self.bindings.append({"role": role, "members": [member]})
        self.version += 1

    def grants(self, roles: str | Iterable[str], member: str) -> bool:
        """Tell whether ``member`` has one of the roles."""
        wanted = {roles} if isinstance(roles, str) else set(roles)
        return any(
            member in binding["members"] and binding["role"] in wanted for binding in self.bindings
        )
