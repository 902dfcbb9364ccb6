"""Where links of Supabase's own templates land."""

from __future__ import annotations

from visitor import Visitor

from hipflask.testing import SupabaseBackend

ADA = "ada@example.com"
PASSWORD = "correct horse battery"


def carried(visitor: Visitor, **parts: str) -> str:
    """Do what fragment.js does: hand over what stood behind the "#"."""
    page = visitor.open("/auth/callback")
    form = next(form for form in page.forms if "unasked" in form.fields)
    answer = visitor.client.post(form.action, data={**form.fields, **parts})
    visitor.arrive(answer)
    return answer.get_data(as_text=True)


def test_without_a_script_the_code_helps(visitor: Visitor, backend: SupabaseBackend) -> None:
    visitor.open("/signup")
    visitor.press("Create account", email=ADA, password=PASSWORD)
    page = visitor.open("/auth/callback")
    assert "This kind of link needs JavaScript" in page.text
    code = backend.mailbox.latest(to=ADA).code
    page = visitor.press("Continue with the code", email=ADA, code=code)
    assert page.path.startswith("/dashboard")


def test_tokens_ask_before_they_sign_in(visitor: Visitor, backend: SupabaseBackend) -> None:
    backend.create_user(ADA, password=PASSWORD)
    session = backend.sign_in(ADA, password=PASSWORD)
    html = carried(
        visitor,
        access_token=session.access_token,
        refresh_token=session.refresh_token,
        type="signup",
    )
    assert "Continue as ada@example.com" in html
    assert visitor.client.get("/dashboard").status_code == 303


def test_an_expired_link_is_explained(visitor: Visitor) -> None:
    html = carried(visitor, error="access_denied", error_code="otp_expired")
    assert "This link has expired or was used already" in html


def test_forged_tokens_are_refused(visitor: Visitor) -> None:
    html = carried(visitor, access_token="e30.e30.AAAA", refresh_token="x", type="signup")
    assert "This link" in html or "Continue" in html
    assert visitor.client.get("/dashboard").status_code == 303


def test_a_query_that_is_no_text_is_carried_on(visitor: Visitor) -> None:
    """Some servers hand over bytes that browsers would have encoded."""
    query = {"QUERY_STRING": "code=a&x=\xff\xfe"}
    answer = visitor.client.get("/", environ_overrides=query)
    assert (answer.status_code, answer.location[:22]) == (303, "/auth/callback?code=a&")
    assert visitor.client.get("/nowhere", environ_overrides=query).status_code == 404
