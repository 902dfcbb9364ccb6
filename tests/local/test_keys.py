"""The keys of a project."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import jwt
import pytest

from hipflask.errors import ConfigError
from hipflask.local.config import AuthConfig, ProjectConfig
from hipflask.local.keys import ProjectKeys, new_signing_key
from hipflask.local.project import Project
from hipflask.protocol import api_keys
from hipflask.protocol.clock import SystemClock

CLOCK = SystemClock()
CONFIG = ProjectConfig(project_id="shop")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def keys_of(project: Project, config: ProjectConfig = CONFIG) -> ProjectKeys:
    return ProjectKeys.load_or_create(project, config, CLOCK)


def test_are_made_once(project: Project) -> None:
    assert keys_of(project) == keys_of(project)


def test_differ_between_projects(tmp_path: Path) -> None:
    first, second = keys_of(Project(tmp_path / "a")), keys_of(Project(tmp_path / "b"))
    assert first.jwt_secret != second.jwt_secret
    assert first.secret_key != second.secret_key
    assert first.signing_keys != second.signing_keys


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such mode")
def test_file_is_its_owners_alone(project: Project) -> None:
    keys_of(project)
    assert project.keys_file.stat().st_mode & 0o777 == 0o600


def test_repr_shows_no_secret(project: Project) -> None:
    keys = keys_of(project)
    shown = repr(keys)
    for secret in (keys.jwt_secret, keys.secret_key, keys.service_role_key, keys.app_secret):
        assert secret not in shown
    assert keys.signing_keys[0].private_jwk["d"] not in shown


def test_new_style_keys_have_their_kinds(project: Project) -> None:
    keys = keys_of(project)
    assert api_keys.kind(keys.publishable_key) is api_keys.KeyKind.PUBLISHABLE
    assert api_keys.kind(keys.secret_key) is api_keys.KeyKind.SECRET


def test_legacy_keys_are_signed_with_the_secret(project: Project) -> None:
    keys = keys_of(project)
    for role, key in (("anon", keys.anon_key), ("service_role", keys.service_role_key)):
        assert jwt.decode(key, keys.jwt_secret, algorithms=["HS256"])["role"] == role


def test_signing_key_signs_es256() -> None:
    key = new_signing_key()
    token = jwt.encode({"a": 1}, jwt.PyJWK(dict(key.private_jwk)).key, algorithm="ES256")
    public = {k: v for k, v in key.private_jwk.items() if k not in ("d", "key_ops")}
    assert jwt.decode(token, jwt.PyJWK(public).key, algorithms=["ES256"]) == {"a": 1}


def test_configured_secret_signs_the_legacy_keys_the_same_each_time(project: Project) -> None:
    config = replace(CONFIG, auth=AuthConfig(jwt_secret="c" * 40))
    first, second = keys_of(project, config), keys_of(project, config)
    assert first == second
    assert jwt.decode(first.anon_key, "c" * 40, algorithms=["HS256"])["role"] == "anon"


def test_configured_keys_win(project: Project) -> None:
    auth = AuthConfig(publishable_key="sb_publishable_mine", service_role_key="mine")
    keys = keys_of(project, replace(CONFIG, auth=auth))
    assert keys.publishable_key == "sb_publishable_mine"
    assert keys.service_role_key == "mine"


def test_signing_keys_path_is_honoured(project: Project, tmp_path: Path) -> None:
    first, second = new_signing_key(), new_signing_key()
    path = tmp_path / "signing_keys.json"
    path.write_text(json.dumps([dict(first.private_jwk), dict(second.private_jwk)]))
    config = replace(CONFIG, auth=AuthConfig(signing_keys_path=path))
    keys = keys_of(project, config).signing_keys
    assert [key.kid for key in keys] == [first.kid, second.kid]
    assert [key.status for key in keys] == ["in_use", "previously_used"]


@pytest.mark.parametrize("text", ["", "{}", "[]", '[{"kty": "oct", "k": "abc"}]', '["x"]'])
def test_unusable_signing_keys_are_refused(project: Project, tmp_path: Path, text: str) -> None:
    path = tmp_path / "signing_keys.json"
    path.write_text(text)
    with pytest.raises(ConfigError, match=r"signing_keys\.json"):
        keys_of(project, replace(CONFIG, auth=AuthConfig(signing_keys_path=path)))


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": 1}', '{"format": 99}'])
def test_broken_file_is_not_overwritten(project: Project, text: str) -> None:
    project.create_state()
    project.keys_file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        keys_of(project)
    assert "keys.json" in caught.value.message
    assert project.keys_file.read_text() == text
