"""Signing in with a provider, step by step, as Hipflask's docs/architecture/oauth.md has it."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest
from provider import from_provider, redirected, to_provider
from visitor import Visitor

from hipflask.testing import SupabaseBackend

pytestmark = pytest.mark.supabase(auth={"site_url": "http://localhost"})


def query_of(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def test_step_by_step(visitor: Visitor, backend: SupabaseBackend) -> None:
    # 1: a link, not a form
    page = visitor.open("/login?next=/files")
    link = page.links["Continue with Google"]
    assert link == "/auth/oauth/google?next=/files"
    policy = page.response.headers["Content-Security-Policy"]
    assert "form-action 'self';" in policy + ";"
    # 2: the application remembers the flow and leads to Auth
    answer = visitor.client.get(link)
    assert answer.status_code == 303
    assert answer.location.startswith(f"{backend.url}/auth/v1/authorize?")
    asked = query_of(answer.location)
    assert set(asked) == {"provider", "redirect_to", "code_challenge", "code_challenge_method"}
    assert (asked["provider"], asked["code_challenge_method"]) == ("google", "s256")
    assert asked["redirect_to"].startswith("http://localhost/auth/callback?flow=")
    flow = query_of(asked["redirect_to"])["flow"]
    with psycopg.connect(backend.database_url) as connection:
        row = connection.execute(
            "select verifier, expires_at - created_at from hipflask.auth_flows"
        )
        sealed, lifetime = row.fetchone() or ("", None)
        assert str(lifetime) == "0:10:00"
        assert sealed.startswith("v1.")
        assert "/files" not in sealed
    before = visitor.client.get_cookie("__session")
    assert before is not None
    # 3: Auth leads to the provider with a state of its own
    at_provider = to_provider(answer.location)
    assert at_provider.startswith(f"{backend.identity_url}/google/authorize?")
    sent = query_of(at_provider)
    assert sent["redirect_uri"] == f"{backend.url}/auth/v1/callback"
    assert asked["code_challenge"] not in sent.values()
    assert sent["state"] not in answer.location
    # 4, 5, 6: allowed; a code for Auth, which trades it and gives the application a code of its own
    at_auth: list[str] = []
    back = from_provider(at_provider, seen=at_auth)
    assert at_auth[0].startswith(f"{backend.url}/auth/v1/callback?")
    assert query_of(at_auth[0])["state"] == sent["state"]
    came = query_of(back)
    assert back.startswith("http://localhost/auth/callback?")
    assert set(came) == {"flow", "code"}
    assert came["flow"] == flow
    assert came["code"] != query_of(at_auth[0])["code"]
    # the state is good once
    assert query_of(redirected(at_auth[0]))["error_code"] == "flow_state_already_used"
    # 7: the application trades the code and opens a session
    done = visitor.client.get(back.removeprefix("http://localhost"))
    assert (done.status_code, urlsplit(done.location).path) == (303, "/files")
    after = visitor.client.get_cookie("__session")
    assert after is not None
    assert after.value != before.value
    assert "eyJ" not in after.value
    with psycopg.connect(backend.database_url) as connection:
        text = str(connection.execute("select * from hipflask.sessions").fetchall())
        assert "eyJ" not in text  # the tokens are there, sealed
        assert "v1." in text
        used = connection.execute("select used_at from hipflask.auth_flows").fetchone()
        assert used is not None
        assert used[0] is not None
    assert visitor.client.get("/files").status_code == 200


def test_without_the_verifier_the_code_is_worth_nothing(
    visitor: Visitor, backend: SupabaseBackend
) -> None:
    back = from_provider(to_provider(visitor.client.get("/auth/oauth/google").location))
    for verifier in ("", "v" * 43):
        stolen = {"auth_code": query_of(back)["code"], "code_verifier": verifier}
        answer = backend.request(
            "POST",
            "/auth/v1/token?grant_type=pkce",
            json=stolen,
            headers={"apikey": backend.publishable_key},
        )
        assert answer.status_code == 400
    assert visitor.open(back).status == 200
