from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from hipflask.local.config import AuthConfig, ProjectConfig
from hipflask.testing.config_changes import changed, config_for_test


def test_changes_nested_keys_and_keeps_the_rest() -> None:
    config = changed(ProjectConfig(), {"auth": {"email": {"otp_length": 8}, "jwt_expiry": 60}})
    assert config.auth.email.otp_length == 8
    assert config.auth.jwt_expiry == 60
    assert config.auth.email.otp_expiry == ProjectConfig().auth.email.otp_expiry


def test_an_unknown_key_is_named() -> None:
    with pytest.raises(TypeError, match=r"auth\.email\.otp_lenght"):
        changed(ProjectConfig(), {"auth": {"email": {"otp_lenght": 8}}})


def test_limits_are_lifted_unless_a_test_names_them() -> None:
    config = config_for_test(ProjectConfig(), {"auth": {"rate_limit": {"email_sent": 3}}})
    assert config.auth.rate_limit.email_sent == 3
    assert config.auth.rate_limit.token_refresh > 1000
    assert config.auth.email.max_frequency == timedelta(0)


def test_signing_keys_are_the_tests_own(tmp_path: Path) -> None:
    """The project's file of private keys is in no clone of it."""
    path = tmp_path / "signing_keys.json"
    project = ProjectConfig(auth=AuthConfig(signing_keys_path=path))
    assert config_for_test(project, {}).auth.signing_keys_path is None
    named = {"auth": {"signing_keys_path": path}}
    assert config_for_test(project, named).auth.signing_keys_path == path
