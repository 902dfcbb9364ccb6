"""``[auth.hook.NAME]``: a function or a service of the project's own that Auth asks."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from hipflask.local.config.values import variable_in

if TYPE_CHECKING:
    from hipflask.local.config.reading import Reader

FUNCTION_SCHEME: Final = "pg-functions"
#: Where plain http may lead (GoTrue, conf/configuration.go): this machine, by any of its names.
THIS_MACHINE: Final = frozenset({"localhost", "127.0.0.1", "::1", "host.docker.internal"})

#: What GoTrue takes as the name of a schema or a function.
_NAME: Final = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]{0,62}")
_SECRET: Final = re.compile(r"v1,whsec_([A-Za-z0-9+/=]{32,88})")
_URI: Final = (
    '"pg-functions://postgres/SCHEMA/FUNCTION", an https address, or an http address of this'
    " machine"
)
_SECRETS: Final = (
    '"v1,whsec_" and 24 to 64 random bytes in Base64; several with "|" between, the newest first'
)


@dataclass(frozen=True, slots=True)
class HookConfig:
    """``[auth.hook.NAME]``. ``secrets`` sign what goes to an http address."""

    enabled: bool = False
    uri: str = ""
    secrets: str = field(default="", repr=False)

    @property
    def is_function(self) -> bool:
        """Whether it is a function of the database, not a service."""
        return urlsplit(self.uri).scheme == FUNCTION_SCHEME

    @property
    def function(self) -> tuple[str, str]:
        """Schema and name of the function."""
        schema, name = urlsplit(self.uri).path.split("/")[1:3]
        return schema, name

    @property
    def shown_uri(self) -> str:
        """The address without what may be secret in it."""
        parts = urlsplit(self.uri)
        place = parts.netloc.rpartition("@")[2]
        return parts._replace(netloc=place, query="", fragment="").geturl()

    @property
    def signing_keys(self) -> tuple[bytes, ...]:
        """The secrets as bytes."""
        return tuple(_key(secret) for secret in self.secrets.split("|") if secret)


@dataclass(frozen=True, slots=True)
class HooksConfig:
    """``[auth.hook]``: the hooks that the Supabase CLI's file knows."""

    mfa_verification_attempt: HookConfig = field(default_factory=HookConfig)
    password_verification_attempt: HookConfig = field(default_factory=HookConfig)
    custom_access_token: HookConfig = field(default_factory=HookConfig)
    send_sms: HookConfig = field(default_factory=HookConfig)
    send_email: HookConfig = field(default_factory=HookConfig)
    before_user_created: HookConfig = field(default_factory=HookConfig)

    def all(self) -> Iterator[tuple[str, HookConfig]]:
        """Yield every hook with its name."""
        for each in fields(self):
            yield each.name, getattr(self, each.name)


def check_hooks(reader: Reader, hooks: HooksConfig) -> None:
    """Raise ConfigError for a hook that is switched on and could never work."""
    for name, hook in hooks.all():
        if not hook.enabled:
            continue
        if why := _fault_of_uri(hook.uri):
            raise reader.error(f"auth.hook.{name}.uri", _URI, hook.uri, why)
        _check_secrets(reader, f"auth.hook.{name}.secrets", hook)


def _fault_of_uri(uri: str) -> str:
    """Return what is wrong with the address, or ""."""
    try:
        parts = urlsplit(uri)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        return f"It cannot be read: {error}."
    if parts.scheme == FUNCTION_SCHEME:
        names = parts.path.split("/")[1:3]
        if len(names) < 2:
            return "It names no function."
        bad = next((name for name in names if not _NAME.fullmatch(name)), None)
        return "" if bad is None else f'"{bad}" is no plain name (letters, digits, underscores).'
    if parts.scheme not in ("http", "https"):
        return "It begins with none of pg-functions:, https: and http:."
    if not host:
        return "It names no host."
    if parts.scheme == "http" and host not in THIS_MACHINE:
        return "Another machine needs https."
    return ""


def _check_secrets(reader: Reader, name: str, hook: HookConfig) -> None:
    if hook.is_function:
        if hook.secrets:
            raise reader.error(name, "absent", hook.secrets, "A function is sent no signature.")
        return
    if not hook.secrets:
        raise reader.error(name, _SECRETS, hook.secrets, "It is missing.")
    if variable := variable_in(hook.secrets):
        raise reader.error(name, _SECRETS, hook.secrets, f"{variable} is not set.")
    for position, secret in enumerate(hook.secrets.split("|"), 1):
        try:
            _key(secret)
        except ValueError as error:
            why = f"Number {position} of them {error}. It is not shown, as it is a secret."
            raise reader.error(name, _SECRETS, hook.secrets, why) from None


def _key(secret: str) -> bytes:
    match = _SECRET.fullmatch(secret)
    if match is None:
        raise ValueError("is not of that form")
    try:
        return base64.b64decode(match[1], validate=True)
    except binascii.Error:
        raise ValueError("is not Base64") from None
