"""The mailbox's page for people."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from hipflask.local.mailbox import Mailbox, create_mailbox_app
from tests.local.mailbox.mails import LINK, deliver, mail


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def client(mailbox: Mailbox) -> FlaskClient:
    return create_mailbox_app(mailbox).test_client()


def test_empty_mailbox_says_what_it_is_for(client: FlaskClient) -> None:
    assert "No mail yet" in client.get("/").text


def test_lists_and_shows_a_mail(client: FlaskClient, mailbox: Mailbox) -> None:
    message = deliver(mailbox)
    assert f"/view/{message.id}" in client.get("/").text
    page = client.get(f"/view/{message.id}").text
    assert LINK.replace("&", "&amp;") in page
    assert "<output>482913</output>" in page
    assert "Confirm your e-mail</a>" in page
    assert message.read


def test_speaks_chinese_when_asked(client: FlaskClient) -> None:
    page = client.get("/", headers={"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.8"}).text
    assert '<html lang="zh-Hans">' in page
    assert "还没有邮件" in page
    assert '<html lang="en">' in client.get("/", headers={"Accept-Language": "de"}).text


def test_latest_leads_to_the_newest(client: FlaskClient, mailbox: Mailbox) -> None:
    message = deliver(mailbox)
    assert client.get("/view/latest").headers["Location"] == f"/view/{message.id}"


def test_search_keeps_its_words(client: FlaskClient, mailbox: Mailbox) -> None:
    deliver(mailbox, mail("bob@example.com", "for bob"))
    deliver(mailbox, mail(subject="for ada"))
    page = client.get("/?query=to:bob").text
    assert "for bob" in page
    assert "for ada" not in page
    assert "?query=to%3Abob" in page
    assert "No mail matches" in client.get("/?query=zzz").text


def test_deletes_one_and_all(client: FlaskClient, mailbox: Mailbox) -> None:
    first, _ = deliver(mailbox), deliver(mailbox)
    assert client.post(f"/view/{first.id}/delete").status_code == 303
    assert len(mailbox) == 1
    client.post("/delete-all")
    assert len(mailbox) == 0


def test_mail_that_is_gone_is_said(client: FlaskClient) -> None:
    answer = client.get("/view/nobody")
    assert answer.status_code == 404
    assert "This mail is gone" in answer.text


def test_mail_cannot_run_or_fetch_anything(client: FlaskClient, mailbox: Mailbox) -> None:
    deliver(mailbox)
    policy = client.get("/view/latest.html?embed=1").headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "allow-scripts" not in policy
    assert "http" not in policy
    page = client.get("/view/" + mailbox.messages()[0].id).text
    assert "<script>alert" not in page
    assert "allow-scripts" not in page


def test_subject_cannot_become_markup(client: FlaskClient, mailbox: Mailbox) -> None:
    message = deliver(mailbox, mail(subject="<img src=x onerror=alert(1)>"))
    for path in ("/", f"/view/{message.id}"):
        assert "<img src=x" not in client.get(path).text


def test_script_address_is_no_link(client: FlaskClient, mailbox: Mailbox) -> None:
    message = deliver(mailbox, mail(html='<a href="javascript:alert(1)">x</a>', text="x"))
    assert "javascript:" not in client.get(f"/view/{message.id}").text


def test_page_has_a_strict_policy(client: FlaskClient) -> None:
    headers = client.get("/").headers
    assert "script-src 'self'" in headers["Content-Security-Policy"]
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"


def test_foreign_site_cannot_delete(client: FlaskClient, mailbox: Mailbox) -> None:
    deliver(mailbox)
    for path, method in (("/delete-all", client.post), ("/api/v1/messages", client.delete)):
        assert method(path, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert len(mailbox) == 1


def test_other_host_name_is_refused(client: FlaskClient) -> None:
    assert client.get("/", headers={"Host": "evil.example"}).status_code == 421
    assert client.get("/", headers={"Host": "localhost:54324"}).status_code == 200


def test_revision_grows_with_every_change(client: FlaskClient, mailbox: Mailbox) -> None:
    before = client.get("/revision").text
    deliver(mailbox)
    assert client.get("/revision").text != before


def test_styles_and_script_are_served(client: FlaskClient) -> None:
    page = client.get("/").text
    for name in ("mailbox.css", "mailbox.js", "icon.svg"):
        start = page.index(name)
        path = page[page.rindex('"', 0, start) + 1 : start + len(name)]
        with client.get(path) as answer:
            assert answer.status_code == 200
            assert answer.data
