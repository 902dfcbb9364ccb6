"""The keys of one project: made once, kept in ``.hipflask/keys.json``, readable by its owner."""

from __future__ import annotations

import base64
import contextlib
import hmac
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from hipflask.errors import ConfigError
from hipflask.local.config import ProjectConfig
from hipflask.local.project import Project
from hipflask.local.signing_keys import SigningKey as SigningKey
from hipflask.local.signing_keys import new_signing_key as new_signing_key
from hipflask.local.signing_keys import read_signing_keys, signing_keys_in
from hipflask.protocol import api_keys
from hipflask.protocol.clock import Clock

LEGACY_KEY_LIFETIME = 10 * 365 * 24 * 3600
FORMAT = 1


@dataclass(frozen=True, slots=True)
class ProjectKeys:
    """Every secret of one project. The first signing key that is ``in_use`` signs."""

    jwt_secret: str = field(repr=False)
    signing_keys: tuple[SigningKey, ...]
    publishable_key: str = field(repr=False)
    secret_key: str = field(repr=False)
    anon_key: str = field(repr=False)
    service_role_key: str = field(repr=False)
    app_secret: str = field(repr=False)

    @property
    def s3_access_key_id(self) -> str:
        """The name of the key pair with which S3 clients pass row-level security."""
        return self._derived("s3 access key id")[:32]

    @property
    def s3_secret_access_key(self) -> str:
        """The secret of that pair. It follows from the JWT secret, whose powers it shares."""
        return self._derived("s3 secret access key")

    def _derived(self, purpose: str) -> str:
        return hmac.new(self.jwt_secret.encode(), purpose.encode(), "sha256").hexdigest()

    @classmethod
    def generate(cls, *, issuer: str, clock: Clock, project_id: str = "project") -> ProjectKeys:
        """Make new keys; ``issuer`` is the ``iss`` of the two legacy keys."""
        jwt_secret = _base64url(os.urandom(48))
        now = clock.now()
        return cls(
            jwt_secret=jwt_secret,
            signing_keys=(new_signing_key(),),
            publishable_key=_new_key(api_keys.PUBLISHABLE_PREFIX, project_id),
            secret_key=_new_key(api_keys.SECRET_PREFIX, project_id),
            anon_key=legacy_key("anon", jwt_secret, issuer=issuer, issued_at=now),
            service_role_key=legacy_key("service_role", jwt_secret, issuer=issuer, issued_at=now),
            app_secret=_base64url(os.urandom(48)),
        )

    @classmethod
    def load_or_create(cls, project: Project, config: ProjectConfig, clock: Clock) -> ProjectKeys:
        """Return the project's keys, made at the first call. What config.toml sets wins."""
        project.create_state()
        stored = _read(project.keys_file)
        if stored is None:
            made = cls.generate(issuer="supabase", clock=clock, project_id=config.project_id)
            stored = {
                "format": FORMAT,
                "created_at": int(clock.now().timestamp()),
                "jwt_secret": made.jwt_secret,
                "signing_keys": [dict(key.private_jwk) for key in made.signing_keys],
                "publishable_key": made.publishable_key,
                "secret_key": made.secret_key,
                "anon_key": made.anon_key,
                "service_role_key": made.service_role_key,
                "app_secret": made.app_secret,
            }
            _write(project.keys_file, stored)
        return _configured(_from_stored(stored, project.keys_file), stored, config, clock)


def _new_key(prefix: str, project_id: str) -> str:
    return api_keys.new_key(prefix, project_id, os.urandom(16))


def legacy_key(role: str, jwt_secret: str, *, issuer: str, issued_at: datetime) -> str:
    """Return the JWT (HS256) that older clients send as their API key."""
    issued = int(issued_at.timestamp())
    claims = {"iss": issuer, "role": role, "iat": issued, "exp": issued + LEGACY_KEY_LIFETIME}
    head, body = (
        _base64url(json.dumps(part, separators=(",", ":")).encode())
        for part in ({"alg": "HS256", "typ": "JWT"}, claims)
    )
    signature = hmac.digest(jwt_secret.encode(), f"{head}.{body}".encode(), "sha256")
    return f"{head}.{body}.{_base64url(signature)}"


def _from_stored(stored: Mapping[str, Any], path: Path) -> ProjectKeys:
    try:
        names = ("publishable_key", "secret_key", "anon_key", "service_role_key", "app_secret")
        texts = {name: str(stored[name]) for name in (*names, "jwt_secret")}
        keys = signing_keys_in(stored["signing_keys"], path)
    except (KeyError, TypeError):
        raise _broken(path) from None
    return ProjectKeys(signing_keys=keys, **texts)


def _configured(
    keys: ProjectKeys, stored: Mapping[str, Any], config: ProjectConfig, clock: Clock
) -> ProjectKeys:
    auth = config.auth
    if auth.jwt_secret and auth.jwt_secret != keys.jwt_secret:
        # The moment is the stored one, so that two starts give the same two keys.
        created = int(stored.get("created_at", 0))
        issued_at = datetime.fromtimestamp(created, tz=clock.now().tzinfo)
        keys = replace(
            keys,
            jwt_secret=auth.jwt_secret,
            anon_key=legacy_key("anon", auth.jwt_secret, issuer="supabase", issued_at=issued_at),
            service_role_key=legacy_key(
                "service_role", auth.jwt_secret, issuer="supabase", issued_at=issued_at
            ),
        )
    if auth.signing_keys_path is not None:
        keys = replace(keys, signing_keys=read_signing_keys(auth.signing_keys_path))
    names = ("publishable_key", "secret_key", "anon_key", "service_role_key")
    return replace(keys, **{name: getattr(auth, name) for name in names if getattr(auth, name)})


def _read(path: Path) -> dict[str, Any] | None:
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError):
        raise _broken(path) from None
    if not isinstance(stored, dict) or stored.get("format") != FORMAT:
        raise _broken(path)
    return stored


def _broken(path: Path) -> ConfigError:
    return ConfigError(
        f"{path} cannot be read as the project's keys.",
        hint=f"Restore it from a backup, or delete it: new keys are made, and everyone must sign"
        f" in again. ({path.name} is never needed in production.)",
    )


def _write(path: Path, stored: Mapping[str, Any]) -> None:
    """Write the whole file or nothing, with mode 0600 from its first byte on."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}.new")
    temporary.unlink(missing_ok=True)
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(stored, file, indent=2)
            file.write("\n")
        temporary.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
