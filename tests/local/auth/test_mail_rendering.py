"""Mails as they are sent: variables, templates of the project, templates of ours."""

from __future__ import annotations

import logging
import os
from datetime import timedelta
from importlib.resources import files
from pathlib import Path

import pytest

from hipflask.errors import StackError
from hipflask.local.auth.mail import Mail
from hipflask.local.auth.mail_rendering import SUBJECTS, as_go_json, render
from hipflask.local.config.auth import NotificationConfig, SmtpOut, TemplateConfig
from tests.local.auth.conftest import MakeAuth
from tests.local.auth.flows import ADA, HOME, ask_signup, confirm_ada
from tests.local.auth.mails import ReadMail
from tests.local.auth.service import ISSUER, PASSWORD, AuthService, assert_refused

EVERY_VARIABLE = (
    "{{ .ConfirmationURL }}|{{ .Token }}|{{ .TokenHash }}|{{ .SiteURL }}|{{ .RedirectTo }}|"
    "{{ .Data.name }}|{{ .Data.n }}|{{ .Email }}|{{ .NewEmail }}|{{ .SendingTo }}"
)


def with_template(
    make_auth: MakeAuth, folder: Path, name: str, content: str, subject: str | None = None
) -> AuthService:
    path = folder / f"{name}.html"
    path.write_text(content, encoding="utf-8")
    template = {name: TemplateConfig(subject=subject, content_path=path)}
    return make_auth(email={"enable_confirmations": True, "template": template})


def sign_up(auth: AuthService, **data: object) -> Mail:
    body = {"email": ADA, "password": PASSWORD, "data": data}
    auth.post(f"/signup?redirect_to={HOME}", body)
    return auth.outbox.latest


def test_variables_of_a_confirmation(make_auth: MakeAuth, tmp_path: Path) -> None:
    auth = with_template(make_auth, tmp_path, "confirmation", EVERY_VARIABLE, "Hi {{ .Data.name }}")
    mail = sign_up(auth, name="Ada & co", n=1)
    (token_hash,) = auth.row("select confirmation_token from auth.users")
    url, code, shown_hash, site, back, name, number, email, new, to = mail.html.split("|")
    assert url == (f"{ISSUER}/verify?token={token_hash}&amp;type=signup&amp;redirect_to={HOME}")
    assert (code.isdigit(), len(code)) == (True, 6)
    assert (shown_hash, site, back) == (token_hash, "http://127.0.0.1:8080", HOME)
    assert (name, number, email, new, to) == ("Ada &amp; co", "1", ADA, "", "")
    assert mail.subject == "Hi Ada &amp; co", "subjects are HTML-escaped in GoTrue too"


def test_variables_of_an_email_change(make_auth: MakeAuth, tmp_path: Path) -> None:
    auth = with_template(make_auth, tmp_path, "email_change", EVERY_VARIABLE)
    confirm_ada(auth)
    bearer = auth.sign_in()["access_token"]
    auth.put("/user", {"email": "new@example.com"}, bearer=bearer)
    seen = {mail.to: mail.html.split("|") for mail in auth.outbox.mails}
    for address, values in seen.items():
        assert values[7:] == [ADA, "new@example.com", address]
    assert seen[ADA][1] != seen["new@example.com"][1]
    assert seen[ADA][2] != seen["new@example.com"][2]


def test_variables_of_a_reauthentication(make_auth: MakeAuth, tmp_path: Path) -> None:
    auth = with_template(make_auth, tmp_path, "reauthentication", EVERY_VARIABLE)
    confirm_ada(auth)
    auth.get("/reauthenticate", bearer=auth.sign_in()["access_token"])
    values = auth.outbox.latest.html.split("|")
    assert values[0] == values[2] == values[4] == ""
    assert (len(values[1]), values[3], values[7]) == (6, "http://127.0.0.1:8080", ADA)


def test_own_confirm_page_gets_the_hash(make_auth: MakeAuth, tmp_path: Path) -> None:
    source = '<a href="{{ .SiteURL }}/auth/confirm?token_hash={{ .TokenHash }}&type=email">Go</a>'
    auth = with_template(make_auth, tmp_path, "confirmation", source)
    mail = sign_up(auth)
    (token_hash,) = auth.row("select confirmation_token from auth.users")
    url = f"http://127.0.0.1:8080/auth/confirm?token_hash={token_hash}&type=email"
    assert mail.html == f'<a href="{url}">Go</a>'
    assert mail.text == f"Go:\n{url}\n"


def test_template_is_read_again_when_it_changes(make_auth: MakeAuth, tmp_path: Path) -> None:
    auth = with_template(make_auth, tmp_path, "confirmation", "old")
    assert sign_up(auth).html == "old"
    path = tmp_path / "confirmation.html"
    path.write_text("new", encoding="utf-8")
    os.utime(path, ns=(1, 1))
    auth.clock.advance(timedelta(seconds=2))
    assert sign_up(auth).html == "new"


@pytest.mark.parametrize(
    ("content", "said"),
    [("a\n{{ if .Email }}", "confirmation.html:2: {{if}} of line 2 has no end"), (None, "No such")],
)
def test_broken_template_is_logged_and_the_usual_one_sent(
    make_auth: MakeAuth,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    content: str | None,
    said: str,
) -> None:
    auth = with_template(make_auth, tmp_path, "confirmation", content or "", "Own {{ .Email }}")
    if content is None:
        (tmp_path / "confirmation.html").unlink()
    with caplog.at_level(logging.ERROR):
        mail = sign_up(auth)
    assert mail.subject == SUBJECTS["confirmation"]
    assert ReadMail.of(mail).query["type"] == "signup"
    assert said in caplog.text
    assert mail.text not in caplog.text


def test_broken_subject_is_no_better(
    make_auth: MakeAuth, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    auth = with_template(make_auth, tmp_path, "confirmation", "own", "{{ .Email")
    mail = sign_up(auth)
    assert (mail.subject, mail.html != "own") == (SUBJECTS["confirmation"], True)
    assert "subject of confirmation in config.toml:1: action is not closed" in caplog.text


def test_template_that_fails_over_its_data_fails_the_request(
    make_auth: MakeAuth, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    auth = with_template(make_auth, tmp_path, "confirmation", "{{ .Email.Domain }}")
    answer = auth.post("/signup", {"email": ADA, "password": PASSWORD})
    assert_refused(answer, 500, "unexpected_failure", "Error sending confirmation email")
    assert "string has no field Domain" in caplog.text
    assert auth.count("auth.users") == 0


def test_subject_stays_on_one_line(make_auth: MakeAuth, tmp_path: Path) -> None:
    auth = with_template(make_auth, tmp_path, "confirmation", "x", "Hi\n{{ .Data.name }}")
    assert sign_up(auth, name="a\r\nBcc: eve@example.com").subject == "Hi a Bcc: eve@example.com"


def test_sender_is_the_smtp_accounts(make_auth: MakeAuth) -> None:
    mail = sign_up(make_auth(email={"enable_confirmations": True}))
    assert (mail.sender, mail.sender_name) == ("admin@email.com", "Admin")
    smtp = SmtpOut(admin_email="shop@example.com", sender_name="Shop")
    auth = make_auth(email={"enable_confirmations": True, "smtp": smtp})
    auth.clock.advance(timedelta(seconds=2))
    mail = sign_up(auth)
    assert (mail.sender, mail.sender_name) == ("shop@example.com", "Shop")


@pytest.mark.parametrize("name", SUBJECTS)
def test_every_usual_mail_says_what_matters(auth: AuthService, name: str) -> None:
    data = {
        "SiteURL": "http://127.0.0.1:8080",
        "ConfirmationURL": "http://127.0.0.1:54321/auth/v1/verify?token=a&type=b&redirect_to=c",
        "Email": ADA,
        "NewEmail": "new@example.com",
        "SendingTo": ADA,
        "Token": "123456",
        "TokenHash": "abc",
        "OldEmail": "old@example.com",
        "Phone": "49",
        "OldPhone": "48",
        "Provider": "GitHub",
        "FactorType": "totp",
        "Data": {},
    }
    mail = render(auth.context, name, ADA, data)
    assert mail.subject
    assert "{{" not in mail.html
    assert "<no value>" not in mail.html
    assert ADA in mail.text
    assert "If " in mail.text, "says what to do if it was not them"
    if name.endswith("_notification"):
        assert "http" not in mail.text
    else:
        assert "123456" in mail.text
    if name != "reauthentication" and not name.endswith("_notification"):
        assert mail.text.count(data["ConfirmationURL"]) == 2
        assert mail.html.count("redirect_to=c") == 3, "button, address and its text"


def test_every_usual_mail_has_a_file() -> None:
    folder = files("hipflask.local.auth") / "mail_templates"
    names = {item.name for item in folder.iterdir()}
    assert names == {"layout.html", *(f"{name}.html" for name in SUBJECTS)}


def test_numbers_are_floats_as_in_go() -> None:
    assert as_go_json({"a": [1, True, None, "x", 2.5]}) == {"a": [1.0, True, None, "x", 2.5]}
    assert isinstance(as_go_json(1), float)
    assert as_go_json(True) is True


class TestWhatHoldsMailBack:
    def test_failing_mailer_undoes_the_request(
        self, make_auth: MakeAuth, caplog: pytest.LogCaptureFixture
    ) -> None:
        class BrokenMailer:
            def send(self, mail: Mail) -> None:
                raise StackError("the server is away")

        auth = make_auth(email={"enable_confirmations": True}, context={"mailer": BrokenMailer()})
        answer = auth.post("/signup", {"email": ADA, "password": PASSWORD})
        assert_refused(answer, 500, "unexpected_failure", "Error sending confirmation email")
        assert auth.count("auth.users") == auth.count("auth.one_time_tokens") == 0
        assert "the server is away" in caplog.text

    def test_hourly_limit(self, make_auth: MakeAuth) -> None:
        auth = make_auth(
            email={"enable_confirmations": True, "smtp": SmtpOut(admin_email="a@b.cd")},
            rate_limit={"email_sent": 1},
        )
        ask_signup(auth, {})
        answer = auth.post("/signup", {"email": "eve@example.com", "password": PASSWORD})
        message = "email rate limit exceeded"
        assert_refused(answer, 429, "over_email_send_rate_limit", message)
        auth.clock.advance(timedelta(hours=1))
        answer = auth.post("/signup", {"email": "eve@example.com", "password": PASSWORD})
        assert answer.status_code == 200

    def test_zero_means_none(self, make_auth: MakeAuth) -> None:
        auth = make_auth(rate_limit={"email_sent": 0})
        confirm_ada(auth)
        answer = auth.post("/recover", {"email": ADA})
        assert_refused(answer, 429, "over_email_send_rate_limit", "email rate limit exceeded")

    def test_notice_that_fails_undoes_nothing(
        self, make_auth: MakeAuth, caplog: pytest.LogCaptureFixture
    ) -> None:
        class BrokenMailer:
            def send(self, mail: Mail) -> None:
                raise OSError("no route")

        notification = {"password_changed": NotificationConfig(enabled=True)}
        auth = make_auth(email={"notification": notification}, context={"mailer": BrokenMailer()})
        bearer = auth.sign_up()["access_token"]
        answer = auth.put("/user", {"password": "another horse"}, bearer=bearer)
        assert answer.status_code == 200
        assert "password_changed" in caplog.text

    def test_notice_is_sent_only_if_enabled(self, make_auth: MakeAuth) -> None:
        for enabled in (False, True):
            notice = NotificationConfig(enabled=enabled, subject="Changed for {{ .Email }}")
            auth = make_auth(email={"notification": {"password_changed": notice}})
            bearer = auth.sign_up(f"{enabled}@example.com".lower())["access_token"]
            auth.put("/user", {"password": "another horse"}, bearer=bearer)
        assert [mail.subject for mail in auth.outbox.mails] == ["Changed for true@example.com"]


def test_nothing_secret_is_logged(
    confirming_auth: AuthService, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        ask_signup(confirming_auth, {})
        mail = ReadMail.of(confirming_auth.outbox.latest)
        confirming_auth.get(mail.path)
        confirming_auth.get(mail.path)
        confirming_auth.post("/verify", {"type": "signup", "email": ADA, "token": mail.code})
    ours = "\n".join(
        record.getMessage() for record in caplog.records if record.name.startswith("hipflask")
    )
    assert mail.code not in ours
    assert mail.token_hash not in ours
    assert PASSWORD not in ours
