"""supabase-py: the clients of the OAuth server."""

from __future__ import annotations

import pytest
from supabase import AuthApiError, Client
from supabase_auth.types import CreateOAuthClientParams

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
    fresh = oauth.regenerate_client_secret(made.client_id).client
    assert fresh is not None
    assert fresh.client_secret not in (None, made.client_secret)
    oauth.delete_client(made.client_id)
    with pytest.raises(AuthApiError) as refused:
        oauth.get_client(made.client_id)
    assert str(refused.value.code) == "oauth_client_not_found"
