"""The one project of the fake, and what every API asks about it."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from tests.google.errors import GoogleError
from tests.google.policy import NOT_A_CUSTOMER, Policy

FIRST_APIS = (
    "bigquery.googleapis.com",
    "cloudapis.googleapis.com",
    "cloudtrace.googleapis.com",
    "logging.googleapis.com",
    "monitoring.googleapis.com",
    "servicemanagement.googleapis.com",
    "serviceusage.googleapis.com",
    "storage.googleapis.com",
)
"""What is enabled in a project that was just made (not all: those that matter here)."""

API_TITLES = {
    "artifactregistry": "Artifact Registry API",
    "cloudbuild": "Cloud Build API",
    "iam": "Identity and Access Management (IAM) API",
    "run": "Cloud Run Admin API",
    "secretmanager": "Secret Manager API",
}
"""The APIs that refuse requests until they are enabled."""


@dataclass
class ServiceAccount:
    """A service account and the policy on it."""

    email: str
    display_name: str = ""
    description: str = ""
    policy: Policy = field(default_factory=Policy)


class Project:
    """Names, enabled APIs, service accounts, the project's policy; also clock, ids and the lock.

    Every handler runs inside ``changed``; who waits for something waits on it, too.
    """

    def __init__(self, project_id: str, number: int, apis: Iterable[str]) -> None:
        self.id = project_id
        self.number = str(number)
        self.apis = dict.fromkeys([*FIRST_APIS, *(_full(name) for name in apis)])
        self.changed = threading.Condition(threading.RLock())
        self.random = random.Random(project_id)
        self.refuse_all_users = False
        self.policy = Policy(self.check_member)
        self.policy.add("roles/owner", "user:owner@example.com")
        self.service_accounts: dict[str, ServiceAccount] = {}
        self.add_service_account(self.default_account, "Default compute service account")
        self.policy.add("roles/editor", f"serviceAccount:{self.default_account}")

    @property
    def default_account(self) -> str:
        """The service account of a revision that names none."""
        return f"{self.number}-compute@developer.gserviceaccount.com"

    def add_service_account(self, email: str, display_name: str = "") -> ServiceAccount:
        """Make a service account; a name without a domain gets the project's."""
        if "@" not in email:
            email = f"{email}@{self.id}.iam.gserviceaccount.com"
        made = ServiceAccount(email, display_name, policy=Policy(self.check_member))
        self.service_accounts[email] = made
        return made

    def check(self, name: str) -> None:
        """Refuse every other project, in Google's words for one that is not ours to see."""
        if name not in (self.id, self.number, "-"):
            raise GoogleError(
                403,
                f"Permission denied on resource project {name} (or it may not exist).",
                reason="CONSUMER_INVALID",
                metadata={"consumer": f"projects/{name}"},
            )

    def check_api(self, service: str) -> None:
        """Refuse a request of an API that is not enabled."""
        api = _full(service)
        if service in API_TITLES and api not in self.apis:
            address = f"https://console.developers.google.com/apis/api/{api}/overview"
            raise GoogleError(
                403,
                f"{API_TITLES[service]} has not been used in project {self.id} before or it is "
                f"disabled. Enable it by visiting {address}?project={self.id} then retry. If you "
                "enabled this API recently, wait a few minutes for the action to propagate to our "
                "systems and retry.",
                reason="SERVICE_DISABLED",
                metadata={"service": api, "consumer": f"projects/{self.id}"},
            )

    def check_member(self, member: str) -> None:
        """Refuse a member of a policy that does not exist or that the organisation forbids."""
        kind, _, name = member.partition(":")
        if member in ("allUsers", "allAuthenticatedUsers"):
            if self.refuse_all_users:
                raise GoogleError(400, NOT_A_CUSTOMER, word="FAILED_PRECONDITION")
            return
        if not name:
            raise GoogleError(400, f"Invalid principal in policy: {member}.")
        ours = name.endswith(f"@{self.id}.iam.gserviceaccount.com")
        if kind == "serviceAccount" and ours and name not in self.service_accounts:
            raise GoogleError(400, f"Service account {name} does not exist.")

    def now(self) -> str:
        """The time as Google writes it."""
        return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    def new_id(self) -> str:
        """A made-up id, the same in every run."""
        digits = f"{self.random.getrandbits(128):032x}"
        return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def _full(api: str) -> str:
    return api if "." in api else f"{api}.googleapis.com"
