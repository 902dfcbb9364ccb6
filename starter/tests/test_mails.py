"""Every mail, in both languages: the link leads to our pages, and no placeholder is left."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from visitor import Visitor

from hipflask.testing import SupabaseBackend, TestMailbox

ADA = "ada@example.com"
Send = Callable[[SupabaseBackend, str], str]


def _headers(backend: SupabaseBackend, token: str = "") -> dict[str, str]:
    headers = {"apikey": backend.publishable_key}
    return {**headers, "Authorization": f"Bearer {token}"} if token else headers


def _member(backend: SupabaseBackend, language: str) -> str:
    backend.create_user(ADA, user_metadata={"language": language})
    return backend.sign_in(ADA).access_token


def confirmation(backend: SupabaseBackend, language: str) -> str:
    body = {"email": ADA, "password": "correct horse", "data": {"language": language}}
    backend.request("POST", "/auth/v1/signup", json=body, headers=_headers(backend))
    return ADA


def invite(backend: SupabaseBackend, language: str) -> str:
    headers = {"apikey": backend.secret_key, "Authorization": f"Bearer {backend.service_role_key}"}
    body = {"email": ADA, "data": {"language": language}}
    backend.request("POST", "/auth/v1/invite", json=body, headers=headers)
    return ADA


def recovery(backend: SupabaseBackend, language: str) -> str:
    _member(backend, language)
    backend.request("POST", "/auth/v1/recover", json={"email": ADA}, headers=_headers(backend))
    return ADA


def magic_link(backend: SupabaseBackend, language: str) -> str:
    _member(backend, language)
    body = {"email": ADA, "create_user": False}
    backend.request("POST", "/auth/v1/otp", json=body, headers=_headers(backend))
    return ADA


def email_change(backend: SupabaseBackend, language: str) -> str:
    token = _member(backend, language)
    body = {"email": "ada@new.example.com"}
    backend.request("PUT", "/auth/v1/user", json=body, headers=_headers(backend, token))
    return "ada@new.example.com"


def reauthentication(backend: SupabaseBackend, language: str) -> str:
    token = _member(backend, language)
    backend.request("GET", "/auth/v1/reauthenticate", headers=_headers(backend, token))
    return ADA


@pytest.mark.parametrize("language", ["en", "zh-Hans"])
@pytest.mark.parametrize(
    ("send", "english", "chinese"),
    [
        (confirmation, "Confirm your e-mail", "验证邮箱"),
        (invite, "You are invited", "你收到一份邀请"),
        (recovery, "Reset your password", "重置密码"),
        (magic_link, "Your sign-in link", "登录链接"),
        (email_change, "Confirm your new e-mail", "确认新邮箱"),
        (reauthentication, "Your confirmation code", "你的验证码"),
    ],
)
def test_mail_is_whole(
    backend: SupabaseBackend,
    visitor: Visitor,
    send: Send,
    language: str,
    english: str,
    chinese: str,
) -> None:
    mail = backend.mailbox.latest(to=send(backend, language))
    assert mail.subject == (english if language == "en" else chinese)
    assert f'lang="{language}"' in mail.html
    assert len(mail.code) == 6
    assert mail.code in mail.text
    for left_open in ("{{", "<no value>", "&lt;no value&gt;"):
        assert left_open not in mail.html
    if send is not reauthentication:
        assert mail.link in mail.text.replace("\n", "")
        page = visitor.open(mail.link)
        assert page.status == 200
        assert "This link" not in page.text


@pytest.mark.parametrize("metadata", [{}, {"language": 7}, {"language": ["zh-Hans"]}], ids=str)
def test_a_member_without_a_language_reads_english(
    backend: SupabaseBackend, mailbox: TestMailbox, metadata: dict[str, object]
) -> None:
    backend.create_user(ADA, user_metadata=metadata)
    backend.request("POST", "/auth/v1/recover", json={"email": ADA}, headers=_headers(backend))
    assert mailbox.latest(to=ADA).subject == "Reset your password"
