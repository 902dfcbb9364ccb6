"""Rows of auth.audit_log_entries."""

from __future__ import annotations

from tests.local.auth.service import AuthService


def test_entry_says_who_did_what(auth: AuthService) -> None:
    user = auth.sign_up(data={"full_name": "Ada"})["user"]
    row = auth.row(
        """select payload, created_at, ip_address, instance_id::text from auth.audit_log_entries
            where payload->>'action' = 'login'"""
    )
    assert row == (
        {
            "action": "login",
            "actor_id": user["id"],
            "actor_name": "Ada",
            "actor_username": "ada@example.com",
            "actor_via_sso": False,
            "log_type": "account",
            "traits": {"provider": "email"},
        },
        auth.clock.now(),
        "",
        "00000000-0000-0000-0000-000000000000",
    )


def test_phone_names_the_user_first(auth: AuthService) -> None:
    bearer = auth.sign_up()["access_token"]
    auth.database.execute("update auth.users set phone = '491701'")
    auth.post("/logout", bearer=bearer)
    row = auth.row(
        """select payload->>'actor_username', payload ? 'traits' from
             (select payload::jsonb from auth.audit_log_entries) as entries
            where payload->>'action' = 'logout'"""
    )
    assert row == ("491701", False)
