"""The environment of the application: what the stack knows, beneath what the developer sets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from hipflask.local.config import ProjectConfig
from hipflask.local.stack_state import Addresses

if TYPE_CHECKING:
    from hipflask.local.keys import ProjectKeys

MAIL_FROM = "hello@example.com"


def stack_variables(
    addresses: Addresses, keys: ProjectKeys, config: ProjectConfig
) -> dict[str, str]:
    """Return what `hipflask status -o env` prints: how any program reaches the stack."""
    return {
        "SUPABASE_URL": config.api_url,
        "SUPABASE_ANON_KEY": keys.anon_key,
        "SUPABASE_SERVICE_ROLE_KEY": keys.service_role_key,
        "SUPABASE_PUBLISHABLE_KEY": keys.publishable_key,
        "SUPABASE_SECRET_KEY": keys.secret_key,
        "JWT_SECRET": keys.jwt_secret,
        "DATABASE_URL": addresses.database,
        "MAILBOX_URL": addresses.mailbox,
        **_s3_variables(keys, config),
    }


def _s3_variables(keys: ProjectKeys, config: ProjectConfig) -> dict[str, str]:
    """Return how S3 clients reach Storage, under the Supabase CLI's names."""
    if not (config.storage.enabled and config.storage.s3_protocol.enabled):
        return {}
    return {
        "STORAGE_S3_URL": f"{config.api_url}/storage/v1/s3",
        "S3_PROTOCOL_ACCESS_KEY_ID": keys.s3_access_key_id,
        "S3_PROTOCOL_ACCESS_KEY_SECRET": keys.s3_secret_access_key,
        "S3_PROTOCOL_REGION": "local",
    }


def app_variables(
    addresses: Addresses, keys: ProjectKeys, config: ProjectConfig, environ: Mapping[str, str]
) -> dict[str, str]:
    """Return the whole environment of the application.

    ``environ`` is the real environment over the project's ``.env``: it wins.
    """
    generated = stack_variables(addresses, keys, config)
    # The application verifies tokens by the public keys; this secret would only let it forge some.
    # It reaches Storage by REST; the S3 keys are for other programs.
    for name in ("JWT_SECRET", *_s3_variables(keys, config)):
        del generated[name]
    generated |= {
        "SITE_URL": addresses.app,
        "SECRET_KEY": keys.app_secret,
        # Templates, translations and static files are looked at anew for each request.
        "FLASK_DEBUG": "1",
        "PYTHONUNBUFFERED": "1",
        "PYTHONIOENCODING": "utf-8",
    }
    if config.auth.jwt_issuer:
        generated["SUPABASE_JWT_ISSUER"] = config.auth.jwt_issuer
    if addresses.smtp:
        host, _, port = addresses.smtp.partition(":")
        generated |= {"SMTP_HOST": host, "SMTP_PORT": port, "MAIL_FROM": MAIL_FROM}
    # One server's address with another one's login would be nonsense: SMTP_* go together.
    if environ.get("SMTP_HOST"):
        generated = {n: v for n, v in generated.items() if not n.startswith("SMTP_")}
    return {**generated, **environ}


def elsewhere(environ: Mapping[str, str], addresses: Addresses) -> list[str]:
    """Say which settings lead the application away from the stack that is being started."""
    watched = {"SUPABASE_URL": addresses.api, "DATABASE_URL": addresses.database}
    return [
        f"{name} is set to another address than this stack's; the application uses that one."
        for name, ours in watched.items()
        if environ.get(name) and environ[name].rstrip("/") != ours
    ]
