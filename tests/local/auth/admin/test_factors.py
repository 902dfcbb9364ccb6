"""/admin/users/ID/factors."""

from __future__ import annotations

from secrets import token_hex
from uuid import uuid4

import pytest

from tests.local.auth.service import AuthService, assert_refused


def test_nobody_has_a_factor(auth: AuthService) -> None:
    user_id = auth.sign_up()["user"]["id"]
    answer = auth.get(f"/admin/users/{user_id}/factors", bearer=auth.service_role)
    assert (answer.status_code, answer.json) == (200, [])


def test_factor_that_is_stored_is_listed(auth: AuthService) -> None:
    user_id = auth.sign_up()["user"]["id"]
    auth.database.execute(
        """insert into auth.mfa_factors
             (id, user_id, friendly_name, factor_type, status, created_at, updated_at)
           values (gen_random_uuid(), %s, 'phone', 'totp', 'verified', now(), now())""",
        (user_id,),
    )
    answer = auth.get(f"/admin/users/{user_id}/factors", bearer=auth.service_role)
    assert [factor["status"] for factor in answer.json] == ["verified"]


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_change(auth: AuthService, method: str) -> None:
    user_id = auth.sign_up()["user"]["id"]
    path = f"/admin/users/{user_id}/factors"
    answer = auth.call(method, f"{path}/{uuid4()}", {}, bearer=auth.service_role)
    assert_refused(answer, 404, "mfa_factor_not_found", "Factor not found")
    answer = auth.call(method, f"{path}/7", {}, bearer=auth.service_role)
    assert_refused(answer, 404, "validation_failed", "factor_id must be an UUID")


def test_unknown_user(auth: AuthService) -> None:
    answer = auth.get(f"/admin/users/{uuid4()}/factors", bearer=auth.service_role)
    assert_refused(answer, 404, "user_not_found")


def test_only_an_admin_may(auth: AuthService) -> None:
    tokens = auth.sign_up()
    path = f"/admin/users/{tokens['user']['id']}/factors"
    assert_refused(auth.get(path, bearer=tokens["access_token"]), 403, "not_admin")


def test_the_log_says_from_where_a_factor_was_taken_away(auth: AuthService) -> None:
    user_id = auth.sign_up()["user"]["id"]
    auth.database.execute(
        """insert into auth.mfa_factors (id, user_id, factor_type, status, created_at, updated_at)
           values (gen_random_uuid(), %s, 'totp', 'verified', now(), now())""",
        (user_id,),
    )
    (factor_id,) = auth.row("select id from auth.mfa_factors")
    auth.delete(
        f"/admin/users/{user_id}/factors/{factor_id}",
        bearer=auth.service_role,
        headers={"X-Forwarded-For": "192.0.2.7"},
    )
    query = "/admin/audit?query=action:factor_deleted"
    (entry,) = auth.get(query, bearer=auth.service_role).json
    assert (entry["payload"]["action"], entry["ip_address"]) == ("factor_deleted", "192.0.2.7")


def test_a_name_that_no_index_takes(auth: AuthService) -> None:
    user_id = auth.sign_up()["user"]["id"]
    auth.database.execute(
        """insert into auth.mfa_factors (id, user_id, factor_type, status, created_at, updated_at)
           values (gen_random_uuid(), %s, 'totp', 'verified', now(), now())""",
        (user_id,),
    )
    (factor_id,) = auth.row("select id from auth.mfa_factors")
    path = f"/admin/users/{user_id}/factors/{factor_id}"
    name = {"friendly_name": token_hex(10_000)}
    answer = auth.put(path, name, bearer=auth.service_role)
    said = "friendly_name must have at most 255 characters"
    assert_refused(answer, 400, "validation_failed", said)
