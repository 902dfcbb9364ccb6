"""IAM: service accounts."""

from __future__ import annotations

import hashlib

from tests.google.errors import GoogleError
from tests.google.project import Project, ServiceAccount
from tests.google.request import Json, Request
from tests.google.routes import API, route


class IAM(API):
    """`gcloud iam service-accounts`."""

    def __init__(self, project: Project) -> None:
        self.project = project

    @route("POST", "/v1/projects/{project}/serviceAccounts")
    def create(self, request: Request) -> Json:
        account_id = request.body["accountId"]
        email = f"{account_id}@{self.project.id}.iam.gserviceaccount.com"
        if not 6 <= len(account_id) <= 30:
            raise GoogleError(
                400, "Service account ID must be between 6 and 30 characters."
            )  # rule documented, wording ours
        if email in self.project.service_accounts:
            raise GoogleError(
                409,
                f"Service account {account_id} already exists within project "
                f"projects/{self.project.id}.",
            )
        wanted = request.body.get("serviceAccount", {})
        made = self.project.add_service_account(email, wanted.get("displayName", ""))
        made.description = wanted.get("description", "")
        return self._to_json(made)

    @route("GET", "/v1/projects/{project}/serviceAccounts")
    def list_accounts(self, request: Request) -> Json:
        return {"accounts": [self._to_json(it) for it in self.project.service_accounts.values()]}

    @route("GET", "/v1/projects/{project}/serviceAccounts/{email}")
    def describe(self, request: Request) -> Json:
        return self._to_json(self._find(request))

    @route("DELETE", "/v1/projects/{project}/serviceAccounts/{email}")
    def delete(self, request: Request) -> Json:
        del self.project.service_accounts[self._find(request).email]
        return {}

    @route("POST", "/v1/projects/{project}/serviceAccounts/{email}:getIamPolicy")
    def get_policy(self, request: Request) -> Json:
        return self._find(request).policy.to_json()

    @route("POST", "/v1/projects/{project}/serviceAccounts/{email}:setIamPolicy")
    def set_policy(self, request: Request) -> Json:
        return self._find(request).policy.replace(request.body)

    def _find(self, request: Request) -> ServiceAccount:
        email = request.params["email"]
        found = self.project.service_accounts.get(email)
        if found is None:
            raise GoogleError(404, f"Unknown service account: {email}")
        return found

    def _to_json(self, account: ServiceAccount) -> Json:
        answer = {
            "name": f"projects/{self.project.id}/serviceAccounts/{account.email}",
            "projectId": self.project.id,
            "uniqueId": str(int.from_bytes(hashlib.sha256(account.email.encode()).digest()))[:21],
            "email": account.email,
            "etag": "MDEwMjE5MjA=",
        }
        if account.display_name:
            answer["displayName"] = account.display_name
        if account.description:
            answer["description"] = account.description
        return answer
