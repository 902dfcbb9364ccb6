"""Mailpit's REST API."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from hipflask.local.mailbox import Mailbox, create_mailbox_app
from tests.local.mailbox.mails import HTML, deliver, mail


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def client(mailbox: Mailbox) -> FlaskClient:
    return create_mailbox_app(mailbox).test_client()


def json_of(client: FlaskClient, path: str) -> Any:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json


def test_lists_the_newest_first(client: FlaskClient, mailbox: Mailbox) -> None:
    deliver(mailbox, mail(subject="old"))
    new = deliver(mailbox, mail(subject="new"))
    listed = json_of(client, "/api/v1/messages")
    assert [message["Subject"] for message in listed["messages"]] == ["new", "old"]
    assert listed | {"messages": []} == {
        "total": 2,
        "unread": 2,
        "count": 2,
        "messages_count": 2,
        "messages_unread": 2,
        "start": 0,
        "tags": [],
        "messages": [],
    }
    first = listed["messages"][0]
    assert first["ID"] == new.id
    assert first["From"] == {"Name": "Shop", "Address": "hello@shop.example"}
    assert first["To"] == [{"Name": "", "Address": "ada@example.com"}]
    assert first["Read"] is False
    assert first["Attachments"] == 0
    assert first["Created"].endswith("Z")


def test_pages(client: FlaskClient, mailbox: Mailbox) -> None:
    for number in range(5):
        deliver(mailbox, mail(subject=str(number)))
    listed = json_of(client, "/api/v1/messages?start=1&limit=2")
    assert [message["Subject"] for message in listed["messages"]] == ["3", "2"]
    assert (listed["start"], listed["count"], listed["messages_count"]) == (1, 2, 5)


def test_message_has_its_parts_and_becomes_read(client: FlaskClient, mailbox: Mailbox) -> None:
    message = deliver(mailbox)
    shown = json_of(client, f"/api/v1/message/{message.id}")
    assert shown["HTML"].replace("\r\n", "\n").strip() == HTML.strip()
    assert "482913" in shown["Text"]
    assert shown["ReturnPath"] == "bounce@shop.example"
    assert shown["Date"] == "2026-11-22T10:00:00.000Z"
    assert json_of(client, "/api/v1/messages")["unread"] == 0


def test_latest_can_be_searched_for(client: FlaskClient, mailbox: Mailbox) -> None:
    wanted = deliver(mailbox, mail("bob@example.com"))
    newest = deliver(mailbox)
    assert json_of(client, "/api/v1/message/latest")["ID"] == newest.id
    assert json_of(client, "/api/v1/message/latest?query=to:bob")["ID"] == wanted.id


def test_searches(client: FlaskClient, mailbox: Mailbox) -> None:
    deliver(mailbox, mail("bob@example.com"))
    deliver(mailbox)
    found = json_of(client, "/api/v1/search?query=to:bob@example.com")
    assert (found["messages_count"], found["total"]) == (1, 2)
    assert client.get("/api/v1/search").status_code == 400


def test_deletes_some_all_and_by_search(client: FlaskClient, mailbox: Mailbox) -> None:
    first = deliver(mailbox)
    assert client.delete("/api/v1/messages", json={"IDs": [first.id]}).text == "ok"
    assert len(mailbox) == 0
    deliver(mailbox)
    deliver(mailbox, mail("bob@example.com"))
    client.delete("/api/v1/search?query=to:bob")
    assert len(mailbox) == 1
    client.delete("/api/v1/messages")
    assert len(mailbox) == 0


def test_marks_read_and_unread(client: FlaskClient, mailbox: Mailbox) -> None:
    message = deliver(mailbox)
    client.put("/api/v1/messages", json={"IDs": [message.id], "Read": True})
    assert message.read
    client.put("/api/v1/messages", json={"Read": False})
    assert not message.read
    client.put("/api/v1/messages", json={"Search": "to:ada", "Read": True})
    assert message.read


def test_source_headers_and_parts(client: FlaskClient, mailbox: Mailbox) -> None:
    letter = mail()
    letter.add_attachment(b"<svg/>", maintype="image", subtype="svg+xml", filename="a.svg")
    message = deliver(mailbox, letter)
    assert client.get(f"/api/v1/message/{message.id}/raw").data == message.raw
    headers = json_of(client, f"/api/v1/message/{message.id}/headers")
    assert headers["Subject"] == ["Confirm your e-mail"]
    (part,) = json_of(client, f"/api/v1/message/{message.id}")["Attachments"]
    answer = client.get(f"/api/v1/message/{message.id}/part/{part['PartID']}")
    assert answer.data == b"<svg/>"
    # A browser must not run what a stranger has sent.
    assert answer.content_type == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment")


def test_views(client: FlaskClient, mailbox: Mailbox) -> None:
    deliver(mailbox)
    assert "<h1>Confirm</h1>" in client.get("/view/latest.html").text
    assert "Hello Ada" in client.get("/view/latest.txt").text
    deliver(mailbox, mail(html=""))
    assert client.get("/view/latest.html").status_code == 404


@pytest.mark.parametrize(
    "path",
    ["/api/v1/message/x", "/api/v1/message/x/raw", "/api/v1/message/x/headers", "/view/x.txt"],
)
def test_unknown_message_is_not_found(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_health(client: FlaskClient) -> None:
    assert client.get("/livez").status_code == 200
    assert client.get("/readyz").status_code == 200
    assert json_of(client, "/api/v1/info")["Messages"] == 0


@pytest.mark.parametrize(
    ("name", "disposition"),
    [
        ("数据.pdf", "inline; filename=\"??.pdf\"; filename*=UTF-8''%E6%95%B0%E6%8D%AE.pdf"),
        ('a "b".pdf', "inline; filename=\"a _b_.pdf\"; filename*=UTF-8''a%20%22b%22.pdf"),
        ("a.pdf", 'inline; filename="a.pdf"'),
    ],
)
def test_any_name_of_an_attachment_fits_the_header(
    client: FlaskClient, mailbox: Mailbox, name: str, disposition: str
) -> None:
    message = mail()
    message.add_attachment(b"1", maintype="application", subtype="pdf", filename=name)
    message_id = deliver(mailbox, message).id
    (part,) = json_of(client, f"/api/v1/message/{message_id}")["Attachments"]
    assert part["FileName"] == name
    answer = client.get(f"/api/v1/message/{message_id}/part/{part['PartID']}")
    assert answer.headers["Content-Disposition"] == disposition
