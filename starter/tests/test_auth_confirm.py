"""Links that confirm an address."""

from __future__ import annotations

from collections.abc import Callable

from visitor import Visitor

from hipflask.testing import SupabaseBackend, TestMailbox

ADA = "ada@example.com"
PASSWORD = "correct horse battery"


def sign_up(visitor: Visitor, mailbox: TestMailbox) -> str:
    visitor.open("/signup")
    visitor.press("Create account", email=ADA, password=PASSWORD)
    return mailbox.latest(to=ADA).link


def test_a_look_does_not_use_the_link_up(visitor: Visitor, mailbox: TestMailbox) -> None:
    link = sign_up(visitor, mailbox)
    for _ in range(3):
        assert visitor.open(link).status == 200
    assert visitor.press("Confirm e-mail").path.startswith("/dashboard")


def test_works_in_another_browser(
    visitor: Visitor, new_visitor: Callable[..., Visitor], mailbox: TestMailbox
) -> None:
    other = new_visitor(language="zh-Hans")
    other.open(sign_up(visitor, mailbox))
    page = other.press("验证邮箱")
    assert page.status == 200
    assert visitor.sign_in(ADA, PASSWORD).path == "/dashboard"


def test_a_used_link_offers_a_new_one(visitor: Visitor, mailbox: TestMailbox) -> None:
    link = sign_up(visitor, mailbox)
    visitor.open(link)
    visitor.press("Confirm e-mail")
    visitor.press("Sign out")
    visitor.open(link)
    page = visitor.press("Confirm e-mail")
    assert page.status == 410
    page.form("Send a new link")


def test_a_recovery_link_goes_to_its_own_page(visitor: Visitor) -> None:
    page = visitor.open("/auth/confirm?token_hash=abc&type=recovery")
    assert page.path == "/users/reset-password?token_hash=abc&type=recovery"


def test_without_a_script_the_code_helps(visitor: Visitor, backend: SupabaseBackend) -> None:
    sign_up(visitor, backend.mailbox)
    page = visitor.open("/auth/confirm?type=signup")  # as far as a fragment link comes
    assert "This kind of link needs JavaScript" in page.text
    code = backend.mailbox.latest(to=ADA).code
    page = visitor.press("Continue with the code", email=ADA, code=code)
    assert page.path.startswith("/dashboard")


def test_an_empty_hand_gets_told_so(visitor: Visitor) -> None:
    page = visitor.open("/auth/confirm")
    form = next(form for form in page.forms if "unasked" in form.fields)
    answer = visitor.client.post(form.action, data=form.fields)
    assert answer.status_code == 400
    assert "This link is not complete" in answer.get_data(as_text=True)


def test_invitation_leads_to_a_first_password(visitor: Visitor, backend: SupabaseBackend) -> None:
    backend.request(
        "POST",
        "/auth/v1/invite",
        json={"email": ADA},
        headers={
            "apikey": backend.secret_key,
            "Authorization": f"Bearer {backend.service_role_key}",
        },
    )
    visitor.open(backend.mailbox.latest(to=ADA).link)
    visitor.press("Accept the invitation")
    page = visitor.press("Create account", password=PASSWORD)
    assert page.path.startswith("/dashboard")
