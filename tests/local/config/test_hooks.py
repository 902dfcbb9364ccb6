"""``[auth.hook.NAME]``: what is taken, and what is refused at the start, in words."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from hipflask.errors import ConfigError
from hipflask.local.config import HookConfig, ProjectConfig

FUNCTION = "pg-functions://postgres/public/claims"
SECRET = "v1,whsec_" + base64.b64encode(b"0123456789abcdef01234567").decode()


def load(
    folder: Path, keys: str, name: str = "custom_access_token", **environ: str
) -> ProjectConfig:
    path = folder / "supabase" / "config.toml"
    path.parent.mkdir()
    path.write_text(f"[auth.hook.{name}]\n{keys}\n", encoding="utf-8")
    return ProjectConfig.load(path, environ)


def test_a_function(tmp_path: Path) -> None:
    config = load(tmp_path, f'enabled = true\nuri = "{FUNCTION}"')
    hook = config.auth.hook.custom_access_token
    assert (hook.is_function, hook.function) == (True, ("public", "claims"))
    assert config.warnings == ()


def test_a_service_with_two_secrets_from_the_environment(tmp_path: Path) -> None:
    other = "v1,whsec_" + base64.b64encode(b"another secret, 24 long.").decode()
    keys = 'enabled = true\nuri = "http://host.docker.internal:3000/x"\nsecrets = "env(HOOK)"'
    hook = load(tmp_path, keys, "send_email", HOOK=f"{SECRET}|{other}").auth.hook.send_email
    assert not hook.is_function
    assert hook.signing_keys == (b"0123456789abcdef01234567", b"another secret, 24 long.")
    assert SECRET not in repr(hook)


def test_hooks_are_off_by_default(tmp_path: Path) -> None:
    config = load(tmp_path, 'uri = "nonsense"\nsecrets = "env(MISSING)"')
    assert not config.auth.hook.custom_access_token.enabled
    assert [name for name, _ in config.auth.hook.all()] == [
        "mfa_verification_attempt",
        "password_verification_attempt",
        "custom_access_token",
        "send_sms",
        "send_email",
        "before_user_created",
    ]
    assert config.warnings == ()


def test_a_hook_that_config_toml_does_not_have(tmp_path: Path) -> None:
    config = load(tmp_path, "enabled = true", "before_user_create")
    (warning,) = config.warnings
    assert "unknown key auth.hook.before_user_create.enabled" in warning
    assert "Did you mean auth.hook.before_user_created?" in warning


@pytest.mark.parametrize(
    ("uri", "why"),
    [
        ("", "It begins with none of"),
        ("claims", "It begins with none of"),
        ("ftp://127.0.0.1/x", "It begins with none of"),
        ("pg-functions://postgres/claims", "It names no function."),
        ("pg-functions://postgres/public/claims-hook", '"claims-hook" is no plain name'),
        ("pg-functions://postgres/public/x%22;drop", "is no plain name"),
        ("http://example.com/hook", "Another machine needs https."),
        ("http://127.0.0.1.example.com/hook", "Another machine needs https."),
        ("https:///hook", "It names no host."),
        ("https://[::1/hook", "It cannot be read"),
        ("https://example.com:99999/hook", "It cannot be read"),
    ],
)
def test_an_address_that_cannot_work(tmp_path: Path, uri: str, why: str) -> None:
    with pytest.raises(ConfigError) as refused:
        load(tmp_path, f"enabled = true\nuri = '{uri}'")
    said = str(refused.value)
    assert "line 3: auth.hook.custom_access_token.uri must be" in said
    assert why in said
    assert repr(uri) in said


@pytest.mark.parametrize(
    ("uri", "secrets", "why"),
    [
        ("https://example.com/", "", "but is ''. It is missing."),
        ("https://example.com/", "env(HOOK_SECRETS)", "HOOK_SECRETS is not set."),
        ("https://example.com/", "v1,whsec_short", "Number 1 of them is not of that form."),
        ("https://example.com/", f"{SECRET}|v1a,whsk_x", "Number 2 of them is not of that form."),
        ("https://example.com/", "v1,whsec_" + "A=" * 20, "Number 1 of them is not Base64."),
        (FUNCTION, SECRET, "A function is sent no signature."),
    ],
)
def test_secrets_that_cannot_work_are_refused_and_not_shown(
    tmp_path: Path, uri: str, secrets: str, why: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        load(tmp_path, f'enabled = true\nuri = "{uri}"\nsecrets = "{secrets}"')
    said = str(refused.value)
    assert "auth.hook.custom_access_token.secrets must be" in said
    assert why in said
    assert not secrets or secrets not in said


def test_a_disabled_auth_looks_at_no_hook(tmp_path: Path) -> None:
    path = tmp_path / "supabase" / "config.toml"
    path.parent.mkdir()
    path.write_text("[auth]\nenabled = false\n[auth.hook.send_sms]\nenabled = true\n")
    assert ProjectConfig.load(path, {}).auth.hook.send_sms == HookConfig(enabled=True)
