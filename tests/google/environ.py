"""The environment of a child process that talks to the fake in place of Google.

gcloud 528 has no single switch for this. It is told another address for each API, and reaches every
made-up host through the fake as its proxy; whatever was forgotten arrives there as CONNECT and is
refused. `GCE_METADATA_ROOT` keeps it from asking a name server for Google's metadata host.

`gcloud auth list --filter=status:ACTIVE --format=json` prints `[]` with a token file, although
every command works: a token in a file is no account. Whoever wants to know whether somebody is
signed in asks `gcloud auth print-access-token`, which works offline in both cases.
"""

from __future__ import annotations

from pathlib import Path

OVERRIDDEN = (
    *("artifactregistry", "cloudbuild", "cloudfunctions", "cloudresourcemanager"),
    *("containeranalysis", "iam", "logging", "run", "secretmanager", "serviceusage"),
)
TOKEN = "ya29.a-token-for-the-fake"


def environment(
    folder: Path, project: str, port: int, certificate: Path, *, signed_in: bool
) -> dict[str, str]:
    """Return what to add to the environment; ``folder`` becomes home and settings of gcloud."""
    for name in ("gcloud", "home", "docker"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    address = f"http://127.0.0.1:{port}"
    settings = {
        "CLOUDSDK_CONFIG": str(folder / "gcloud"),
        "HOME": str(folder / "home"),
        "DOCKER_CONFIG": str(folder / "docker"),
        "CLOUDSDK_CORE_PROJECT": project,
        "CLOUDSDK_CORE_DISABLE_PROMPTS": "1",
        "CLOUDSDK_CORE_DISABLE_USAGE_REPORTING": "true",
        "CLOUDSDK_CORE_DISABLE_FILE_LOGGING": "true",
        "CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK": "true",
        "CLOUDSDK_SURVEY_DISABLE_PROMPTS": "true",
        "CLOUDSDK_PROXY_TYPE": "http",
        "CLOUDSDK_PROXY_ADDRESS": "127.0.0.1",
        "CLOUDSDK_PROXY_PORT": str(port),
        "GCE_METADATA_ROOT": f"127.0.0.1:{port}",
        "TERM": "dumb",
        "HTTPS_PROXY": address,
        "https_proxy": address,
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
        "SSL_CERT_FILE": str(certificate),
        "CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE": str(certificate),  # for the log of a build
        "FAKE_GOOGLE": address,
    }
    for name in OVERRIDDEN:
        settings[f"CLOUDSDK_API_ENDPOINT_OVERRIDES_{name.upper()}"] = f"http://{name}.fake.test/"
    storage = "http://storage.fake.test/storage/v1/"  # this one wants its path
    settings["CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE"] = storage
    if signed_in:
        token = folder / "token"
        token.write_text(TOKEN, encoding="utf-8")
        settings["CLOUDSDK_AUTH_ACCESS_TOKEN_FILE"] = str(token)
    return settings
