"""What to do about an error of gcloud or of a container builder. Pure: the words in, advice out."""

from __future__ import annotations

import re
from typing import Final

from hipflask.cloudrun.command import Command

_SIGN_IN: Final = "Sign in: gcloud auth login"
_REGISTRY: Final = (
    "The registry refuses this account. Sign in again (gcloud auth login) and repeat the deploy;"
    " the role it needs is roles/artifactregistry.writer."
)
_NO_IDENTITY: Final = (
    "The service is not public, so it is visited as you, and this sign-in (a token in a file, or a"
    " federated one) has no identity to show. Sign in with gcloud auth login or as a service"
    " account, or leave the visits out: --no-smoke"
)
_ADVICE: Final = {
    r"denied: Unauthenticated request": _REGISTRY,
    r"do not currently have an active account|no credentialed accounts": _SIGN_IN,
    r"UNAUTHENTICATED|Reauthentication|invalid_grant|Unable to read file \[.*token": _SIGN_IN,
    r"\[project\] resource is not properly specified": (
        "Set cloud.project in hipflask.toml; `gcloud projects list` shows yours."
    ),
    r"BILLING_DISABLED|billing.*(?:to be enabled|not found|disabled|not enabled|must be enabled)": (
        "Link the project to a billing account; the free tier needs one, too:"
        " https://console.cloud.google.com/billing/linkedaccount"
    ),
    r"Deployment endpoint was not found": (
        "Check cloud.region in hipflask.toml: `gcloud run regions list` shows all."
    ),
    r"crashed \((?:Proxy|Connection|SSL|Transport|Timeout)|getaddrinfo failed": (
        "Google cannot be reached from here. Check the network. Behind a proxy set HTTPS_PROXY, and"
        " for gcloud proxy/type, proxy/address and proxy/port (`gcloud config set`)."
    ),
    r"permitted customer|allowedPolicyMemberDomains": (
        "A policy of your organisation (domain restricted sharing) forbids public services. Ask"
        " its administrator for an exception, or set service.public = false."
    ),
    r"\bactAs\b": (
        "You may not let a service run as that account: ask for roles/iam.serviceAccountUser on it."
    ),
    r"Image '.*' not found": (
        "The image is not in Artifact Registry. Build and push it: hipflask cloud deploy"
    ),
    r"Permission denied on secret": (
        "The service's account may not read that secret: hipflask cloud deploy grants it."
    ),
    r"failed to start and listen on the port": (
        "The container ended or did not listen. Its log says why: hipflask cloud logs"
    ),
    r"RESOURCE_EXHAUSTED|Quota exceeded": "A quota is used up: wait, or raise it in the console.",
    r"Docker daemon|docker daemon|dockerDesktopLinuxEngine|error during connect": (
        "Start Docker, or build without it: --builder cloudbuild"
    ),
    # No file's "Permission denied: ", nor PERMISSION_DENIED.
    r"(?<!permission )\bdenied: |\bunauthorized\b|403 Forbidden|401 Unauthorized": _REGISTRY,
    r"already been set with a different type": (
        "Cloud Run does not make a plain variable of a secret in one step. Give it another name, or"
        " take it out of hipflask.toml, deploy, and write it under [service.environment] then."
    ),
    r"does not exist locally with the tag": "Build the image first: hipflask cloud build",
}
# The predefined role that contains what the command needs, by its first words.
_ROLES: Final = (
    ("services", "roles/serviceusage.serviceUsageAdmin"),
    ("artifacts", "roles/artifactregistry.admin"),
    ("secrets", "roles/secretmanager.admin"),
    ("iam", "roles/iam.serviceAccountAdmin"),
    ("run", "roles/run.admin and roles/iam.serviceAccountUser"),
    ("builds", "roles/cloudbuild.builds.editor"),
    ("logging", "roles/logging.viewer"),
)
_OFF: Final = re.compile(r"\bservice: (\S+\.googleapis\.com)[\s\S]*SERVICE_DISABLED")
_DENIED: Final = re.compile(
    r"PERMISSION_DENIED|does not have permission|Permission .*denied|Status code: 403",
    re.IGNORECASE,
)


def advice_about(said: str, command: Command) -> str:
    """Return what to do next; empty where nothing better is known than the words themselves."""
    for pattern, advice in _ADVICE.items():
        if re.search(pattern, said, re.IGNORECASE):
            return advice
    if command.argv[1:3] == ("auth", "print-identity-token"):
        return _NO_IDENTITY
    off = _OFF.search(said)
    if off and command.program == "gcloud":
        project = "".join(f" {word}" for word in command.argv if word.startswith("--project="))
        return (
            f"That API is off, or was switched on a moment ago: gcloud services enable {off[1]}"
            f"{project} (hipflask cloud deploy does it, too). Wait a minute and repeat."
        )
    if not _DENIED.search(said) or command.program != "gcloud":
        return ""
    if command.argv[1:2] == ("projects",):
        return (
            "Check cloud.project in hipflask.toml: it is the id, not the title, and this account"
            " must have access to it. `gcloud projects list` shows yours."
        )
    role = next((role for word, role in _ROLES if command.argv[1] == word), "")
    return f"Ask the project's owner to give you {role}." if role else ""
