"""GET, PATCH, DELETE /passkeys, and the same for administrators."""

from __future__ import annotations

from uuid import uuid4

import pytest

from tests.local.auth.conftest import MakeAuth
from tests.local.auth.passkeys.authenticator import Authenticator
from tests.local.auth.passkeys.conftest import register
from tests.local.auth.service import AuthService, assert_refused


def test_list_rename_delete(auth: AuthService) -> None:
    bearer = auth.sign_up()["access_token"]
    assert auth.get("/passkeys", bearer=bearer).json == []
    made = register(auth, bearer, Authenticator())
    path = f"/passkeys/{made['id']}"
    renamed = auth.call("PATCH", path, {"friendly_name": "Phone"}, bearer=bearer)
    assert renamed.json == {**made, "friendly_name": "Phone"}
    assert auth.get("/passkeys/", bearer=bearer).json == [renamed.json]
    gone = auth.delete(path, bearer=bearer)
    assert (gone.status_code, gone.text) == (204, "")
    assert auth.get("/passkeys", bearer=bearer).json == []
    assert auth.audit_actions()[-2:] == ["passkey_updated", "passkey_deleted"]


@pytest.mark.parametrize("name", ["", None, "x" * 121, "é" * 61])
def test_bad_names(auth: AuthService, name: str | None) -> None:
    bearer = auth.sign_up()["access_token"]
    made = register(auth, bearer, Authenticator())
    answer = auth.call("PATCH", f"/passkeys/{made['id']}", {"friendly_name": name}, bearer=bearer)
    assert_refused(answer, 400, "validation_failed")


def test_only_ones_own(auth: AuthService) -> None:
    made = register(auth, auth.sign_up()["access_token"], Authenticator())
    eve = auth.sign_up("eve@example.com")["access_token"]
    for wanted in (made["id"], str(uuid4()), "x"):
        path = f"/passkeys/{wanted}"
        answer = auth.call("PATCH", path, {"friendly_name": "Mine"}, bearer=eve)
        assert_refused(answer, 404, "validation_failed", "Passkey not found")
        assert_refused(auth.delete(path, bearer=eve), 404, "validation_failed")
    assert_refused(auth.get("/passkeys"), 401, "no_authorization")


def test_administrators(auth: AuthService) -> None:
    tokens = auth.sign_up()
    made = register(auth, tokens["access_token"], Authenticator())
    path, admin = f"/admin/users/{tokens['user']['id']}/passkeys", auth.service_role
    assert auth.get(path, bearer=admin).json == [made]
    assert_refused(auth.get(path, bearer=tokens["access_token"]), 403, "not_admin")
    assert_refused(auth.delete(f"{path}/{uuid4()}", bearer=admin), 404, "validation_failed")
    assert auth.delete(f"{path}/{made['id']}", bearer=admin).status_code == 204
    assert auth.get(path, bearer=admin).json == []
    unknown = auth.get(f"/admin/users/{uuid4()}/passkeys", bearer=admin)
    assert_refused(unknown, 404, "user_not_found")


def test_settings_and_off(auth: AuthService, make_auth: MakeAuth) -> None:
    assert auth.get("/settings").json["passkeys_enabled"] is True
    off = make_auth()
    assert off.get("/settings").json["passkeys_enabled"] is False
    for method, path in (
        ("GET", "/passkeys"),
        ("PATCH", "/passkeys/1"),
        ("DELETE", "/passkeys/1"),
        ("POST", "/passkeys/registration/options"),
        ("POST", "/passkeys/registration/verify"),
        ("POST", "/passkeys/authentication/options"),
        ("POST", "/passkeys/authentication/verify"),
    ):
        assert_refused(off.call(method, path), 404, "passkey_disabled", "Passkeys are disabled")


def test_soft_deleted_users_have_none(auth: AuthService) -> None:
    tokens = auth.sign_up()
    register(auth, tokens["access_token"], Authenticator())
    path = f"/admin/users/{tokens['user']['id']}"
    auth.delete(path, {"should_soft_delete": True}, bearer=auth.service_role)
    assert auth.get(f"{path}/passkeys", bearer=auth.service_role).json == []
    assert auth.count("auth.webauthn_credentials") == 0
