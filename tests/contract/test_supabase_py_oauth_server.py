"""supabase-py: the clients of the OAuth server."""

from __future__ import annotations

import pytest
from supabase import AuthApiError, Client
from supabase_auth.types import CreateOAuthClientParams, UpdateOAuthClientParams

from tests.contract.refusals import reason

BACK = "https://app.example/back"
NOBODY = "3f0a4c1e-0000-4000-8000-000000000000"
pytestmark = pytest.mark.supabase(auth={"oauth_server": {"enabled": True}})


def test_admin_keeps_clients(supabase_admin: Client) -> None:
    oauth = supabase_admin.auth.admin.oauth
    wanted = CreateOAuthClientParams(client_name="App", redirect_uris=[BACK])
    made = oauth.create_client(wanted).client
    assert made is not None
    assert made.client_secret
    shown = oauth.get_client(made.client_id).client
    assert shown is not None
    assert (shown.client_name, shown.client_secret) == ("App", None)
    assert [one.client_id for one in oauth.list_clients().clients] == [made.client_id]
    fresh = oauth.regenerate_client_secret(made.client_id).client
    assert fresh is not None
    assert fresh.client_secret not in (None, made.client_secret)
    oauth.delete_client(made.client_id)
    with pytest.raises(AuthApiError) as refused:
        oauth.get_client(made.client_id)
    assert str(refused.value.code) == "oauth_client_not_found"


def test_a_client_changes(supabase_admin: Client) -> None:
    wanted = CreateOAuthClientParams(client_name="App", redirect_uris=[BACK])
    made = supabase_admin.auth.admin.oauth.create_client(wanted).client
    assert made is not None
    changes = UpdateOAuthClientParams(client_name="New", redirect_uris=[f"{BACK}/2"])
    changed = supabase_admin.auth.admin.oauth.update_client(made.client_id, changes).client
    assert changed is not None
    assert (changed.client_name, changed.redirect_uris) == ("New", [f"{BACK}/2"])


def test_clients_that_are_not_there(supabase_admin: Client) -> None:
    name = UpdateOAuthClientParams(client_name="New")
    for reasons in (
        reason(lambda: supabase_admin.auth.admin.oauth.get_client(NOBODY)),
        reason(lambda: supabase_admin.auth.admin.oauth.update_client(NOBODY, name)),
        reason(lambda: supabase_admin.auth.admin.oauth.delete_client(NOBODY)),
        reason(lambda: supabase_admin.auth.admin.oauth.regenerate_client_secret(NOBODY)),
    ):
        assert reasons == (404, "oauth_client_not_found")


def test_clients_that_are_not_made(supabase_admin: Client) -> None:
    wrong = CreateOAuthClientParams(client_name="App", redirect_uris=["javascript:alert(1)"])
    asked = reason(lambda: supabase_admin.auth.admin.oauth.create_client(wrong))
    assert asked == (400, "validation_failed")


def test_a_visitor_keeps_no_clients(supabase: Client) -> None:
    status, _ = reason(lambda: supabase.auth.admin.oauth.list_clients())
    assert status in (401, 403)
