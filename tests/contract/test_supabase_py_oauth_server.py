"""supabase-py: the clients of the OAuth server."""

from __future__ import annotations

import pytest
from supabase import Client
from supabase_auth.types import CreateOAuthClientParams, UpdateOAuthClientParams

from tests.contract.refusals import reason, refusal

BACK = "https://app.example/back"
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
    new = UpdateOAuthClientParams(client_name="New")
    changed = oauth.update_client(made.client_id, new).client
    assert changed is not None
    assert (changed.client_name, changed.redirect_uris) == ("New", [BACK])
    fresh = oauth.regenerate_client_secret(made.client_id).client
    assert fresh is not None
    assert fresh.client_secret not in (None, made.client_secret)
    oauth.delete_client(made.client_id)
    gone, known = (404, "oauth_client_not_found"), made.client_id
    assert reason(lambda: oauth.get_client(known)) == gone
    assert reason(lambda: oauth.update_client(known, new)) == gone
    assert reason(lambda: oauth.regenerate_client_secret(known)) == gone
    assert reason(lambda: oauth.delete_client(known)) == gone


def test_what_is_no_client(supabase_admin: Client, supabase: Client) -> None:
    nowhere = CreateOAuthClientParams(client_name="App", redirect_uris=[])
    refused = reason(lambda: supabase_admin.auth.admin.oauth.create_client(nowhere))
    assert refused == (400, "validation_failed")
    assert refusal(lambda: supabase.auth.admin.oauth.list_clients()).status in (401, 403)
