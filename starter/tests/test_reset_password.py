"""From the link in the mail to a new password, and to nothing else."""

from __future__ import annotations

from collections.abc import Callable

from visitor import Visitor

from hipflask.testing import SupabaseBackend, TestMailbox

ADA = "ada@example.com"
OLD = "correct horse battery"
NEW = "a better one entirely"


def ask_for_mail(visitor: Visitor, backend: SupabaseBackend) -> str:
    backend.create_user(ADA, password=OLD)
    visitor.open("/users/forgot-password")
    visitor.press("Send the mail", email=ADA)
    return backend.mailbox.latest(to=ADA).link


def test_link_button_form_and_new_password(visitor: Visitor, backend: SupabaseBackend) -> None:
    visitor.open(ask_for_mail(visitor, backend))
    visitor.press("Choose a new password")
    page = visitor.press("Save the new password", password=NEW)
    assert page.path.startswith("/login")
    assert "Password changed." in page.text
    assert visitor.sign_in(ADA, OLD).status == 422
    assert visitor.sign_in(ADA, NEW).path == "/dashboard"


def test_works_in_another_browser(
    visitor: Visitor, new_visitor: Callable[..., Visitor], backend: SupabaseBackend
) -> None:
    other = new_visitor()
    other.open(ask_for_mail(visitor, backend))
    other.press("Choose a new password")
    assert "Password changed." in other.press("Save the new password", password=NEW).text


def test_code_leads_to_the_same_form(
    visitor: Visitor, backend: SupabaseBackend, mailbox: TestMailbox
) -> None:
    ask_for_mail(visitor, backend)
    visitor.press("Continue with the code", code=mailbox.latest(to=ADA).code)
    page = visitor.press("Save the new password", password=NEW)
    assert "Password changed." in page.text


def test_a_look_does_not_use_the_link_up(visitor: Visitor, backend: SupabaseBackend) -> None:
    link = ask_for_mail(visitor, backend)
    for _ in range(3):
        visitor.open(link)  # a mail scanner does this
    visitor.press("Choose a new password")
    assert "Password changed." in visitor.press("Save the new password", password=NEW).text


def test_the_link_alone_signs_nobody_in(visitor: Visitor, backend: SupabaseBackend) -> None:
    visitor.open(ask_for_mail(visitor, backend))
    visitor.press("Choose a new password")
    assert visitor.open("/dashboard").path.startswith("/login")


def test_a_refused_password_keeps_the_proof(visitor: Visitor, backend: SupabaseBackend) -> None:
    visitor.open(ask_for_mail(visitor, backend))
    visitor.press("Choose a new password")
    assert "Use 8 characters or more." in visitor.press("Save the new password", password="x").text
    page = visitor.press("Save the new password", password=OLD)
    assert "This is your old password. Choose another." in page.text
    assert "Password changed." in visitor.press("Save the new password", password=NEW).text


def test_ends_every_session(member: Visitor, visitor: Visitor, backend: SupabaseBackend) -> None:
    assert member.open("/dashboard").path == "/dashboard"
    visitor.open("/users/forgot-password")
    visitor.press("Send the mail", email=ADA)
    visitor.open(backend.mailbox.latest(to=ADA).link)
    visitor.press("Choose a new password")
    visitor.press("Save the new password", password=NEW)
    assert member.open("/dashboard").path.startswith("/login")


def test_a_used_link_offers_a_new_one(visitor: Visitor, backend: SupabaseBackend) -> None:
    link = ask_for_mail(visitor, backend)
    visitor.open(link)
    visitor.press("Choose a new password")
    visitor.press("Save the new password", password=NEW)
    visitor.open(link)
    page = visitor.press("Choose a new password")
    assert page.status == 410
    assert "This link has expired or was used already" in page.text
    backend.clock.advance(minutes=2)
    assert "Check your mail" in visitor.press("Send a new link", email=ADA).text


def test_an_old_link_has_expired(visitor: Visitor, backend: SupabaseBackend) -> None:
    visitor.open(ask_for_mail(visitor, backend))
    backend.clock.advance(hours=2)
    assert visitor.press("Choose a new password").status == 410


def test_an_error_of_supabase_is_explained(visitor: Visitor) -> None:
    page = visitor.open(
        "/users/reset-password?error=access_denied&error_code=otp_expired"
        "&error_description=Email+link+is+invalid+or+has+expired"
    )
    assert page.status == 410
    page.form("Send a new link")


def test_without_a_script_the_code_helps(visitor: Visitor, backend: SupabaseBackend) -> None:
    ask_for_mail(visitor, backend)
    page = visitor.open("/users/reset-password")  # as far as a fragment link comes
    assert "This kind of link needs JavaScript" in page.text
    code = backend.mailbox.latest(to=ADA).code
    visitor.press("Continue with the code", email=ADA, code=code)
    assert "Password changed." in visitor.press("Save the new password", password=NEW).text


def test_a_forged_proof_is_refused(visitor: Visitor, backend: SupabaseBackend) -> None:
    visitor.open(ask_for_mail(visitor, backend))
    visitor.press("Choose a new password")
    page = visitor.press("Save the new password", password=NEW, proof="v1.AAAA")
    assert page.status == 410
    assert visitor.sign_in(ADA, OLD).path == "/dashboard"


def test_a_fragment_arrives_by_the_script(visitor: Visitor, backend: SupabaseBackend) -> None:
    ask_for_mail(visitor, backend)
    tokens = backend.request(
        "POST",
        "/auth/v1/verify",
        json={"type": "recovery", "email": ADA, "token": backend.mailbox.latest(to=ADA).code},
        headers={"apikey": backend.publishable_key},
    ).get_json()
    page = visitor.open("/users/reset-password")
    carrier = next(form for form in page.forms if "unasked" in form.fields)
    answer = visitor.client.post(
        carrier.action,
        data={
            **carrier.fields,
            "access_token": tokens["access_token"],
            "refresh_token": tokens["refresh_token"],
            "type": "recovery",
        },
    )
    assert "Choose a new password" in answer.get_data(as_text=True)
    assert visitor.open("/dashboard").path.startswith("/login")
