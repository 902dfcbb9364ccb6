"""Rows of auth.users."""

from __future__ import annotations

from datetime import datetime

import pytest

from hipflask.local.auth import users
from hipflask.local.auth.user_shape import user_json
from tests.local.auth.service import AuthService


def test_row_written_by_hand_can_be_read(auth: AuthService) -> None:
    """Seeds often leave out what GoTrue always writes; GoTrue itself then fails on the nulls."""
    auth.database.execute(
        """insert into auth.users (instance_id, id, aud, email, encrypted_password, created_at,
                                   updated_at)
           values ('00000000-0000-0000-0000-000000000000', gen_random_uuid(), 'authenticated',
                   'seed@example.com', '', now(), now())"""
    )
    with auth.context.pool.connection() as tx:
        user = users.find_by_email(tx, "seed@example.com", "authenticated")
    assert user is not None
    assert (user.confirmation_token, user.user_metadata, user.identities) == ("", {}, [])
    assert user_json(user)["app_metadata"] == {}


def test_seeded_row_without_timestamps_can_sign_in(auth: AuthService) -> None:
    auth.sign_up()
    auth.database.execute(
        """update auth.users set created_at = null, updated_at = null, role = null;
           update auth.identities set created_at = null, updated_at = null"""
    )
    assert auth.sign_in()["user"]["role"] == ""


def test_save_refuses_what_is_no_column(auth: AuthService) -> None:
    with auth.context.pool.connection() as tx:
        user = users.new_user(audience="authenticated", role="", now=auth.clock.now())
        with pytest.raises(ValueError, match="identities"):
            users.save(tx, user, "identities", now=auth.clock.now())


def test_moments_of_any_session_time_zone_are_told_in_utc(auth: AuthService) -> None:
    auth.sign_up()
    with auth.context.pool.connection() as tx:
        try:
            tx.execute("set timezone = 'Asia/Shanghai'")
            user = users.find_by_email(tx, "ada@example.com", "authenticated")
        finally:
            tx.execute("reset timezone")
    assert user is not None
    shape = user_json(user)
    for text in (shape["created_at"], shape["identities"][0]["created_at"]):
        assert text.endswith("Z")
        assert datetime.fromisoformat(text) == auth.clock.now()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"a": 2}, {"a": 2, "b": 1}),
        ({"a": None}, {"b": 1}),
        ({"c": None}, {"a": 1, "b": 1}),
        ({"a": {"x": None}}, {"a": {"x": None}, "b": 1}),
    ],
)
def test_metadata_is_merged_one_level_deep(
    changes: dict[str, object], expected: dict[str, object]
) -> None:
    metadata: dict[str, object] = {"a": 1, "b": 1}
    users.merge_metadata(metadata, changes)
    assert metadata == expected
