"""Settings of one test on top of the project's `supabase/config.toml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import timedelta
from typing import Any, TypeVar, cast

from hipflask.local.config import ProjectConfig

T = TypeVar("T")

# Limits that a suite of tests from one address would run into, and a file of signing keys, which a
# clone of the project lacks: every backend has a key of its own. A test that is about them names
# them itself.
WITHOUT_LIMITS: Mapping[str, Any] = {
    "auth": {
        "signing_keys_path": None,
        "rate_limit": dict.fromkeys(
            (
                *("email_sent", "sms_sent", "anonymous_users", "token_refresh"),
                *("sign_in_sign_ups", "token_verifications", "web3"),
            ),
            1_000_000,
        ),
        "email": {"max_frequency": timedelta(0)},
        "sms": {"max_frequency": timedelta(0)},
        "mfa": {"phone": {"max_frequency": timedelta(microseconds=1)}},  # zero means a minute
    }
}


def changed(section: T, changes: Mapping[str, Any], *, path: str = "") -> T:
    """Return a copy of a section of the configuration with some of its keys changed.

    Mappings go into sections, key by key; TypeError names a key that does not exist.
    """
    if not is_dataclass(section):
        raise TypeError(f"{path.rstrip('.')} is no section of config.toml")
    names = {field.name for field in fields(section)}
    values: dict[str, Any] = {}
    for key, value in changes.items():
        if key not in names:
            raise TypeError(f"config.toml has no key {path}{key}; there are: {sorted(names)}")
        present = getattr(section, key)
        if is_dataclass(present) and isinstance(value, Mapping):
            value = changed(present, value, path=f"{path}{key}.")
        values[key] = value
    return cast(T, replace(cast(Any, section), **values))


def config_for_test(config: ProjectConfig, changes: Mapping[str, Any]) -> ProjectConfig:
    """Return the project's configuration without limits and keys, with a test's own changes."""
    return changed(changed(config, WITHOUT_LIMITS), changes)
