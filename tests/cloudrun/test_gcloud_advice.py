"""What to do about errors, in the words in which Google and builders write them."""

from __future__ import annotations

import pytest

from hipflask.cloudrun.command import Command, gcloud
from hipflask.cloudrun.gcloud_advice import advice_about

DEPLOY = gcloud("run", "deploy", "shop")
PUSH = Command(("docker", "push", "us-west1-docker.pkg.dev/p/r/shop:1"))
DENIED = "PERMISSION_DENIED: Permission 'x.y.create' denied on resource 'z' (or it may not exist)."


@pytest.mark.parametrize(
    ("said", "advice"),
    [
        ("You do not currently have an active account selected.", "gcloud auth login"),
        ("UNAUTHENTICATED: Request had invalid credentials.", "gcloud auth login"),
        ("Reauthentication failed. cannot prompt during non-interactive", "gcloud auth login"),
        ("('invalid_grant: Bad Request', {...})", "gcloud auth login"),
        ("Unable to read file [C:/secrets/token]: No such file", "gcloud auth login"),
        ("The [project] resource is not properly specified.", "cloud.project"),
        ("FAILED_PRECONDITION: reason: BILLING_DISABLED", "billing account"),
        ("Billing account for project '1' is not found. Billing must be enabled", "billing"),
        ("This API method requires billing to be enabled.", "billing account"),
        ("Deployment endpoint was not found.", "cloud.region"),
        ("gcloud crashed (ProxyError): HTTPSConnectionPool", "HTTPS_PROXY"),
        ("gcloud crashed (ConnectionError): Failed to resolve", "HTTPS_PROXY"),
        ("socket.gaierror: [Errno 11001] getaddrinfo failed", "HTTPS_PROXY"),
        ("One or more users named in the policy do not belong to a permitted customer", "public"),
        ("constraints/iam.allowedPolicyMemberDomains", "service.public = false"),
        ("PERMISSION_DENIED: Permission 'iam.serviceaccounts.actAs' denied", "serviceAccountUser"),
        ("Image 'us-west1-docker.pkg.dev/p/r/shop:1' not found.", "hipflask cloud deploy"),
        ("Permission denied on secret: projects/1/secrets/key/versions/1", "grants it"),
        ("The user-provided container failed to start and listen on the port", "cloud logs"),
        ("RESOURCE_EXHAUSTED: too many", "quota"),
        ("Quota exceeded for quota metric", "quota"),
        ("it has already been set with a different type.", "another name"),
        ("INTERNAL: An internal error has occurred.", ""),
    ],
)
def test_of_google(said: str, advice: str) -> None:
    found = advice_about(said, DEPLOY)
    assert advice in found
    assert bool(advice) == bool(found)


def test_no_identity_for_a_private_service() -> None:
    said = "ERROR: No identity token can be obtained from the current credentials."
    found = advice_about(said, gcloud("auth", "print-identity-token"))
    assert "gcloud auth login" in found
    assert "--no-smoke" in found


def test_api_that_is_off() -> None:
    said = "PERMISSION_DENIED: has not been used\n  service: run.googleapis.com\n{}"
    command = gcloud("run", "services", "describe", "shop", project="corner-shop-1234")
    found = advice_about(said.format("  reason: SERVICE_DISABLED"), command)
    assert "gcloud services enable run.googleapis.com --project=corner-shop-1234 " in found
    assert "roles/run.admin" in advice_about(said.format("  reason: IAM"), command)


@pytest.mark.parametrize(
    ("said", "advice"),
    [
        ("Cannot connect to the Docker daemon at unix:///var/run/docker.sock.", "cloudbuild"),
        ("error during connect: open //./pipe/dockerDesktopLinuxEngine: no file", "cloudbuild"),
        ('denied: Permission "artifactregistry.repositories.uploadArtifacts" denied', "writer"),
        ("denied: Unauthenticated request. Unauthenticated requests do not have", "writer"),
        ("unauthorized: authentication failed", "writer"),
        ("PermissionError: [Errno 13] Permission denied: 'config.json'", ""),
        ("pinging container registry: received 403 Forbidden", "writer"),
        ("An image does not exist locally with the tag: us-west1", "hipflask cloud build"),
        ("Step 3 failed: no space left on device", ""),
    ],
)
def test_of_a_builder(said: str, advice: str) -> None:
    found = advice_about(said, PUSH)
    assert advice in found
    assert bool(advice) == bool(found)


@pytest.mark.parametrize(
    ("words", "role"),
    [
        (("services", "enable", "run.googleapis.com"), "serviceUsageAdmin"),
        (("artifacts", "repositories", "create", "r"), "artifactregistry.admin"),
        (("secrets", "create", "key"), "secretmanager.admin"),
        (("iam", "service-accounts", "create", "shop-run"), "serviceAccountAdmin"),
        (("run", "deploy", "shop"), "roles/run.admin"),
        (("builds", "submit", "."), "cloudbuild.builds.editor"),
        (("logging", "read", "x"), "logging.viewer"),
        (("projects", "describe", "shop"), "it is the id, not the title"),
    ],
)
def test_missing_permission_names_the_role(words: tuple[str, ...], role: str) -> None:
    assert role in advice_about(f"ERROR: (gcloud.x) {DENIED}", gcloud(*words))


def test_nothing_is_better_than_a_guess() -> None:
    assert advice_about("INTERNAL: try again", DEPLOY) == ""
    assert advice_about(DENIED, gcloud("auth", "configure-docker")) == ""
